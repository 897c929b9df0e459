"""Applies image instructions: decodes within limits, transforms, encodes."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pillow_heif
from PIL import Image, ImageOps

from facescreen_local.oss.errors import OssError, invalid_argument_error
from facescreen_local.oss.images.instructions import ImageInstruction, parse_integer
from facescreen_local.oss.images.resizing import resize

pillow_heif.register_heif_opener()

MAX_SIDE_PIXELS = 30_000
MAX_PIXELS = Image.MAX_IMAGE_PIXELS or 0
"""Pillow's limit against decompression bombs; OSS's is 250 million, too many for one machine."""

_SOURCE_FORMATS = {
    "JPEG": "jpg",
    "PNG": "png",
    "BMP": "bmp",
    "GIF": "gif",
    "WEBP": "webp",
    "TIFF": "tiff",
    "HEIF": "heic",
}
_TARGET_FORMATS = {
    "jpg": ("JPEG", "image/jpeg"),
    "jpeg": ("JPEG", "image/jpeg"),
    "png": ("PNG", "image/png"),
    "webp": ("WEBP", "image/webp"),
    "bmp": ("BMP", "image/bmp"),
    "gif": ("GIF", "image/gif"),
    "tiff": ("TIFF", "image/tiff"),
}
# The errors that Pillow and libheif raise for files with flipped and missing bytes.
_DECODE_ERRORS = (OSError, SyntaxError, ValueError, EOFError, struct.error, TypeError, RuntimeError)
_DECOMPRESSION_BOMB_ERRORS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_MAX_EXIF_BYTES = 65_000
_EXIF_ORIENTATION = 0x0112
_DEFAULT_JPEG_QUALITY = 75
# The sum of the luminance table in JPEG's specification, which is quality 50.
_QUALITY_50_TABLE_SUM = 3688


@dataclass(frozen=True)
class RenderResult:
    """The processed image, or the JSON of ``info``."""

    body: bytes
    content_type: str


@dataclass(frozen=True)
class ImageJob:
    """An image between two instructions. If `quality` is None, the source's quality is used."""

    image: Image.Image
    target_format: str
    source_quality: int | None
    quality: int | None = None


def render(source: bytes, instructions: Sequence[ImageInstruction]) -> RenderResult:
    """Apply the instructions to an image. Blocks while it decodes and encodes. Raises OssError."""
    if any(instruction.action == "info" for instruction in instructions):
        return _render_info(source, instructions)
    job = _decode(source)
    for instruction in instructions:
        action = _FUNCTION_BY_ACTION.get(instruction.action)
        if action is None:
            message = f"Unsupported action: {instruction.action}."
            raise invalid_argument_error("x-oss-process", instruction.action, message)
        job = action(job, instruction)
    return _encode(job)


def _render_info(source: bytes, instructions: Sequence[ImageInstruction]) -> RenderResult:
    if len(instructions) > 1:
        raise invalid_argument_error("info", "", "info cannot be used with other actions.")
    image = _open_image(source)
    info = {
        "FileSize": len(source),
        "Format": _SOURCE_FORMATS[image.format or ""],
        "ImageHeight": image.height,
        "ImageWidth": image.width,
    }
    orientation = _read_orientation(image)
    if orientation is not None:
        info["Orientation"] = orientation
    body = json.dumps({name: {"value": str(value)} for name, value in info.items()})
    return RenderResult(body.encode(), "application/json")


def _read_orientation(image: Image.Image) -> int | None:
    try:
        return image.getexif().get(_EXIF_ORIENTATION)
    except _DECODE_ERRORS:
        return None


def _open_image(source: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(source), formats=tuple(_SOURCE_FORMATS))
    except _DECOMPRESSION_BOMB_ERRORS:
        raise _too_large_error() from None
    except _DECODE_ERRORS:
        raise _unsupported_error() from None
    if max(image.size) > MAX_SIDE_PIXELS or image.width * image.height > MAX_PIXELS:
        raise _too_large_error()
    return image


