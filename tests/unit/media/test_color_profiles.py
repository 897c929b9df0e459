"""Color profiles: ordinary ones pass in every format, others count as a second picture."""

from __future__ import annotations

import io
import struct
import zlib
from itertools import product

import pytest
from PIL import Image, ImageCms

from facescreen.media.color import MAX_DIFFERENCE
from tests.support.media.handmade_files import jpeg, jpeg_segment
from tests.support.media.handmade_images import (
    bmp,
    gamma_curve,
    icc_profile,
    png,
    png_chunk,
    riff,
    table_curve,
    tiff,
    vp8,
    vp8x,
    xyz,
)
from tests.support.media.memory_reader import probe_bytes


def in_jpeg(profile: bytes) -> bytes:
    return jpeg(jpeg_segment(0xE2, b"ICC_PROFILE\0\x01\x01" + profile))


def in_png(profile: bytes) -> bytes:
    return png(png_chunk(b"iCCP", b"name\0\0" + zlib.compress(profile)))


def in_webp(profile: bytes) -> bytes:
    return riff(vp8x(0x20), (b"ICCP", profile), vp8())


def in_tiff(profile: bytes) -> bytes:
    entries = [(256, 3, 1, 6), (257, 3, 1, 8), (262, 3, 1, 1), (34675, 7, len(profile), 62)]
    return tiff(*entries, behind=profile)


def in_bmp(profile: bytes) -> bytes:
    header = struct.pack("<16x4s48xIIII", b"DEBM", 0, 124 + 160, len(profile), 0)
    return bmp(header=header) + profile


CONTAINERS = [in_jpeg, in_png, in_webp, in_tiff, in_bmp]
TWO_FACES = table_curve(0, *[0.01] * 127, *[1] * 128)
"""Shows only whether a channel is bright, and nothing of the picture's shades."""


@pytest.mark.parametrize("put_in", CONTAINERS)
def test_a_profile_is_found_in_every_format(put_in: object) -> None:
    assert callable(put_in)
    assert probe_bytes(put_in(icc_profile(gamma_curve(2.2)))).second_picture is None
    for profile in (icc_profile(gamma_curve(9)), icc_profile(TWO_FACES)):
        assert "profile" in (probe_bytes(put_in(profile)).second_picture or "")


def srgb_table() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return profile.tobytes()


def parameters(function: int, *values: float) -> bytes:
    numbers = [round(value * 65536) for value in values]
    return b"para\0\0\0\0" + struct.pack(f">HH{len(numbers)}i", function, 0, *numbers)


