"""What is uploaded: small real pictures, each different, and the verdict that each must get."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image

from facescreen_local.samples.photographs import (
    load_closer_portrait,
    load_portrait,
    load_still_life,
)
from tests.support.collision import COLLIDING_JPEGS

_PICTURE_SIZE = (240, 320)
_JPEG_QUALITY = 70
_START_OF_IMAGE = b"\xff\xd8"
_COMMENT_MARKER = b"\xff\xfe"
_SCRIPTED_RESULTS = {"high_risk": "1", "suspicious": "2"}
"""The emulator's results; every other face is low risk."""


@dataclass(frozen=True)
class Content:
    """The bytes of one upload. `verdict` is what the service says about them.

    Two contents of one name that collide have the same size, MD5 and CRC-64 if the verdict of one
    of them is low_risk.
    """

    name: str
    verdict: str
    collides: bool = False

    @property
    def data(self) -> bytes:
        """The bytes: the verdict's picture with the name as a comment, or behind it."""
        if self.collides:
            return COLLIDING_JPEGS[self.verdict != "low_risk"] + self.name.encode()
        picture = _encode_picture(self.verdict)
        comment = self.name.encode()
        length = (len(comment) + 2).to_bytes(2, "big")
        return _START_OF_IMAGE + _COMMENT_MARKER + length + comment + picture[2:]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def build_scripted_verdicts(contents: list[Content]) -> dict[str, dict[str, Any]]:
    """Build ``verdicts.json`` of the local cloud, by the SHA-256 of the bytes."""
    return {
        content.sha256: {
            "label": content.name,
            "Result": _SCRIPTED_RESULTS[content.verdict],
            "RiskTag": ["SuspectDeepForgery"],
        }
        for content in contents
        if content.verdict in _SCRIPTED_RESULTS
    }


@cache
def _encode_picture(verdict: str) -> bytes:
    loaders = {"low_risk": load_portrait, "unscreenable": load_still_life}
    picture = loaders.get(verdict, load_closer_portrait)()
    file = io.BytesIO()
    resized: Image.Image = picture.resize(_PICTURE_SIZE)
    resized.save(file, "JPEG", quality=_JPEG_QUALITY)
    return file.getvalue()
