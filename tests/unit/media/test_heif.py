"""HEIC and AVIF: the primary item and its properties. test_still_images has encoders' files."""

from __future__ import annotations

import struct

import pytest

from facescreen.media.media import UnreadableMediaError
from tests.support.media.handmade_files import box, ftyp, full_box, heif, ispe
from tests.support.media.memory_reader import probe_bytes

SIZE_PROPERTY = ispe(480, 640)


def irot(quarters: int) -> bytes:
    return box(b"irot", bytes([quarters]))


def clap(*fields: int) -> bytes:
    return box(b"clap", struct.pack(">8I", *fields, 0, 1, 0, 1))


PROPERTIES = {
    "as stored": ([SIZE_PROPERTY], (480, 640), False),
    "no turn": ([SIZE_PROPERTY, irot(0)], (480, 640), False),
    "a quarter": ([SIZE_PROPERTY, irot(1)], (640, 480), True),
    "a half": ([SIZE_PROPERTY, irot(2)], (480, 640), True),
    "three quarters": ([SIZE_PROPERTY, irot(3)], (640, 480), True),
    "a quarter beside reserved bits": ([SIZE_PROPERTY, irot(0xFD)], (640, 480), True),
    "mirrored": ([SIZE_PROPERTY, box(b"imir", b"\0")], (480, 640), True),
    "cropped": ([SIZE_PROPERTY, clap(900, 2, 1278, 2)], (450, 639), False),
    "cropped, then turned": ([SIZE_PROPERTY, clap(479, 1, 639, 1), irot(3)], (639, 479), True),
    "cropped to more than there is": ([SIZE_PROPERTY, clap(9_000, 1, 9_000, 1)], (480, 640), False),
    "other properties between": (
        [box(b"hvcC", bytes(9)), SIZE_PROPERTY, box(b"pixi", bytes(8))],
        (480, 640),
        False,
    ),
}


@pytest.mark.parametrize(("properties", "size", "rotated"), PROPERTIES.values(), ids=PROPERTIES)
def test_the_properties_of_the_primary_item_are_applied(
    properties: list[bytes], size: tuple[int, int], rotated: bool
) -> None:
    media = probe_bytes(heif(*properties))
    assert ((media.width, media.height), media.rotated) == (size, rotated)


@pytest.mark.parametrize("wide_ids", [False, True])
@pytest.mark.parametrize("wide_indexes", [False, True])
def test_the_primary_item_is_found_among_tiles(wide_ids: bool, wide_indexes: bool) -> None:
    content = heif(
        SIZE_PROPERTY,
        irot(1),
        item_id=49,
        tile_count=48,
        wide_ids=wide_ids,
        wide_indexes=wide_indexes,
    )
    assert probe_bytes(content).width == 640


BRANDS = {
    "apple": ((b"heic", b"mif1", b"heic"), "image/heic", False),
    "ten bits": ((b"heix", b"mif1"), "image/heic", False),
    "codec among the compatible": ((b"mif1", b"miaf", b"heic"), "image/heic", False),
    "avif": ((b"avif", b"mif1", b"heic"), "image/avif", False),
    "avif among the compatible": ((b"mif1", b"avif"), "image/avif", False),
    "heic sequence": ((b"hevc", b"heic"), "image/heic", True),
    "avif sequence": ((b"avis", b"avif"), "image/avif", True),
    "sequence of a compatible codec": ((b"msf1", b"hevc"), "image/heic", True),
}


@pytest.mark.parametrize(("brands", "media_type", "is_sequence"), BRANDS.values(), ids=BRANDS)
def test_the_type_is_read_from_the_brands(
    brands: tuple[bytes, ...], media_type: str, is_sequence: bool
) -> None:
    media = probe_bytes(heif(SIZE_PROPERTY, brands=brands))
    assert (media.type, media.second_picture is not None) == (media_type, is_sequence)


HEIC = ftyp(b"heic")
DAMAGED_FILES = {
    "of an unknown codec": heif(SIZE_PROPERTY, brands=(b"mif1", b"jpeg")),
    "without meta": HEIC,
    "without a primary item": HEIC + full_box(b"meta", box(b"iprp")),
    "without properties": heif(),
    "with a size of another item only": heif(SIZE_PROPERTY).replace(
        b"pitm\0\0\0\0\0\1", b"pitm\0\0\0\0\0\2"
    ),
    "of no width": heif(ispe(0, 640)),
    "with a crop by zero": heif(SIZE_PROPERTY, clap(1, 0, 1, 1)),
    "cropped to nothing": heif(SIZE_PROPERTY, clap(0, 1, 0, 1)),
    "with an association of more than there is": heif(SIZE_PROPERTY).replace(b"ispe", b"free"),
    "with an ftyp cut short": HEIC[:9],
}


@pytest.mark.parametrize("content", DAMAGED_FILES.values(), ids=DAMAGED_FILES)
def test_a_damaged_heif_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableMediaError):
        probe_bytes(content)
