"""One picture in a video: what a player may show in place of the video track, and what it may
not."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from tests.support.media.handmade_files import (
    FRAGMENT,
    QUARTER_TURN,
    Mp4Track,
    box,
    counted_table,
    ftyp,
    full_box,
    moov,
    mp4,
)
from tests.support.media.handmade_images import gamma_curve, icc_profile
from tests.support.media.memory_reader import probe_bytes

VIDEO = Mp4Track()
SOUND = Mp4Track(track_id=2, handler=b"soun", codec=b"mp4a")
MVHD_SIZE = 108


def data_track(handler: bytes, entry: bytes, track_id: int = 3) -> Mp4Track:
    return Mp4Track(track_id, handler, codec=entry)


def hdlr(handler: bytes) -> bytes:
    return full_box(b"hdlr", bytes(4), handler, bytes(13))


def meta(handler: bytes) -> bytes:
    return full_box(b"meta", hdlr(handler))


def dinf(*references: tuple[bytes, int]) -> bytes:
    """Data references: a kind, and flags, of which the first says that the data is in this file."""
    entries = b"".join(full_box(kind, flags=flags) for kind, flags in references)
    return box(b"dinf", full_box(b"dref", struct.pack(">I", len(references)), entries))


def stsz(samples: int) -> bytes:
    return full_box(b"stsz", struct.pack(">II", 100, samples))


def stsc(*rows: tuple[int, int, int]) -> bytes:
    return full_box(b"stsc", counted_table(">III", *rows))


def stco(*offsets: int) -> bytes:
    return full_box(b"stco", counted_table(">I", *((offset,) for offset in offsets)))


def co64(*offsets: int) -> bytes:
    return full_box(b"co64", counted_table(">Q", *((offset,) for offset in offsets)))


def clap(*fields: int) -> bytes:
    return box(b"clap", struct.pack(">IIIIiIiI", *fields))


def pasp(horizontal: int, vertical: int) -> bytes:
    return box(b"pasp", struct.pack(">II", horizontal, vertical))


def nclx(transfer: int, primaries: int = 1) -> bytes:
    return box(b"colr", b"nclx", struct.pack(">HHHB", primaries, transfer, 1, 0))


def profile(exponent: float) -> bytes:
    return box(b"colr", b"prof", icc_profile(gamma_curve(exponent)))


def gama(exponent: float) -> bytes:
    return box(b"gama", struct.pack(">I", round(exponent * 65536)))


def with_matrix(content: bytes, header: bytes, *numbers: float) -> bytes:
    """The file with another matrix in its tkhd or mvhd box."""
    offset = content.index(header) + 4 + (40 if header == b"tkhd" else 36)
    shifts = (16, 16, 30) * 3
    matrix = [int(n * (1 << s)) for n, s in zip(numbers, shifts, strict=True)]
    return content[:offset] + struct.pack(">9i", *matrix) + content[offset + 36 :]


ALL_TABLES = stsz(50) + stsc((1, 10, 1)) + stco(0, 0, 0, 0, 0)

ORDINARY_FILES = {
    "with sound": mp4(VIDEO, SOUND),
    "with two languages": mp4(VIDEO, SOUND, replace(SOUND, track_id=3)),
    "with a time code": mp4(VIDEO, data_track(b"tmcd", b"tmcd")),
    "with subtitles": mp4(VIDEO, data_track(b"text", b"tx3g"), data_track(b"sbtl", b"tx3g", 4)),
    "of a live photo": mp4(
        VIDEO, SOUND, data_track(b"meta", b"mebx"), data_track(b"meta", b"mebx", 4)
    ),
    "of an action camera": mp4(
        VIDEO,
        SOUND,
        data_track(b"tmcd", b"tmcd"),
        data_track(b"meta", b"gpmd", 4),
        data_track(b"meta", b"fdsc", 5),
    ),
    "with hints": mp4(VIDEO, data_track(b"hint", b"rtp ")),
    "with all tables": mp4(replace(VIDEO, tables=ALL_TABLES)),
    "with unequal chunks": mp4(
        replace(VIDEO, tables=stsz(50) + stsc((1, 20, 1), (3, 10, 1)) + stco(0, 0, 0))
    ),
    "with its data in the file": mp4(replace(VIDEO, information_boxes=dinf((b"url ", 1)))),
    "with QuickTime's reference to itself": mp4(
        replace(VIDEO, information_boxes=hdlr(b"alis") + dinf((b"alis", 1)))
    ),
    "with one decoder configuration": mp4(
        replace(VIDEO, entry_boxes=box(b"avcC", bytes(9)) + nclx(1) + pasp(1, 1))
    ),
    "with a color profile": mp4(replace(VIDEO, entry_boxes=profile(2.2) + nclx(1) + gama(2.2))),
    "in high dynamic range": mp4(replace(VIDEO, codec=b"hvc1", entry_boxes=nclx(18))),
    "anamorphic": mp4(replace(VIDEO, entry_boxes=pasp(4, 3))),
    "with a crop of padding": mp4(
        replace(VIDEO, height=1088, width=1920, entry_boxes=clap(1920, 1, 1080, 1, 0, 1, 0, 1))
    ),
    "turned": mp4(replace(VIDEO, matrix=QUARTER_TURN)),
    "turned and moved": with_matrix(mp4(VIDEO), b"tkhd", 0, 1, 0, -1, 0, 0, 640, 0, 1),
    "turned with rounding": with_matrix(mp4(VIDEO), b"tkhd", 1e-3, 1, 0, -1, 1e-3, 0, 0, 0, 1),
    "with tags": mp4(VIDEO, extra_boxes=meta(b"mdta") + box(b"udta", meta(b"mdir"))),
    "with bytes of a phone at its end": mp4(VIDEO) + box(b"sefd", bytes(8)) + b"SEFT" * 6,
}


@pytest.mark.parametrize("content", ORDINARY_FILES.values(), ids=ORDINARY_FILES)
def test_an_ordinary_video_has_one_picture(content: bytes) -> None:
    assert probe_bytes(content).second_picture is None


SECOND_VIDEO = replace(VIDEO, track_id=2)
SECOND_VIDEO_FILES = {
    "enabled": mp4(VIDEO, SECOND_VIDEO),
    "disabled": mp4(VIDEO, replace(SECOND_VIDEO, enabled=False)),
    "enabled behind a disabled one": mp4(replace(VIDEO, enabled=False), SECOND_VIDEO),
    "of pictures": mp4(VIDEO, replace(SECOND_VIDEO, handler=b"pict", codec=b"jpeg")),
    "for depth": mp4(VIDEO, replace(SECOND_VIDEO, handler=b"auxv", codec=b"hvc1")),
    "for chapters": mp4(VIDEO, replace(SECOND_VIDEO, enabled=False, codec=b"jpeg")),
}


@pytest.mark.parametrize("content", SECOND_VIDEO_FILES.values(), ids=SECOND_VIDEO_FILES)
def test_a_second_video_track_is_a_second_picture(content: bytes) -> None:
    assert probe_bytes(content).second_picture == "It has a second video track."


DISGUISED_FILES = {
    "a video called metadata": mp4(VIDEO, data_track(b"meta", b"avc1")),
    "a video called a hint": mp4(VIDEO, data_track(b"hint", b"hvc1")),
    "a video of an unknown kind": mp4(VIDEO, data_track(b"new!", b"avc1")),
    "an unknown entry": mp4(VIDEO, data_track(b"meta", b"new!")),
    "a second entry": mp4(
        VIDEO, replace(data_track(b"text", b"text"), more_entries=box(b"avc1", bytes(78)))
    ),
    "subtitles of pictures": mp4(VIDEO, data_track(b"subp", b"mp4s")),
    "sound with another handler in its data information": mp4(
        VIDEO, replace(SOUND, information_boxes=hdlr(b"vide"))
    ),
    "sound with another handler in its metadata": mp4(
        VIDEO, replace(SOUND, track_boxes=meta(b"vide"))
    ),
    "sound with another handler in its user data": mp4(
        VIDEO, replace(SOUND, track_boxes=box(b"udta", box(b"meta", hdlr(b"pict"))))
    ),
    "a track with the video's number": mp4(VIDEO, replace(SOUND, track_id=1)),
}


@pytest.mark.parametrize("content", DISGUISED_FILES.values(), ids=DISGUISED_FILES)
def test_a_track_that_may_be_a_video_is_a_second_picture(content: bytes) -> None:
    assert "track" in str(probe_bytes(content).second_picture)


OTHER_MOVIES = {
    "a second file": mp4(VIDEO) + mp4(VIDEO),
    "a second moov": mp4(VIDEO) + moov(VIDEO),
    "a moov in front": ftyp(b"isom") + moov(VIDEO) + moov(VIDEO),
    "a second ftyp": mp4(VIDEO) + ftyp(b"heic"),
    "a still picture": mp4(VIDEO) + meta(b"pict"),
    "a still picture in front": ftyp(b"mp42", b"heic") + meta(b"pict") + moov(VIDEO),
    "a compressed moov beside the tracks": mp4(VIDEO, extra_boxes=box(b"cmov", bytes(8))),
    "a compressed moov of the standard": mp4(VIDEO) + box(b"!mov", bytes(8)),
    "references to movies": mp4(VIDEO, extra_boxes=box(b"rmra", bytes(8))),
    "a second header": mp4(VIDEO, extra_boxes=full_box(b"mvhd", bytes(96))),
    "fragments in front of the movie": ftyp(b"isom")
    + FRAGMENT
    + moov(VIDEO, extra_boxes=box(b"mvex")),
    "fragments that only some players show": mp4(VIDEO) + box(b"moof", bytes(8)),
}


@pytest.mark.parametrize("content", OTHER_MOVIES.values(), ids=OTHER_MOVIES)
def test_another_movie_is_a_second_picture(content: bytes) -> None:
    assert probe_bytes(content).second_picture


AVC = box(b"avc1", bytes(78))
DESCRIPTIONS = {
    "two sample entries": replace(VIDEO, more_entries=AVC),
    "two configurations": replace(VIDEO, entry_boxes=box(b"avcC", bytes(9)) * 2),
    "configurations of two codecs": replace(
        VIDEO, entry_boxes=box(b"avcC", bytes(9)) + box(b"hvcC", bytes(9))
    ),
    "two sample tables": replace(VIDEO, information_boxes=box(b"stbl", bytes(8))),
    "two tables of times": replace(
        VIDEO, tables=full_box(b"stts", counted_table(">II", (50, 512)))
    ),
    "two tables of sizes": replace(VIDEO, tables=stsz(50) * 2),
    "two kinds of tables of sizes": replace(
        VIDEO, tables=stsz(50) + full_box(b"stz2", struct.pack(">II", 16, 50), bytes(100))
    ),
    "two tables of places": replace(VIDEO, tables=stco(0) + co64(0)),
    "two edit lists": replace(VIDEO, edits=((2000, 0),), track_boxes=box(b"edts")),
    "two media": replace(VIDEO, track_boxes=box(b"mdia", hdlr(b"vide"))),
    "frames of another description": replace(
        VIDEO, tables=stsz(50) + stsc((1, 40, 1), (2, 10, 2)) + stco(0, 0)
    ),
    "more frames than times": replace(VIDEO, tables=stsz(99) + stsc((1, 99, 1)) + stco(0)),
    "more frames in chunks than sizes": replace(
        VIDEO, tables=stsz(50) + stsc((1, 10, 1)) + stco(*[0] * 9)
    ),
    "no place for the first chunk": replace(VIDEO, tables=stsz(50) + stsc((2, 50, 1)) + stco(0, 0)),
    "chunks out of order": replace(
        VIDEO, tables=stsz(50) + stsc((1, 40, 1), (3, 30, 1), (2, 10, 1)) + stco(0, 0)
    ),
    "frames beyond the end": replace(VIDEO, tables=stsz(50) + stsc((1, 50, 1)) + stco(99_999)),
    "frames beyond 32 bits": replace(VIDEO, tables=stsz(50) + stsc((1, 50, 1)) + co64(1 << 32)),
    "frames in another file": replace(VIDEO, information_boxes=dinf((b"url ", 0))),
    "frames in this and another file": replace(
        VIDEO, information_boxes=dinf((b"url ", 1), (b"alis", 0))
    ),
}


@pytest.mark.parametrize("track", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_frames_that_players_find_in_different_places_are_a_second_picture(track: Mp4Track) -> None:
    assert probe_bytes(mp4(track)).second_picture


DISPLAYS = {
    "a crop of half the picture": mp4(replace(VIDEO, entry_boxes=clap(240, 1, 640, 1, 0, 1, 0, 1))),
    "a crop beside the picture": mp4(
        replace(VIDEO, entry_boxes=clap(470, 1, 630, 1, 300, 1, 0, 1))
    ),
    "two crops": mp4(replace(VIDEO, entry_boxes=clap(480, 1, 640, 1, 0, 1, 0, 1) * 2)),
    "wide pixels": mp4(replace(VIDEO, entry_boxes=pasp(5, 1))),
    "high pixels": mp4(replace(VIDEO, entry_boxes=pasp(1, 5))),
    "pixels of no width": mp4(replace(VIDEO, entry_boxes=pasp(0, 1))),
    "linear light": mp4(replace(VIDEO, entry_boxes=nclx(8))),
    "a logarithmic curve": mp4(replace(VIDEO, entry_boxes=nclx(10))),
    "a reserved curve": mp4(replace(VIDEO, entry_boxes=nclx(99))),
    "unusual primaries": mp4(replace(VIDEO, entry_boxes=nclx(1, primaries=10))),
    "two lists of code points": mp4(replace(VIDEO, entry_boxes=nclx(1) + nclx(13))),
    "a profile of another curve": mp4(replace(VIDEO, entry_boxes=profile(9))),
    "an extreme gamma": mp4(replace(VIDEO, entry_boxes=gama(0.3))),
    "a flat picture": with_matrix(mp4(VIDEO), b"tkhd", 1, 0, 0, 0, 0.01, 0, 0, 0, 1),
    "a line": with_matrix(mp4(VIDEO), b"tkhd", 1, 0, 0, 0, 0, 0, 0, 0, 1),
    "a slanted picture": with_matrix(mp4(VIDEO), b"tkhd", 1, 0.7, 0, 0, 1, 0, 0, 0, 1),
    "a perspective": with_matrix(mp4(VIDEO), b"tkhd", 1, 0, 0.5, 0, 1, 0, 0, 0, 1),
    "a flat movie": with_matrix(mp4(VIDEO), b"mvhd", 1, 0, 0, 0, 0.01, 0, 0, 0, 1),
    "a clipped movie": mp4(VIDEO, extra_boxes=box(b"clip", bytes(18))),
    "a clipped track": mp4(replace(VIDEO, track_boxes=box(b"clip", bytes(18)))),
    "a matte": mp4(replace(VIDEO, track_boxes=box(b"matt", bytes(18)))),
}


@pytest.mark.parametrize("content", DISPLAYS.values(), ids=DISPLAYS)
def test_a_display_that_not_all_players_apply_is_a_second_picture(content: bytes) -> None:
    assert probe_bytes(content).second_picture


def nested(content: bytes, depth: int) -> bytes:
    return content if depth == 0 else box(b"udta", nested(content, depth - 1))


def inside(parent: bytes, content: bytes, addition: bytes) -> bytes:
    """The file with a box added in front of the others of the first `parent`, and all boxes around
    it made longer."""
    result = bytearray(content)
    start = content.index(parent) - 4
    for outer in PATHS[parent]:
        place = content.index(outer) - 4
        (size,) = struct.unpack_from(">I", content, place)
        struct.pack_into(">I", result, place, size + len(addition))
    result[start + 8 : start + 8] = addition
    return bytes(result)


PATHS = {
    b"moov": (b"moov",),
    b"trak": (b"moov", b"trak"),
    b"mdia": (b"moov", b"trak", b"mdia"),
    b"minf": (b"moov", b"trak", b"mdia", b"minf"),
}
OTHER_TABLES = stsz(50) + stco(9)
ELST = full_box(b"elst", counted_table(">IiI", (500, 0, 1 << 16)))
ONE = mp4(VIDEO)
MISPLACED = {
    "a track outside the moov": ONE + VIDEO.trak(),
    "a track in front of the moov": ftyp(b"isom") + VIDEO.trak() + moov(VIDEO),
    "a track in user data": mp4(VIDEO, extra_boxes=box(b"udta", VIDEO.trak())),
    "tables in the moov": mp4(VIDEO, extra_boxes=OTHER_TABLES),
    "tables in the track": inside(b"trak", ONE, OTHER_TABLES),
    "tables in the track's user data": inside(b"trak", ONE, box(b"udta", OTHER_TABLES)),
    "tables in the track's metadata": inside(b"trak", ONE, full_box(b"meta", OTHER_TABLES)),
    "tables in QuickTime's metadata": inside(b"trak", ONE, box(b"meta", OTHER_TABLES)),
    "tables in the media": inside(b"mdia", ONE, OTHER_TABLES),
    "tables in the media information": inside(b"minf", ONE, OTHER_TABLES),
    "tables in the video's sample entry": mp4(replace(VIDEO, entry_boxes=OTHER_TABLES)),
    "tables in the sound's sample entry": mp4(
        VIDEO, replace(SOUND, entry_boxes=box(b"wave", OTHER_TABLES))
    ),
    "tables that end beyond their parent": inside(
        b"trak", ONE, box(b"tref", b"\0\0\xff\xff" + stco(9)[4:])
    ),
    "tables behind a handler in metadata": inside(
        b"trak", ONE, full_box(b"meta", b"\0\xff\xff\xff", b"junk", hdlr(b"mdir"), stco(9))
    ),
    "an edit list outside its box": inside(b"trak", ONE, ELST),
    "an edit list in user data": inside(b"trak", ONE, box(b"udta", ELST)),
    "a movie in user data": mp4(VIDEO, extra_boxes=box(b"udta", moov(VIDEO))),
    "a fragment in user data": mp4(VIDEO, extra_boxes=box(b"udta", box(b"moof"))),
    "boxes deeper than players look": mp4(VIDEO, extra_boxes=nested(box(b"free"), 20)),
}


@pytest.mark.parametrize("content", MISPLACED.values(), ids=MISPLACED)
def test_a_description_in_the_wrong_place_is_a_second_picture(content: bytes) -> None:
    assert "place where only some players" in str(probe_bytes(content).second_picture)


def cover(item: bytes, data_type: int) -> bytes:
    """Metadata with a cover, or with something else."""
    data = box(b"data", struct.pack(">II", data_type, 0), bytes(9))
    return full_box(b"meta", hdlr(b"mdir"), box(b"ilst", box(item, data)))


IN_FRONT = {
    "in user data": inside(b"moov", ONE, box(b"udta", cover(b"covr", 13))),
    "of PNG": inside(b"moov", ONE, box(b"udta", cover(b"covr", 14))),
    "of BMP": inside(b"moov", ONE, box(b"udta", cover(b"covr", 27))),
    "by a key": inside(b"moov", ONE, cover(b"\0\0\0\1", 13)),
    "in the file": ftyp(b"isom") + cover(b"covr", 13) + moov(VIDEO),
}
BEHIND = {
    "in user data": mp4(VIDEO, extra_boxes=box(b"udta", cover(b"covr", 13))),
    "in the file": ONE + cover(b"covr", 13),
    "a title in front": inside(b"moov", ONE, box(b"udta", cover(b"\xa9nam", 1))),
}


@pytest.mark.parametrize("content", IN_FRONT.values(), ids=IN_FRONT)
def test_a_cover_in_front_of_the_video_is_a_second_picture(content: bytes) -> None:
    assert "cover" in str(probe_bytes(content).second_picture)


@pytest.mark.parametrize("content", BEHIND.values(), ids=BEHIND)
def test_a_cover_behind_the_video_is_no_second_picture(content: bytes) -> None:
    assert probe_bytes(content).second_picture is None
