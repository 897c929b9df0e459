"""Checks whether an image or video shows a face that can be judged."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.media import decode, quality
from facescreen_local.id_verification.media.faces import FaceDetector

_MAX_CACHED_RESULTS = 10_000
_CHECK_PASSED = ("", "")


class FaceChecker:
    """Checks images and videos, and caches the results of the latest _MAX_CACHED_RESULTS different
    ones. Safe to use from several threads."""

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._results: OrderedDict[tuple[bytes, bool], tuple[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, content: bytes, *, is_video: bool) -> None:
        """Like `check_face`, from the cache if possible."""
        cache_key = hashlib.sha256(content).digest(), is_video
        with self._lock:
            result = self._results.get(cache_key)
        if result is None:
            result = self._run_check(content, is_video)
            with self._lock:
                self._results[cache_key] = result
                if len(self._results) > _MAX_CACHED_RESULTS:
                    self._results.popitem(last=False)
        if result != _CHECK_PASSED:
            raise IdVerificationError(*result)

    def _run_check(self, content: bytes, is_video: bool) -> tuple[str, str]:
        try:
            check_face(content, is_video=is_video, detector=self._detector)
        except IdVerificationError as error:
            return error.code, str(error)
        return _CHECK_PASSED


def check_face(content: bytes, *, is_video: bool, detector: FaceDetector) -> None:
    """Check one image or video.

    Raises IdVerificationError: a documented limit is exceeded, most pictures show no face
    (NoFaceDetected), or most faces are of bad quality (UnqualifiedPhoto).
    """
    pictures = decode.decode_video(content) if is_video else decode.decode_image(content)
    detections = [(picture, detector.find_largest(picture)) for picture in pictures]
    faces = [(picture, face) for picture, face in detections if face is not None]
    if 2 * len(faces) < len(pictures) or not faces:
        raise IdVerificationError(
            "NoFaceDetected", "No face was detected. Upload a different image."
        )
    defects = [
        defect
        for picture, face in faces
        if (defect := quality.find_defect(picture, face)) is not None
    ]
    if 2 * len(defects) > len(faces):
        raise IdVerificationError(
            "UnqualifiedPhoto", f"The photo is not good enough: {defects[0]}."
        )
