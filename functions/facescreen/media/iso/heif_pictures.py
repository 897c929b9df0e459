"""Finds what a reader may show in place of a HEIF file's primary item: other pictures, sequences,
other files, transparency, crops.

Each check yields a sentence about each. What can't be determined counts as a second picture.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from facescreen.media import gain_map
from facescreen.media.iso import coded_frames, display_properties, heif_items
from facescreen.media.iso.boxes import (
    group_children,
    has_repeated,
    iterate_clipped_boxes,
    require_child,
)
from facescreen.media.reader import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.iso.heif_items import Catalogue, Item

_SINGLE_IN_META = frozenset(
    {b"hdlr", b"pitm", b"iinf", b"iloc", b"iref", b"iprp", b"idat", b"dinf", b"grpl"}
)
_DATA_KINDS = frozenset({b"Exif", b"uri ", b"iptc"})
_DERIVED_KINDS = frozenset({b"iovl", b"iden", b"tmap", b"mask", b"sato"})
"""Pictures computed from others. A reader that does not know how may show one of the others."""

_SINGLE_PROPERTIES = frozenset({b"ispe", b"clap", b"pasp", b"irot", b"imir"})
_LAYER_PROPERTIES = frozenset({b"lsel", b"a1op", b"a1lx", b"tols"})
"""Say which of several layers in one item is shown."""

_TRANSFORMATIONS = frozenset({b"clap", b"irot", b"imir"})
_ALPHA_ENDINGS = (b":alpha", b":auxid:1")
_GRID_BYTES = 12
_TONE_MAP_BYTES = 64

_MAX_DISTANCE = 4
"""Steps from the primary item to one that belongs to it: a tile of the gain map of a tone map is
three steps away."""


def iterate_findings(file: Window, meta: Window, catalogue: Catalogue) -> Iterator[str]:
    """Yield what the file has besides the primary item and what belongs to it."""
    yield from _check_file(file)
    yield from _check_structure(meta, catalogue)
    yield from _check_items(catalogue)
    yield from _check_primary_item(catalogue)
    yield from _check_tiles(file, meta, catalogue)
    yield from _check_frames(file, meta, catalogue)
    yield from _check_tone_maps(file, meta, catalogue)


def _check_file(file: Window) -> Iterator[str]:
    kinds = [kind for kind, _ in iterate_clipped_boxes(file)]
    if kinds.count(b"ftyp") > 1 or kinds.count(b"meta") > 1 or b"meco" in kinds:
        yield "It has a second picture."
    if b"moov" in kinds:
        yield "It has an image sequence or a video beside the picture."


def _check_structure(meta: Window, catalogue: Catalogue) -> Iterator[str]:
    if (
        has_repeated(group_children(meta), _SINGLE_IN_META)
        or has_repeated(group_children(require_child(meta, b"iprp")), frozenset({b"ipco"}))
        or _has_equal([item.item_id for item in catalogue.items])
        or _has_equal([location.item_id for location in catalogue.locations])
        or _has_equal([item_id for item_id, _ in catalogue.properties])
    ):
        yield "It describes one picture twice."
    if any(location.data_reference for location in catalogue.locations):
        yield "A part of it is in another file."


def _has_equal(ids: list[int]) -> bool:
    return len(set(ids)) < len(ids)


def _check_items(catalogue: Catalogue) -> Iterator[str]:
    belonging = _find_belonging_items(catalogue)
    if any(_is_picture(item) and item.item_id not in belonging for item in catalogue.items):
        yield "It has a second picture."
    auxiliary = {item.source for item in catalogue.references if item.kind == b"auxl"}
    for item_id, properties in catalogue.properties:
        if item_id in auxiliary and any(map(_is_alpha, properties)):
            yield "It is transparent, and readers show different things behind it."


def _is_picture(item: Item) -> bool:
    if item.kind == b"mime":
        return item.content_type.startswith((b"image/", b"video/"))
    return item.kind not in _DATA_KINDS


def _is_alpha(item_property: tuple[bytes, Window]) -> bool:
    kind, content = item_property
    return kind == b"auxC" and content.read_up_to(4, 256).split(b"\0")[0].endswith(_ALPHA_ENDINGS)


def _find_belonging_items(catalogue: Catalogue) -> set[int]:
    """Return the primary item, its tiles, thumbnails and auxiliary pictures, and theirs; and the
    tone map of the primary item with its gain map."""
    tone_maps = {item.item_id for item in catalogue.items if item.kind == b"tmap"}
    belonging = {catalogue.primary}
    for _ in range(_MAX_DISTANCE):
        for reference in catalogue.references:
            source, targets = reference.source, reference.targets
            if reference.kind == b"dimg" and source in tone_maps:
                if targets[:1] == [catalogue.primary]:
                    belonging.update((source, *targets))
            elif reference.kind == b"dimg" and source in belonging:
                belonging.update(targets)
            elif reference.kind in (b"thmb", b"auxl") and belonging.issuperset(targets):
                belonging.add(source)
    return belonging


def _check_primary_item(catalogue: Catalogue) -> Iterator[str]:
    is_derived = bool(catalogue.get_sources(catalogue.primary))
    for item in catalogue.items:
        if item.item_id == catalogue.primary and (
            item.is_hidden or item.kind in _DERIVED_KINDS or is_derived != (item.kind == b"grid")
        ):
            yield "Not all readers can show its primary picture, and may show another one."
    properties = _group(catalogue.get_properties(catalogue.primary))
    yield from _check_properties(properties)
    yield from display_properties.iterate_findings(properties, *_read_size(properties))


def _check_properties(properties: dict[bytes, list[Window]]) -> Iterator[str]:
    if has_repeated(properties, _SINGLE_PROPERTIES):
        yield "It describes one picture twice."
    if not _LAYER_PROPERTIES.isdisjoint(properties):
        yield "Its picture has several layers, of which readers show different ones."


def _check_tiles(file: Window, meta: Window, catalogue: Catalogue) -> Iterator[str]:
    """Check that the primary item's tiles just fill it, and have nothing that readers ignore."""
    tiles = set(catalogue.get_sources(catalogue.primary))
    if any(i.item_id in tiles and i.kind in (b"grid", *_DERIVED_KINDS) for i in catalogue.items):
        yield "Not all readers can show its tiles."
    sizes = set()
    for item_id, rows in catalogue.properties:
        if item_id in tiles:
            properties = _group(rows)
            sizes.add(_read_size(properties))
            yield from _check_properties(properties)
            if not _TRANSFORMATIONS.isdisjoint(properties):
                yield "Its tiles are turned or cropped, which not all readers do."
    for location in catalogue.locations:
        if tiles and location.item_id == catalogue.primary:
            count = len(catalogue.get_sources(catalogue.primary))
            data = b"".join(
                file.read_up_to(start, min(length, _GRID_BYTES))
                for start, length in heif_items.locate_data(file, meta, location)
            )
            if len(sizes) != 1 or not _fills_grid(data, count, *sizes.pop()):
                yield "Its tiles do not just fill the picture."