def _decode(source: bytes) -> ImageJob:
    image = _open_image(source)
    try:
        image.load()
    except _DECODE_ERRORS:
        raise _unsupported_error() from None
    target_format = _SOURCE_FORMATS[image.format or ""]
    quality = _estimate_jpeg_quality(getattr(image, "quantization", None))
    return ImageJob(
        _convert_mode(image), target_format if target_format in _TARGET_FORMATS else "jpg", quality
    )


def _convert_mode(image: Image.Image) -> Image.Image:
    """Convert the image to a mode that can be scaled and written in any format."""
    if image.mode in ("RGB", "RGBA", "L"):
        return image
    converted = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode == "CMYK":
        converted.info.pop("icc_profile", None)
    return converted


def _auto_orient(job: ImageJob, instruction: ImageInstruction) -> ImageJob:
    if not parse_integer("auto-orient", "value", instruction.value, 0, 1):
        return job
    try:
        return replace(job, image=ImageOps.exif_transpose(job.image))
    except _DECODE_ERRORS:
        # Unreadable EXIF counts as no orientation.
        return job


def _resize(job: ImageJob, instruction: ImageInstruction) -> ImageJob:
    return replace(job, image=resize(job.image, instruction))


def _set_quality(job: ImageJob, instruction: ImageInstruction) -> ImageJob:
    """Set the quality: Q is absolute, q a percentage of the source's quality."""
    absolute = instruction.get_integer_parameter("Q", 1, 100)
    relative = instruction.get_integer_parameter("q", 1, 100)
    if absolute is not None:
        return replace(job, quality=absolute)
    if relative is None:
        raise invalid_argument_error("quality", "", "quality needs q or Q.")
    return replace(job, quality=max(1, round((job.source_quality or 100) * relative / 100)))


def _set_format(job: ImageJob, instruction: ImageInstruction) -> ImageJob:
    if instruction.value not in _TARGET_FORMATS:
        known = ", ".join(_TARGET_FORMATS)
        raise invalid_argument_error("format", instruction.value, f"format must be one of {known}.")
    return replace(job, target_format=instruction.value)


_FUNCTION_BY_ACTION: Mapping[str, Callable[[ImageJob, ImageInstruction], ImageJob]] = {
    "auto-orient": _auto_orient,
    "resize": _resize,
    "quality": _set_quality,
    "format": _set_format,
}


def _encode(job: ImageJob) -> RenderResult:
    pillow_format, content_type = _TARGET_FORMATS[job.target_format]
    image = (
        job.image
        if pillow_format in ("PNG", "WEBP", "GIF", "TIFF")
        else _flatten_transparency(job.image)
    )
    options: dict[str, object] = {}
    if pillow_format in ("JPEG", "PNG", "WEBP"):
        exif = job.image.info.get("exif") or b""
        options["exif"] = exif if len(exif) <= _MAX_EXIF_BYTES else b""
        options["icc_profile"] = job.image.info.get("icc_profile")
    if pillow_format in ("JPEG", "WEBP"):
        options["quality"] = job.quality or job.source_quality or _DEFAULT_JPEG_QUALITY
    body = io.BytesIO()
    image.save(body, pillow_format, **options)
    return RenderResult(body.getvalue(), content_type)


def _flatten_transparency(image: Image.Image) -> Image.Image:
    """Put the image on a white background."""
    if not image.has_transparency_data:
        return image
    with_alpha = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, with_alpha).convert("RGB")


def _estimate_jpeg_quality(tables: Mapping[int, Sequence[int]] | None) -> int | None:
    """Estimate a JPEG's quality by comparing its quantization table with the standard one."""
    if not tables or 0 not in tables:
        return None
    scale = 100 * sum(tables[0]) / _QUALITY_50_TABLE_SUM
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return min(100, max(1, round(quality)))


def _unsupported_error() -> OssError:
    return OssError(400, "BadRequest", "This image format is not supported.")


def _too_large_error() -> OssError:
    message = f"The image may have {MAX_SIDE_PIXELS} pixels a side and {MAX_PIXELS} in all."
    return OssError(400, "ImageTooLarge", message)
