"""Clips of a head that moves a little, as a selfie's does."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_FPS = 15
_GRAIN = 3
"""Grey levels of noise: a camera's pictures never repeat, and a still one would pack too small."""
_SWAY, _BREATH = 12, 0.03
"""How far the camera moves, in pixels and as a share of the size, over two seconds."""


def write_clip(path: Path, photograph: Image.Image, seconds: float) -> None:
    """An MPEG-4 clip; the suffix (``.mp4``, ``.mov``) decides the container."""
    still = cv2.cvtColor(np.asarray(photograph), cv2.COLOR_RGB2BGR)
    codec = cv2.VideoWriter.fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(path), codec, _FPS, photograph.size)
    if not writer.isOpened():
        raise OSError(f"cv2 can't write {path.name}")
    grain = np.random.default_rng(seed=1)
    for number in range(round(seconds * _FPS)):
        moved = _moved(still, phase=math.pi * number / _FPS)
        noise = grain.integers(-_GRAIN, _GRAIN, moved.shape, np.int16, endpoint=True)
        writer.write(np.clip(moved + noise, 0, 255).astype(np.uint8))
    writer.release()


def _moved(still: NDArray[np.uint8], phase: float) -> NDArray[np.uint8]:
    height, width = still.shape[:2]
    zoom = 1 + _BREATH * (1 - math.cos(phase)) / 2
    motion = cv2.getRotationMatrix2D((width / 2, height / 2), 0, zoom)
    motion[0, 2] += _SWAY * math.sin(phase)
    moved: NDArray[np.uint8] = cv2.warpAffine(
        still, motion, (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    return moved
