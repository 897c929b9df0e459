"""One picture in a HEIF file: what belongs to the primary item, and what is a second picture."""

from __future__ import annotations

import struct

import pytest

from tests.support.media.handmade_files import (
    Mp4Track,
    associations,
    box,
    ftyp,
    full_box,
    heif,
    iinf,
    iref,
    ispe,
    moov,
)
from tests.support.media.handmade_images import gamma_curve, icc_profile
from tests.support.media.memory_reader import probe_bytes

SIZE = ispe(480, 640)
TILE_SIZE = ispe(512, 512)
HVCC = box(b"hvcC", bytes(9))
TURN = box(b"irot", b"\1")


def auxc(name: bytes) -> bytes:
    return full_box(b"auxC", name, b"\0")


def clap(*fields: int) -> bytes:
    return box(b"clap", struct.pack(">IIIIiIiI", *fields))


def iloc(*locations: tuple[int, int, int, int]) -> bytes:
    """Locations: an item, the method (1 in the idat box), the data reference and the offset."""
    rows = [struct.pack(">HHHHII", *fields, 1, offset, 8) for *fields, offset in locations]
    head = struct.pack(">BBH", 0x44, 0, len(rows))
    return full_box(b"iloc", head, *rows, version=1)


def grid(columns: int, rows: int, width: int, height: int) -> bytes:
    return box(b"idat", struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height))


