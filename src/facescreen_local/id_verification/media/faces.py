"""Finds faces with BlazeFace (short range), run by cv2.dnn.

The weights are Google MediaPipe's, unchanged (see NOTICE). The model takes a square of 128 pixels
and says for each of 896 anchors how likely a face is, and where its box and six landmarks lie.
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
"""Height × width × 3, blue first, as cv2 gives it."""

_WEIGHTS = Path(__file__).with_name("face_detection_short_range.tflite")
_WEIGHTS_SHA256 = "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633"
"""The same as in MediaPipe's third_party/external_files.bzl."""
_SIDE = 128
# Cells a side, and anchors in each cell: 16·16·2 + 8·8·6 = 896.
_GRIDS = ((16, 2), (8, 6))
_LEAST_SCORE = 0.6
"""Seen: 0.78 and more for faces, 0.58 for a colour chart, no other false alarm above 0.5."""
_OVERLAP = 0.3
"""Boxes that share more than this (intersection over union) are the same face."""


@dataclass(frozen=True)
class Face:
    """A face, in pixels of the picture; its box may reach past the picture's edge."""

    left: float
    top: float
    width: float
    height: float
    roll: float
    """Degrees that the line of the eyes is turned clockwise."""
    score: float
    """0.6 to 1."""

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height


class FaceDetector:
    """May be called from many threads; they take turns, for the network keeps state in between."""

    def __init__(self) -> None:
        weights = read_verified(_WEIGHTS, _WEIGHTS_SHA256)
        self._network = cv2.dnn.readNetFromTFLite(np.frombuffer(weights, np.uint8))
        self._outputs = ("classificators", "regressors")
        self._turn = threading.Lock()

    def largest(self, picture: Picture) -> Face | None:
        """The face that counts where there are several (face-deepfake.txt, "Multiple faces")."""
        return max(self.find(picture), key=lambda face: face.area, default=None)

    def find(self, picture: Picture) -> list[Face]:
        """Every face, the most certain first."""
        longest = max(picture.shape[:2])
        with self._turn:
            self._network.setInput(_network_input(picture))
            logits, regressed = self._network.forward(self._outputs)
        scores = 1 / (1 + np.exp(-np.clip(logits.reshape(-1), -80, 80)))
        likely = scores >= _LEAST_SCORE
        found = [
            _face(position, float(score), longest)
            for position, score in zip(_positions(regressed)[likely], scores[likely], strict=True)
        ]
        return _distinct(found)


def _network_input(picture: Picture) -> NDArray[np.float32]:
    """Scaled to the network's square, black below or right of it, values from -1 to 1."""
    height, width = picture.shape[:2]
    scale = _SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    square = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    square[: size[1], : size[0]] = small
    blob: NDArray[np.float32] = cv2.dnn.blobFromImage(
        square, 1 / 127.5, (_SIDE, _SIDE), (127.5, 127.5, 127.5), swapRB=True
    )
    return blob


def _anchors() -> NDArray[np.float32]:
    """Centres (x, y) from 0 to 1, in the order of the network's output."""
    centres = [
        ((x + 0.5) / cells, (y + 0.5) / cells)
        for cells, each in _GRIDS
        for y in range(cells)
        for x in range(cells)
        for _ in range(each)
    ]
    return np.array(centres, np.float32)


_ANCHORS = _anchors()


def _positions(regressed: NDArray[np.float32]) -> NDArray[np.float32]:
    """Per anchor, as shares of the square: centre, size, then the landmarks' points.

    All but the size (the second pair) are told from the anchor.
    """
    pairs: NDArray[np.float32] = np.float32(1 / _SIDE) * regressed.reshape(len(_ANCHORS), -1, 2)
    from_anchor = np.ones(pairs.shape[1], bool)
    from_anchor[1] = False
    pairs[:, from_anchor] += _ANCHORS[:, None]
    return pairs


def _face(pairs: Any, score: float, longest: int) -> Face:
    """`longest`: the picture's longer side, which fills the square."""
    centre, size, right_eye, left_eye = pairs[:4] * longest
    left, top = centre - size / 2
    across, down = left_eye - right_eye
    roll = math.degrees(math.atan2(down, across))
    return Face(float(left), float(top), float(size[0]), float(size[1]), roll, score)


def _distinct(found: list[Face]) -> list[Face]:
    boxes = [(face.left, face.top, face.width, face.height) for face in found]
    scores = [face.score for face in found]
    kept = cv2.dnn.NMSBoxes(boxes, scores, _LEAST_SCORE, _OVERLAP)
    return [found[index] for index in np.array(kept).reshape(-1)]
