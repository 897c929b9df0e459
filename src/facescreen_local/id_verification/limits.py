"""The maximum size of an image or video."""

from __future__ import annotations

MAX_MEDIA_BYTES = 10 * 1024 * 1024
"""The maximum for an image or video (face-deepfake.txt: "The maximum size is 10 MB")."""
MAX_INLINE_BYTES = 1024 * 1024
"""The maximum for an image in FaceBase64."""
