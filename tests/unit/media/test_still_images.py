"""Image formats: files written by Pillow and libheif, compared with what Pillow reads."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import pytest
from PIL import Image, ImageOps

from facescreen.media.media import UnreadableMediaError
from tests.support.media.encoded_files import HEIGHT, WIDTH, encode_animation, encode_image
from tests.support.media.handmade_files import exif_block
from tests.support.media.handmade_images import png, riff, vp8, vp8x
from tests.support.media.memory_reader import probe_bytes

ENCODED_FILES = {
    "jpeg": ("image/jpeg", lambda: encode_image("JPEG")),
    "jpeg-progressive": ("image/jpeg", lambda: encode_image("JPEG", progressive=True)),
    "jpeg-cmyk": ("image/jpeg", lambda: encode_image("JPEG", mode="CMYK")),
    "jpeg-grey": ("image/jpeg", lambda: encode_image("JPEG", mode="L")),
    "jpeg-of-several-pictures": ("image/jpeg", lambda: encode_animation("MPO")),
    "png": ("image/png", lambda: encode_image("PNG")),
    "png-palette": ("image/png", lambda: encode_image("PNG", mode="P")),
    "webp-lossy": ("image/webp", lambda: encode_image("WEBP")),
    "webp-lossless": ("image/webp", lambda: encode_image("WEBP", lossless=True)),
    "webp-extended": (
        "image/webp",
        lambda: encode_image("WEBP", icc_profile=b"profile", lossless=True),
    ),
    "heic": ("image/heic", lambda: encode_image("HEIF")),
    "avif": ("image/avif", lambda: encode_image("AVIF", speed=10)),
    "tiff": ("image/tiff", lambda: encode_image("TIFF")),
    "gif": ("image/gif", lambda: encode_image("GIF")),
    "bmp": ("image/bmp", lambda: encode_image("BMP")),
}
FORMATS_WITH_ORIENTATION = ["JPEG", "PNG", "AVIF"]


@pytest.mark.parametrize(("media_type", "create_file"), ENCODED_FILES.values(), ids=ENCODED_FILES)
def test_an_encoded_image_takes_one_read(media_type: str, create_file: Callable[[], bytes]) -> None:
    media = probe_bytes(create_file())
    assert (media.type, media.kind) == (media_type, "image")
    assert (media.width, media.height, media.rotated) == (WIDTH, HEIGHT, False)
    assert (media.frames, media.duration_s, media.fps, media.codec) == (None,) * 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", FORMATS_WITH_ORIENTATION)
def test_the_size_is_that_of_the_displayed_image(image_format: str, orientation: int) -> None:
    content = encode_image(image_format, orientation=orientation)
    displayed = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    media = probe_bytes(content)
    assert (media.width, media.height) == displayed.size
    assert media.rotated == (orientation != 1)


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_orientation_of_a_webp_follows_its_image_data(orientation: int) -> None:
    content = encode_image("WEBP", orientation=orientation, lossless=True)
    displayed = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    media = probe_bytes(content, max_reads=2)
    assert (media.width, media.height) == displayed.size
    assert media.rotated == (orientation != 1)


PICTURE = vp8(480, 640)
WEBP_CHUNKS = {
    "exif behind a chunk of odd size": (
        [(b"ICCP", b"odd"), PICTURE, (b"EXIF", exif_block(6))],
        True,
    ),
    "exif without prefix": ([PICTURE, (b"EXIF", exif_block(6)[6:])], True),
    "exif announced but absent": ([PICTURE], False),
    "nothing in the last chunk": ([PICTURE, (b"XMP ", b"")], False),
}


@pytest.mark.parametrize(("chunks", "rotated"), WEBP_CHUNKS.values(), ids=WEBP_CHUNKS)
def test_the_orientation_is_read_from_the_chunks_of_a_webp(
    chunks: list[tuple[bytes, bytes]], rotated: bool
) -> None:
    media = probe_bytes(riff(vp8x(0x08, 480, 640), *chunks))
    assert (media.width, media.height) == ((640, 480) if rotated else (480, 640))
    assert media.rotated == rotated


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "GIF", "AVIF"])
def test_an_animation_has_a_second_picture(image_format: str) -> None:
    options = {"loop": 0} if image_format == "GIF" else {}
    assert probe_bytes(encode_animation(image_format, **options)).second_picture


GIF = struct.pack("<6sHHBxx", b"GIF89a", 480, 640, 0x80) + bytes(6)


def test_a_bmp_may_be_stored_top_down_or_have_a_short_header() -> None:
    top_down = b"BM" + bytes(12) + struct.pack("<Iii", 124, 480, -640) + bytes(112)
    short = b"BM" + bytes(8) + struct.pack("<IIHHHH", 26, 12, 480, 640, 1, 24)
    for content in (top_down, short):
        media = probe_bytes(content)
        assert (media.width, media.height) == (480, 640)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_is_read_in_either_byte_order(order: str) -> None:
    width_field = 480 if order == "<" else 480 << 16
    fields = [(256, 3, 1, width_field), (257, 4, 1, 640), (258, 3, 2, 0), (270, 2, 1, 0)]
    header = b"II*\0" if order == "<" else b"MM\0*"
    entries = b"".join(struct.pack(order + "HHII", *field) for field in fields)
    media = probe_bytes(header + struct.pack(order + "IH", 8, len(fields)) + entries)
    assert (media.width, media.height) == (480, 640)


def test_a_png_may_have_large_chunks_before_its_image_data() -> None:
    content = encode_image("PNG", orientation=6, icc_profile=_incompressible(300_000))
    media = probe_bytes(content, max_reads=2)
    assert (media.width, media.height) == (HEIGHT, WIDTH)


def _incompressible(size: int) -> bytes:
    return encode_image("BMP")[54 : 54 + size]


PNG_HEADER = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 480, 640) + bytes(9)
DAMAGED_FILES = {
    "empty": b"",
    "text": b"a,b,c\n1,2,3\n",
    "html": b"<!doctype html><title>404</title>",
    "one byte of a jpeg": b"\xff",
    "png of no width": PNG_HEADER[:16] + bytes(4) + PNG_HEADER[20:] + b"\0\0\0\0IDAT",
    "png of no width but alpha": png(color_type=6)[:16] + bytes(4) + png(color_type=6)[20:],
    "png without header": PNG_HEADER[:12] + b"CgBI" + PNG_HEADER[16:] + b"\0\0\0\0IDAT",
    "png without picture": PNG_HEADER + b"\0\0\0\0IEND\0\0\0\0",
    "png chunk past the end": PNG_HEADER + b"\xff\xff\xff\xffeXIf",
    "webp of no picture": b"RIFF\0\0\0\0WEBPALPH" + bytes(20),
    "webp of other frames": b"RIFF\0\0\0\0WEBPVP8 " + bytes(20),
    "webp of other lossless frames": b"RIFF\0\0\0\0WEBPVP8L" + bytes(20),
    "riff of sound": b"RIFF\0\0\0\0WAVEfmt " + bytes(20),
    "gif without picture": GIF + b"\x3b",
    "gif cut in its header": GIF[:11],
    "bmp of an unknown header": b"BM" + bytes(12) + struct.pack("<Iii", 125, 480, 640),
    "tiff without fields": b"II*\0" + struct.pack("<IH", 8, 0),
    "tiff astray": b"II*\0" + struct.pack("<I", 0xFFFFFFFF),
}


@pytest.mark.parametrize("content", DAMAGED_FILES.values(), ids=DAMAGED_FILES)
def test_a_file_that_is_not_an_image_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableMediaError, match=r"^The .*\.$"):
        probe_bytes(content)


def test_a_png_with_damaged_exif_is_not_rotated() -> None:
    damaged = exif_block(6)[:-10]
    chunk = struct.pack(">I4s", len(damaged), b"eXIf") + damaged + bytes(4)
    media = probe_bytes(PNG_HEADER + chunk + b"\0\0\0\0IDAT")
    assert (media.width, media.height, media.rotated) == (480, 640, False)