def _fills_grid(data: bytes, tiles: int, tile_width: int, tile_height: int) -> bool:
    """Return whether this number of tiles of one size just covers the grid with this data."""
    layout = ">xx BB II" if data[1:2] == b"\1" else ">xx BB HH"
    if len(data) < struct.calcsize(layout):
        return False
    rows, columns, width, height = struct.unpack_from(layout, data)
    return tiles == (rows + 1) * (columns + 1) and all(
        count * tile < side <= (count + 1) * tile
        for count, tile, side in ((columns, tile_width, width), (rows, tile_height, height))
    )


def _group(rows: list[tuple[bytes, Window]]) -> dict[bytes, list[Window]]:
    properties: dict[bytes, list[Window]] = {}
    for kind, content in rows:
        properties.setdefault(kind, []).append(content)
    return properties


def _read_size(properties: dict[bytes, list[Window]]) -> tuple[int, int]:
    sizes = properties.get(b"ispe")
    if not sizes:
        return 0, 0
    width, height = sizes[0].unpack(">4xII")
    return width, height


def _check_frames(file: Window, meta: Window, catalogue: Catalogue) -> Iterator[str]:
    """Look into the coded pictures of the primary item and its tiles. Only the first of several
    pieces can be looked into: it is refused if it is not the only one."""
    shown = {catalogue.primary, *catalogue.get_sources(catalogue.primary)}
    properties = {item_id: _group(rows) for item_id, rows in catalogue.properties}
    for location in catalogue.locations:
        if location.item_id in shown:
            if location.method not in (heif_items.IN_FILE, heif_items.IN_IDAT):
                yield "Its picture is stored in another item."
            places = heif_items.locate_data(file, meta, location)
            if len(places) > 1:
                yield "Its picture is stored in several pieces."
            yield from coded_frames.iterate_findings(
                file, properties.get(location.item_id, {}), places, is_still=True
            )


def _check_tone_maps(file: Window, meta: Window, catalogue: Catalogue) -> Iterator[str]:
    """Check that ordinary screens show the primary item, not what a gain map makes of it."""
    tone_maps = {item.item_id for item in catalogue.items if item.kind == b"tmap"}
    for location in catalogue.locations:
        if location.item_id in tone_maps:
            data = b"".join(
                file.read_up_to(start, min(length, _TONE_MAP_BYTES))
                for start, length in heif_items.locate_data(file, meta, location)
            )
            # Its version comes before the metadata.
            yield from gain_map.iterate_iso_findings(Window.of_bytes(data[1:]))
