"""The sample files, each with the verdict that it must get."""

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
from facescreen_local.samples.photographs import (
    load_closer_portrait,
    load_portrait,
    load_still_life,
)

_KEY_PREFIX = "selfies"
_JPEG_QUALITY = 95
"""At the recommended resolution, this quality yields the recommended 50 to 100 KB."""
_EXIF_ORIENTATION = 0x0112
_EXIF_ROTATED_RIGHT = 6
"""EXIF: show the image rotated right by 90°, as an upright phone stores its photos."""


@dataclass(frozen=True)
class SampleFile:
    """A file to upload under the key `name`."""

    name: str
    path: Path
    description: str
    verdict: str
    """The expected verdict tag."""
    reason: str
    """The expected reason tag; empty for low risk."""


@dataclass(frozen=True)
class _SampleRecipe:
    file: str
    description: str
    write: Callable[[Path], None]
    verdict: str = "low_risk"
    reason: str = ""


def make_samples(folder: Path) -> list[SampleFile]:
    """Write every sample to `folder`, overwriting existing files."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = []
    for recipe in _SAMPLE_RECIPES:
        path = folder / recipe.file
        path.write_bytes(_encode_once(recipe))
        name = f"{_KEY_PREFIX}/{recipe.file}"
        samples.append(SampleFile(name, path, recipe.description, recipe.verdict, recipe.reason))
    return samples


def build_scripted_verdicts(samples: Iterable[SampleFile]) -> dict[str, dict[str, Any]]:
    """Return the content of ``verdicts.json`` that makes the emulator flag the flagged samples."""
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
def _encode_once(recipe: _SampleRecipe) -> bytes:
    """Return the sample's bytes, encoded once per process: all together take a second."""
    with TemporaryDirectory() as folder:
        path = Path(folder, recipe.file)
        recipe.write(path)
        return path.read_bytes()


def _write_portrait(path: Path) -> None:
    load_portrait().save(path, quality=_JPEG_QUALITY)


def _write_sideways(path: Path) -> None:
    exif = Image.Exif()
    exif[_EXIF_ORIENTATION] = _EXIF_ROTATED_RIGHT
    rotated = load_portrait().transpose(Image.Transpose.ROTATE_90)
    rotated.save(path, quality=_JPEG_QUALITY, exif=exif)


def _write_png(path: Path) -> None:
    load_portrait().save(path)


def _write_twelve_megapixel(path: Path) -> None:
    load_portrait().resize((3000, 4000), Image.Resampling.BICUBIC).save(path, quality=_JPEG_QUALITY)


def _write_clip(path: Path) -> None:
    write_clip(path, load_portrait(), seconds=2)


def _write_long_clip(path: Path) -> None:
    write_clip(path, load_portrait(), seconds=9)


def _write_flagged(path: Path) -> None:
    load_closer_portrait().save(path, quality=_JPEG_QUALITY)


def _write_no_face(path: Path) -> None:
    load_still_life().save(path, quality=_JPEG_QUALITY)


def _write_blurred(path: Path) -> None:
    load_portrait().filter(ImageFilter.GaussianBlur(8)).save(path, quality=_JPEG_QUALITY)


def _write_text(path: Path) -> None:
    path.write_text("Not an image, whatever its name says.\n")


_SAMPLE_RECIPES = (
    _SampleRecipe("portrait.jpg", "a good portrait", _write_portrait),
    _SampleRecipe("sideways-phone.jpg", "stored sideways, upright by its EXIF", _write_sideways),
    _SampleRecipe("portrait.png", "a PNG, converted on the way", _write_png),
    _SampleRecipe("12-megapixel.jpg", "too large, scaled on the way", _write_twelve_megapixel),
    _SampleRecipe("clip.mp4", "two seconds of video", _write_clip),
    _SampleRecipe("clip.mov", "two seconds of QuickTime video", _write_clip),
    _SampleRecipe(
        "flagged.jpg",
        "flagged by a scripted verdict",
        _write_flagged,
        "high_risk",
        "SuspectDeepForgery",
    ),
    _SampleRecipe(
        "no-face.jpg", "a cup of coffee", _write_no_face, "unscreenable", "NoFaceDetected"
    ),
    _SampleRecipe(
        "blurred.jpg", "out of focus", _write_blurred, "unscreenable", "UnqualifiedPhoto"
    ),
    _SampleRecipe(
        "not-an-image.jpg",
        "text, rejected before a paid call",
        _write_text,
        "unscreenable",
        "UnqualifiedPhoto",
    ),
    _SampleRecipe(
        "long-clip.mp4",
        "nine seconds, rejected before a paid call",
        _write_long_clip,
        "unscreenable",
        "InvalidParameter",
    ),
)
