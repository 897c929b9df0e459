"""JPEG: what may come between the first byte and the frame header."""

from __future__ import annotations

import struct

import pytest

from facescreen.media.media import UnreadableMediaError
from tests.support.media.encoded_files import HEIGHT, WIDTH, encode_image
from tests.support.media.handmade_files import exif_block, jpeg, jpeg_segment
from tests.support.media.memory_reader import probe_bytes

APP1, APP2 = 0xE1, 0xE2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
def test_the_exif_orientation_rotates_the_image(order: str, orientation: int) -> None:
    media = probe_bytes(jpeg(jpeg_segment(APP1, exif_block(orientation, order))))
    swaps_sides = orientation >= 5
    assert (media.width, media.height) == ((640, 480) if swaps_sides else (480, 640))
    assert media.rotated == (orientation != 1)


ORIENTATIONS = {
    "the first exif counts": ([exif_block(6), exif_block(1)], True),
    "xmp before exif": ([b"http://ns.adobe.com/xap/1.0/\0<x/>", exif_block(6)], True),
    "no exif": ([], False),
    "empty app1": ([b""], False),
    "a number beyond 8": ([exif_block(9)], False),
    "zero": ([exif_block(0)], False),
    "exif without orientation": ([exif_block(6).replace(b"\x12\x01", b"\x13\x01")], False),
    "cut": ([exif_block(6)[:20]], False),
    "no byte order": ([b"Exif\0\0" + b"XX*\0" + exif_block(6)[10:]], False),
    "a directory outside the segment": ([exif_block(6)[:10] + struct.pack("<I", 2_000)], False),
}


@pytest.mark.parametrize(("app1", "rotated"), ORIENTATIONS.values(), ids=ORIENTATIONS)
def test_only_the_first_valid_exif_counts(app1: list[bytes], rotated: bool) -> None:
    assert probe_bytes(jpeg(*(jpeg_segment(APP1, content) for content in app1))).rotated == rotated


def test_exif_may_follow_the_frame_header() -> None:
    content = jpeg()
    scan = content.index(b"\xff\xda")
    assert probe_bytes(content[:scan] + jpeg_segment(APP1, exif_block(6)) + content[scan:]).rotated


@pytest.mark.parametrize("marker", [*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xCD, 0xD0)])
def test_the_size_is_read_from_every_kind_of_frame_header(marker: int) -> None:
    content = jpeg().replace(b"\xff\xc0", bytes([0xFF, marker]))
    assert (probe_bytes(content).width, probe_bytes(content).height) == (480, 640)


@pytest.mark.parametrize("marker", [0xC4, 0xC8, 0xCC], ids=["DHT", "JPG", "DAC"])
def test_tables_are_not_taken_for_frame_headers(marker: int) -> None:
    assert probe_bytes(jpeg(jpeg_segment(marker, bytes(range(20))))).width == 480


def test_fill_bytes_and_stray_bytes_may_precede_a_marker() -> None:
    content = jpeg(
        jpeg_segment(APP2, b"x") + b"\xff\xff\xff" + jpeg_segment(APP2, b"y") + b"stray\xff\x00"
    )
    assert probe_bytes(content).height == 640


def test_large_application_segments_are_skipped_in_few_reads() -> None:
    encoded = encode_image("JPEG")
    content = encoded[:2] + jpeg_segment(APP2, bytes(65_000)) * 4 + encoded[2:]
    media = probe_bytes(content, max_reads=3)
    assert (media.width, media.height) == (WIDTH, HEIGHT)


def test_three_megabytes_of_depth_data_are_skipped() -> None:
    assert probe_bytes(jpeg(jpeg_segment(APP1, bytes(65_000)) * 46), max_reads=6).width == 480


DAMAGED_FILES = {
    "no frame header": b"\xff\xd8" + jpeg_segment(0xDA, bytes(6)),
    "ends at once": b"\xff\xd8\xff\xd9",
    "cut in a segment": jpeg(jpeg_segment(APP2, bytes(500)))[:300],
    "cut before the scan": jpeg()[:-10],
    "a segment shorter than its length": b"\xff\xd8\xff\xe0\x00\x01" + jpeg()[2:],
    "no width": jpeg(width=0),
    "no height": jpeg(height=0),
    "a frame header cut by its own length": b"\xff\xd8" + jpeg_segment(0xC0, bytes(3)),
    "nothing but fill bytes": b"\xff\xd8" + b"\xff" * 100_000,
    "nothing but strays": b"\xff\xd8\xff" + bytes(100_000),
}


@pytest.mark.parametrize("content", DAMAGED_FILES.values(), ids=DAMAGED_FILES)
def test_a_damaged_jpeg_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableMediaError):
        probe_bytes(content)
