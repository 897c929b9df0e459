"""Finds what a player may show in place of an MP4's or QuickTime file's video track: other tracks,
other descriptions of the same track, other files, crops.

Each check yields a sentence about each. What can't be determined counts as a second picture.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from facescreen.media.iso import coded_frames, display_properties, sample_tables
from facescreen.media.iso.box_places import has_cover_in_front, has_misplaced_box
from facescreen.media.iso.boxes import (
    find_child,
    group_children,
    has_repeated,
    iterate_boxes,
    iterate_clipped_boxes,
    read_track_id,
    read_version,
    require_child,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.iso.fragments import FrameRun
    from facescreen.media.iso.sample_tables import Tables
    from facescreen.media.iso.video_timing import VideoTiming
    from facescreen.media.reader import Window

_COMPRESSED_BOXES = frozenset({b"!mov", b"!mof", b"cmov"})
_SINGLE_IN_MOVIE = frozenset({b"mvhd", b"mvex"})
_SINGLE_IN_TRACK = frozenset({b"tkhd", b"edts", b"mdia"})
_SINGLE_IN_MEDIA = frozenset({b"mdhd", b"hdlr", b"minf"})
_SINGLE_IN_MEDIA_INFORMATION = frozenset({b"stbl", b"dinf"})
_SINGLE_IN_SAMPLE_TABLE = frozenset(
    {b"stsd", b"stts", b"ctts", b"stsc", b"stsz", b"stz2", b"stco", b"co64"}
)
_ALTERNATIVE_TABLES = {b"stco", b"co64"}

_PICTURE_HANDLERS = frozenset({b"vide", b"pict", b"auxv"})
_SOUND_HANDLER = b"soun"
_DATA_ENTRIES = frozenset(
    # Text and subtitles.
    {b"text", b"tx3g", b"wvtt", b"stpp", b"sbtt", b"stxt", b"c608", b"c708"}
    # Time codes and timed metadata, of the standards and of cameras.
    | {b"tmcd", b"tc64", b"mebx", b"metx", b"mett", b"urim", b"it35", b"mp4s"}
    | {b"gpmd", b"fdsc", b"camm", b"rtmd", b"djmd", b"dbgi"}
    # Hints for streaming.
    | {b"rtp ", b"srtp", b"rrtp", b"rsrp", b"fdp ", b"sm2t", b"pm2t", b"rm2t"}
)
"""Sample entries that are no pictures. Players recognise video by its entry, whatever its handler
is, so an unknown entry may be one."""

_BITMAP_HANDLERS = (b"subp",)
"""Subtitles that are pictures."""

_ENTRY_HEADER_BYTES = 78
"""The fields of a video's sample entry before its boxes."""


def iterate_findings(
    file: Window, moov: Window, track: Window, timing: VideoTiming
) -> Iterator[str]:
    """Yield what the file has besides the one video track, and what is unusual about that."""
    yield from _check_file(file)
    yield from _check_movie(moov)
    yield from _check_track(track)
    tables = group_children(require_child(track, b"mdia", b"minf", b"stbl"))
    yield from _check_places(tables, timing.frames_in_moov, file.size)
    yield from timing.findings
    if timing.frames > timing.frames_in_moov > 0:
        yield "It has frames in front of its fragments, of which some players show only one."
    # Last, because the checks above limit the number of frames.
    yield from _check_frames(file, tables, timing.runs[1:])


def _check_file(file: Window) -> Iterator[str]:
    boxes = list(iterate_clipped_boxes(file))
    kinds = [kind for kind, _ in boxes]
    if kinds.count(b"ftyp") > 1 or kinds.count(b"moov") > 1:
        yield "It has a second movie."
    if b"moof" in kinds and not any(find_child(c, b"mvex") for k, c in boxes if k == b"moov"):
        yield "It has fragments that only some players show."
    if b"moof" in kinds[: kinds.index(b"moov")]:
        yield "It has fragments that only some players show."
    if not _COMPRESSED_BOXES.isdisjoint(kinds):
        yield "A part of its description is compressed, which not all players can read."
    if has_misplaced_box(file):
        yield "A part of its description is in a place where only some players read it."
    if has_cover_in_front(file):
        yield "It has a cover in front of the video, which some players show."
    if any(kind == b"meta" and _read_meta_handler(content) == b"pict" for kind, content in boxes):
        yield "It has a still picture beside the video."


def _read_meta_handler(meta: Window) -> bytes:
    """Return a meta box's handler. QuickTime's has no version and flags."""
    for offset in (4, 0):
        if meta.size >= offset + 24 and meta.read_exactly(offset + 4, 4) == b"hdlr":
            return meta.read_exactly(offset + 16, 4)
    return b""


def _check_movie(moov: Window) -> Iterator[str]:
    children = group_children(moov)
    if has_repeated(children, _SINGLE_IN_MOVIE):
        yield "It has a second movie."
    if not _COMPRESSED_BOXES.isdisjoint(children):
        yield "A part of its description is compressed, which not all players can read."
    if b"rmra" in children:
        yield "It refers to other movies."
    if b"clip" in children:
        yield "It has a mask that some players show the picture through."
    for mvhd in children.get(b"mvhd", ()):
        if not _is_matrix_ordinary(mvhd, 48 if read_version(mvhd) else 36):
            yield "Its picture is distorted, which not all players do."
    yield from _check_tracks(children.get(b"trak", []))


