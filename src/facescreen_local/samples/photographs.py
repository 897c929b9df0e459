"""The photographs that the samples are made from, cropped from two free ones (see NOTICE)."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from facescreen_local.package_data import read_verified

_ASTRONAUT_FILE = Path(__file__).with_name("astronaut.png")
_ASTRONAUT_SHA256 = "c629f21c53e8a3547405edb545d005d2dc9db6cc5bc185536dafae6815c32fe4"
_COFFEE_FILE = Path(__file__).with_name("coffee.png")
_COFFEE_SHA256 = "da337dcb954954af72e402ae49079217578a02ebfaa934d576e7896bb5920290"
WIDTH_PIXELS, HEIGHT_PIXELS = 480, 640
"""The recommended size (face-deepfake.txt: "640 × 480 pixels (height × width)")."""


def load_portrait() -> Image.Image:
    """Return a portrait of the astronaut Eileen Collins (NASA, public domain)."""
    return _resize(_open(_ASTRONAUT_FILE, _ASTRONAUT_SHA256))


def load_closer_portrait() -> Image.Image:
    """Return the same photograph, cropped closer and mirrored."""
    cropped = _open(_ASTRONAUT_FILE, _ASTRONAUT_SHA256).crop((25, 20, 220, 280))
    return _resize(cropped).transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def load_still_life() -> Image.Image:
    """Return a cup of coffee without a face (CC0, Rachel Michetti)."""
    return _resize(_open(_COFFEE_FILE, _COFFEE_SHA256))


def _open(path: Path, sha256: str) -> Image.Image:
    with Image.open(io.BytesIO(read_verified(path, sha256))) as image:
        photograph: Image.Image = image.convert("RGB")
    return photograph


def _resize(photograph: Image.Image) -> Image.Image:
    return photograph.resize((WIDTH_PIXELS, HEIGHT_PIXELS), Image.Resampling.LANCZOS)
