"""Reads the items of a HEIF file (ISO/IEC 14496-12, 8.11, and ISO/IEC 23008-12): what each is, how
they refer to each other, and their properties."""

from __future__ import annotations

from dataclasses import dataclass
from struct import calcsize
from typing import TYPE_CHECKING

from facescreen.media.iso.boxes import (
    find_child,
    iterate_boxes,
    iterate_children,
    read_version,
    require_child,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_HIDDEN_FLAG = 1
IN_FILE, IN_IDAT = 0, 1


@dataclass(frozen=True)
class Item:
    """An item: a picture, or data about one."""

    item_id: int
    kind: bytes
    """Four letters, such as ``hvc1``, ``grid`` or ``Exif``; empty in files without kinds."""
    content_type: bytes
    """The MIME type of an item of kind ``mime``, otherwise empty."""
    is_hidden: bool


@dataclass(frozen=True)
class Reference:
    """A reference from one item to others."""

    kind: bytes
    """``dimg`` to what a picture is derived from, ``thmb`` or ``auxl`` to the picture it is for."""
    source: int
    targets: list[int]


@dataclass(frozen=True)
class Location:
    """Where the data of an item is."""

    item_id: int
    method: int
    """0 in the file, 1 in the idat box, 2 in another item."""
    data_reference: int
    """0 in this file; otherwise in another one."""
    extents: list[tuple[int, int]]
    """The offset and the length of each piece; the length is 0 for all that is there."""


@dataclass(frozen=True)
class Catalogue:
    """What a meta box says about the items of the file."""

    primary: int
    """The id of the item that readers show."""
    items: list[Item]
    references: list[Reference]
    locations: list[Location]
    properties: list[tuple[int, list[tuple[bytes, Window]]]]
    """Each item with the types and contents of its properties."""

    def get_properties(self, item_id: int) -> list[tuple[bytes, Window]]:
        """Return an item's properties, in the order in which they apply."""
        return [row for found_id, rows in self.properties if found_id == item_id for row in rows]

    def get_sources(self, item_id: int) -> list[int]:
        """Return the items that a picture is derived from, such as its tiles."""
        return [
            target
            for reference in self.references
            if (reference.kind, reference.source) == (b"dimg", item_id)
            for target in reference.targets
        ]


def read_catalogue(meta: Window) -> Catalogue:
    """Read the boxes of a meta box."""
    return Catalogue(
        _read_primary_item_id(meta),
        list(_read_items(meta)),
        list(_read_references(meta)),
        list(_read_locations(meta)),
        list(_read_properties(meta)),
    )


def locate_data(file: Window, meta: Window, location: Location) -> list[tuple[int, int]]:
    """Return the offset in the file and the length of each piece of an item's data."""
    container = require_child(meta, b"idat") if location.method == IN_IDAT else file
    return [
        (container.start + offset, length or max(0, container.size - offset))
        for offset, length in location.extents
    ]


def _read_primary_item_id(meta: Window) -> int:
    pitm = require_child(meta, b"pitm")
    (item_id,) = pitm.unpack(">4xI" if read_version(pitm) else ">4xH")
    return int(item_id)


def _read_properties(meta: Window) -> Iterator[tuple[int, list[tuple[bytes, Window]]]]:
    iprp = require_child(meta, b"iprp")
    boxes = list(iterate_boxes(require_child(iprp, b"ipco")))
    for ipma in iterate_children(iprp, b"ipma"):
        for item_id, indexes in _read_associations(ipma):
            yield item_id, [boxes[i - 1] for i in indexes if 1 <= i <= len(boxes)]


def _read_associations(ipma: Window) -> Iterator[tuple[int, list[int]]]:
    """Yield each item with the indexes of its properties, from 1. The top bit marks essential
    properties and is removed."""
    version_flags, entries = ipma.unpack(">II")
    id_layout, id_size = (">IB", 5) if version_flags >> 24 else (">HB", 3)
    index_layout, index_size = (">H", 2) if version_flags & 1 else (">B", 1)
    mask = 0x7FFF if version_flags & 1 else 0x7F
    offset = 8
    for _ in range(entries):
        item_id, count = ipma.unpack(id_layout, offset)
        # A part of its own, so that the number of items is limited.
        association = ipma.subwindow(offset + id_size, count * index_size)
        rows = association.unpack_rows(index_layout, 0, count)
        yield item_id, [index & mask for (index,) in rows]
        offset += id_size + count * index_size


def _read_items(meta: Window) -> Iterator[Item]:
    iinf = find_child(meta, b"iinf")
    if iinf is not None:
        first_entry = 8 if read_version(iinf) else 6
        for kind, entry in iterate_boxes(iinf, first_entry):
            if kind == b"infe":
                yield _read_item(entry)


def _read_item(infe: Window) -> Item:
    version_flags, item_id = infe.unpack(">IH")
    version, kind, end = version_flags >> 24, b"", 8
    if version >= 3:
        item_id, kind = infe.unpack(">I2x4s", 4)
        end = 14
    elif version == 2:
        (kind,) = infe.unpack("4s", 8)
        end = 12
    texts = infe.read_up_to(end, 256).split(b"\0") if kind == b"mime" else []
    content_type = texts[1] if len(texts) > 1 else b""
    return Item(item_id, kind, content_type, bool(version_flags & _HIDDEN_FLAG))


def _read_references(meta: Window) -> Iterator[Reference]:
    iref = find_child(meta, b"iref")
    if iref is not None:
        letter, size = ("I", 4) if read_version(iref) else ("H", 2)
        for kind, box in iterate_boxes(iref, 4):
            source, count = box.unpack(f">{letter}H")
            rows = box.unpack_rows(f">{letter}", size + 2, count)
            yield Reference(kind, source, [target for (target,) in rows])


def _read_locations(meta: Window) -> Iterator[Location]:
    iloc = find_child(meta, b"iloc")
    if iloc is None:
        return
    version = read_version(iloc)
    offset_size, length_size, base_size, index_size = (
        int(digit, 16) for digit in iloc.read_exactly(4, 2).hex()
    )
    id_layout, method_layout = "I" if version >= 2 else "H", "H" if version else ""
    head = f">{id_layout}{method_layout}H{base_size}sH"
    extent = f">{index_size if version else 0}s{offset_size}s{length_size}s"
    (count,) = iloc.unpack(f">{id_layout}", 6)
    position = 6 + calcsize(f">{id_layout}")
    for _ in range(count):
        ((item_id, *method, data_reference, base, extents),) = iloc.unpack_rows(head, position, 1)
        position += calcsize(head)
        rows = list(iloc.unpack_rows(extent, position, extents)) if calcsize(extent) else []
        position += calcsize(extent) * extents
        start = int.from_bytes(base, "big")
        pieces = [
            (start + int.from_bytes(offset, "big"), int.from_bytes(length, "big"))
            for _, offset, length in rows
        ]
        yield Location(item_id, sum(method) & 15, data_reference, pieces)
