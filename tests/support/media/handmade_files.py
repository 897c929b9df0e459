"""Files built byte by byte, with content that no encoder writes."""

from __future__ import annotations

import struct
from dataclasses import dataclass

UPRIGHT = (1, 0, 0, 1)
QUARTER_TURN = (0, 1, -1, 0)


def box(box_type: bytes, *content: bytes) -> bytes:
    """An ISO box."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), box_type) + body


def large_box(box_type: bytes, *content: bytes) -> bytes:
    """A box with a 64-bit size."""
    body = b"".join(content)
    return struct.pack(">I4sQ", 1, box_type, 16 + len(body)) + body


def full_box(box_type: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box with version and flags."""
    return box(box_type, struct.pack(">I", version << 24 | flags), *content)


FRAGMENT = box(
    b"moof",
    box(
        b"traf",
        full_box(b"tfhd", struct.pack(">I", 1)),
        full_box(b"trun", struct.pack(">II", 1, 512), flags=0x100),
    ),
)
"""A movie fragment with one frame of track 1."""


def counted_table(layout: str, *rows: tuple[int, ...]) -> bytes:
    """The number of rows, then the rows."""
    return struct.pack(">I", len(rows)) + b"".join(struct.pack(layout, *row) for row in rows)


@dataclass(frozen=True)
class Mp4Track:
    """A track of an MP4: by default 50 frames in 2 seconds."""

    track_id: int = 1
    handler: bytes = b"vide"
    enabled: bool = True
    matrix: tuple[int, int, int, int] = UPRIGHT
    width: int = 480
    height: int = 640
    codec: bytes = b"avc1"
    timescale: int = 12_800
    frames: tuple[tuple[int, int], ...] = ((50, 512),)
    edits: tuple[tuple[int, ...], ...] = ()
    """Each edit's duration in the movie's timescale (1000 a second), its start in the media, and
    its rate if that is not 1 << 16."""
    version: int = 0
    time_offsets: tuple[tuple[int, int], ...] = ()
    """Numbers of frames, and how many ticks later than decoded each is shown."""
    more_entries: bytes = b""
    """Sample entries after the first."""
    entry_boxes: bytes = b""
    """Boxes in the sample entry, such as the decoder's configuration."""
    tables: bytes = b""
    """More boxes in the sample table."""
    information_boxes: bytes = b""
    """More boxes beside the sample table."""
    track_boxes: bytes = b""
    """More boxes in the track."""

    def trak(self) -> bytes:
        edits = [box(b"edts", self._elst())] if self.edits else []
        return box(b"trak", self._tkhd(), *edits, self._mdia(), self.track_boxes)

    def _dates(self) -> bytes:
        return bytes(16 if self.version else 8)

    def _tkhd(self) -> bytes:
        a, b, c, d = (value << 16 for value in self.matrix)
        return full_box(
            b"tkhd",
            self._dates(),
            struct.pack(">I", self.track_id),
            bytes(12 if self.version else 8),
            bytes(16),
            struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30),
            bytes(8),
            version=self.version,
            flags=int(self.enabled),
        )

    def _elst(self) -> bytes:
        layout = ">QqI" if self.version else ">IiI"
        rows = [edit if len(edit) > 2 else (*edit, 1 << 16) for edit in self.edits]
        return full_box(b"elst", counted_table(layout, *rows), version=self.version)

    def _mdia(self) -> bytes:
        clock = struct.pack(">I", self.timescale) + bytes(12 if self.version else 8)
        mdhd = full_box(b"mdhd", self._dates(), clock, version=self.version)
        hdlr = full_box(b"hdlr", bytes(4), self.handler, bytes(13))
        size = struct.pack(">HH", self.width, self.height)
        entry = box(self.codec, bytes(24), size, bytes(50), self.entry_boxes)
        entries = 1 + self.more_entries.count(b"avc1")
        stsd = full_box(b"stsd", struct.pack(">I", entries), entry, self.more_entries)
        stts = full_box(b"stts", counted_table(">II", *self.frames))
        offsets = [full_box(b"ctts", counted_table(">Ii", *self.time_offsets))]
        stbl = box(b"stbl", stsd, stts, *offsets[: len(self.time_offsets)], self.tables)
        return box(b"mdia", mdhd, hdlr, box(b"minf", stbl, self.information_boxes))


def h264_configuration(length_bytes: int = 4) -> bytes:
    """The configuration of an H.264 decoder, without parameters of the stream."""
    return box(b"avcC", bytes([1, 66, 0, 30, 0xFC | length_bytes - 1, 0xE0, 0]))


def h265_configuration(length_bytes: int = 4) -> bytes:
    """The configuration of an H.265 decoder, without parameters of the stream."""
    return box(b"hvcC", bytes([1, *bytes(20), 0xFC | length_bytes - 1, 0]))


def units(*contents: bytes, length_bytes: int = 4) -> bytes:
    """The units of one coded frame."""
    return b"".join(len(unit).to_bytes(length_bytes, "big") + unit for unit in contents)


