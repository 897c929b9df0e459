"""PNG: what makes it one picture, or more than one."""

from __future__ import annotations

import itertools
import struct
import zlib

import pytest

from facescreen.media.png import palette, pixels
from tests.support.media.encoded_files import encode_animation, encode_image
from tests.support.media.handmade_files import exif_block
from tests.support.media.handmade_images import (
    HEIGHT,
    PNG_SIGNATURE,
    WIDTH,
    gamma_curve,
    icc_profile,
    png,
    png_chunk,
)
from tests.support.media.memory_reader import probe_bytes

RGBA = 6
ONE_FRAME = png_chunk(b"acTL", struct.pack(">II", 1, 0))
FRAME = png_chunk(b"fcTL", bytes(26))
SRGB_CHROMATICITIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
PALETTE = png_chunk(b"PLTE", bytes(768))


def gamma(value: int) -> bytes:
    return png_chunk(b"gAMA", struct.pack(">I", value))


def chromaticities(*values: int) -> bytes:
    return png_chunk(b"cHRM", struct.pack(">8I", *values))


def profile(content: bytes) -> bytes:
    return png_chunk(b"iCCP", b"name\0\0" + zlib.compress(content))


def opaque_rows(filters: list[int], pixel_bytes: int, width: int = WIDTH) -> list[bytes]:
    """Rows of opaque white with different filters."""
    return filter_rows(filters, [b"\xff" * (width * pixel_bytes)] * len(filters), pixel_bytes)


def filter_rows(filters: list[int], rows: list[bytes], pixel_bytes: int) -> list[bytes]:
    """The rows with different filters, as they are compressed."""
    before = [bytes(len(rows[0])), *rows]
    return [
        bytes([number]) + _apply_filter(number, row, above, pixel_bytes)
        for number, row, above in zip(filters, rows, before, strict=False)
    ]


def _apply_filter(number: int, row: bytes, above: bytes, pixel_bytes: int) -> bytes:
    left = bytes(pixel_bytes) + row[:-pixel_bytes]
    above_left = bytes(pixel_bytes) + above[:-pixel_bytes]
    return bytes(
        (value - _predict(number, *neighbors)) % 256
        for value, *neighbors in zip(row, left, above, above_left, strict=True)
    )


