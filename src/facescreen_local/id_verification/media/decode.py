"""Decodes what was sent, and holds it to the page's limits (face-deepfake.txt, "Image and video
requirements"). Written apart from what the functions check beforehand, so that it can contradict
them."""

from __future__ import annotations

import io
import math
import tempfile

import cv2
import numpy as np
from PIL.JpegImagePlugin import JpegImageFile

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.media.faces import Picture

HIGHEST_IMAGE, WIDEST_IMAGE = 1920, 1080
SMALLEST_VIDEO = 100 * 1000
"""Bytes; a video must be larger."""
SHORTEST_S, LONGEST_S = 1, 3
LEAST_FPS = 8
SAMPLED_FRAMES = 8
"""How many frames of a video are looked at."""

# The first box: ftyp, or any of those that QuickTime files older than ftyp begin with.
_CONTAINER_STARTS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")

# Not the page's: what a file may cost this machine.
_MOST_FRAMES = 750
_LONGEST_VIDEO_SIDE = 4096


def image(content: bytes) -> list[Picture]:
    """The one picture of a JPEG, upright. Raises IdVerificationError (UnqualifiedPhoto)."""
    try:
        with JpegImageFile(io.BytesIO(content)) as opened:
            # Before a pixel is decoded. Its EXIF may still turn it, so which side is the height is
            # seen below.
            if min(opened.size) > WIDEST_IMAGE or max(opened.size) > HIGHEST_IMAGE:
                text = "The image is larger than 1920 × 1080 pixels (h × w)."
                raise IdVerificationError("UnqualifiedPhoto", text)
    except (OSError, SyntaxError, ValueError):
        raise IdVerificationError(
            "UnqualifiedPhoto", "The image can't be read as a JPEG."
        ) from None
    picture = _decoded(content)
    height, width = picture.shape[:2]
    if height <= width:
        raise IdVerificationError("UnqualifiedPhoto", "The image must be higher than it is wide.")
    return [picture]


def video(content: bytes) -> list[Picture]:
    """Evenly spaced frames of an MP4 or MOV. Raises IdVerificationError (InvalidParameter)."""
    if len(content) <= SMALLEST_VIDEO:
        raise IdVerificationError("InvalidParameter", "The video must be larger than 100 KB.")
    # Only these containers reach the decoder, which knows many more, playlists among them.
    if content[4:8] not in _CONTAINER_STARTS:
        raise IdVerificationError("InvalidParameter", "The video is neither MP4 nor MOV.")
    # A file, for cv2's reading from Python streams crashes on a seek to before the start.
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        capture = cv2.VideoCapture(file.name, cv2.CAP_FFMPEG)
        try:
            return _frames(capture, _checked_length(capture))
        finally:
            capture.release()


def _decoded(content: bytes) -> Picture:
    """Upright by its EXIF; cv2 refuses what is cut short."""
    try:
        picture: Picture | None = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise IdVerificationError("UnqualifiedPhoto", "The image can't be decoded.")
    return picture


def _checked_length(capture: cv2.VideoCapture) -> int:
    """How many frames the video has, once its length, rate and size are found to be in order."""
    count, fps = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    if not (capture.isOpened() and 0 < count < math.inf and 0 < fps < math.inf):
        raise IdVerificationError("InvalidParameter", "The video can't be read.")
    sides = (capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if max(sides) > _LONGEST_VIDEO_SIDE or count > _MOST_FRAMES:
        raise IdVerificationError(
            "InvalidParameter", "The video has too many frames or too large ones."
        )
    # To a tenth: the last frame of a clip of 3 seconds may end a little later.
    if not SHORTEST_S <= round(count / fps, 1) <= LONGEST_S:
        raise IdVerificationError("InvalidParameter", "The video must last 1 to 3 seconds.")
    if round(fps, 1) < LEAST_FPS:
        raise IdVerificationError(
            "InvalidParameter", "The video must have at least 8 frames per second."
        )
    return int(count)


def _frames(capture: cv2.VideoCapture, count: int) -> list[Picture]:
    """The middle frame of each eighth."""
    wanted = {(2 * part + 1) * count // (2 * SAMPLED_FRAMES) for part in range(SAMPLED_FRAMES)}
    frames: list[Picture] = []
    for index in range(max(wanted) + 1):
        there = capture.grab()
        if there and index in wanted:
            there, frame = capture.retrieve()
            frames.append(frame)
        if not there:
            raise IdVerificationError("InvalidParameter", "The video breaks off.")
    return frames
