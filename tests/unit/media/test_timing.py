"""The duration and frame rate of a video, in one piece or in fragments."""

from __future__ import annotations

import struct
from dataclasses import replace

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
    extra_field = bytes(4 if extra_flags & 0xA00 else 0)
    rows = b"".join(struct.pack(">I", ticks) + extra_field for ticks in durations)
    flags = 0x1 | extra_flags | (0x100 if durations else 0)
    head = struct.pack(">Ii", len(durations) or frames, 100)
    return full_box(b"trun", head, first_flags, rows, flags=flags)


def moof(
    *truns: bytes,
    track_id: int = 1,
    default: int | None = None,
    description: int | None = None,
    flags: int = 0x2_0000,
) -> bytes:
    fields = struct.pack(">I", track_id)
    if description is not None:
        fields += struct.pack(">I", description)
        flags |= 0x2
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


HALF_A_SECOND = 6400
EVEN_TRACKS = {
    "constant": Mp4Track(),
    "left out while the machine was busy": Mp4Track(frames=((40, 256), (1, 12_800), (9, 256))),
    "fewer than the service selects": Mp4Track(frames=((1, 25_000), (6, 10))),
    "of one frame": Mp4Track(frames=((1, 9000),)),
    "without frames": Mp4Track(frames=()),
    "with a pause": Mp4Track(frames=((20, 512), (1, 12_800), (20, 512))),
    "at two rates": Mp4Track(frames=((30, 427), (30, 1280))),
    "with a negative duration at its end": Mp4Track(frames=((49, 512), (1, 2**32 - 1))),
    "with reordered frames": Mp4Track(
        time_offsets=((1, 1024), (24, 2048), (25, 0)), edits=((2000, 1024),)
    ),
    "trimmed by a phone": Mp4Track(edits=((1230, HALF_A_SECOND),)),
    "late": Mp4Track(edits=((500, -1), (2000, 0))),
    "to the end": Mp4Track(edits=((0, 512),)),
}


@pytest.mark.parametrize("track", EVEN_TRACKS.values(), ids=EVEN_TRACKS)
def test_frames_shown_about_equally_long_are_one_picture(track: Mp4Track) -> None:
    assert probe_bytes(mp4(track)).second_picture is None


