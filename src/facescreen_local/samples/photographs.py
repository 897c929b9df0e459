"""The photographs that samples are made from: cut from two free ones, see NOTICE."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from facescreen_local.package_data import read_verified

_ASTRONAUT = Path(__file__).with_name("astronaut.png")
_ASTRONAUT_SHA256 = "c629f21c53e8a3547405edb545d005d2dc9db6cc5bc185536dafae6815c32fe4"
_COFFEE = Path(__file__).with_name("coffee.png")
_COFFEE_SHA256 = "da337dcb954954af72e402ae49079217578a02ebfaa934d576e7896bb5920290"
WIDTH, HEIGHT = 480, 640
"""The page's recommended size (face-deepfake.txt: "640 × 480 pixels (height × width)")."""


def portrait() -> Image.Image:
    """The astronaut Eileen Collins, head and shoulders (NASA, public domain)."""
    return _resize(_open(_ASTRONAUT, _ASTRONAUT_SHA256))


def closer_portrait() -> Image.Image:
    """The same photograph, cut closer and mirrored."""
    closer = _open(_ASTRONAUT, _ASTRONAUT_SHA256).crop((25, 20, 220, 280))
    return _resize(closer).transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def still_life() -> Image.Image:
    """A cup of coffee: no face (CC0, Rachel Michetti)."""
    return _resize(_open(_COFFEE, _COFFEE_SHA256))


def _open(path: Path, sha256: str) -> Image.Image:
    with Image.open(io.BytesIO(read_verified(path, sha256))) as photograph:
        opened: Image.Image = photograph.convert("RGB")
    return opened


def _resize(photograph: Image.Image) -> Image.Image:
    return photograph.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
