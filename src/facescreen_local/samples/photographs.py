"""The photographs that samples are made from: data files of the wheel scikit-image, whose package
is never imported, for that would need SciPy."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from PIL import Image

_PACKAGE = "skimage"
WIDTH, HEIGHT = 480, 640
"""The page's recommended size (face-deepfake.txt: "640 × 480 pixels (height × width)")."""


class PhotographsMissingError(RuntimeError):
    """The wheel that holds them is not installed."""


def portrait() -> Image.Image:
    """The astronaut Eileen Collins, head and shoulders (NASA, public domain)."""
    return _cut("astronaut.png", (105, 0, 345, 320))


def closer_portrait() -> Image.Image:
    """The same photograph, cut closer and mirrored."""
    mirrored = _cut("astronaut.png", (130, 20, 325, 280))
    return mirrored.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def still_life() -> Image.Image:
    """A cup of coffee: no face (CC0, Rachel Michetti)."""
    return _cut("coffee.png", (150, 0, 450, 400))


def _cut(file: str, box: tuple[int, int, int, int]) -> Image.Image:
    with Image.open(_folder() / file) as photograph:
        cut: Image.Image = photograph.convert("RGB").crop(box)
    return cut.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _folder() -> Path:
    package = importlib.util.find_spec(_PACKAGE)
    folders = package.submodule_search_locations if package else None
    if not folders:
        raise PhotographsMissingError("the samples need the package scikit-image: no photographs")
    return Path(folders[0]) / "data"
