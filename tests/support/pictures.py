"""Pictures to screen, and OSS's conversion of them."""

from __future__ import annotations

import io

from PIL import Image, ImageOps


def noise_picture(image_format: str = "JPEG", width: int = 720, height: int = 960) -> bytes:
    """A picture of random noise, different on each call, in one of Pillow's formats."""
    file = io.BytesIO()
    Image.effect_noise((width, height), 20).convert("RGB").save(file, image_format, quality=50)
    return file.getvalue()


def damage_pixels(data: bytes) -> bytes:
    """Change a byte in the middle of an image, where its compressed pixels are."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


def to_conforming_jpeg(data: bytes) -> bytes:
    """Convert an image to an upright JPEG whose short side is 720 pixels. Raises ValueError."""
    try:
        upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    except (OSError, SyntaxError) as error:
        raise ValueError("the image can't be decoded") from error
    short = min(upright.size)
    resized = upright.resize((upright.width * 720 // short, upright.height * 720 // short))
    file = io.BytesIO()
    resized.convert("RGB").save(file, "JPEG", quality=80)
    return file.getvalue()
