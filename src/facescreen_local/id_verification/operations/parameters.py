"""The parameters of a detection, whichever way they came (face-deepfake.txt, "Request
parameters")."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.limits import LARGEST_INLINE

URL_OR_INLINE = ("FaceUrl", "FaceBase64")
"""How DeepfakeDetectIntl takes its material."""
ANY_WAY = (*URL_OR_INLINE, "FaceFile")
"""How DeepfakeDetectIntlStream does."""

_FORMS = {
    "ProductCode": re.compile("FACE_DEEPFAKE"),
    "SceneCode": re.compile("[A-Za-z0-9_]{10}"),
    "MerchantBizId": re.compile("[A-Za-z0-9]{32}"),
}


@dataclass(frozen=True)
class Material:
    """What is to be judged: the `content`, or what lies at `url`, or what was uploaded to
    `file_url`."""

    is_video: bool
    content: bytes | None = field(default=None, repr=False)
    url: str = field(default="", repr=False)
    file_url: str = field(default="", repr=False)


def material(given: Mapping[str, str], ways: tuple[str, ...]) -> Material:
    """The material of a valid request, given in exactly one of `ways`. Raises
    IdVerificationError."""
    for name, form in _FORMS.items():
        value = given.get(name, "")
        if not value:
            raise IdVerificationError("MissingParameter", f"{name} cannot be empty.")
        if not form.fullmatch(value):
            raise IdVerificationError("InvalidParameter", f"{name} is invalid.")
    kind = given.get("FaceInputType") or "IMAGE"
    if kind not in ("IMAGE", "VIDEO"):
        raise IdVerificationError("InvalidParameter", "FaceInputType is invalid: IMAGE or VIDEO.")
    return _material(_only_way(given, ways), given, is_video=kind == "VIDEO")


def _only_way(given: Mapping[str, str], ways: tuple[str, ...]) -> str:
    taken = [way for way in ways if given.get(way)]
    if not taken:
        raise IdVerificationError("MissingParameter", f"{' or '.join(ways)} cannot be empty.")
    if len(taken) > 1:
        raise IdVerificationError("DataDuplication", f"Both {' and '.join(taken)} are given.")
    return taken[0]


def _material(way: str, given: Mapping[str, str], *, is_video: bool) -> Material:
    if way == "FaceUrl":
        return Material(is_video, url=_checked_url(given[way]))
    if way == "FaceFile":
        return Material(is_video, file_url=given[way])
    if is_video:
        raise IdVerificationError(
            "InvalidParameter", "FaceBase64 is for images: send a video's URL."
        )
    return Material(is_video, content=_decoded(given[way]))


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not (usable and url.isascii() and url.isprintable() and " " not in url):
        raise IdVerificationError(
            "InvalidParameter", "FaceUrl is invalid: not an http or https URL."
        )
    return url


def _decoded(inline: str) -> bytes:
    try:
        content = base64.b64decode(inline, validate=True)
    except ValueError:
        content = b""
    # Python 3.10 decodes padding alone.
    if not content:
        raise IdVerificationError("InvalidParameter", "FaceBase64 is invalid: not Base64.")
    if len(content) > LARGEST_INLINE:
        raise IdVerificationError("ToolargeImage", "FaceBase64 may hold at most 1 MB: send a URL.")
    return content
