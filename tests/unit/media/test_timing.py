"""The duration and frame rate of a video, in one piece or in fragments."""

from __future__ import annotations

import struct

import pytest

from facescreen.media.media import UnreadableMediaError
from tests.support.media.handmade_files import Mp4Track, box, full_box, mp4
from tests.support.media.memory_reader import probe_bytes

TRACKS = {
    "constant": (Mp4Track(frames=((50, 512),)), 50, 2, 25),
    "variable": (Mp4Track(timescale=1000, frames=((2, 40), (1, 120), (3, 100))), 6, 0.5, 12),
    "one frame that lasts": (Mp4Track(timescale=1, frames=((1, 3),)), 1, 3, pytest.approx(1 / 3)),
    "frames of no duration": (Mp4Track(frames=((50, 0),)), 50, 0, None),
    "no frames": (Mp4Track(frames=()), 0, 0, None),
    "the longest duration": (
        Mp4Track(timescale=1, frames=((2**32 - 1, 2**32 - 1),)),
        2**32 - 1,
        (2.0**32 - 1) ** 2,
        pytest.approx(2.0**-32),
    ),
}


@pytest.mark.parametrize(("track", "frames", "duration_s", "fps"), TRACKS.values(), ids=TRACKS)
def test_duration_and_frame_rate_are_read_from_the_sample_table(
    track: Mp4Track, frames: int, duration_s: float, fps: float | None
) -> None:
    media = probe_bytes(mp4(track))
    assert (media.frames, media.duration_s, media.fps) == (frames, duration_s, fps)


EDITS = {
    "the whole video, from the first frame shown": (((2000, 1024),), 2),
    "trimmed on the phone": (((1230, 6400),), 1.23),
    "a late start": (((500, -1), (2000, 0)), 2),
    "two pieces": (((400, 0), (300, 6400)), pytest.approx(0.7)),
    "to the end": (((0, 0),), 2),
    "longer than there is": (((60_000, 0),), 2),
    "only a late start": (((500, -1),), 2),
}


@pytest.mark.parametrize(("edits", "duration_s"), EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("version", [0, 1])
def test_an_edit_list_sets_the_duration(
    version: int, edits: tuple[tuple[int, int], ...], duration_s: float
) -> None:
    media = probe_bytes(mp4(Mp4Track(edits=edits, version=version)))
    assert (media.duration_s, media.fps) == (duration_s, 25)


def test_edits_need_the_movies_timescale() -> None:
    content = mp4(Mp4Track(edits=((1000, 0),)))
    timescale_offset = content.index(b"mvhd") + 16
    with pytest.raises(UnreadableMediaError, match="timescale is zero"):
        probe_bytes(content[:timescale_offset] + bytes(4) + content[timescale_offset + 4 :])


def trun(*durations: int, frames: int = 0, extra_flags: int = 0) -> bytes:
    """Frames with durations, or with the default; `extra_flags` add other fields."""
    first_flags = bytes(4) if extra_flags & 0x4 else b""
    extra_field = bytes(4 if extra_flags & 0x200 else 0)
    rows = b"".join(struct.pack(">I", ticks) + extra_field for ticks in durations)
    flags = 0x1 | extra_flags | (0x100 if durations else 0)
    head = struct.pack(">Ii", len(durations) or frames, 100)
    return full_box(b"trun", head, first_flags, rows, flags=flags)


def moof(*truns: bytes, track_id: int = 1, default: int | None = None) -> bytes:
    fields = struct.pack(">I", track_id)
    flags = 0x2_0000
    if default is not None:
        fields += struct.pack(">QII", 0, 1, default)
        flags |= 0x1 | 0x2 | 0x8
    return box(b"moof", box(b"traf", full_box(b"tfhd", fields, flags=flags), *truns))


def trex(track_id: int, duration: int) -> bytes:
    return full_box(b"trex", struct.pack(">5I", track_id, 1, duration, 0, 0))


EMPTY_TRACK = Mp4Track(frames=(), version=1)
MDAT = box(b"mdat", bytes(100))
FRAGMENTS = {
    "durations of the run": moof(trun(*[512] * 50)),
    "durations beside sizes": moof(trun(*[512] * 50, extra_flags=0x200)),
    "durations behind the first frame's flags": moof(trun(*[512] * 50, extra_flags=0x4)),
    "the fragment's default": moof(trun(frames=50), default=512),
    "the track's default": moof(trun(frames=25)) + MDAT + moof(trun(frames=25)),
    "several runs": moof(trun(frames=20), trun(*[512] * 30)),
    "another track between": moof(trun(frames=50)) + moof(trun(frames=99), track_id=2),
}


@pytest.mark.parametrize("fragments", FRAGMENTS.values(), ids=FRAGMENTS)
def test_frames_are_read_from_fragments(fragments: bytes) -> None:
    head = mp4(EMPTY_TRACK, extra_boxes=box(b"mvex", trex(2, 7), trex(1, 512)))
    media = probe_bytes(head + fragments)
    assert (media.frames, media.duration_s, media.fps) == (50, 2, 25)


def test_fragments_add_to_the_frames_of_the_moov() -> None:
    head = mp4(Mp4Track(edits=((0, 1024),)), extra_boxes=box(b"mvex", trex(1, 512)))
    assert probe_bytes(head + moof(trun(frames=25))).duration_s == 3


def test_distant_fragments_take_few_reads() -> None:
    media_data = box(b"mdat", bytes(400_000))
    head = mp4(EMPTY_TRACK, extra_boxes=box(b"mvex", trex(1, 512)))
    content = head + (moof(trun(frames=25)) + media_data) * 3
    assert probe_bytes(content, max_reads=4).duration_s == 3


def test_fragments_may_have_no_durations() -> None:
    media = probe_bytes(mp4(EMPTY_TRACK, extra_boxes=box(b"mvex")) + moof(trun(frames=50)))
    assert (media.frames, media.duration_s, media.fps) == (50, 0, None)


def test_fragments_may_be_missing() -> None:
    media = probe_bytes(mp4(EMPTY_TRACK, extra_boxes=box(b"mvex", trex(1, 512))))
    assert (media.frames, media.duration_s, media.fps) == (0, 0, None)


def test_a_fragment_cut_short_is_unreadable() -> None:
    head = mp4(EMPTY_TRACK, extra_boxes=box(b"mvex", trex(1, 512)))
    with pytest.raises(UnreadableMediaError):
        probe_bytes(head + moof(trun(*[512] * 50))[:-1])


def test_the_length_of_tables_is_limited() -> None:
    assert probe_bytes(mp4(Mp4Track(frames=((1, 512),) * 90_000)), max_reads=5).frames == 90_000
    with pytest.raises(UnreadableMediaError, match="too complex"):
        probe_bytes(mp4(Mp4Track(frames=((1, 512),) * 110_000)), max_reads=6)