SRGB_CURVE = parameters(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
DISPLAY_P3 = {
    "rXYZ": xyz(0.5151, 0.2412, -0.0011),
    "gXYZ": xyz(0.2920, 0.6922, 0.0419),
    "bXYZ": xyz(0.1571, 0.0666, 0.7841),
}
ADOBE_RGB = {
    "rXYZ": xyz(0.6097, 0.3111, 0.0195),
    "gXYZ": xyz(0.2053, 0.6257, 0.0609),
    "bXYZ": xyz(0.1492, 0.0632, 0.7446),
}
PROPHOTO = {
    "rXYZ": xyz(0.7977, 0.2880, 0.0),
    "gXYZ": xyz(0.1352, 0.7119, 0.0),
    "bXYZ": xyz(0.0313, 0.0001, 0.8249),
}
ORDINARY = {
    "of littleCMS": srgb_table(),
    "sRGB": icc_profile(SRGB_CURVE),
    "Display P3": icc_profile(SRGB_CURVE, **DISPLAY_P3),
    "Adobe RGB": icc_profile(b"curv\0\0\0\0\0\0\0\1\x02\x33", **ADOBE_RGB),
    "ProPhoto": icc_profile(gamma_curve(1.8), **PROPHOTO),
    "Rec. 709": icc_profile(parameters(3, 1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)),
    "a shifted power": icc_profile(parameters(1, 2.2, 1, 0)),
    "a shifted power on a pedestal": icc_profile(parameters(2, 2.2, 0.99, 0.01, 0.01)),
    "all parameters": icc_profile(parameters(4, 2.4, 0.948, 0.052, 0.077, 0.04, 0, 0)),
    "a table": icc_profile(table_curve(*((n / 1023) ** 2.2 for n in range(1024)))),
    "grey": icc_profile(gamma_curve(2.2), space=b"GRAY"),
    "for printing": icc_profile(gamma_curve(9), space=b"CMYK"),
    "no curves": icc_profile(),
    "code points of sRGB": icc_profile(SRGB_CURVE, cicp=b"cicp\0\0\0\0\x01\x0d\0\x01"),
}
LINEAR = b"curv\0\0\0\0\0\0\0\0"
EXTRAORDINARY = {
    "linear light": icc_profile(LINEAR),
    "an inversion": icc_profile(table_curve(1, 0)),
    "black": icc_profile(parameters(0, 30)),
    "a power too large to compute": icc_profile(parameters(1, 32_000, 2, 0)),
    "a negative power": icc_profile(parameters(0, -2)),
    "a curve of an unknown function": icc_profile(parameters(5, 2.2)),
    "a curve of an unknown type": icc_profile(b"crvi\0\0\0\0\0\0\0\0"),
    "one value in a long table": icc_profile(
        table_curve(*((n / 4095) ** 2.2 if n != 2000 else 1 for n in range(4096)))
    ),
    "one channel only": icc_profile(SRGB_CURVE, gTRC=gamma_curve(9)),
    "grey that darkens": icc_profile(gamma_curve(9), space=b"GRAY"),
    "blue that is red": icc_profile(
        SRGB_CURVE, rXYZ=ADOBE_RGB["bXYZ"], bXYZ=ADOBE_RGB["rXYZ"], gXYZ=ADOBE_RGB["gXYZ"]
    ),
    "red alone": icc_profile(
        SRGB_CURVE, rXYZ=xyz(0.9642, 1, 0.8249), gXYZ=xyz(0, 0, 0), bXYZ=xyz(0, 0, 0)
    ),
    "an empty lookup table": icc_profile(SRGB_CURVE, A2B0=b"mft2" + bytes(44)),
    "an unknown lookup table": icc_profile(SRGB_CURVE, A2B0=b"mft3" + bytes(44)),
    "floating point": icc_profile(SRGB_CURVE, D2B0=b"mpet" + bytes(44)),
    "Lab": icc_profile(SRGB_CURVE, space=b"Lab "),
    "a link": icc_profile(SRGB_CURVE, device_class=b"link"),
    "code points of HLG": icc_profile(SRGB_CURVE, cicp=b"cicp\0\0\0\0\x09\x12\0\x01"),
    "cut in a curve": icc_profile(table_curve(*[0.5] * 99))[:-400],
    "too many tags": icc_profile(SRGB_CURVE, **{f"t{n:03}": b"x" for n in range(100)}),
}


@pytest.mark.parametrize("profile", ORDINARY.values(), ids=ORDINARY)
def test_an_ordinary_profile(profile: bytes) -> None:
    assert probe_bytes(in_png(profile)).second_picture is None


@pytest.mark.parametrize("profile", EXTRAORDINARY.values(), ids=EXTRAORDINARY)
def test_a_profile_that_is_not_ordinary(profile: bytes) -> None:
    assert "profile" in (probe_bytes(in_png(profile)).second_picture or "")


def test_a_tag_may_occur_once() -> None:
    profile = bytearray(icc_profile(SRGB_CURVE))
    first, second = slice(132, 144), slice(144, 156)
    profile[second] = profile[first]
    assert probe_bytes(in_png(bytes(profile))).second_picture is None
    profile[second.start + 4] ^= 1
    assert "damaged" in (probe_bytes(in_png(bytes(profile))).second_picture or "")


@pytest.mark.parametrize("exponent", [1.5, 1.8, 2.2, 2.6, 3.2])
def test_gammas_within_the_tolerance_are_ordinary(exponent: float) -> None:
    assert probe_bytes(in_png(icc_profile(gamma_curve(exponent)))).second_picture is None


@pytest.mark.parametrize("exponent", [0.4, 1.0, 1.4, 3.4, 10])
def test_gammas_beyond_the_tolerance_are_not(exponent: float) -> None:
    assert probe_bytes(in_png(icc_profile(gamma_curve(exponent)))).second_picture


@pytest.mark.parametrize("exponent", [1.5, 1.8, 2.4, 3.2])
def test_the_tolerance_is_what_a_reader_with_color_management_shows(exponent: float) -> None:
    """littleCMS, as in Pillow, moves no grey by more than the tolerance."""
    greys = Image.frombytes("L", (256, 1), bytes(range(256))).convert("RGB")
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile(gamma_curve(exponent))))
    shown = ImageCms.profileToProfile(greys, profile, ImageCms.createProfile("sRGB"))
    assert shown is not None
    differences = [abs(shown.getpixel((n, 0))[0] - n) for n in range(256)]  # type: ignore[index]
    assert max(differences) <= MAX_DIFFERENCE * 255 + 1


