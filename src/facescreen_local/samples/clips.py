"""Makes short clips of a head that moves a little, like a selfie video."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_FRAMES_PER_SECOND = 15
_NOISE_LEVELS = 3
"""Grey levels of camera noise; without it, the clip would compress too well."""
_SWAY_PIXELS, _ZOOM_SHARE = 12, 0.03
"""How far the picture sways, in pixels, and zooms, as a share of its size, in two seconds."""


def write_clip(path: Path, photograph: Image.Image, seconds: float) -> None:
    """Write an MPEG-4 clip; the suffix (``.mp4``, ``.mov``) selects the container."""
    frame = cv2.cvtColor(np.asarray(photograph), cv2.COLOR_RGB2BGR)
    codec = cv2.VideoWriter.fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(path), codec, _FRAMES_PER_SECOND, photograph.size)
    if not writer.isOpened():
        raise OSError(f"cv2 can't write {path.name}")
    noise_source = np.random.default_rng(seed=1)
    for number in range(round(seconds * _FRAMES_PER_SECOND)):
        moved = _move(frame, phase=math.pi * number / _FRAMES_PER_SECOND)
        noise = noise_source.integers(
            -_NOISE_LEVELS, _NOISE_LEVELS, moved.shape, np.int16, endpoint=True
        )
        writer.write(np.clip(moved + noise, 0, 255).astype(np.uint8))
    writer.release()


def _move(frame: NDArray[np.uint8], phase: float) -> NDArray[np.uint8]:
    height, width = frame.shape[:2]
    zoom = 1 + _ZOOM_SHARE * (1 - math.cos(phase)) / 2
    motion = cv2.getRotationMatrix2D((width / 2, height / 2), 0, zoom)
    motion[0, 2] += _SWAY_PIXELS * math.sin(phase)
    moved: NDArray[np.uint8] = cv2.warpAffine(
        frame, motion, (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    return moved
