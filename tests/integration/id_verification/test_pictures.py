"""The documented limits of images and videos, on both sides of each limit."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.media import decode
from facescreen_local.samples import SampleFile


def encode_image(width: int, height: int, orientation: int = 1, form: str = "JPEG") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (width, height), "grey").save(out, form, exif=exif)
    return out.getvalue()


def make_clip(path: Path, frames: int, fps: float, side: int = 256) -> bytes:
    """Make a clip of noise, which compresses badly, so that any length has more than 100 KB."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (side, side))
    noise = np.random.default_rng(seed=1)
    for _ in range(frames):
        writer.write(noise.integers(0, 255, (side, side, 3), np.uint8))
    writer.release()
    return path.read_bytes()


def assert_unqualified(content: bytes) -> None:
    with pytest.raises(IdVerificationError) as raised:
        decode.decode_image(content)
    assert raised.value.code == "UnqualifiedPhoto"


def assert_invalid(content: bytes, expected: str) -> None:
    with pytest.raises(IdVerificationError, match=expected) as raised:
        decode.decode_video(content)
    assert raised.value.code == "InvalidParameter"


@pytest.mark.parametrize("size", [(1080, 1920), (480, 640), (639, 640)])
def test_an_image_within_the_limits_is_accepted(size: tuple[int, int]) -> None:
    (picture,) = decode.decode_image(encode_image(*size))
    assert picture.shape == (size[1], size[0], 3)


@pytest.mark.parametrize("size", [(1081, 1920), (1080, 1921), (640, 640), (640, 480), (9, 60000)])
def test_an_image_beyond_the_limits_is_refused(size: tuple[int, int]) -> None:
    assert_unqualified(encode_image(*size))


@pytest.mark.parametrize("size", [(1100, 2000), (60000, 9), (0xFFFF, 0xFFFF)])
def test_a_large_image_is_refused_by_its_header(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    small = encode_image(64, 96)
    frame = small.index(b"\xff\xc0") + 5
    monkeypatch.delattr(decode, "_decode_upright")
    assert_unqualified(small[:frame] + struct.pack(">HH", *size) + small[frame + 4 :])


def test_the_limits_apply_to_the_upright_image() -> None:
    (picture,) = decode.decode_image(encode_image(1920, 1080, orientation=6))
    assert picture.shape == (1920, 1080, 3)
    assert_unqualified(encode_image(480, 640, orientation=8))


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_an_image_of_another_format_is_refused(form: str) -> None:
    assert_unqualified(encode_image(480, 640, form=form))


def test_a_truncated_image_is_refused(portrait: bytes) -> None:
    for length in (0, 2, 500, len(portrait) // 2):
        assert_unqualified(portrait[:length])


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize(("frames", "fps"), [(10, 10), (30, 10), (61, 20), (24, 8), (90, 30)])
def test_a_video_within_the_limits_is_accepted(
    tmp_path: Path, suffix: str, frames: int, fps: float
) -> None:
    decoded = decode.decode_video(make_clip(tmp_path / f"clip{suffix}", frames, fps))
    assert [frame.shape for frame in decoded] == [(256, 256, 3)] * 8


@pytest.mark.parametrize(
    ("frames", "fps", "expected"),
    [
        (9, 10, "1 to 3 seconds"),
        (31, 10, "1 to 3 seconds"),
        (90, 10, "1 to 3 seconds"),
        (14, 7, "8 frames per second"),
        (800, 300, "too many frames"),
    ],
)
def test_a_video_beyond_the_limits_is_refused(
    tmp_path: Path, frames: int, fps: float, expected: str
) -> None:
    side = 256 if frames < 100 else 32
    assert_invalid(make_clip(tmp_path / "clip.mp4", frames, fps, side), expected)


def test_the_frames_are_spread_over_the_video(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 12, (480, 640))
    for number in range(24):
        writer.write(np.full((640, 480, 3), 10 * number, np.uint8))
    writer.release()
    padded = path.read_bytes() + b"\0\1\x88\0free" + b"\0" * (100_344 - 8)
    brightness = [round(frame.mean() / 10) for frame in decode.decode_video(padded)]
    assert brightness == [1, 4, 7, 10, 13, 16, 19, 22]


def test_a_video_must_have_more_than_100_kb(tmp_path: Path) -> None:
    small = make_clip(tmp_path / "clip.mp4", 20, 10, side=64)
    free = 100_000 - len(small)
    exact = small + free.to_bytes(4, "big") + b"free" + b"\0" * (free - 8)
    assert_invalid(exact, "larger than 100 KB")
    assert len(decode.decode_video(exact + b"\0")) == 8


def test_a_video_in_another_container_is_refused(
    samples: dict[str, SampleFile], tmp_path: Path
) -> None:
    assert_invalid(make_clip(tmp_path / "clip.avi", 20, 10), "neither MP4 nor MOV")
    assert_invalid(samples["12-megapixel.jpg"].path.read_bytes(), "neither MP4 nor MOV")


def test_a_truncated_video_is_refused(samples: dict[str, SampleFile]) -> None:
    content = samples["clip.mp4"].path.read_bytes()
    assert_invalid(content[:150_000], "can't be read")
    # Without frames but with the index, as when the disk was full during recording.
    start = content.index(b"mdat") + 4
    middle, end = (start + content.index(b"moov")) // 2, content.index(b"moov") - 4
    assert_invalid(content[:middle] + b"\0" * (end - middle) + content[end:], "breaks off")
