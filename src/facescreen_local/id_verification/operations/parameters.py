"""Parses and checks the parameters of a detection (face-deepfake.txt, "Request parameters")."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.limits import MAX_INLINE_BYTES

DETECT_SOURCES = ("FaceUrl", "FaceBase64")
"""The parameters that can contain DeepfakeDetectIntl's input."""
STREAM_SOURCES = (*DETECT_SOURCES, "FaceFile")
"""The parameters that can contain DeepfakeDetectIntlStream's input."""

_PARAMETER_PATTERNS = {
    "ProductCode": re.compile("FACE_DEEPFAKE"),
    "SceneCode": re.compile("[A-Za-z0-9_]{10}"),
    "MerchantBizId": re.compile("[A-Za-z0-9]{32}"),
}


@dataclass(frozen=True)
class DetectInput:
    """The image or video to judge: `content`, or the file at `url`, or the upload at `file_url`."""

    is_video: bool
    content: bytes | None = field(default=None, repr=False)
    url: str = field(default="", repr=False)
    file_url: str = field(default="", repr=False)


def parse_detect_input(parameters: Mapping[str, str], sources: tuple[str, ...]) -> DetectInput:
    """Check the parameters and return the input, which exactly one of `sources` must contain.

    Raises IdVerificationError.
    """
    for name, pattern in _PARAMETER_PATTERNS.items():
        value = parameters.get(name, "")
        if not value:
            raise IdVerificationError("MissingParameter", f"{name} cannot be empty.")
        if not pattern.fullmatch(value):
            raise IdVerificationError("InvalidParameter", f"{name} is invalid.")
    input_type = parameters.get("FaceInputType") or "IMAGE"
    if input_type not in ("IMAGE", "VIDEO"):
        raise IdVerificationError("InvalidParameter", "FaceInputType is invalid: IMAGE or VIDEO.")
    source = _select_source(parameters, sources)
    return _build_detect_input(source, parameters, is_video=input_type == "VIDEO")


def _select_source(parameters: Mapping[str, str], sources: tuple[str, ...]) -> str:
    given_sources = [source for source in sources if parameters.get(source)]
    if not given_sources:
        raise IdVerificationError("MissingParameter", f"{' or '.join(sources)} cannot be empty.")
    if len(given_sources) > 1:
        raise IdVerificationError(
            "DataDuplication", f"Both {' and '.join(given_sources)} are given."
        )
    return given_sources[0]


def _build_detect_input(
    source: str, parameters: Mapping[str, str], *, is_video: bool
) -> DetectInput:
    if source == "FaceUrl":
        return DetectInput(is_video, url=_validate_url(parameters[source]))
    if source == "FaceFile":
        return DetectInput(is_video, file_url=parameters[source])
    if is_video:
        raise IdVerificationError(
            "InvalidParameter", "FaceBase64 is for images: send a video's URL."
        )
    return DetectInput(is_video, content=_decode_base64(parameters[source]))


def _validate_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_valid = False
    if not (is_valid and url.isascii() and url.isprintable() and " " not in url):
        raise IdVerificationError(
            "InvalidParameter", "FaceUrl is invalid: not an http or https URL."
        )
    return url


def _decode_base64(encoded: str) -> bytes:
    try:
        content = base64.b64decode(encoded, validate=True)
    except ValueError:
        content = b""
    # Python 3.10 decodes padding alone.
    if not content:
        raise IdVerificationError("InvalidParameter", "FaceBase64 is invalid: not Base64.")
    if len(content) > MAX_INLINE_BYTES:
        raise IdVerificationError("ToolargeImage", "FaceBase64 may hold at most 1 MB: send a URL.")
    return content
