"""The face detector on one face, rotated, scaled and darkened, and on pictures without faces."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from facescreen_local.id_verification.media.faces import Face, FaceDetector, Picture

NOSE = (228, 128)
"""Position of the astronaut's nose in pixels. The photograph has 512 by 512."""
EYES = 36
"""Pixels between the eyes. A face's box is about two and a half times as wide."""

PHOTOGRAPHS = Path(__file__).parents[2] / "fixtures" / "photographs"
FACELESS = (
    "brick.jpg",
    "coffee.jpg",
    "coins.jpg",
    "color_wheel.png",
    "hubble_deep_field.jpg",
    "retina.jpg",
    "rocket.jpg",
    "text.jpg",
)


def load_photograph(file: str) -> Picture:
    return cast("Picture", cv2.imread(str(PHOTOGRAPHS / file)))


@pytest.fixture(scope="module")
def astronaut() -> Picture:
    return load_photograph("astronaut.jpg")


def assert_face_around(face: Face | None, nose: tuple[float, float], scale: float = 1) -> None:
    """Assert that the nose is in the middle third of the box, which has the size of the face."""
    assert face is not None
    assert 1 / 3 < (nose[0] - face.left) / face.width < 2 / 3
    assert 1 / 3 < (nose[1] - face.top) / face.height < 2 / 3
    assert 2 < face.width / (EYES * scale) < 3.2


@pytest.mark.parametrize("scale", [0.3, 0.5, 1, 2, 4])
def test_finds_the_face_at_any_size(
    detector: FaceDetector, astronaut: Picture, scale: float
) -> None:
    scaled = cv2.resize(astronaut, None, fx=scale, fy=scale)
    assert_face_around(detector.find_largest(scaled), (NOSE[0] * scale, NOSE[1] * scale), scale)


def test_finds_the_mirrored_face(detector: FaceDetector, astronaut: Picture) -> None:
    assert_face_around(
        detector.find_largest(np.ascontiguousarray(astronaut[:, ::-1])), (512 - NOSE[0], NOSE[1])
    )


@pytest.mark.parametrize("shape", [(512, 300), (250, 512)])
def test_finds_the_face_in_upright_and_wide_pictures(
    detector: FaceDetector, astronaut: Picture, shape: tuple[int, int]
) -> None:
    cut = np.ascontiguousarray(astronaut[: shape[0], 100 : 100 + shape[1]])
    assert_face_around(detector.find_largest(cut), (NOSE[0] - 100, NOSE[1]))


@pytest.mark.parametrize("degrees", [-20, -10, 10, 20])
def test_finds_the_rotated_face_and_its_angle(
    detector: FaceDetector, astronaut: Picture, degrees: int
) -> None:
    straight = detector.find_largest(astronaut)
    motion = cv2.getRotationMatrix2D(NOSE, -degrees, 1)
    face = detector.find_largest(cv2.warpAffine(astronaut, motion, (512, 512)))
    assert_face_around(face, NOSE)
    assert face is not None
    assert straight is not None
    assert face.roll - straight.roll == pytest.approx(degrees, abs=8)


def test_finds_the_face_in_a_third_of_the_light(detector: FaceDetector, astronaut: Picture) -> None:
    assert_face_around(detector.find_largest((astronaut * 0.3).astype(np.uint8)), NOSE)


def test_the_largest_of_two_faces_is_returned(detector: FaceDetector, astronaut: Picture) -> None:
    head = astronaut[:300, 110:335]
    collage = np.zeros((600, 700, 3), np.uint8)
    collage[:300, :225] = head
    collage[100:, 300:675] = cv2.GaussianBlur(cv2.resize(head, (375, 500)), (0, 0), 7)
    assert [face.width > 100 for face in detector.find_faces(collage)] == [False, True]
    scale = 500 / 300
    nose = (300 + scale * (NOSE[0] - 110), 100 + scale * NOSE[1])
    assert_face_around(detector.find_largest(collage), nose, scale)


@pytest.mark.parametrize("file", FACELESS)
def test_finds_no_face_in_other_pictures(detector: FaceDetector, file: str) -> None:
    assert detector.find_faces(load_photograph(file)) == []


@pytest.mark.parametrize("brightness", [0, 128, 255])
def test_finds_no_face_where_the_head_is_covered(
    detector: FaceDetector, astronaut: Picture, brightness: int
) -> None:
    covered = astronaut.copy()
    covered[: NOSE[1] + 90, NOSE[0] - 80 : NOSE[0] + 80] = brightness
    assert detector.find_faces(covered) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 4000, 3), (4000, 1, 3)])
def test_finds_no_face_in_a_sliver(detector: FaceDetector, shape: tuple[int, int, int]) -> None:
    assert detector.find_faces(np.full(shape, 128, np.uint8)) == []
