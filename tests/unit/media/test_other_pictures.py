"""WebP, TIFF and BMP: what makes them one picture, or more than one."""

from __future__ import annotations

import struct

import pytest

from tests.support.media.encoded_files import encode_animation, encode_image
from tests.support.media.handmade_files import exif_block
from tests.support.media.handmade_images import (
    HEIGHT,
    WIDTH,
    bmp,
    gamma_curve,
    icc_profile,
    riff,
    tiff,
    vp8,
    vp8l,
    vp8x,
)
from tests.support.media.memory_reader import probe_bytes

ANIMATION, EXIF = 0x02, 0x08
FRAME = (b"ANMF", bytes(16))
TURNED = (b"EXIF", exif_block(6))
SHORT, LONG = 3, 4
SIZE = [(256, SHORT, 1, WIDTH), (257, SHORT, 1, HEIGHT)]
GREY, RGB, PALETTE, CMYK = ((262, SHORT, 1, number) for number in (1, 2, 3, 5))
PREVIEW = struct.pack("<HHHIIHHIIHHIII", 3, 254, LONG, 1, 1, 256, SHORT, 1, 3, 257, SHORT, 1, 4, 0)
FULL = struct.pack("<HHHIIHHIII", 2, 256, SHORT, 1, WIDTH, 257, SHORT, 1, HEIGHT, 0)


def page(*entries: tuple[int, int, int, int], other: bytes = b"", is_next: bool = False) -> bytes:
    """A TIFF of a page, and another directory at offset 8 + 2 + 12 * entries + 4."""
    rows = [*SIZE, *entries]
    end = 14 + 12 * len(rows)
    return tiff(*rows, behind=other, next_offset=end if is_next else 0)


def sub_directory(other: bytes) -> bytes:
    return page(GREY, (330, LONG, 1, 14 + 12 * 4), other=other)


def _rows(row: bytes) -> bytes:
    return row * HEIGHT


def short_bmp(bits: int, gap: int) -> bytes:
    """A BMP with OS/2's short header."""
    fields = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, bits)
    return struct.pack("<2sIII", b"BM", 0, 0, 26 + gap) + fields + bytes(gap + 400)


