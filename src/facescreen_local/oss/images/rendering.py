"""Carries out image instructions: decodes with limits, changes, encodes."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pillow_heif
from PIL import Image, ImageOps

from facescreen_local.oss.errors import OssError, invalid_argument
from facescreen_local.oss.images.instructions import Instruction, whole_number
from facescreen_local.oss.images.resizing import resize

pillow_heif.register_heif_opener()

LONGEST_SIDE = 30_000
MOST_PIXELS = Image.MAX_IMAGE_PIXELS or 0
"""Pillow's own bound on decompression bombs; OSS takes 250 million, more than one machine may."""

_SOURCES = {
    "JPEG": "jpg",
    "PNG": "png",
    "BMP": "bmp",
    "GIF": "gif",
    "WEBP": "webp",
    "TIFF": "tiff",
    "HEIF": "heic",
}
_TARGETS = {
    "jpg": ("JPEG", "image/jpeg"),
    "jpeg": ("JPEG", "image/jpeg"),
    "png": ("PNG", "image/png"),
    "webp": ("WEBP", "image/webp"),
    "bmp": ("BMP", "image/bmp"),
    "gif": ("GIF", "image/gif"),
    "tiff": ("TIFF", "image/tiff"),
}
# What Pillow and libheif were seen to raise on files with flipped and missing bytes.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, TypeError, RuntimeError)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_LONGEST_EXIF = 65_000
_ORIENTATION = 0x0112
_DEFAULT_QUALITY = 75
# The sum of the luminance table that JPEG's specification gives, which is quality 50.
_STANDARD_TABLE_SUM = 3688


@dataclass(frozen=True)
class Made:
    """What goes to the client."""

    body: bytes
    content_type: str


@dataclass(frozen=True)
class Draft:
    """A picture in the making, to be written as `target`; no quality means its source's."""

    image: Image.Image
    target: str
    source_quality: int | None
    quality: int | None = None


def render(source: bytes, instructions: Sequence[Instruction]) -> Made:
    """Blocks for as long as decoding and encoding take. Raises OssError."""
    if any(each.action == "info" for each in instructions):
        return _info(source, instructions)
    draft = _decoded(source)
    for instruction in instructions:
        action = _ACTIONS.get(instruction.action)
        if action is None:
            text = f"Unsupported action: {instruction.action}."
            raise invalid_argument("x-oss-process", instruction.action, text)
        draft = action(draft, instruction)
    return _encoded(draft)


def _info(source: bytes, instructions: Sequence[Instruction]) -> Made:
    if len(instructions) > 1:
        raise invalid_argument("info", "", "info cannot be used with other actions.")
    image = _opened(source)
    said = {
        "FileSize": len(source),
        "Format": _SOURCES[image.format or ""],
        "ImageHeight": image.height,
        "ImageWidth": image.width,
    }
    orientation = _orientation(image)
    if orientation is not None:
        said["Orientation"] = orientation
    body = json.dumps({name: {"value": str(value)} for name, value in said.items()})
    return Made(body.encode(), "application/json")


def _orientation(image: Image.Image) -> int | None:
    try:
        return image.getexif().get(_ORIENTATION)
    except _BROKEN:
        return None


def _opened(source: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(source), formats=tuple(_SOURCES))
    except _BOMBS:
        raise _too_large() from None
    except _BROKEN:
        raise _unsupported() from None
    if max(image.size) > LONGEST_SIDE or image.width * image.height > MOST_PIXELS:
        raise _too_large()
    return image


def _decoded(source: bytes) -> Draft:
    opened = _opened(source)
    try:
        opened.load()
    except _BROKEN:
        raise _unsupported() from None
    target = _SOURCES[opened.format or ""]
    quality = _jpeg_quality(getattr(opened, "quantization", None))
    return Draft(_workable(opened), target if target in _TARGETS else "jpg", quality)


def _workable(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be scaled and written in any format."""
    if image.mode in ("RGB", "RGBA", "L"):
        return image
    converted = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode == "CMYK":
        converted.info.pop("icc_profile", None)
    return converted


def _auto_orient(draft: Draft, instruction: Instruction) -> Draft:
    if not whole_number("auto-orient", "value", instruction.value, 0, 1):
        return draft
    try:
        return replace(draft, image=ImageOps.exif_transpose(draft.image))
    except _BROKEN:
        # What cannot be read says nothing about orientation.
        return draft


def _resize(draft: Draft, instruction: Instruction) -> Draft:
    return replace(draft, image=resize(draft.image, instruction))


def _quality(draft: Draft, instruction: Instruction) -> Draft:
    """Q is absolute, q a percentage of what the source has."""
    absolute = instruction.number("Q", 1, 100)
    relative = instruction.number("q", 1, 100)
    if absolute is not None:
        return replace(draft, quality=absolute)
    if relative is None:
        raise invalid_argument("quality", "", "quality needs q or Q.")
    return replace(draft, quality=max(1, round((draft.source_quality or 100) * relative / 100)))


def _format(draft: Draft, instruction: Instruction) -> Draft:
    if instruction.value not in _TARGETS:
        known = ", ".join(_TARGETS)
        raise invalid_argument("format", instruction.value, f"format must be one of {known}.")
    return replace(draft, target=instruction.value)


_ACTIONS: Mapping[str, Callable[[Draft, Instruction], Draft]] = {
    "auto-orient": _auto_orient,
    "resize": _resize,
    "quality": _quality,
    "format": _format,
}


def _encoded(draft: Draft) -> Made:
    written, content_type = _TARGETS[draft.target]
    image = draft.image if written in ("PNG", "WEBP", "GIF", "TIFF") else _opaque(draft.image)
    options: dict[str, object] = {}
    if written in ("JPEG", "PNG", "WEBP"):
        exif = draft.image.info.get("exif") or b""
        options["exif"] = exif if len(exif) <= _LONGEST_EXIF else b""
        options["icc_profile"] = draft.image.info.get("icc_profile")
    if written in ("JPEG", "WEBP"):
        options["quality"] = draft.quality or draft.source_quality or _DEFAULT_QUALITY
    body = io.BytesIO()
    image.save(body, written, **options)
    return Made(body.getvalue(), content_type)


def _opaque(image: Image.Image) -> Image.Image:
    """What was transparent is white."""
    if not image.has_transparency_data:
        return image
    with_alpha = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, with_alpha).convert("RGB")


def _jpeg_quality(tables: Mapping[int, Sequence[int]] | None) -> int | None:
    """The quality a JPEG was written with, from how far its table is from the standard one."""
    if not tables or 0 not in tables:
        return None
    scale = 100 * sum(tables[0]) / _STANDARD_TABLE_SUM
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return min(100, max(1, round(quality)))


def _unsupported() -> OssError:
    return OssError(400, "BadRequest", "This image format is not supported.")


def _too_large() -> OssError:
    text = f"The image may have {LONGEST_SIDE} pixels a side and {MOST_PIXELS} in all."
    return OssError(400, "ImageTooLarge", text)