SRGB_TO_XYZ = (
    (0.4361, 0.3851, 0.1431),
    (0.2225, 0.7169, 0.0606),
    (0.0139, 0.0971, 0.7141),
)


def to_xyz(stored: tuple[float, ...], exponent: float) -> list[float]:
    linear = [value**exponent for value in stored]
    return [sum(w * v for w, v in zip(row, linear, strict=True)) for row in SRGB_TO_XYZ]


def points(grid: int, exponent: float) -> list[float]:
    """What a table makes of each point: XYZ, of which 1 is 32768."""
    steps = [step / (grid - 1) for step in range(grid)]
    colors = (to_xyz(stored, exponent) for stored in product(steps, repeat=3))
    return [value / 2 for xyz in colors for value in xyz]


def pack(values: list[float], width: int) -> bytes:
    maximum, layout = (255, "B") if width == 1 else (65535, "H")
    return struct.pack(f">{len(values)}{layout}", *(round(value * maximum) for value in values))


def lookup_table(
    exponent: float,
    *,
    grid: int = 17,
    width: int = 2,
    inputs: tuple[float, ...] = (0, 1),
    outputs: tuple[float, ...] = (0, 1),
    channels: bytes = b"\3\3",
    matrix: int = 65536,
) -> bytes:
    """A table of an ICC profile; the exponent is in its points."""
    if width == 1:
        inputs = outputs = tuple(n / 255 for n in range(256))
    head = (b"mft1" if width == 1 else b"mft2") + bytes(4) + channels + bytes([grid, 0])
    head += struct.pack(">9i", *(matrix, 0, 0, 0, matrix, 0, 0, 0, matrix))
    lengths = b"" if width == 1 else struct.pack(">HH", len(inputs), len(outputs))
    tables = [list(inputs) * 3, points(grid, exponent), list(outputs) * 3]
    return head + lengths + b"".join(pack(table, width) for table in tables)


def elements(exponent: float, *, grid: int = 0, matrix_scale: float = 0.5) -> bytes:
    """A table of an ICC profile in its newer form; without a grid, the exponent is in a curve."""
    middle = gamma_curve(exponent) if not grid else gamma_curve(1)
    rows = SRGB_TO_XYZ if not grid else ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    scale = matrix_scale if not grid else 1
    numbers = [value * scale for row in rows for value in row] + [0.0] * 3
    parts = {
        "last": gamma_curve(1) * 3,
        "matrix": struct.pack(">12i", *(round(value * 65536) for value in numbers)),
        "middle": middle * 3,
        "points": bytes([grid] * 3).ljust(16, b"\0") + b"\2\0\0\0" + pack(points(grid, exponent), 2)
        if grid
        else b"",
        "first": gamma_curve(1) * 3 if grid else b"",
    }
    offsets, body = [], b""
    for content in parts.values():
        offsets.append(32 + len(body) if content else 0)
        body += content + bytes(-len(content) % 4)
    return b"mAB \0\0\0\0\3\3\0\0" + struct.pack(">5I", *offsets) + body