ALPHA = auxc(b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha")
DEPTH = auxc(b"urn:mpeg:hevc:2015:auxid:2")
MATTE = auxc(b"urn:com:apple:photo:2018:aux:portraiteffectsmatte")
TILES = ((1, b"grid"), (2, b"hvc1"), (3, b"hvc1"))
TILES_OF_PRIMARY = (b"dimg", 1, (2, 3))


def grid_of_two(
    *tile_properties: bytes,
    data: bytes = grid(2, 1, 1000, 500),
    items: bytes = iinf(*TILES, hidden=(2, 3)),
    references: bytes = iref(TILES_OF_PRIMARY),
) -> bytes:
    """A picture of two tiles side by side."""
    shared = (TILE_SIZE, HVCC, *tile_properties)
    indexes = tuple(range(2, 2 + len(shared)))
    return heif(
        ispe(1000, 500),
        meta_boxes=items + references + iloc((1, 1, 0, 0)) + data,
        other_properties=shared,
        more_associations=associations((2, indexes), (3, indexes)),
    )


def picture_with(
    *items: tuple[int, bytes] | tuple[int, bytes, bytes],
    references: tuple[tuple[bytes, int, tuple[int, ...]], ...] = (),
    second_property: bytes = DEPTH,
    hidden: tuple[int, ...] = (),
) -> bytes:
    """A picture and other items. Item 2 has a property of its own."""
    return heif(
        SIZE,
        HVCC,
        meta_boxes=iinf((1, b"hvc1"), *items, hidden=hidden) + iref(*references),
        other_properties=(second_property,),
        more_associations=associations((2, (3,))),
    )


ORDINARY_FILES = {
    "alone": picture_with(),
    "of tiles": grid_of_two(),
    "with a thumbnail": picture_with((2, b"hvc1"), references=((b"thmb", 2, (1,)),)),
    "with metadata": picture_with(
        (2, b"Exif"),
        (3, b"mime", b"application/rdf+xml"),
        references=((b"cdsc", 2, (1,)), (b"cdsc", 3, (1,))),
    ),
    "with a depth map": picture_with((2, b"hvc1"), references=((b"auxl", 2, (1,)),)),
    "with a matte of tiles": picture_with(
        (2, b"grid"),
        (3, b"hvc1"),
        references=((b"auxl", 2, (1,)), (b"dimg", 2, (3,))),
        second_property=MATTE,
        hidden=(2, 3),
    ),
    "with a tone map": picture_with(
        (2, b"tmap"),
        (3, b"hvc1"),
        references=((b"dimg", 2, (1, 3)), (b"auxl", 3, (1,))),
        hidden=(3,),
    ),
    "with a thumbnail of the depth map": picture_with(
        (2, b"hvc1"), (3, b"hvc1"), references=((b"auxl", 2, (1,)), (b"thmb", 3, (2,)))
    ),
    "without a list of items": heif(SIZE),
    "cropped by an encoder": heif(ispe(488, 648), clap(481, 1, 641, 1, 0, 1, 0, 1)),
    "with a color space": heif(SIZE, box(b"colr", b"nclx", struct.pack(">HHHB", 1, 13, 6, 128))),
    "with a video of a moving photo": picture_with()
    + box(b"mpvd", ftyp(b"isom") + moov(Mp4Track())),
}


@pytest.mark.parametrize("content", ORDINARY_FILES.values(), ids=ORDINARY_FILES)
def test_an_ordinary_photo_has_one_picture(content: bytes) -> None:
    assert probe_bytes(content).second_picture is None


SECOND_PICTURES = {
    "beside the primary one": picture_with((2, b"hvc1")),
    "in front of the primary one": picture_with((0, b"hvc1")),
    "hidden": picture_with((2, b"hvc1"), hidden=(2,)),
    "of another codec": picture_with((2, b"av01")),
    "of an unknown kind": picture_with((2, b"new!")),
    "as a file": picture_with((2, b"mime", b"image/jpeg")),
    "a grid of other tiles": picture_with(
        (2, b"grid"), (3, b"hvc1"), references=((b"dimg", 2, (3,)),), hidden=(3,)
    ),
    "with a thumbnail of its own": picture_with(
        (2, b"hvc1"), (3, b"hvc1"), references=((b"thmb", 3, (2,)),)
    ),
    "that the primary one calls its master": picture_with(
        (2, b"hvc1"), references=((b"thmb", 1, (2,)),)
    ),
    "of a tone map of another base": picture_with(
        (2, b"tmap"), (3, b"hvc1"), references=((b"dimg", 2, (3, 1)),)
    ),
    "derived from the primary one": picture_with(
        (2, b"iovl"), (3, b"hvc1"), references=((b"dimg", 2, (1, 3)),)
    ),
    "that is also a tile": grid_of_two(
        items=iinf(*TILES, (4, b"hvc1")), references=iref(TILES_OF_PRIMARY)
    ),
    "in an image sequence": picture_with() + moov(Mp4Track(handler=b"pict")),
    "in a video": picture_with() + moov(Mp4Track()),
    "in a second meta box": picture_with() + full_box(b"meta"),
    "in a second file": picture_with() + picture_with(),
    "in additional metadata": picture_with() + box(b"meco"),
}


@pytest.mark.parametrize("content", SECOND_PICTURES.values(), ids=SECOND_PICTURES)
def test_a_second_picture_is_found(content: bytes) -> None:
    assert probe_bytes(content).second_picture


LAYER = box(b"lsel", b"\0\0")
AMBIGUOUS_FILES = {
    "transparent": picture_with(
        (2, b"hvc1"), references=((b"auxl", 2, (1,)),), second_property=ALPHA
    ),
    "transparent by HEVC's name": picture_with(
        (2, b"hvc1"),
        references=((b"auxl", 2, (1,)),),
        second_property=auxc(b"urn:mpeg:hevc:2015:auxid:1"),
    ),
    "with a hidden primary item": picture_with(hidden=(1,)),
    "an overlay": heif(
        SIZE, meta_boxes=iinf((1, b"iovl"), (2, b"hvc1")) + iref((b"dimg", 1, (2,)))
    ),
    "derived without being a grid": picture_with((2, b"hvc1"), references=((b"dimg", 1, (2,)),)),
    "a grid without tiles": heif(SIZE, meta_boxes=iinf((1, b"grid"))),
    "a grid of more tiles than cells": grid_of_two(data=grid(1, 1, 500, 500)),
    "a grid of more cells than tiles": grid_of_two(data=grid(2, 2, 1000, 1000)),
    "a grid with a tile outside": grid_of_two(data=grid(2, 1, 500, 500)),
    "a grid without data": grid_of_two(data=box(b"idat")),
    "turned tiles": grid_of_two(TURN),
    "layered tiles": grid_of_two(LAYER),
    "a selected layer": heif(SIZE, HVCC, LAYER),
    "an operating point": heif(SIZE, HVCC, box(b"a1op", b"\1")),
    "layers": heif(SIZE, HVCC, box(b"a1lx", bytes(7))),
    "with two sizes": heif(SIZE, SIZE),
    "with two turns": heif(SIZE, TURN, TURN),
    "with two decoder configurations": heif(SIZE, HVCC, HVCC),
    "cropped to half": heif(SIZE, clap(240, 1, 640, 1, 0, 1, 0, 1)),
    "cropped beside the middle": heif(SIZE, clap(470, 1, 630, 1, 300, 1, 0, 1)),
    "with stretched pixels": heif(SIZE, box(b"pasp", struct.pack(">II", 1, 9))),
    "with a profile of another curve": heif(
        SIZE, box(b"colr", b"rICC", icc_profile(gamma_curve(9)))
    ),
    "in linear light": heif(SIZE, box(b"colr", b"nclx", struct.pack(">HHHB", 1, 8, 6, 128))),
    "with an item twice": heif(SIZE, meta_boxes=iinf((1, b"hvc1"), (1, b"hvc1"))),
    "with a place twice": heif(SIZE, meta_boxes=iloc((1, 0, 0, 0), (1, 0, 0, 9))),
    "with properties twice": heif(SIZE, HVCC, more_associations=associations((1, (2,)))),
    "with two lists of items": heif(SIZE, meta_boxes=iinf((1, b"hvc1")) * 2),
    "with two primary items": heif(SIZE, meta_boxes=full_box(b"pitm", b"\0\1")),
    "in another file": heif(SIZE, meta_boxes=iloc((1, 0, 1, 0))),
    "in another item": heif(SIZE, meta_boxes=iloc((1, 2, 0, 0))),
    "of tiles that are computed": grid_of_two(
        items=iinf((1, b"grid"), (2, b"iden"), (3, b"hvc1"), hidden=(2, 3))
    ),
    "like an icon": b"\0\0\1\0ftypavif" + bytes(244) + heif(SIZE)[20:],
    "like a cursor": b"\0\0\2\0ftypheic" + bytes(500) + heif(SIZE)[20:],
}


@pytest.mark.parametrize("content", AMBIGUOUS_FILES.values(), ids=AMBIGUOUS_FILES)
def test_a_picture_that_readers_show_differently_counts_as_two(content: bytes) -> None:
    assert probe_bytes(content).second_picture


@pytest.mark.parametrize("version", [0, 1, 2])
@pytest.mark.parametrize("sizes", [(0, 0, 4, 0), (4, 4, 0, 0), (8, 8, 8, 0), (4, 4, 0, 4)])
def test_places_are_read_in_every_layout(version: int, sizes: tuple[int, int, int, int]) -> None:
    offset_size, length_size, base_size, index_size = sizes
    head = struct.pack(">BB", offset_size << 4 | length_size, base_size << 4 | index_size)
    item_id = struct.pack(">I" if version == 2 else ">H", 1)
    count = item_id
    method = b"\0\0" if version else b""
    extent = bytes((index_size if version else 0) + offset_size + length_size)
    for data_reference, is_refused in ((0, False), (1, True)):
        place = item_id + method + struct.pack(">H", data_reference) + bytes(base_size)
        rows = place + struct.pack(">H", 1) + extent
        box_ = full_box(b"iloc", head, count, rows, version=version)
        assert bool(probe_bytes(heif(SIZE, meta_boxes=box_)).second_picture) is is_refused
