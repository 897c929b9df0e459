"""Whether what was sent shows a face that can be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import pictures, quality
from .refusal import Refusal

if TYPE_CHECKING:
    from .faces import FaceDetector


def examine(content: bytes, *, is_video: bool, detector: FaceDetector) -> None:
    """Returns if it does. Raises Refusal: a limit of the page is broken, most pictures show no face
    (NoFaceDetected), or most faces are badly taken (UnqualifiedPhoto)."""
    shown = pictures.video(content) if is_video else pictures.image(content)
    found = [(picture, detector.largest(picture)) for picture in shown]
    faces = [(picture, face) for picture, face in found if face is not None]
    if 2 * len(faces) < len(shown) or not faces:
        raise Refusal("NoFaceDetected", "No face was detected. Upload a different image.")
    defects = [quality.defect(picture, face) for picture, face in faces]
    wrong = [defect for defect in defects if defect is not None]
    if 2 * len(wrong) > len(faces):
        raise Refusal("UnqualifiedPhoto", f"The photo is not good enough: {wrong[0]}.")
