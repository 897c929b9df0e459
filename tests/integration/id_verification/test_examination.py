"""The majority of a video's eight frames decides."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.media.checks import FaceChecker, check_face
from facescreen_local.id_verification.media.faces import Face, FaceDetector, Picture

FRAMES = 16
"""Two for each frame that is checked."""


def make_clip(path: Path, portrait: bytes, good: int, bad: str) -> bytes:
    """Make a clip that shows the portrait in `good` eighths of its frames, then something `bad`."""
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
def test_half_of_the_frames_is_enough(
    tmp_path: Path, portrait: bytes, detector: FaceDetector, bad: str
) -> None:
    check_face(make_clip(tmp_path / "clip.mp4", portrait, 4, bad), is_video=True, detector=detector)


@pytest.mark.parametrize(
    ("bad", "code"), [("empty", "NoFaceDetected"), ("blurred", "UnqualifiedPhoto")]
)
def test_less_than_half_is_refused(
    tmp_path: Path, portrait: bytes, detector: FaceDetector, bad: str, code: str
) -> None:
    with pytest.raises(IdVerificationError) as raised:
        check_face(
            make_clip(tmp_path / "clip.mp4", portrait, 3, bad), is_video=True, detector=detector
        )
    assert raised.value.code == code


class CountingFaceDetector(FaceDetector):
    """Counts the pictures that it checks."""

    calls = 0

    def find_largest(self, picture: Picture) -> Face | None:
        self.calls += 1
        return super().find_largest(picture)


def test_the_same_bytes_are_checked_once(portrait: bytes) -> None:
    counting = CountingFaceDetector()
    examination = FaceChecker(counting)
    for _ in range(3):
        examination.check(portrait, is_video=False)
    assert counting.calls == 1
    examination.check(portrait + b"others", is_video=False)
    assert counting.calls == 2


def test_the_same_bytes_are_refused_again_with_the_same_error(
    portrait: bytes, detector: FaceDetector
) -> None:
    examination = FaceChecker(detector)
    examination.check(portrait, is_video=False)
    errors = []
    for _ in range(2):
        with pytest.raises(IdVerificationError) as raised:
            examination.check(portrait, is_video=True)  # a photo is not a video
        errors.append((raised.value.code, str(raised.value)))
    assert errors[0] == errors[1]