def _predict(number: int, left: int, above: int, above_left: int) -> int:
    paeth = min((left, above, above_left), key=lambda v: abs(left + above - above_left - v))
    return (0, left, above, (left + above) // 2, paeth)[number]


ONE_PICTURE = {
    "nothing else": png(),
    "sRGB": png(png_chunk(b"sRGB", b"\0"), gamma(45455), chromaticities(*SRGB_CHROMATICITIES)),
    "Apple's gamma": png(gamma(55556)),
    "code points of sRGB": png(png_chunk(b"cICP", b"\x01\x0d\0\x01")),
    "code points of Display P3": png(png_chunk(b"cICP", b"\x0c\x0d\0\x01")),
    "a profile": png(profile(icc_profile(gamma_curve(2.2)))),
    "what no reader takes for a profile": png(profile(b"profile")),
    "a palette": png(PALETTE, color_type=3),
    "a palette of opaque colors": png(PALETTE, png_chunk(b"tRNS", b"\xff\xff"), color_type=3),
    "an old picture behind its end": png() + png()[33:],
    "cut in its picture": png()[:-20],
    "unknown chunks that may be ignored": png(png_chunk(b"meTa", b"x"), behind=png_chunk(b"orNT")),
    "grey with opaque alpha": png(color_type=4),
    "opaque alpha of 16 bits": png(color_type=RGBA, bit_depth=16),
}
MORE_PICTURES = {
    "an animation of one frame": (png(ONE_FRAME), "animation"),
    "an animation behind its picture": (png(behind=ONE_FRAME), "animation"),
    "frames without a control": (png(behind=FRAME + png_chunk(b"fdAT", bytes(9))), "animation"),
    "a gamma that darkens": (png(gamma(10_000)), "colors"),
    "a gamma that brightens": (png(gamma(200_000)), "colors"),
    "a gamma of zero": (png(gamma(0)), "colors"),
    "linear light": (png(gamma(100_000)), "colors"),
    "an extreme gamma beside sRGB": (png(png_chunk(b"sRGB", b"\0"), gamma(1)), "colors"),
    "two gammas": (png(gamma(45455), gamma(1)), "twice"),
    "an extreme gamma behind the picture": (png(behind=gamma(1)), "colors"),
    "a damaged gamma": (png(png_chunk(b"gAMA", b"\0")), "colors"),
    "red that is blue": (
        png(chromaticities(31270, 32900, 15000, 6000, 30000, 60000, 64000, 33000)),
        "colors",
    ),
    "primaries on one line": (
        png(chromaticities(31270, 32900, 30000, 30000, 30000, 30000, 30000, 30000)),
        "colors",
    ),
    "primaries of no brightness": (png(chromaticities(*[0] * 8)), "colors"),
    "code points of PQ": (png(png_chunk(b"cICP", b"\x09\x10\0\x01")), "colors"),
    "code points of a narrow range": (png(png_chunk(b"cICP", b"\x01\x0d\0\0")), "colors"),
    "a profile that darkens": (png(profile(icc_profile(gamma_curve(8)))), "profile"),
    "an endless profile": (png(profile(bytes(5 * 1024 * 1024))), "too long"),
    "two headers": (png(png()[8:33]), "twice"),
    "two palettes": (png(PALETTE, PALETTE, color_type=3), "twice"),
    "a palette behind its picture": (png(color_type=3, behind=PALETTE), "no colors"),
    "Apple's variant": (png(png_chunk(b"CgBI", bytes(4))), "only some programs"),
    "an unknown part that must be understood": (png(png_chunk(b"ABCD")), "only some programs"),
    "a picture in two places": (
        png(behind=png_chunk(b"teXt") + png_chunk(b"IDAT", b"x")),
        "several places",
    ),
    "a palette of a transparent color": (
        png(PALETTE, png_chunk(b"tRNS", b"\xff\xfe"), color_type=3),
        "transparent",
    ),
    "a color that is transparent": (png(png_chunk(b"tRNS", bytes(6))), "transparent"),
    "alpha that ends early": (png(color_type=RGBA, rows=[b"\0" + b"\xff" * 24] * 7), "transparent"),
    "alpha with an unknown filter": (
        png(color_type=RGBA, rows=[b"\5" + b"\xff" * 24] * HEIGHT),
        "transparent",
    ),
    "alpha that is damaged": (png(color_type=RGBA).replace(b"IDATx", b"IDATy"), "damaged"),
}


@pytest.mark.parametrize("content", ONE_PICTURE.values(), ids=ONE_PICTURE)
def test_a_png_of_one_picture(content: bytes) -> None:
    media = probe_bytes(content)
    assert (media.width, media.height, media.second_picture) == (WIDTH, HEIGHT, None)


@pytest.mark.parametrize(("content", "finding"), MORE_PICTURES.values(), ids=MORE_PICTURES)
def test_a_png_of_more_than_one_picture(content: bytes, finding: str) -> None:
    assert finding in (probe_bytes(content).second_picture or "")


@pytest.mark.parametrize(("color_type", "bit_depth"), [(4, 8), (4, 16), (6, 8), (6, 16)])
@pytest.mark.parametrize("number", range(5))
def test_opaque_alpha_is_found_behind_every_filter(
    color_type: int, bit_depth: int, number: int
) -> None:
    pixel_bytes = {4: 2, 6: 4}[color_type] * bit_depth // 8
    filters = [number, 0, number, 1, number, 2, 4, 3]
    rows = opaque_rows(filters, pixel_bytes)
    content = png(color_type=color_type, bit_depth=bit_depth, rows=rows)
    assert probe_bytes(content).second_picture is None
    for row in (0, 1, HEIGHT - 1):
        for column in (0, WIDTH - 1):
            changed = bytearray(rows[row])
            changed[(column + 1) * pixel_bytes] ^= 1
            content = png(
                color_type=color_type,
                bit_depth=bit_depth,
                rows=[*rows[:row], bytes(changed), *rows[row + 1 :]],
            )
            assert "transparent" in (probe_bytes(content).second_picture or "")


def short_palette_png(rows: list[bytes], colors: int, *, bit_depth: int = 8) -> bytes:
    chunk = png_chunk(b"PLTE", b"\xff" * (3 * colors))
    return png(chunk, color_type=3, bit_depth=bit_depth, rows=rows)


@pytest.mark.parametrize("number", range(5))
def test_a_color_beyond_the_palette_is_found_behind_every_filter(number: int) -> None:
    """Chromium shows it in the palette's last color, other programs black."""
    filters = [number, 0, number, 1, number, 2, 4, 3]
    values = [bytes((7 * row + 31 * column) % 200 for column in range(WIDTH)) for row in range(8)]
    content = short_palette_png(filter_rows(filters, values, 1), 200)
    assert probe_bytes(content).second_picture is None
    for row, column in itertools.product((0, 1, HEIGHT - 1), (0, WIDTH - 1)):
        changed = bytearray(values[row])
        changed[column] = 200
        rows = [*values[:row], bytes(changed), *values[row + 1 :]]
        content = short_palette_png(filter_rows(filters, rows, 1), 200)
        assert "does not define" in (probe_bytes(content).second_picture or "")


@pytest.mark.parametrize(
    ("bit_depth", "colors", "row", "is_known"),
    [
        (1, 1, b"\3", True),  # the last two bits are no pixels
        (1, 1, b"\4", False),
        (2, 3, b"\xaa\xaf", True),
        (2, 3, b"\xaa\xb0", False),
        (4, 10, b"\x98\x76\x54", True),
        (4, 10, b"\x98\xa6\x54", False),
    ],
)
def test_a_color_beyond_the_palette_is_found_in_packed_pixels(
    bit_depth: int, colors: int, row: bytes, is_known: bool
) -> None:
    content = short_palette_png([b"\0" + row] * HEIGHT, colors, bit_depth=bit_depth)
    assert (probe_bytes(content).second_picture is None) is is_known


def test_a_palette_with_all_colors_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = filter_rows([4] * HEIGHT, [b"\1" * WIDTH] * HEIGHT, 1)
    monkeypatch.setattr(palette, "MAX_FILTERED_BYTES", 0)
    assert probe_bytes(short_palette_png(rows, 256)).second_picture is None
    assert probe_bytes(short_palette_png(rows, 255)).second_picture


def test_opaque_alpha_is_found_in_interlaced_pictures() -> None:
    widths_by_pass = [[1], [1], [2], [1, 1], [3, 3], [3] * 4, [6] * 4]
    # Of 6 by 8 pixels: the second pass begins at column 4, the third at row 4.
    rows = [row for widths in widths_by_pass for row in _interlaced_rows(widths)]
    opaque = png(color_type=RGBA, rows=rows, is_interlaced=True)
    assert probe_bytes(opaque).second_picture is None
    rows[-1] = rows[-1][:-1] + b"\xfe"
    assert probe_bytes(png(color_type=RGBA, rows=rows, is_interlaced=True)).second_picture


def _interlaced_rows(widths: list[int]) -> list[bytes]:
    return [b"\0" + b"\xff" * (4 * width) for width in widths]


def test_files_of_an_encoder() -> None:
    assert probe_bytes(encode_image("PNG", mode="RGBA")).second_picture is None
    assert probe_bytes(encode_image("PNG", mode="LA")).second_picture is None
    assert probe_bytes(encode_image("PNG", mode="P")).second_picture is None
    assert probe_bytes(encode_image("PNG", mode="P", transparency=0)).second_picture
    assert probe_bytes(encode_animation("PNG")).second_picture


def test_a_picture_too_large_to_look_at_its_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "MAX_PIXEL_BYTES", 8 * 25)
    assert probe_bytes(png(color_type=RGBA)).second_picture is None
    monkeypatch.setattr(pixels, "MAX_PIXEL_BYTES", 8 * 25 - 1)
    assert "too many pixels" in (probe_bytes(png(color_type=RGBA)).second_picture or "")


