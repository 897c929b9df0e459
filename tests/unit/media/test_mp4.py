"""MP4 and QuickTime: where the moov is, which track counts, how it is rotated."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import pytest

from facescreen.media.media import Media, UnreadableMediaError
from tests.support.media.encoded_files import encode_video
from tests.support.media.handmade_files import (
    QUARTER_TURN,
    Mp4Track,
    box,
    ftyp,
    full_box,
    large_box,
    moov,
    mp4,
)
from tests.support.media.memory_reader import probe_bytes

QUARTER_TURN_MATRIX = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
UPRIGHT_MATRIX = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
MDAT = box(b"mdat", bytes(300_000))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return encode_video(tmp_path_factory.mktemp("clip"))


def move_moov_to_front(content: bytes) -> bytes:
    """The same video with its moov before the mdat, and its chunk offsets adjusted."""
    (ftyp_end,) = struct.unpack_from(">I", content)
    moov_start = content.index(b"moov") - 4
    moov_box = bytearray(content[moov_start:])
    table_start = moov_box.index(b"stco") + 8
    (chunks,) = struct.unpack_from(">I", moov_box, table_start)
    for entry in range(table_start + 4, table_start + 4 + 4 * chunks, 4):
        (offset,) = struct.unpack_from(">I", moov_box, entry)
        struct.pack_into(">I", moov_box, entry, offset + len(moov_box))
    return content[:ftyp_end] + bytes(moov_box) + content[ftyp_end:moov_start]


def assert_equal_to_opencv(media: Media, content: bytes, folder: Path) -> None:
    path = folder / "copy.mp4"
    path.write_bytes(content)
    capture = cv2.VideoCapture(str(path))
    _, frame = capture.read()
    assert (media.height, media.width) == frame.shape[:2]
    assert media.fps == pytest.approx(capture.get(cv2.CAP_PROP_FPS))
    assert media.frames == capture.get(cv2.CAP_PROP_FRAME_COUNT)
    capture.release()


@pytest.mark.parametrize("fps", [8, 10, 29.97])
def test_a_video_with_its_moov_at_the_end_takes_two_reads(fps: float, tmp_path: Path) -> None:
    content = encode_video(tmp_path, frames=20, fps=fps)
    media = probe_bytes(content, max_reads=2)
    assert (media.type, media.codec, media.rotated) == ("video/mp4", "mp4v", False)
    assert media.duration_s == pytest.approx(20 / fps, rel=1e-3)
    assert_equal_to_opencv(media, content, tmp_path)


def test_a_video_with_its_moov_in_front_takes_one_read(clip: bytes, tmp_path: Path) -> None:
    content = move_moov_to_front(clip)
    assert len(content) == len(clip) > 1_000_000
    media = probe_bytes(content)
    assert media == probe_bytes(clip, max_reads=2)
    assert_equal_to_opencv(media, content, tmp_path)


def test_a_video_stored_sideways_by_a_phone_is_rotated(clip: bytes, tmp_path: Path) -> None:
    before, _, behind = clip.rpartition(UPRIGHT_MATRIX)
    content = before + QUARTER_TURN_MATRIX + behind
    media = probe_bytes(content, max_reads=2)
    assert (media.width, media.height, media.rotated) == (640, 480, True)
    assert_equal_to_opencv(media, content, tmp_path)


def test_quicktime_is_recognised_by_its_brand(tmp_path: Path) -> None:
    media = probe_bytes(encode_video(tmp_path, "mov"), max_reads=2)
    assert (media.type, media.width, media.height, media.fps) == ("video/quicktime", 480, 640, 10)


MOOV_LAYOUTS = {
    "moov behind the mdat": ftyp(b"mp42") + MDAT + moov(Mp4Track()),
    "moov behind a 64-bit mdat": ftyp(b"mp42") + large_box(b"mdat", MDAT) + moov(Mp4Track()),
    "a 64-bit moov": ftyp(b"mp42") + large_box(b"moov", moov(Mp4Track())[8:]),
    "a moov to the end of the file": ftyp(b"mp42") + bytes(4) + moov(Mp4Track())[4:],
    "a moov of the other version": mp4(Mp4Track(version=1, edits=((2000, 0),))),
    "a terminator at the end of the moov": mp4(Mp4Track(), extra_boxes=bytes(4)),
    "an unknown brand": ftyp(b"new!") + moov(Mp4Track()),
}


@pytest.mark.parametrize("content", MOOV_LAYOUTS.values(), ids=MOOV_LAYOUTS)
def test_the_moov_is_found_in_every_layout(content: bytes) -> None:
    media = probe_bytes(content, max_reads=2)
    assert (media.type, media.codec) == ("video/mp4", "avc1")
    assert (media.width, media.height, media.rotated) == (480, 640, False)
    assert (media.frames, media.duration_s, media.fps) == (50, 2, 25)


@pytest.mark.parametrize(
    "first_box", [b"", box(b"wide"), box(b"free", bytes(9)), box(b"skip"), MDAT]
)
def test_old_quicktime_has_no_brand(first_box: bytes) -> None:
    assert probe_bytes(first_box + moov(Mp4Track()), max_reads=2).type == "video/quicktime"


SOUND_TRACK = Mp4Track(track_id=9, handler=b"soun")
SECOND_TRACK = Mp4Track(width=64, height=48)
TRACKS = {
    "behind the sound": [SOUND_TRACK, Mp4Track()],
    "the first of two": [Mp4Track(), SECOND_TRACK],
    "the first enabled one": [Mp4Track(width=64, enabled=False), Mp4Track()],
    "a disabled one where no other is": [Mp4Track(enabled=False), SOUND_TRACK],
}


@pytest.mark.parametrize("tracks", TRACKS.values(), ids=TRACKS)
def test_the_first_enabled_video_track_counts(tracks: list[Mp4Track]) -> None:
    assert probe_bytes(mp4(*tracks)).width == 480


MATRICES = {
    "upright": ((1, 0, 0, 1), (480, 640), False),
    "a quarter": (QUARTER_TURN, (640, 480), True),
    "a half": ((-1, 0, 0, -1), (480, 640), True),
    "three quarters": ((0, -1, 1, 0), (640, 480), True),
    "mirrored": ((-1, 0, 0, 1), (480, 640), True),
    "larger": ((2, 0, 0, 2), (480, 640), False),
    "left empty": ((0, 0, 0, 0), (480, 640), False),
}


@pytest.mark.parametrize(("matrix", "size", "rotated"), MATRICES.values(), ids=MATRICES)
@pytest.mark.parametrize("version", [0, 1])
def test_the_matrix_rotates_the_video(
    version: int, matrix: tuple[int, int, int, int], size: tuple[int, int], rotated: bool
) -> None:
    media = probe_bytes(mp4(Mp4Track(matrix=matrix, version=version)))
    assert ((media.width, media.height), media.rotated) == (size, rotated)


def test_an_unprintable_codec_is_omitted() -> None:
    assert probe_bytes(mp4(Mp4Track(codec=b"\n\x1b[2"))).codec is None


ONE_TRACK = mp4(Mp4Track())
DAMAGED_FILES = {
    "only sound": mp4(SOUND_TRACK),
    "no track": mp4(),
    "a track without media": ftyp(b"isom") + box(b"moov", box(b"trak")),
    "no moov": ftyp(b"isom") + MDAT,
    "the moov cut off": ONE_TRACK[:-1],
    "no sample table": ONE_TRACK.replace(b"stts", b"free"),
    "no clock": ONE_TRACK.replace(b"mdhd", b"free"),
    "no width": mp4(Mp4Track(width=0)),
    "a box smaller than its header": ftyp(b"isom") + struct.pack(">I4s", 7, b"moov") + ONE_TRACK,
    "a 64-bit box smaller than its header": ftyp(b"isom") + struct.pack(">I4sQ", 1, b"moov", 15),
    "a child longer than its parent": ONE_TRACK.replace(
        struct.pack(">I4s", 24, b"stts"), struct.pack(">I4s", 25, b"stts")
    ),
    "a table longer than its box": ONE_TRACK.replace(
        full_box(b"stts", struct.pack(">I", 1))[8:], full_box(b"stts", struct.pack(">I", 2))[8:]
    ),
    "a size beyond all files": ftyp(b"isom") + struct.pack(">I4sQ", 1, b"mdat", 2**64 - 1),
    "a timescale of zero": mp4(Mp4Track(timescale=0)),
}


@pytest.mark.parametrize("content", DAMAGED_FILES.values(), ids=DAMAGED_FILES)
def test_a_damaged_video_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableMediaError):
        probe_bytes(content, max_reads=2)


def test_a_file_without_video_is_reported_as_such() -> None:
    with pytest.raises(UnreadableMediaError, match="no video track"):
        probe_bytes(mp4(SOUND_TRACK))