def _check_tracks(tracks: list[Window]) -> Iterator[str]:
    """Check that one track is a video, and that no player takes another for one."""
    handlers = [_read_handler(track) for track in tracks]
    if sum(handler in _PICTURE_HANDLERS for handler in handlers) > 1:
        yield "It has a second video track."
    for track, handler in zip(tracks, handlers, strict=True):
        if handler not in (*_PICTURE_HANDLERS, _SOUND_HANDLER):
            yield from _check_data_track(track, handler)
        if not _PICTURE_HANDLERS.isdisjoint(_read_inner_handlers(track)):
            yield "It has a track that only some players take for a video."
    if len(set(map(read_track_id, tracks))) < len(tracks):
        yield "Two of its tracks have the same number."


def _read_handler(track: Window) -> bytes:
    hdlr = find_child(track, b"mdia", b"hdlr")
    return b"" if hdlr is None else hdlr.read_exactly(8, 4)


def _read_inner_handlers(track: Window) -> Iterator[bytes]:
    """Yield the handlers of parts of a track, which some players take for the track's."""
    if (hdlr := find_child(track, b"mdia", b"minf", b"hdlr")) is not None:
        yield hdlr.read_exactly(8, 4)
    for path in ((b"meta",), (b"udta", b"meta"), (b"mdia", b"meta"), (b"mdia", b"minf", b"meta")):
        if (meta := find_child(track, *path)) is not None:
            yield _read_meta_handler(meta)


def _check_data_track(track: Window, handler: bytes) -> Iterator[str]:
    """Check a track that its handler calls neither video nor sound."""
    stsd = find_child(track, b"mdia", b"minf", b"stbl", b"stsd")
    entries = [kind for kind, _ in iterate_boxes(stsd, 8)] if stsd else []
    if handler in _BITMAP_HANDLERS or not all(entry in _DATA_ENTRIES for entry in entries):
        yield "It has a track that some players may take for a video."


def _check_track(track: Window) -> Iterator[str]:
    boxes = group_children(track)
    media = group_children(boxes[b"mdia"][0])
    information = group_children(media[b"minf"][0])
    tables = group_children(information[b"stbl"][0])
    if (
        has_repeated(boxes, _SINGLE_IN_TRACK)
        or has_repeated(media, _SINGLE_IN_MEDIA)
        or has_repeated(information, _SINGLE_IN_MEDIA_INFORMATION)
        or has_repeated(tables, _SINGLE_IN_SAMPLE_TABLE)
        or tables.keys() >= _ALTERNATIVE_TABLES
    ):
        yield "It describes its video track twice."
    if b"clip" in boxes or b"matt" in boxes:
        yield "It has a mask that some players show the picture through."
    tkhd = boxes[b"tkhd"][0]
    if not _is_matrix_ordinary(tkhd, 52 if read_version(tkhd) else 40):
        yield "Its picture is distorted, which not all players do."
    if not all(map(_is_in_this_file, _read_data_references(information))):
        yield "Frames of it are in another file."
    yield from _check_descriptions(tables[b"stsd"][0])


def _is_matrix_ordinary(header: Window, offset: int) -> bool:
    return display_properties.is_matrix_ordinary(header.unpack(">9i", offset))


def _read_data_references(information: dict[bytes, list[Window]]) -> Iterator[Window]:
    for dinf in information.get(b"dinf", []):
        dref = find_child(dinf, b"dref")
        if dref is not None:
            yield from (content for _, content in iterate_boxes(dref, 8))


def _is_in_this_file(reference: Window) -> bool:
    return bool(reference.read_exactly(3, 1)[0] & 1)


def _check_descriptions(stsd: Window) -> Iterator[str]:
    (count,) = stsd.unpack(">4xI")
    entries = list(iterate_boxes(stsd, 8))
    if count != 1 or len(entries) != 1:
        yield "Its frames have several descriptions."
    for _, entry in entries[:1]:
        width, height = entry.unpack(">24xHH")
        properties = group_children(entry.subwindow(_ENTRY_HEADER_BYTES))
        yield from display_properties.iterate_findings(properties, width, height)


def _check_places(tables: Tables, frames: int, file_bytes: int) -> Iterator[str]:
    """Check that all players find the same frames, and all of them in the file."""
    chunks = sample_tables.read_chunks(tables)
    if any(offset > file_bytes for offset in chunks.offsets):
        yield "Frames of it lie outside the file."
    first_chunks = [first for first, _, _ in chunks.rows]
    if first_chunks[:1] not in ([], [1]) or sorted(set(first_chunks)) != first_chunks:
        yield "Its table of chunks is not in order."
    if any(description != 1 for _, _, description in chunks.rows):
        yield "Its frames have several descriptions."
    count = sample_tables.read_frame_count(tables)
    if count not in (None, frames) or (chunks.rows and chunks.count_frames() != frames):
        yield "Its tables have different numbers of frames."
    if b"stz2" in tables:
        yield "It has a table of sizes that not all players read."


def _check_frames(file: Window, tables: Tables, fragments: list[FrameRun]) -> Iterator[str]:
    """Look into the frames of a track with one description."""
    for codec, entry in iterate_boxes(tables[b"stsd"][0], 8):
        places = chain(
            sample_tables.locate_frames(tables), *(run.locate_frames() for run in fragments)
        )
        properties = {codec: [], **group_children(entry.subwindow(_ENTRY_HEADER_BYTES))}
        yield from coded_frames.iterate_findings(file, properties, places, is_still=False)
