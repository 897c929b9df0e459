"""JPEG: what makes it one picture to all decoders, or more than one."""

from __future__ import annotations

import struct

import pytest

from tests.support.media.encoded_files import encode_animation, encode_image
from tests.support.media.handmade_files import exif_block, jpeg, jpeg_frame, jpeg_scan, jpeg_segment
from tests.support.media.memory_reader import probe_bytes

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
DATA = b"\x12\xff\x00\x34"
PROGRESSIVE = 0xC2
XMP = b"http://ns.adobe.com/xap/1.0/\0"


def adobe(transform: int) -> bytes:
    return jpeg_segment(0xEE, b"Adobe\0\x64" + bytes(4) + bytes([transform]))


def tables(number: int, value: int) -> bytes:
    return jpeg_segment(0xDB, bytes([number]) + bytes([value]) * 64)


def restart_interval(units: int) -> bytes:
    return jpeg_segment(0xDD, struct.pack(">H", units))


def restarts(*numbers: int) -> bytes:
    return DATA + b"".join(bytes([0xFF, 0xD0 + number]) + DATA for number in numbers)


def file(*parts: bytes) -> bytes:
    return SOI + b"".join(parts) + EOI


def progressive(*scans: bytes) -> bytes:
    return file(jpeg_frame(1, 2, 3, marker=PROGRESSIVE), *(scan + DATA for scan in scans))


YCC = jpeg_frame(1, 2, 3)
ALL = jpeg_scan(1, 2, 3) + DATA
GREY = jpeg_frame(1) + jpeg_scan(1) + DATA
SMALL = file(jpeg_frame(1, width=160, height=120), jpeg_scan(1), DATA)
DC = jpeg_scan(1, 2, 3, last=0)

ONE_PICTURE = {
    "a scan": file(YCC, ALL),
    "grey": file(GREY),
    "a scan of each component": file(YCC, *(jpeg_scan(n) + DATA for n in (1, 2, 3))),
    "Adobe's YCbCr": file(adobe(1), YCC, ALL),
    "progressive": progressive(
        jpeg_scan(1, 2, 3, last=0, bits=0x01),
        *(jpeg_scan(n, first=1, last=5) for n in (1, 2, 3)),
        jpeg_scan(1, first=6, last=63, bits=0x02),
        jpeg_scan(1, first=6, last=63, bits=0x21),
        jpeg_scan(1, first=6, last=63, bits=0x10),
        jpeg_scan(1, 2, 3, last=0, bits=0x10),
    ),
    "progressive, cut": progressive(DC)[:-3],
    "cut in its scan": file(YCC, ALL)[:-3],
    "tables for each component": file(
        tables(0, 1), YCC, jpeg_scan(1), DATA, tables(1, 2), jpeg_scan(2)
    ),
    "restarts": file(restart_interval(1200), GREY + restarts(0, 1, 2)),
    "restarts at the end": file(
        restart_interval(1200), GREY + restarts(0, 1, 2) + b"\xff\xd3\xff\xd4"
    ),
    "restarts that go round": file(restart_interval(400), GREY + restarts(*range(8), *range(3))),
    "restarts, cut": file(restart_interval(1200), GREY + restarts(0, 1)),
    "a clip behind it": file(GREY) + b"\0\0\0\x18ftypmp42" + bytes(99) + file(GREY),
    "a preview behind it": file(GREY) + SMALL,
    "a gain map that XMP announces": file(jpeg_segment(0xE1, XMP + b"<Container:Directory>"), GREY)
    + file(GREY),
}
MORE_PICTURES = {
    "two frames": file(YCC, YCC, ALL),
    "a frame behind its scan": file(YCC, ALL, jpeg_frame(1, 2, 3)),
    "lossless": file(jpeg_frame(1, marker=0xC3), jpeg_scan(1), DATA),
    "arithmetic": file(jpeg_frame(1, marker=0xC9), jpeg_scan(1), DATA),
    "hierarchical": file(jpeg_segment(0xDE, bytes(9)), YCC, ALL),
    "expanded": file(jpeg_segment(0xDF, b"\x11"), YCC, ALL),
    "a number of lines behind its scan": file(YCC, ALL, jpeg_segment(0xDC, b"\x01\0")),
    "12 bits": file(YCC.replace(b"\x08\x02\x80", b"\x0c\x02\x80"), ALL),
    "CMYK": file(adobe(0), jpeg_frame(1, 2, 3, 4), jpeg_scan(1, 2, 3, 4), DATA),
    "two components": file(jpeg_frame(1, 2), jpeg_scan(1, 2), DATA),
    "a component twice": file(jpeg_frame(1, 1, 3), jpeg_scan(1, 3), DATA),
    "Adobe's RGB": file(adobe(0), YCC, ALL),
    "two transforms": file(adobe(1), adobe(0), YCC, ALL),
    "RGB by its names": file(jpeg_frame(*b"RGB"), jpeg_scan(*b"RGB"), DATA),
    "the scan twice": file(YCC, ALL, ALL),
    "one component again": file(YCC, ALL, jpeg_scan(1) + DATA),
    "a scan of an unknown component": file(YCC, jpeg_scan(4), DATA),
    "a scan of nothing": file(YCC, jpeg_scan(), DATA),
    "progressive that begins again": progressive(DC, DC),
    "a refinement of nothing": progressive(jpeg_scan(1, 2, 3, last=0, bits=0x10)),
    "a refinement that skips a bit": progressive(
        jpeg_scan(1, 2, 3, last=0, bits=0x02), jpeg_scan(1, 2, 3, last=0, bits=0x20)
    ),
    "a band again": progressive(DC, jpeg_scan(1, first=1), jpeg_scan(1, first=5, last=6)),
    "a band beyond the last": progressive(jpeg_scan(1, first=1, last=64)),
    "a table that changes": file(tables(0, 1), YCC, ALL, tables(0, 2)),
    "restarts without an interval": file(GREY + restarts(0)),
    "restarts of an interval of zero": file(restart_interval(0), GREY + restarts(0)),
    "restarts out of order": file(restart_interval(1200), GREY + restarts(0, 2)),
    "too many restarts": file(restart_interval(1200), GREY + restarts(0, 1, 2, 3)),
    "bytes between scans": file(YCC, jpeg_scan(1), DATA, tables(1, 1), b"stray", jpeg_scan(2)),
    "a second start": SOI + file(YCC, ALL),
    "a stray restart before its scan": file(b"\xff\xd0", YCC, ALL),
    "another picture behind it": file(GREY) + file(GREY),
    "another picture behind padding": file(GREY) + bytes(9) + file(GREY),
    "something behind it that begins like a picture": file(GREY) + b"\xff\xd8\xff",
    "an index of another place": file(jpeg_segment(0xE2, b"MPF\0II*\0\x08\0\0\0\0\0\0\0\0\0"), GREY)
    + file(GREY),
}


