"""Defects that make a photo of a face unfit."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
import pytest

from facescreen_local.id_verification.media import quality
from facescreen_local.id_verification.media.faces import Face, FaceDetector, Picture


@pytest.fixture(scope="module")
def photo(portrait: bytes) -> Picture:
    decoded = cv2.imdecode(np.frombuffer(portrait, np.uint8), cv2.IMREAD_COLOR)
    return cast("Picture", decoded)


def find_defect(detector: FaceDetector, picture: Picture) -> str | None:
    face = detector.find_largest(picture)
    assert face is not None
    return quality.find_defect(picture, face)


def with_brightness(photo: Picture, factor: float) -> Picture:
    return cast("Picture", np.clip(photo * factor, 0, 255).astype(np.uint8))


def test_a_good_portrait_has_no_defect(detector: FaceDetector, photo: Picture) -> None:
    assert find_defect(detector, photo) is None


@pytest.mark.parametrize("scale", [0.25, 0.5, 3])
def test_blur_is_measured_relative_to_the_face(
    detector: FaceDetector, photo: Picture, scale: float
) -> None:
    blurred = cv2.GaussianBlur(photo, (0, 0), 5)
    assert find_defect(detector, cv2.resize(photo, None, fx=scale, fy=scale)) is None
    small = cv2.resize(blurred, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert find_defect(detector, small) == "the face is not clear"


def test_noise_does_not_count_as_detail(detector: FaceDetector, photo: Picture) -> None:
    grain = np.random.default_rng(seed=1).normal(0, 5, photo.shape)
    noisy = np.clip(cv2.GaussianBlur(photo, (0, 0), 6) + grain, 0, 255).astype(np.uint8)
    assert find_defect(detector, noisy) == "the face is not clear"


@pytest.mark.parametrize("factor", [0.4, 0.7, 1.2])
def test_the_light_may_vary(detector: FaceDetector, photo: Picture, factor: float) -> None:
    assert find_defect(detector, with_brightness(photo, factor)) is None


@pytest.mark.parametrize(
    ("factor", "expected"),
    [(0.1, "the face is too dark"), (0.2, "the face is too dark"), (1.7, "the face is too bright")],
)
def test_too_little_or_too_much_light_is_a_defect(
    detector: FaceDetector, photo: Picture, factor: float, expected: str
) -> None:
    assert find_defect(detector, with_brightness(photo, factor)) == expected


@pytest.mark.parametrize(("degrees", "expected"), [(20, None), (45, "the head is tilted")])
def test_a_strongly_tilted_head_is_a_defect(
    detector: FaceDetector, photo: Picture, degrees: int, expected: str | None
) -> None:
    motion = cv2.getRotationMatrix2D((240, 320), degrees, 1)
    turned = cv2.warpAffine(photo, motion, (480, 640), borderMode=cv2.BORDER_REPLICATE)
    assert find_defect(detector, turned) == expected


def test_a_box_beyond_the_edge_is_measured_inside_the_picture(photo: Picture) -> None:
    assert quality.find_defect(photo, Face(-50, -50, 300, 300, 0, 1)) is None
    assert quality.find_defect(photo, Face(-500, 900, 100, 100, 0, 1)) is not None
