"""Of a video's eight frames, most decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from infra.local.cloudauth.examination import examine
from infra.local.cloudauth.refusal import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.cloudauth.faces import FaceDetector

FRAMES = 16
"""Two for each that is looked at."""


def clip(path: Path, portrait: bytes, good: int, bad: str) -> bytes:
    """Shows the portrait in `good` of its eighths, then something `bad`."""
    face = cv2.imdecode(np.frombuffer(portrait, np.uint8), cv2.IMREAD_COLOR)
    assert face is not None
    other = {"empty": np.full_like(face, 128), "blurred": cv2.GaussianBlur(face, (0, 0), 7)}[bad]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 8, (480, 640))
    for number in range(FRAMES):
        writer.write(face if number < 2 * good else other)
    writer.release()
    padding = 100_000
    return path.read_bytes() + padding.to_bytes(4, "big") + b"free" + b"\0" * (padding - 8)


@pytest.mark.parametrize("bad", ["empty", "blurred"])
def test_half_of_the_frames_are_enough(
    tmp_path: Path, portrait: bytes, detector: FaceDetector, bad: str
) -> None:
    examine(clip(tmp_path / "clip.mp4", portrait, 4, bad), is_video=True, detector=detector)


@pytest.mark.parametrize(
    ("bad", "code"), [("empty", "NoFaceDetected"), ("blurred", "UnqualifiedPhoto")]
)
def test_less_than_half_are_not(
    tmp_path: Path, portrait: bytes, detector: FaceDetector, bad: str, code: str
) -> None:
    with pytest.raises(Refusal) as raised:
        examine(clip(tmp_path / "clip.mp4", portrait, 3, bad), is_video=True, detector=detector)
    assert raised.value.code == code
