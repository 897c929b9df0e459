"""Whether a face is clear, normally exposed and upright, measured on the face alone.

The thresholds were set on variants of one portrait (blurred, re-saved, noised, darkened,
brightened, scaled, turned): they tell spoilt photos from good ones, and are no model of the real
service's own limits.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facescreen_local.id_verification.media.faces import Face, Picture

_SIDE = 64
"""Faces are compared at this many pixels, so that blur counts relative to the face's size."""
LEAST_SHARPNESS = 0.05
"""Seen: 0.17 and more for good faces 52 to 1289 pixels wide, 0.03 and less once Gaussian blur
reaches a fiftieth of the face's width."""
DARKEST_HIGHLIGHT = 60
"""Grey level below which 95% of the face lie. The highlights and not the mean decide: a dark skin
well lit has them (220 in the portrait), a fifth of its light leaves 43."""
MOST_BURNT_OUT = 0.4
"""Share of the face at the top of the scale. Seen: 0.01 in good photos, 0.56 at 1.6 times the
light."""
_BURNT_OUT = 250
STEEPEST_ROLL = 30
"""Degrees; "no significant tilt" (face-deepfake.txt, UnqualifiedPhoto)."""


def defect(picture: Picture, face: Face) -> str | None:
    """What is wrong with the photo of `face`, in words; None for a good one."""
    grey = _grey(picture, face)
    if abs(face.roll) > STEEPEST_ROLL:
        return "the head is tilted"
    if float(np.percentile(grey, 95)) < DARKEST_HIGHLIGHT:
        return "the face is too dark"
    if float(np.mean(grey >= _BURNT_OUT)) > MOST_BURNT_OUT:
        return "the face is too bright"
    if sharpness(grey) < LEAST_SHARPNESS:
        return "the face is not clear"
    return None


def sharpness(grey: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian over the variance of the face: fine detail, whatever the light."""
    scaled = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    variance = float(scaled.var())
    return float(cv2.Laplacian(scaled, cv2.CV_32F).var()) / variance if variance else 0.0


def _grey(picture: Picture, face: Face) -> NDArray[np.uint8]:
    """The part of the face's box that lies in the picture."""
    height, width = picture.shape[:2]
    top, left = min(max(0, int(face.top)), height - 1), min(max(0, int(face.left)), width - 1)
    bottom = max(top + 1, int(face.top + face.height))
    right = max(left + 1, int(face.left + face.width))
    grey: NDArray[np.uint8] = cv2.cvtColor(picture[top:bottom, left:right], cv2.COLOR_BGR2GRAY)
    return grey