ORDINARY_TABLES = {
    "fine": lookup_table(2.2),
    "coarse": lookup_table(1.8, grid=9),
    "of 18 points": lookup_table(2.2, grid=18),
    "of 8 bits": lookup_table(2.2, width=1),
    "newer": elements(2.2),
    "newer with points": elements(2.2, grid=17),
}
OTHER_TABLES = {
    "that darken": lookup_table(8),
    "coarse ones that brighten": lookup_table(0.5, grid=5),
    "of 8 bits that darken": lookup_table(8, width=1),
    "newer that darken": elements(8),
    "newer with points that darken": elements(8, grid=17),
    "newer of half the brightness": elements(2.2, matrix_scale=0.1),
    "with a curve that falls": lookup_table(2.2, inputs=(0, 1, 0)),
    "with a step before them": lookup_table(2.2, inputs=(0, *[0] * 100, *[1] * 100)),
    "with a step behind them": lookup_table(2.2, outputs=(0, *[0] * 40, *[1] * 100)),
    "with a step behind coarse ones": lookup_table(2.2, grid=2, outputs=(*[0] * 40, *[1] * 100)),
    "too fine": lookup_table(2.2, grid=34),
    "of four channels": lookup_table(2.2, channels=b"\4\3"),
    "with a matrix": lookup_table(2.2, matrix=0),
    "cut": lookup_table(2.2)[:-9],
    "of no curves": lookup_table(2.2, inputs=(0,)),
    "of one dark point": lookup_table(2.2).replace(
        pack(points(17, 2.2), 2)[6 * 2456 : 6 * 2457], bytes(6)
    ),
}


@pytest.mark.parametrize("table", ORDINARY_TABLES.values(), ids=ORDINARY_TABLES)
def test_an_ordinary_lookup_table(table: bytes) -> None:
    assert probe_bytes(in_png(icc_profile(SRGB_CURVE, A2B0=table))).second_picture is None


@pytest.mark.parametrize("table", OTHER_TABLES.values(), ids=OTHER_TABLES)
def test_a_lookup_table_that_is_not_ordinary(table: bytes) -> None:
    for tag in ("A2B0", "A2B1", "A2B2"):
        profile = icc_profile(SRGB_CURVE, **{tag: table})
        assert "profile" in (probe_bytes(in_png(profile)).second_picture or "")


def test_a_reader_with_color_management_agrees_on_lookup_tables() -> None:
    greys = Image.frombytes("L", (256, 1), bytes(range(256))).convert("RGB")
    for table, is_ordinary in ((lookup_table(1.8), True), (elements(8), False)):
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile(A2B0=table)))
        shown = ImageCms.profileToProfile(greys, profile, ImageCms.createProfile("sRGB"))
        assert shown is not None
        differences = [abs(shown.getpixel((n, 0))[0] - n) for n in range(256)]  # type: ignore[index]
        assert (max(differences) <= MAX_DIFFERENCE * 255 + 1) == is_ordinary


PARTS = {
    "in order": ([(1, 2), (2, 2)], True),
    "reversed": ([(2, 2), (1, 2)], True),
    "one missing": ([(1, 2)], False),
    "twice": ([(1, 1), (1, 1)], False),
    "of different totals": ([(1, 1), (2, 2)], False),
}


@pytest.mark.parametrize(("parts", "is_ordinary"), PARTS.values(), ids=PARTS)
def test_a_profile_in_parts(parts: list[tuple[int, int]], is_ordinary: bool) -> None:
    profile = icc_profile(SRGB_CURVE)
    contents = {1: profile[:200], 2: profile[200:]}
    segments = [
        jpeg_segment(0xE2, b"ICC_PROFILE\0" + bytes(part) + contents[part[0]]) for part in parts
    ]
    assert (probe_bytes(jpeg(*segments)).second_picture is None) == is_ordinary
