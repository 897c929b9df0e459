"""Finds faces with BlazeFace (short range), run by cv2.dnn.

The weights are Google MediaPipe's, unchanged (see NOTICE). The model's input is a square of 128
pixels. For each of 896 anchors it returns the likelihood of a face, and the positions of its box
and six landmarks.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facescreen_local.package_data import read_verified

Picture = NDArray[np.uint8]
"""Height × width × 3, in the order blue, green, red, as cv2 returns it."""

_WEIGHTS_FILE = Path(__file__).with_name("face_detection_short_range.tflite")
_WEIGHTS_SHA256 = "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633"
"""The same as in MediaPipe's third_party/external_files.bzl."""
_INPUT_SIDE_PIXELS = 128
# Cells per side and anchors per cell: 16·16·2 + 8·8·6 = 896.
_ANCHOR_GRIDS = ((16, 2), (8, 6))
_MIN_FACE_SCORE = 0.6
"""Measured: at least 0.78 for faces, 0.58 for a colour chart, no other false positive above 0.5."""
_MAX_OVERLAP_SHARE = 0.3
"""Boxes that overlap more than this (intersection over union) are the same face."""


@dataclass(frozen=True)
class Face:
    """A face, in pixels of the picture. Its box can extend past the picture's edge."""

    left: float
    top: float
    width: float
    height: float
    roll: float
    """The clockwise rotation of the line between the eyes, in degrees."""
    score: float
    """The likelihood that it is a face, from 0.6 to 1."""

    @property
    def area(self) -> float:
        """The area of the box in square pixels."""
        return self.width * self.height


class FaceDetector:
    """Finds the faces in a picture. Thread-safe: a lock protects the network, which has state."""

    def __init__(self) -> None:
        weights = read_verified(_WEIGHTS_FILE, _WEIGHTS_SHA256)
        self._network = cv2.dnn.readNetFromTFLite(np.frombuffer(weights, np.uint8))
        self._outputs = ("classificators", "regressors")
        self._lock = threading.Lock()

    def find_largest(self, picture: Picture) -> Face | None:
        """Return the largest face, which is the one that is judged, or None if there is none
        (face-deepfake.txt, "Multiple faces")."""
        return max(self.find_faces(picture), key=lambda face: face.area, default=None)

    def find_faces(self, picture: Picture) -> list[Face]:
        """Return every face, the one with the highest score first."""
        longer_side = max(picture.shape[:2])
        with self._lock:
            self._network.setInput(_prepare_input(picture))
            logits, regressions = self._network.forward(self._outputs)
        scores = 1 / (1 + np.exp(-np.clip(logits.reshape(-1), -80, 80)))
        is_face = scores >= _MIN_FACE_SCORE
        faces = [
            _build_face(position, float(score), longer_side)
            for position, score in zip(
                _decode_positions(regressions)[is_face], scores[is_face], strict=True
            )
        ]
        return _remove_overlapping(faces)


def _prepare_input(picture: Picture) -> NDArray[np.float32]:
    """Scale the picture to the network's square, padded with black, with values from -1 to 1."""
    height, width = picture.shape[:2]
    scale = _INPUT_SIDE_PIXELS / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    square = np.zeros((_INPUT_SIDE_PIXELS, _INPUT_SIDE_PIXELS, 3), np.uint8)
    square[: size[1], : size[0]] = scaled
    blob: NDArray[np.float32] = cv2.dnn.blobFromImage(
        square,
        1 / 127.5,
        (_INPUT_SIDE_PIXELS, _INPUT_SIDE_PIXELS),
        (127.5, 127.5, 127.5),
        swapRB=True,
    )
    return blob


def _compute_anchor_centres() -> NDArray[np.float32]:
    """Return the anchors' centres (x, y) from 0 to 1, in the order of the network's output."""
    centres = [
        ((x + 0.5) / cells, (y + 0.5) / cells)
        for cells, anchors_per_cell in _ANCHOR_GRIDS
        for y in range(cells)
        for x in range(cells)
        for _ in range(anchors_per_cell)
    ]
    return np.array(centres, np.float32)


_ANCHOR_CENTRES = _compute_anchor_centres()


def _decode_positions(regressions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each anchor, as shares of the square: centre, size, then the landmarks.

    The network returns all of them relative to the anchor, except the size (the second pair).
    """
    points: NDArray[np.float32] = np.float32(1 / _INPUT_SIDE_PIXELS) * regressions.reshape(
        len(_ANCHOR_CENTRES), -1, 2
    )
    is_relative = np.ones(points.shape[1], bool)
    is_relative[1] = False
    points[:, is_relative] += _ANCHOR_CENTRES[:, None]
    return points


def _build_face(points: Any, score: float, longer_side: int) -> Face:
    """Convert positions to pixels. `longer_side` is that of the picture, which fills the square."""
    centre, size, right_eye, left_eye = points[:4] * longer_side
    left, top = centre - size / 2
    eyes_dx, eyes_dy = left_eye - right_eye
    roll = math.degrees(math.atan2(eyes_dy, eyes_dx))
    return Face(float(left), float(top), float(size[0]), float(size[1]), roll, score)


def _remove_overlapping(faces: list[Face]) -> list[Face]:
    boxes = [(face.left, face.top, face.width, face.height) for face in faces]
    scores = [face.score for face in faces]
    kept_indexes = cv2.dnn.NMSBoxes(boxes, scores, _MIN_FACE_SCORE, _MAX_OVERLAP_SHARE)
    return [faces[index] for index in np.array(kept_indexes).reshape(-1)]
