"""Decodes images and videos, and checks the documented limits (face-deepfake.txt, "Image and video
requirements"). It shares no code with the functions' own checks, so that it can contradict them."""

from __future__ import annotations

import io
import math
import tempfile

import cv2
import numpy as np
from PIL.JpegImagePlugin import JpegImageFile

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.media.faces import Picture

MAX_IMAGE_HEIGHT, MAX_IMAGE_WIDTH = 1920, 1080
MIN_VIDEO_BYTES = 100 * 1000
"""A video must be larger than this."""
MIN_VIDEO_S, MAX_VIDEO_S = 1, 3
MIN_FPS = 8
SAMPLED_FRAME_COUNT = 8
"""How many frames of a video are checked."""

# ftyp, or one of the boxes that begin QuickTime files from before ftyp.
_FIRST_BOX_TYPES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")

# Not documented limits: they bound what a file can cost this machine.
_MAX_FRAMES = 750
_MAX_VIDEO_SIDE_PIXELS = 4096


def decode_image(content: bytes) -> list[Picture]:
    """The one picture of a JPEG, upright. Raises IdVerificationError (UnqualifiedPhoto)."""
    try:
        with JpegImageFile(io.BytesIO(content)) as header:
            # Check this before decoding a pixel. EXIF may still rotate the image, so which side is
            # its height is checked below.
            if min(header.size) > MAX_IMAGE_WIDTH or max(header.size) > MAX_IMAGE_HEIGHT:
                message = "The image is larger than 1920 × 1080 pixels (h × w)."
                raise IdVerificationError("UnqualifiedPhoto", message)
    except (OSError, SyntaxError, ValueError):
        raise IdVerificationError(
            "UnqualifiedPhoto", "The image can't be read as a JPEG."
        ) from None
    picture = _decode_upright(content)
    height, width = picture.shape[:2]
    if height <= width:
        raise IdVerificationError("UnqualifiedPhoto", "The image must be higher than it is wide.")
    return [picture]


def decode_video(content: bytes) -> list[Picture]:
    """Evenly spaced frames of an MP4 or MOV. Raises IdVerificationError (InvalidParameter)."""
    if len(content) <= MIN_VIDEO_BYTES:
        raise IdVerificationError("InvalidParameter", "The video must be larger than 100 KB.")
    # Only these containers reach the decoder, which supports many more, playlists included.
    if content[4:8] not in _FIRST_BOX_TYPES:
        raise IdVerificationError("InvalidParameter", "The video is neither MP4 nor MOV.")
    # Use a file: cv2 crashes on a seek to before the start of a Python stream.
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        capture = cv2.VideoCapture(file.name, cv2.CAP_FFMPEG)
        try:
            return _sample_frames(capture, _check_video(capture))
        finally:
            capture.release()


def _decode_upright(content: bytes) -> Picture:
    """Decode an image and rotate it by its EXIF; cv2 rejects a truncated one."""
    try:
        picture: Picture | None = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise IdVerificationError("UnqualifiedPhoto", "The image can't be decoded.")
    return picture


def _check_video(capture: cv2.VideoCapture) -> int:
    """Check the video's duration, frame rate and size, and return its number of frames."""
    count, fps = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    if not (capture.isOpened() and 0 < count < math.inf and 0 < fps < math.inf):
        raise IdVerificationError("InvalidParameter", "The video can't be read.")
    sides = (capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if max(sides) > _MAX_VIDEO_SIDE_PIXELS or count > _MAX_FRAMES:
        raise IdVerificationError(
            "InvalidParameter", "The video has too many frames or too large ones."
        )
    # Round to a tenth: the last frame of a clip of 3 seconds may end a little later.
    if not MIN_VIDEO_S <= round(count / fps, 1) <= MAX_VIDEO_S:
        raise IdVerificationError("InvalidParameter", "The video must last 1 to 3 seconds.")
    if round(fps, 1) < MIN_FPS:
        raise IdVerificationError(
            "InvalidParameter", "The video must have at least 8 frames per second."
        )
    return int(count)


def _sample_frames(capture: cv2.VideoCapture, count: int) -> list[Picture]:
    """Decode the middle frame of each eighth of the video."""
    sampled_indexes = {
        (2 * part + 1) * count // (2 * SAMPLED_FRAME_COUNT) for part in range(SAMPLED_FRAME_COUNT)
    }
    frames: list[Picture] = []
    for index in range(max(sampled_indexes) + 1):
        succeeded = capture.grab()
        if succeeded and index in sampled_indexes:
            succeeded, frame = capture.retrieve()
            frames.append(frame)
        if not succeeded:
            raise IdVerificationError("InvalidParameter", "The video breaks off.")
    return frames
