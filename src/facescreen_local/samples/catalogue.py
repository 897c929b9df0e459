"""Every sample: what it shows, and the verdict that must come to stand on it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image, ImageFilter

from facescreen_local.samples.clips import write_clip
from facescreen_local.samples.photographs import closer_portrait, portrait, still_life

_FOLDER = "selfies"
_QUALITY = 95
"""Of JPEGs: at the recommended resolution it gives the recommended 50 to 100 KB."""
_ORIENTATION = 0x0112
_TURNED_RIGHT = 6
"""EXIF: to be shown turned right by 90°, as an upright phone stores its photos."""


@dataclass(frozen=True)
class Sample:
    """A file to upload under the key `name`."""

    name: str
    path: Path
    shows: str
    verdict: str
    """What must stand in the tag of the verdict."""
    reason: str
    """What must stand in the tag of the reason; empty for low risk."""


@dataclass(frozen=True)
class _Recipe:
    file: str
    shows: str
    write: Callable[[Path], None]
    verdict: str = "low_risk"
    reason: str = ""


def make_samples(folder: Path) -> list[Sample]:
    """Writes every sample into `folder`, over what may be there."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = []
    for recipe in _RECIPES:
        path = folder / recipe.file
        path.write_bytes(_content(recipe))
        name = f"{_FOLDER}/{recipe.file}"
        samples.append(Sample(name, path, recipe.shows, recipe.verdict, recipe.reason))
    return samples


def verdicts(samples: Iterable[Sample]) -> dict[str, dict[str, Any]]:
    """What ``verdicts.json`` must say for the flagged ones to be flagged."""
    return {
        hashlib.sha256(sample.path.read_bytes()).hexdigest(): {
            "label": sample.name,
            "Result": "1",
            "RiskTag": sample.reason.split(":"),
        }
        for sample in samples
        if sample.verdict == "high_risk"
    }


@cache
def _content(recipe: _Recipe) -> bytes:
    """The sample's bytes, encoded once in a process: all together they take a second."""
    with TemporaryDirectory() as folder:
        path = Path(folder, recipe.file)
        recipe.write(path)
        return path.read_bytes()


def _portrait(path: Path) -> None:
    portrait().save(path, quality=_QUALITY)


def _sideways(path: Path) -> None:
    exif = Image.Exif()
    exif[_ORIENTATION] = _TURNED_RIGHT
    stored = portrait().transpose(Image.Transpose.ROTATE_90)
    stored.save(path, quality=_QUALITY, exif=exif)


def _png(path: Path) -> None:
    portrait().save(path)


def _twelve_megapixel(path: Path) -> None:
    portrait().resize((3000, 4000), Image.Resampling.BICUBIC).save(path, quality=_QUALITY)


def _clip(path: Path) -> None:
    write_clip(path, portrait(), seconds=2)


def _long_clip(path: Path) -> None:
    write_clip(path, portrait(), seconds=9)


def _flagged(path: Path) -> None:
    closer_portrait().save(path, quality=_QUALITY)


def _no_face(path: Path) -> None:
    still_life().save(path, quality=_QUALITY)


def _blurred(path: Path) -> None:
    portrait().filter(ImageFilter.GaussianBlur(8)).save(path, quality=_QUALITY)


def _not_an_image(path: Path) -> None:
    path.write_text("Not an image, whatever its name says.\n")


_RECIPES = (
    _Recipe("portrait.jpg", "a good portrait", _portrait),
    _Recipe("sideways-phone.jpg", "stored sideways, upright by its EXIF", _sideways),
    _Recipe("portrait.png", "a PNG, converted on the way", _png),
    _Recipe("12-megapixel.jpg", "too large, scaled on the way", _twelve_megapixel),
    _Recipe("clip.mp4", "two seconds of video", _clip),
    _Recipe("clip.mov", "two seconds of QuickTime video", _clip),
    _Recipe(
        "flagged.jpg",
        "what the stand-in is told to flag",
        _flagged,
        "high_risk",
        "SuspectDeepForgery",
    ),
    _Recipe("no-face.jpg", "a cup of coffee", _no_face, "unscreenable", "NoFaceDetected"),
    _Recipe("blurred.jpg", "out of focus", _blurred, "unscreenable", "UnqualifiedPhoto"),
    _Recipe(
        "not-an-image.jpg",
        "text, refused before a call is paid for",
        _not_an_image,
        "unscreenable",
        "UnqualifiedPhoto",
    ),
    _Recipe(
        "long-clip.mp4",
        "nine seconds, refused before a call is paid for",
        _long_clip,
        "unscreenable",
        "InvalidParameter",
    ),
)