def place_frames(*frames: bytes, offset: int) -> bytes:
    """The tables that place frames directly behind each other from an offset on."""
    sizes = b"".join(struct.pack(">I", len(frame)) for frame in frames)
    return (
        full_box(b"stsz", struct.pack(">II", 0, len(frames)), sizes)
        + full_box(b"stsc", counted_table(">III", (1, len(frames), 1)))
        + full_box(b"stco", counted_table(">I", (offset,)))
    )


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    return box(b"ftyp", major, bytes(4), *compatible)


def moov(*tracks: Mp4Track, extra_boxes: bytes = b"") -> bytes:
    mvhd = full_box(b"mvhd", bytes(8), struct.pack(">I", 1000), bytes(84))
    return box(b"moov", mvhd, *(track.trak() for track in tracks), extra_boxes)


def mp4(*tracks: Mp4Track, extra_boxes: bytes = b"") -> bytes:
    """An MP4 without its frames; `extra_boxes` go into the moov."""
    return ftyp(b"isom", b"mp41") + moov(*tracks, extra_boxes=extra_boxes)


def heif(
    *properties: bytes,
    item_id: int = 1,
    tile_count: int = 0,
    wide_ids: bool = False,
    wide_indexes: bool = False,
    brands: tuple[bytes, ...] = (b"heic", b"mif1"),
    meta_boxes: bytes = b"",
    other_properties: tuple[bytes, ...] = (),
    more_associations: bytes = b"",
) -> bytes:
    """A HEIF file whose primary item has all `properties`; `tile_count` items before it have the
    first. `meta_boxes` describe the items, and `more_associations` give them `other_properties`."""
    id_layout, index_layout = ">I" if wide_ids else ">H", ">H" if wide_indexes else ">B"
    essential = 0x8000 if wide_indexes else 0x80
    indexes = [struct.pack(index_layout, essential | n + 1) for n in range(len(properties))]
    tiles = [struct.pack(id_layout + "B", 100 + n, 1) + indexes[0] for n in range(tile_count)]
    entries = b"".join(tiles)
    entries += struct.pack(id_layout + "B", item_id, len(properties)) + b"".join(indexes)
    ipma = full_box(
        b"ipma",
        struct.pack(">I", tile_count + 1),
        entries,
        version=int(wide_ids),
        flags=int(wide_indexes),
    )
    pitm = full_box(b"pitm", struct.pack(id_layout, item_id), version=int(wide_ids))
    iprp = box(b"iprp", box(b"ipco", *properties, *other_properties), ipma, more_associations)
    return ftyp(*brands) + full_box(b"meta", pitm, iprp, meta_boxes)


def iinf(
    *items: tuple[int, bytes] | tuple[int, bytes, bytes], hidden: tuple[int, ...] = ()
) -> bytes:
    """The list of items, each with its id, its kind, and the MIME type of the kind ``mime``."""
    entries = [
        full_box(
            b"infe",
            struct.pack(">HH4s", item[0], 0, item[1]),
            b"\0" + b"".join(text + b"\0" for text in item[2:]),
            version=2,
            flags=int(item[0] in hidden),
        )
        for item in items
    ]
    return full_box(b"iinf", struct.pack(">H", len(entries)), *entries)


def iref(*references: tuple[bytes, int, tuple[int, ...]]) -> bytes:
    """References between items: a kind, the item that refers, and the items it refers to."""
    boxes = [
        box(kind, struct.pack(f">HH{len(targets)}H", source, len(targets), *targets))
        for kind, source, targets in references
    ]
    return full_box(b"iref", *boxes)


def associations(*items: tuple[int, tuple[int, ...]]) -> bytes:
    """More associations of items with properties, counted from 1."""
    rows = [bytes([*item.to_bytes(2, "big"), len(p), *p]) for item, p in items]
    return full_box(b"ipma", struct.pack(">I", len(rows)), *rows)


def ispe(width: int, height: int) -> bytes:
    return full_box(b"ispe", struct.pack(">II", width, height))


def jpeg_segment(marker: int, content: bytes) -> bytes:
    """A JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def exif_block(orientation: int, order: str = "<") -> bytes:
    """An EXIF block with one field, the orientation."""
    header = b"II*\0" if order == "<" else b"MM\0*"
    field = struct.pack(order + "HHIHxx", 274, 3, 1, orientation)
    return b"Exif\0\0" + header + struct.pack(order + "IH", 8, 1) + field + bytes(4)


def jpeg_frame(
    *components: int, marker: int = 0xC0, width: int = 480, height: int = 640, factors: int = 0x11
) -> bytes:
    """A JPEG's frame header; `components` are their identifiers."""
    rows = b"".join(bytes([component, factors, 0]) for component in components)
    return jpeg_segment(marker, struct.pack(">BHHB", 8, height, width, len(components)) + rows)


def jpeg_scan(*components: int, first: int = 0, last: int = 63, bits: int = 0) -> bytes:
    """The header of a scan; of progressive scans it sends coefficients from `first` to `last`."""
    selectors = b"".join(bytes([component, 0]) for component in components)
    return jpeg_segment(0xDA, bytes([len(components)]) + selectors + bytes([first, last, bits]))


def jpeg(*segments: bytes, width: int = 480, height: int = 640) -> bytes:
    """A grey JPEG without its compressed image data."""
    frame = jpeg_frame(1, width=width, height=height)
    return b"\xff\xd8" + b"".join(segments) + frame + jpeg_scan(1)
