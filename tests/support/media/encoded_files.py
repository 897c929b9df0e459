"""Files from common encoders: Pillow, libheif, OpenCV."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
from PIL import Image

WIDTH, HEIGHT = 239, 321

pillow_heif.register_heif_opener()


@cache
def noise_image() -> Image.Image:
    """A picture of noise, so that files are as large as photographs."""
    noise = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def encode_image(
    image_format: str, *, mode: str = "RGB", orientation: int | None = None, **options: Any
) -> bytes:
    """The noise image in one of Pillow's formats."""
    if orientation is not None:
        options["exif"] = Image.Exif()
        options["exif"][274] = orientation
    file = io.BytesIO()
    noise_image().convert(mode).save(file, image_format, **options)
    return file.getvalue()


def encode_animation(image_format: str, **options: Any) -> bytes:
    """An animation, or a file of several pictures, with two different pictures."""
    second = noise_image().transpose(Image.Transpose.ROTATE_180)
    return encode_image(image_format, save_all=True, append_images=[second], **options)


def encode_video(folder: Path, suffix: str = "mp4", *, frames: int = 20, fps: float = 10) -> bytes:
    """A clip encoded by OpenCV, which puts the moov box at the end."""
    path = folder / f"clip.{suffix}"
    fourcc = cv2.VideoWriter.fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(path), fourcc, fps, (480, 640))
    noise = np.random.default_rng(2)
    for _ in range(frames):
        writer.write(noise.integers(0, 255, (640, 480, 3), dtype=np.uint8))
    writer.release()
    return path.read_bytes()
