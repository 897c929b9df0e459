"""Measures whether a face is sharp, well exposed and upright.

The thresholds were set on variants of one portrait (blurred, recompressed, noisy, darkened,
brightened, scaled, rotated): they distinguish bad photos from good ones, but do not model the real
service's limits.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facescreen_local.id_verification.media.faces import Face, Picture

_FACE_SIDE_PIXELS = 64
"""Faces are scaled to this many pixels a side, so that blur is relative to the face's size."""
MIN_SHARPNESS = 0.05
"""Measured: at least 0.17 for good faces 52 to 1289 pixels wide, at most 0.03 once Gaussian blur
reaches a fiftieth of the face's width."""
MIN_HIGHLIGHT_GREY_LEVEL = 60
"""The minimum grey level of the 95th percentile of the face. Highlights are used, not the mean:
well-lit dark skin has them (220 in the portrait), while a fifth of the light leaves 43."""
MAX_OVEREXPOSED_SHARE = 0.4
"""The maximum share of overexposed pixels. Measured: 0.01 in good photos, 0.56 at 1.6 times the
light."""
_OVEREXPOSED_GREY_LEVEL = 250
"""Pixels from this grey level on are overexposed."""
MAX_ROLL_DEGREES = 30
"""Degrees; "no significant tilt" (face-deepfake.txt, UnqualifiedPhoto)."""


def find_defect(picture: Picture, face: Face) -> str | None:
    """Return what is wrong with the photo of `face`, as a phrase; None for a good one."""
    grey = _crop_face(picture, face)
    if abs(face.roll) > MAX_ROLL_DEGREES:
        return "the head is tilted"
    if float(np.percentile(grey, 95)) < MIN_HIGHLIGHT_GREY_LEVEL:
        return "the face is too dark"
    if float(np.mean(grey >= _OVEREXPOSED_GREY_LEVEL)) > MAX_OVEREXPOSED_SHARE:
        return "the face is too bright"
    if measure_sharpness(grey) < MIN_SHARPNESS:
        return "the face is not clear"
    return None


def measure_sharpness(grey: NDArray[np.uint8]) -> float:
    """Return the variance of the Laplacian divided by the variance of the face: the amount of fine
    detail, independent of the light."""
    scaled = cv2.resize(
        grey, (_FACE_SIDE_PIXELS, _FACE_SIDE_PIXELS), interpolation=cv2.INTER_AREA
    ).astype(np.float32)
    variance = float(scaled.var())
    return float(cv2.Laplacian(scaled, cv2.CV_32F).var()) / variance if variance else 0.0


def _crop_face(picture: Picture, face: Face) -> NDArray[np.uint8]:
    """Return the part of the face's box that is inside the picture, in grey."""
    height, width = picture.shape[:2]
    top, left = min(max(0, int(face.top)), height - 1), min(max(0, int(face.left)), width - 1)
    bottom = max(top + 1, int(face.top + face.height))
    right = max(left + 1, int(face.left + face.width))
    grey: NDArray[np.uint8] = cv2.cvtColor(picture[top:bottom, left:right], cv2.COLOR_BGR2GRAY)
    return grey