ONE_PICTURE = {
    "lossy webp": riff(vp8()),
    "lossless webp": riff(vp8l()),
    "extended webp": riff(vp8x(), vp8(), (b"junk", b"x")),
    "webp that announces alpha but has none": riff(vp8x(0x10), vp8()),
    "webp with bytes behind its end": riff(vp8()) + b"\xff\xfe" * 20,
    "tiff": page(GREY),
    "colored tiff": page(RGB, (277, SHORT, 1, 3)),
    "tiff of a palette": page(PALETTE, (258, SHORT, 1, 4), (320, SHORT, 48, 8)),
    "tiff with a preview": page(GREY, other=PREVIEW, is_next=True),
    "tiff with a preview within": sub_directory(PREVIEW),
    "bmp": bmp(),
    "bmp of unused fourth bytes": bmp(bits=32, pixels=b"\x01\x02\x03\0" * WIDTH * HEIGHT),
    "bmp of opaque pixels": bmp(bits=32),
    "bmp of a palette": bmp(bits=8, gap=1024),
    "bmp of a short palette": bmp(bits=8, colors=3, gap=12, pixels=_rows(b"\0\1\2\0\1\2\xff\xff")),
    "bmp of packed colors": bmp(bits=4, colors=3, gap=12, pixels=_rows(b"\x12\x01\x20\xff")),
    "bmp of two colors": bmp(bits=1, gap=8),
    "bmp of an old header and a palette": short_bmp(8, 3 * 256),
    "bmp of gammas": bmp(header=bytes(16) + bytes(4) + bytes(36) + bytes(12)),
}
MORE_PICTURES = {
    "animated webp": riff(vp8x(ANIMATION), (b"ANIM", bytes(6)), FRAME),
    "animation that is not announced": riff(vp8x(), vp8(), FRAME),
    "animation in a simple webp": riff(vp8(), FRAME),
    "animation behind the end": riff(vp8()) + riff(FRAME)[12:],
    "an animation of nothing": riff(vp8x(ANIMATION), vp8()),
    "two pictures in a webp": riff(vp8x(), vp8(), vp8l()),
    "two pictures in a simple webp": riff(vp8(), vp8()),
    "a profile behind a chunk of strange letters": riff(
        vp8x(), (b"\xffABC", b"junk"), (b"ICCP", icc_profile(gamma_curve(9))), vp8()
    ),
    "an animation behind a chunk of strange letters": riff(
        vp8x(), vp8(), (b"\xffABC", b"junk"), FRAME
    ),
    "no picture in a webp": riff(vp8x(), (b"junk", b"x")),
    "two headers in a webp": riff(vp8x(), vp8x(), vp8()),
    "a webp larger than its picture": riff(vp8x(0, WIDTH + 1), vp8()),
    "transparent webp": riff(vp8x(), (b"ALPH", b"\0"), vp8()),
    "transparent lossless webp": riff(vp8l(has_alpha=True)),
    "a webp with EXIF that is not announced": riff(vp8x(), vp8(), TURNED),
    "a webp that is turned twice": riff(vp8x(EXIF), vp8(), TURNED, (b"EXIF", exif_block(3))),
    "tiff of two pages": page(GREY, other=FULL, is_next=True),
    "tiff of another size": sub_directory(FULL),
    "tiff of sub-directories that can't be read": page(GREY, (330, 2, 1, 60), other=FULL),
    "tiff that is its own next page": tiff(*SIZE, GREY, next_offset=8),
    "tiff of a preview": page((254, LONG, 1, 1), GREY),
    "tiff with a field twice": page(GREY, (273, LONG, 1, 8), (273, LONG, 1, 9)),
    "tiff of strips and tiles": page(GREY, (273, LONG, 1, 8), (324, LONG, 1, 9)),
    "tiff that does not say what black is": page(),
    "tiff for printing": page(CMYK, (277, SHORT, 1, 4)),
    "tiff with a JPEG": page(GREY, (259, SHORT, 1, 7)),
    "tiff of reversed bits": page(GREY, (266, SHORT, 1, 2)),
    "tiff of floating point": page(GREY, (339, SHORT, 1, 3)),
    "transparent tiff": page(RGB, (277, SHORT, 1, 4), (338, SHORT, 1, 2)),
    "tiff of a channel too many": page(RGB, (277, SHORT, 1, 4)),
    "tiff with a curve that darkens": page(
        GREY, (258, SHORT, 1, 8), (301, SHORT, 256, 14 + 12 * 5), other=bytes(512)
    ),
    "turned tiff of a long number": page(GREY, (274, LONG, 1, 6)),
    "tiff of a short palette": page(PALETTE, (258, SHORT, 1, 4), (320, SHORT, 45, 8)),
    "tiff without its palette": page(PALETTE, (258, SHORT, 1, 4)),
    "bmp of run lengths": bmp(bits=8, compression=1),
    "bmp of a color beyond its palette": bmp(
        bits=8, colors=3, gap=12, pixels=_rows(b"\0\1\2\0\1\3\xff\xff")
    ),
    "bmp of a packed color beyond its palette": bmp(
        bits=4, colors=3, gap=12, pixels=_rows(b"\x12\x01\x23\xff")
    ),
    "bmp whose palette ends early": bmp(bits=8, colors=256, gap=1020),
    "bmp of an old header whose palette ends early": short_bmp(8, 3 * 255),
    "bmp of an old header with pixels elsewhere": short_bmp(24, 5_000),
    "bmp of a JPEG": bmp(compression=4),
    "bmp with pixels elsewhere": bmp(gap=5_000),
    "bmp of transparent pixels": bmp(bits=32, pixels=b"\x01\x02\x03\x80" * WIDTH * HEIGHT),
    "bmp of some transparent pixels": bmp(
        bits=32, pixels=b"\xff" * 4 * (WIDTH * HEIGHT - 1) + bytes(4)
    ),
    "bmp whose mask makes it transparent": bmp(
        bits=32,
        compression=3,
        header=struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000),
        pixels=bytes(4 * WIDTH * HEIGHT),
    ),
    "bmp of 16 bits with a mask": bmp(
        bits=16, compression=3, header=struct.pack("<4I", 1, 2, 4, 8)
    ),
    "bmp of gammas that darken": bmp(header=bytes(16) + bytes(4) + bytes(36) + b"\0\0\x09\0" * 3),
    "bmp of a linked profile": bmp(header=bytes(16) + b"KNIL" + bytes(64)),
    "bmp of an old header": b"BM" + bytes(12) + struct.pack("<Iii", 16, 480, 640) + bytes(99),
}


@pytest.mark.parametrize("content", ONE_PICTURE.values(), ids=ONE_PICTURE)
def test_one_picture(content: bytes) -> None:
    assert probe_bytes(content).second_picture is None


@pytest.mark.parametrize("content", MORE_PICTURES.values(), ids=MORE_PICTURES)
def test_more_than_one_picture(content: bytes) -> None:
    assert probe_bytes(content).second_picture


def test_files_of_an_encoder() -> None:
    assert probe_bytes(encode_image("WEBP", mode="RGBA")).second_picture is None
    assert probe_bytes(encode_image("WEBP", mode="RGBA", lossless=True)).second_picture is None
    assert probe_bytes(encode_animation("WEBP")).second_picture
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        content = encode_image("TIFF", compression=compression)
        assert probe_bytes(content).second_picture is None
    assert probe_bytes(encode_image("TIFF", mode="P")).second_picture is None
    assert probe_bytes(encode_image("TIFF", mode="RGBA")).second_picture
    assert probe_bytes(encode_image("TIFF", mode="CMYK")).second_picture
    assert probe_bytes(encode_animation("TIFF")).second_picture
    for mode in ("RGB", "L", "P", "1", "RGBA"):
        assert probe_bytes(encode_image("BMP", mode=mode)).second_picture is None
