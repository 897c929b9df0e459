"""How large an image or video may be."""

from __future__ import annotations

LARGEST = 10 * 1024 * 1024
"""Bytes of an image or video (face-deepfake.txt: "The maximum size is 10 MB")."""
LARGEST_INLINE = 1024 * 1024
"""Bytes of an image in FaceBase64."""