UPPER, LOWER = HEIGHT // 2, HEIGHT - HEIGHT // 2


def split_png(
    *,
    lower: bytes | None = None,
    rows: tuple[int, int, int] = (UPPER, UPPER, LOWER),
    offset_error: int = 0,
    lower_filter: int = 0,
) -> bytes:
    """A PNG as macOS and iOS write it: its lower half can be decompressed on its own."""
    row = b"\xff" * (3 * WIDTH)
    compressor = zlib.compressobj()
    upper_data = compressor.compress((b"\0" + row) * UPPER) + compressor.flush(zlib.Z_FULL_FLUSH)
    lower_rows = bytes([lower_filter]) + row + (b"\0" + row) * (LOWER - 1)
    lower_data = compressor.compress(lower_rows) + compressor.flush()
    lower_offset = 40 + 12 + len(upper_data) + offset_error
    fields = struct.pack(">7I", 2, 0, rows[0], 40, rows[1], rows[2], lower_offset)
    return (
        png()[: len(PNG_SIGNATURE) + 25]
        + png_chunk(b"iDOT", fields)
        + png_chunk(b"IDAT", upper_data)
        + png_chunk(b"IDAT", lower_data if lower is None else lower)
        + png_chunk(b"IEND")
    )


def ambiguous_lower() -> bytes:
    """Data that a reader of the whole takes for one thing, and a reader of the lower half for
    another: without the upper half's window a reference points nowhere."""
    compressor = zlib.compressobj(wbits=-15, zdict=b"\0" + b"\x07" * (3 * WIDTH))
    return compressor.compress((b"\0" + b"\x07" * (3 * WIDTH)) * LOWER) + compressor.flush()