NORMAL, STOPPED = 1 << 16, 0
UNEVEN_TRACKS = {
    "as many as the service selects": Mp4Track(frames=((1, 25_000), (7, 10))),
    "one frame for nearly all the time": Mp4Track(frames=((1, 25_000), (50, 10))),
    "few frames for nearly all the time": Mp4Track(frames=((10, 2500), (90, 10))),
    "the last frame": Mp4Track(frames=((50, 10), (1, 25_000))),
    "frames without a duration": Mp4Track(frames=((20, 1280), (60, 0))),
    "all frames without a duration": Mp4Track(frames=((50, 0),)),
    "more frames than can be compared": Mp4Track(frames=((30_000, 1),)),
    "frames that are shown after the others": Mp4Track(time_offsets=((25, 0), (25, 10**7))),
    "frames that are shown before the others": Mp4Track(time_offsets=((25, 0), (25, -(10**7)))),
    "an edit of less than half": Mp4Track(edits=((900, 0),)),
    "an edit at the end": Mp4Track(edits=((0, 13_000),)),
    "an edit behind the end": Mp4Track(edits=((1000, 10**6),)),
    "two edits": Mp4Track(edits=((1000, 0), (1000, 12_800))),
    "an edit that repeats": Mp4Track(edits=((2000, 0), (2000, 0))),
    "an edit that reorders": Mp4Track(edits=((1000, 12_800), (1000, 0))),
    "an edit that stops": Mp4Track(edits=((2000, 0, STOPPED),)),
    "an edit at half speed": Mp4Track(edits=((2000, 0, NORMAL // 2),)),
    "an edit backwards": Mp4Track(edits=((2000, 0, 2**32 - NORMAL),)),
    "an empty edit behind the others": Mp4Track(edits=((2000, 0), (500, -1))),
    "a start so late that the first frame stands": Mp4Track(edits=((9000, -1), (2000, 0))),
}


@pytest.mark.parametrize("track", UNEVEN_TRACKS.values(), ids=UNEVEN_TRACKS)
def test_frames_that_are_hidden_repeated_or_held_are_a_second_picture(track: Mp4Track) -> None:
    assert probe_bytes(mp4(track)).second_picture


def test_a_last_frame_that_stands_while_the_sound_goes_on_is_a_second_picture() -> None:
    sound = Mp4Track(track_id=2, handler=b"soun", codec=b"mp4a")
    assert probe_bytes(mp4(Mp4Track(), sound)).second_picture is None
    longer = replace(sound, frames=((250, 512),))
    assert "some of its frames much longer" in str(
        probe_bytes(mp4(Mp4Track(), longer)).second_picture
    )


def tfdt(time: int) -> bytes:
    return full_box(b"tfdt", struct.pack(">Q", time), version=1)


FRAGMENTED_HEAD = mp4(EMPTY_TRACK, extra_boxes=box(b"mvex", trex(1, 512)))
ONE_SECOND = trun(frames=25)
EVEN_FRAGMENTS = {
    "without times": moof(ONE_SECOND) + moof(ONE_SECOND),
    "with times": moof(tfdt(0), ONE_SECOND) + moof(tfdt(12_800), ONE_SECOND),
    "that start late": moof(tfdt(99_000), ONE_SECOND) + moof(tfdt(111_800), ONE_SECOND),
    "that overlap by less than a frame": moof(tfdt(0), ONE_SECOND) + moof(tfdt(12_400), ONE_SECOND),
    "with a gap": moof(tfdt(0), ONE_SECOND) + moof(tfdt(20_000), ONE_SECOND),
    "with time offsets": moof(trun(*[512] * 50, extra_flags=0x800)),
}


@pytest.mark.parametrize("fragments", EVEN_FRAGMENTS.values(), ids=EVEN_FRAGMENTS)
def test_fragments_in_a_row_are_one_picture(fragments: bytes) -> None:
    assert probe_bytes(FRAGMENTED_HEAD + fragments).second_picture is None


UNEVEN_FRAGMENTS = {
    "at the same time": moof(tfdt(0), ONE_SECOND) + moof(tfdt(0), ONE_SECOND),
    "in the opposite order": moof(tfdt(12_800), ONE_SECOND) + moof(tfdt(0), ONE_SECOND),
    "far apart": moof(tfdt(0), ONE_SECOND) + moof(tfdt(999_999), ONE_SECOND),
    "of another description": moof(ONE_SECOND, description=2),
    "with two headers": moof(full_box(b"tfhd", struct.pack(">I", 1), flags=0x2_0000), ONE_SECOND),
    "with another header behind": moof(ONE_SECOND, full_box(b"tfhd", struct.pack(">I", 1))),
    "with two times": moof(tfdt(0), tfdt(12_800), ONE_SECOND),
    "with its time behind": moof(ONE_SECOND, tfdt(0)),
    "twice in one moof": box(b"moof", moof(ONE_SECOND)[8:] * 2),
    "at a place that players compute differently": box(
        b"moof", moof(ONE_SECOND, track_id=2)[8:], moof(ONE_SECOND, flags=0)[8:]
    ),
}


@pytest.mark.parametrize("fragments", UNEVEN_FRAGMENTS.values(), ids=UNEVEN_FRAGMENTS)
def test_fragments_that_players_show_differently_are_a_second_picture(fragments: bytes) -> None:
    assert probe_bytes(FRAGMENTED_HEAD + fragments).second_picture


def test_frames_in_front_of_fragments_are_a_second_picture() -> None:
    head = mp4(Mp4Track(), extra_boxes=box(b"mvex", trex(1, 512)))
    assert probe_bytes(head).second_picture is None
    assert "in front of" in str(probe_bytes(head + moof(ONE_SECOND)).second_picture)


def test_two_defaults_of_a_track_are_a_second_picture() -> None:
    head = mp4(EMPTY_TRACK, extra_boxes=box(b"mvex", trex(1, 512), trex(1, 512)))
    assert probe_bytes(head + moof(ONE_SECOND)).second_picture