@pytest.mark.parametrize("content", ONE_PICTURE.values(), ids=ONE_PICTURE)
def test_a_jpeg_of_one_picture(content: bytes) -> None:
    media = probe_bytes(content)
    assert (media.width, media.height, media.second_picture) == (480, 640, None)


@pytest.mark.parametrize("content", MORE_PICTURES.values(), ids=MORE_PICTURES)
def test_a_jpeg_of_more_than_one_picture(content: bytes) -> None:
    assert probe_bytes(content).second_picture


def test_files_of_an_encoder() -> None:
    assert probe_bytes(encode_image("JPEG")).second_picture is None
    assert probe_bytes(encode_image("JPEG", mode="L")).second_picture is None
    assert probe_bytes(encode_image("JPEG", progressive=True)).second_picture is None
    assert probe_bytes(encode_image("JPEG", restart_marker_rows=1)).second_picture is None
    assert probe_bytes(encode_image("JPEG", restart_marker_blocks=1)).second_picture is None
    assert probe_bytes(encode_image("JPEG", keep_rgb=True)).second_picture
    assert probe_bytes(encode_image("JPEG", mode="CMYK")).second_picture


def test_an_index_announces_the_pictures_of_a_phone() -> None:
    content = encode_animation("MPO")
    assert probe_bytes(content).second_picture is None
    assert probe_bytes(content.replace(b"MPF\0", b"MPG\0", 1)).second_picture


EXIF_6 = exif_block(6)


def entries(*orientations: tuple[int, int, int]) -> bytes:
    """EXIF with an orientation for each type, count and number."""
    rows = b"".join(
        struct.pack("<HHII", 274, kind, count, number) for kind, count, number in orientations
    )
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(orientations)) + rows + bytes(4)


def xmp(number: int) -> bytes:
    return XMP + b'<rdf:Description tiff:Orientation="%d"/>' % number


ORIENTATIONS = {
    "the same twice": ([EXIF_6, EXIF_6], True, False),
    "two": ([EXIF_6, exif_block(1)], True, True),
    "one of two is none": ([EXIF_6, exif_block(9)], True, False),
    "XMP agrees": ([EXIF_6, xmp(6)], True, False),
    "EXIF wins over XMP": ([EXIF_6, xmp(1)], True, False),
    "XMP alone": ([xmp(6)], False, True),
    "XMP alone, as stored": ([xmp(1)], False, False),
    "XMP as an element": ([XMP + b"<tiff:Orientation> 8 </tiff:Orientation>"], False, True),
    "a field twice": ([entries((3, 1, 6), (3, 1, 3))], True, True),
    "a long number": ([entries((4, 1, 6))], False, True),
    "a byte": ([entries((1, 1, 6))], False, True),
    "two numbers": ([entries((3, 2, 6))], False, True),
    "a long number, as stored": ([entries((4, 1, 1))], False, False),
    "another byte in its prefix": ([EXIF_6.replace(b"Exif\0\0", b"Exif\0\1")], False, True),
    "another byte in the prefix of the first": (
        [exif_block(1).replace(b"Exif\0\0", b"Exif\0\1"), EXIF_6],
        True,
        True,
    ),
    "fewer fields than announced": (
        [EXIF_6.replace(b"\x01\0\x12\x01", b"\x09\0\x12\x01")],
        True,
        False,
    ),
}


@pytest.mark.parametrize(("app1", "rotated", "differs"), ORIENTATIONS.values(), ids=ORIENTATIONS)
def test_contradicting_orientations(app1: list[bytes], rotated: bool, differs: bool) -> None:
    media = probe_bytes(jpeg(*(jpeg_segment(0xE1, content) for content in app1)))
    assert (media.rotated, bool(media.second_picture)) == (rotated, differs)