def test_a_screenshot_of_an_iphone_is_one_picture() -> None:
    assert probe_bytes(split_png()).second_picture is None


SPLITS = {
    "another number of rows": split_png(rows=(UPPER + 1, UPPER + 1, LOWER - 1)),
    "a gap between the halves": split_png(rows=(UPPER, UPPER + 1, LOWER - 1)),
    "fewer rows": split_png(rows=(UPPER, UPPER, LOWER - 1)),
    "no chunk at its offset": split_png(offset_error=1),
    "a filter that uses the row above": split_png(lower_filter=2),
    "a lower half that needs the upper one": split_png(lower=ambiguous_lower()),
    "two of them": split_png()[:33] + split_png()[33:73] + split_png()[33:],
    "cut": split_png()[:33] + png_chunk(b"iDOT", bytes(24)) + split_png()[73:],
}


@pytest.mark.parametrize("content", SPLITS.values(), ids=SPLITS)
def test_a_split_that_shows_another_picture(content: bytes) -> None:
    assert probe_bytes(content).second_picture


ORIENTED = {
    "behind its picture": (png(behind=png_chunk(b"eXIf", exif_block(6)[6:])), True, False),
    "twice the same": (png(png_chunk(b"eXIf", exif_block(6)[6:]) * 2), True, False),
    "contradicting": (
        png(png_chunk(b"eXIf", exif_block(6)[6:]), behind=png_chunk(b"eXIf", exif_block(3)[6:])),
        True,
        True,
    ),
    "in XMP only": (
        png(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation='6'/>")),
        False,
        True,
    ),
    "in compressed XMP only": (
        png(
            png_chunk(
                b"iTXt",
                b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"<tiff:Orientation>6</x>"),
            )
        ),
        False,
        True,
    ),
    "in a raw profile": (
        png(
            png_chunk(
                b"zTXt",
                b"Raw profile type exif\0\0"
                + zlib.compress(b"\nexif\n   40\n" + exif_block(6).hex().encode()),
            )
        ),
        False,
        True,
    ),
}


@pytest.mark.parametrize(("content", "rotated", "differs"), ORIENTED.values(), ids=ORIENTED)
def test_the_orientation_of_a_png(content: bytes, rotated: bool, differs: bool) -> None:
    media = probe_bytes(content)
    assert (media.rotated, bool(media.second_picture)) == (rotated, differs)
