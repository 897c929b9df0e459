"""The parameters of a detection, whichever way they came (face-deepfake.txt, "Request
parameters")."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_INLINE = 1024 * 1024
"""Bytes of an image in FaceBase64."""

_FORMS = {
    "ProductCode": re.compile("FACE_DEEPFAKE"),
    "SceneCode": re.compile("[A-Za-z0-9_]{10}"),
    "MerchantBizId": re.compile("[A-Za-z0-9]{32}"),
}


@dataclass(frozen=True)
class Material:
    """What is to be judged: `content`, or what lies at `url`."""

    is_video: bool
    url: str = field(default="", repr=False)
    content: bytes = field(default=b"", repr=False)


def material(given: Mapping[str, str]) -> Material:
    """The material of a valid request. Raises Refusal."""
    for name, form in _FORMS.items():
        value = given.get(name, "")
        if not value:
            raise Refusal("MissingParameter", f"{name} cannot be empty.")
        if not form.fullmatch(value):
            raise Refusal("InvalidParameter", f"{name} is invalid.")
    kind = given.get("FaceInputType") or "IMAGE"
    if kind not in ("IMAGE", "VIDEO"):
        raise Refusal("InvalidParameter", "FaceInputType is invalid: IMAGE or VIDEO.")
    url, inline = given.get("FaceUrl", ""), given.get("FaceBase64", "")
    if url and inline:
        raise Refusal("DataDuplication", "Both FaceUrl and FaceBase64 are given.")
    if url:
        return Material(kind == "VIDEO", url=_checked_url(url))
    if inline:
        return Material(is_video=False, content=_decoded(inline, kind))
    raise Refusal("MissingParameter", "FaceUrl or FaceBase64 cannot be empty.")


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not (usable and url.isascii() and url.isprintable() and " " not in url):
        raise Refusal("InvalidParameter", "FaceUrl is invalid: not an http or https URL.")
    return url


def _decoded(inline: str, kind: str) -> bytes:
    if kind == "VIDEO":
        raise Refusal("InvalidParameter", "FaceBase64 is for images: send a video's URL.")
    try:
        content = base64.b64decode(inline, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal("InvalidParameter", "FaceBase64 is invalid: not Base64.") from None
    if len(content) > LARGEST_INLINE:
        raise Refusal("ToolargeImage", "FaceBase64 may hold at most 1 MB: send a URL.")
    return content
