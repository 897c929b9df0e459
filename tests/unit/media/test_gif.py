"""GIF: one picture that covers the logical screen, and nothing else."""

from __future__ import annotations

import struct

import pytest

from facescreen.media.media import UnreadableMediaError
from tests.support.media.encoded_files import encode_animation, encode_image
from tests.support.media.memory_reader import probe_bytes

WIDTH, HEIGHT = 480, 640
COLORS = bytes(12)
"""A color table of four."""
COMMENT = b"\x21\xfe\x02hi\x00"
LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
TRAILER = b"\x3b"
USES_COLOR_1 = bytes([0b00_001_100, 0b101_0])
"""Codes of three bits, from the lowest bit on: clear, 1, 0, and a part of end."""
USES_COLOR_3 = bytes([0b00_011_100, 0b101_0])


def gif(*blocks: bytes, has_colors: bool = True) -> bytes:
    screen = struct.pack("<6sHHBxx", b"GIF89a", WIDTH, HEIGHT, 0x81 if has_colors else 0)
    return screen + (COLORS if has_colors else b"") + b"".join(blocks)


def picture(
    *,
    left: int = 0,
    top: int = 0,
    width: int = WIDTH,
    height: int = HEIGHT,
    colors: bytes = b"",
    codes: bytes = USES_COLOR_1,
) -> bytes:
    flags = {0: 0, 6: 0x80, 12: 0x81}[len(colors)]
    descriptor = struct.pack("<BHHHHB", 0x2C, left, top, width, height, flags)
    return descriptor + colors + b"\x02\x02" + codes + b"\0"


def transparency(color: int) -> bytes:
    return b"\x21\xf9\x04\x01\0\0" + bytes([color]) + b"\0"


ONE_PICTURE = {
    "nothing else": gif(picture(), TRAILER),
    "colors of its own": gif(picture(colors=COLORS), TRAILER, has_colors=False),
    "a comment on each side": gif(COMMENT, picture(), COMMENT, TRAILER),
    "a table with fewer colors than its codes": gif(picture(colors=bytes(6)), TRAILER),
    "a loop": gif(LOOP, picture(), TRAILER),
    "no trailer": gif(picture()),
    "padding between blocks": gif(b"\0\0", picture(), b"\0", TRAILER),
    "bytes behind the trailer": gif(picture(), TRAILER, picture()),
    "a transparent color that it does not use": gif(transparency(2), picture(), TRAILER),
    "cut in its data": gif(picture()[:-2]),
}
MORE_PICTURES = {
    "two": (gif(picture(), picture(), TRAILER), "more than one"),
    "two around a comment": (gif(picture(), COMMENT, picture(), TRAILER), "more than one"),
    "cut in the second": (gif(picture(), picture()[:-2]), "more than one"),
    "the second behind 64 KB": (
        gif(picture(), b"\x21\xfe" + (b"\xff" + bytes(255)) * 300 + b"\0", picture(), TRAILER),
        "more than one",
    ),
    "smaller than the screen": (gif(picture(height=639), TRAILER), "cover"),
    "larger than the screen": (gif(picture(width=481), TRAILER), "cover"),
    "moved on the screen": (gif(picture(left=1), TRAILER), "cover"),
    "no colors": (gif(picture(), TRAILER, has_colors=False), "colors"),
    "a transparent color": (gif(transparency(1), picture(), TRAILER), "transparent"),
    "a color beyond its table": (
        gif(picture(colors=bytes(6), codes=USES_COLOR_3), TRAILER),
        "does not define",
    ),
    "strays": (gif(picture(), b"\x77\x01", picture(), TRAILER), "between its blocks"),
}


@pytest.mark.parametrize("content", ONE_PICTURE.values(), ids=ONE_PICTURE)
def test_a_gif_of_one_picture(content: bytes) -> None:
    media = probe_bytes(content)
    assert (media.width, media.height, media.second_picture) == (WIDTH, HEIGHT, None)


@pytest.mark.parametrize(("content", "finding"), MORE_PICTURES.values(), ids=MORE_PICTURES)
def test_a_gif_of_more_than_one_picture(content: bytes, finding: str) -> None:
    assert finding in (probe_bytes(content).second_picture or "")


def test_files_of_an_encoder() -> None:
    assert probe_bytes(encode_image("GIF")).second_picture is None
    assert probe_bytes(encode_image("GIF", mode="P", transparency=0)).second_picture
    assert probe_bytes(encode_animation("GIF")).second_picture


@pytest.mark.parametrize("end", [14, 27, 30])
def test_a_gif_cut_before_its_picture_is_unreadable(end: int) -> None:
    with pytest.raises(UnreadableMediaError):
        probe_bytes(gif(picture(), TRAILER)[:end])
