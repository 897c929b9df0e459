"""Whether what was sent shows a face that can be judged."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.media import decode, quality
from facescreen_local.id_verification.media.faces import FaceDetector

_MOST_KNOWN = 10_000
_PASSED = ("", "")


class Examination:
    """Looks at the same bytes once, as long as they are among the _MOST_KNOWN that came last for
    the first time. Safe to use from several threads."""

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._known: OrderedDict[tuple[bytes, bool], tuple[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def pass_or_refuse(self, content: bytes, *, is_video: bool) -> None:
        """As `examine`."""
        asked = hashlib.sha256(content).digest(), is_video
        with self._lock:
            refused = self._known.get(asked)
        if refused is None:
            refused = self._refused(content, is_video)
            with self._lock:
                self._known[asked] = refused
                if len(self._known) > _MOST_KNOWN:
                    self._known.popitem(last=False)
        if refused != _PASSED:
            raise IdVerificationError(*refused)

    def _refused(self, content: bytes, is_video: bool) -> tuple[str, str]:
        try:
            examine(content, is_video=is_video, detector=self._detector)
        except IdVerificationError as refusal:
            return refusal.code, str(refusal)
        return _PASSED


def examine(content: bytes, *, is_video: bool, detector: FaceDetector) -> None:
    """Returns if it does. Raises IdVerificationError: a limit of the page is broken, most pictures
    show no face (NoFaceDetected), or most faces are badly taken (UnqualifiedPhoto)."""
    shown = decode.video(content) if is_video else decode.image(content)
    found = [(picture, detector.largest(picture)) for picture in shown]
    faces = [(picture, face) for picture, face in found if face is not None]
    if 2 * len(faces) < len(shown) or not faces:
        raise IdVerificationError(
            "NoFaceDetected", "No face was detected. Upload a different image."
        )
    defects = [quality.defect(picture, face) for picture, face in faces]
    wrong = [defect for defect in defects if defect is not None]
    if 2 * len(wrong) > len(faces):
        raise IdVerificationError("UnqualifiedPhoto", f"The photo is not good enough: {wrong[0]}.")
