"""``x-oss-process=image/…`` on real pictures, in presigned URLs and signed headers."""

from __future__ import annotations

import io
import json
import struct
import zlib
from typing import Any

import httpx
import numpy as np
import oss2
import pillow_heif
import pytest
from PIL import Image

from facescreen_local.oss.errors import OssError
from facescreen_local.oss.images.instructions import ImageInstruction, parse_instructions
from facescreen_local.oss.images.rendering import render
from facescreen_local.oss.images.resizing import resize

SELFIE = "image/auto-orient,1/resize,s_720/quality,q_80/format,jpg"


def _picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Make a picture with a red left and a blue right half, with noise for realistic encoding."""
    pixels = np.random.default_rng(1).integers(0, 40, (height, width, 3), dtype=np.uint8)
    pixels[:, : width // 2, 0] += 200
    pixels[:, width // 2 :, 2] += 200
    return Image.fromarray(pixels).convert(mode)


def _encode(image: Image.Image, image_format: str, **options: Any) -> bytes:
    body = io.BytesIO()
    image.save(body, image_format, **options)
    return body.getvalue()


def _encode_sideways(image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return _encode(image, "JPEG", exif=exif)


def _render_image(source: bytes, process: str) -> Image.Image:
    return Image.open(io.BytesIO(render(source, parse_instructions(process)).body))


def _pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    pixel = image.convert("RGB").getpixel((x, y))
    assert isinstance(pixel, tuple)
    return tuple(round(value) for value in pixel)


def test_a_picture_is_processed_by_the_service(bucket: Any, web: httpx.Client) -> None:
    bucket.put_object("selfie.jpg", _encode_sideways(_picture(1600, 1200)))
    response = web.get(bucket.sign_url("GET", "selfie.jpg", 60, params={"x-oss-process": SELFIE}))
    assert response.headers["Content-Type"] == "image/jpeg"
    rendered = Image.open(io.BytesIO(response.content))
    assert (rendered.format, rendered.size) == ("JPEG", (720, 960))
    assert 0x0112 not in rendered.getexif()
    top, bottom = _pixel(rendered, 360, 10), _pixel(rendered, 360, 950)
    assert (top[0] > 150, bottom[2] > 150) == (True, True)
    assert bucket.get_object("selfie.jpg", process=SELFIE).read() == response.content
    head = bucket.head_object("selfie.jpg")
    assert response.headers["ETag"].strip('"') == head.etag


def test_info_returns_the_pictures_properties(bucket: Any) -> None:
    source = _encode_sideways(_picture(60, 40))
    bucket.put_object("selfie", source)
    response = bucket.get_object("selfie", process="image/info")
    assert response.content_type == "application/json"
    info = {name: each["value"] for name, each in json.loads(response.read()).items()}
    assert info == {
        "FileSize": str(len(source)),
        "Format": "jpg",
        "ImageHeight": "40",
        "ImageWidth": "60",
        "Orientation": "6",
    }


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF"])
def test_every_source_format_is_read(image_format: str) -> None:
    pillow_heif.register_heif_opener()
    rendered = _render_image(_encode(_picture(64, 48), image_format), "image/format,jpg")
    assert (rendered.format, rendered.size) == ("JPEG", (64, 48))
    assert _pixel(rendered, 10, 20)[0] > 150


def test_transparent_becomes_white() -> None:
    image = _picture(40, 40, "RGBA")
    image.putalpha(0)
    assert _pixel(_render_image(_encode(image, "PNG"), "image/format,jpg"), 20, 20) == (
        255,
        255,
        255,
    )
    resized = _render_image(_encode(image, "PNG"), "image/resize,w_20/format,webp")
    assert (resized.format, resized.mode, resized.size) == ("WEBP", "RGBA", (20, 20))


def test_quality_is_relative_to_the_source() -> None:
    source = _encode(_picture(200, 200), "JPEG", quality=80)
    sizes = [
        len(render(source, parse_instructions(f"image/quality,{parameters}")).body)
        for parameters in ("q_50", "Q_40", "q_100", "Q_80")
    ]
    assert sizes[0] == sizes[1] < sizes[2] == sizes[3]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("s_50", (100, 50)),
        ("l_50", (50, 25)),
        ("w_100", (100, 50)),
        ("h_20", (40, 20)),
        ("w_100,h_20", (40, 20)),
        ("m_mfit,w_100,h_20", (100, 50)),
        ("m_fill,w_30,h_30", (30, 30)),
        ("m_pad,w_30,h_30", (30, 30)),
        ("m_fixed,w_30,h_90", (30, 90)),
        ("p_50", (100, 50)),
        ("p_200", (400, 200)),
        ("w_400", (200, 100)),
        ("w_400,limit_0", (400, 200)),
    ],
)
def test_resize_modes_have_the_documented_sizes(parameters: str, expected: tuple[int, int]) -> None:
    instruction = parse_instructions(f"image/resize,{parameters}")[0]
    assert resize(_picture(200, 100), instruction).size == expected


@pytest.mark.parametrize(
    "process",
    [
        "image/resize,w_0",
        "image/resize,w_16385",
        "image/resize,w_16384,h_16384,m_fixed,limit_0",
        "image/resize,w_١",
        "image/resize,m_no,w_5",
        "image/resize",
        "image/quality,q_101",
        "image/format,exe",
        "image/auto-orient,2",
        "image/unknown,1",
        "image/info/resize,w_5",
        "image/",
        "image",
        "video/snapshot,t_1",
        "image" + "/resize,w_5" * 21,
    ],
)
def test_invalid_instructions_are_refused(process: str) -> None:
    source = _encode(_picture(20, 20), "PNG")
    with pytest.raises(OssError) as raised:
        render(source, parse_instructions(process))
    assert (raised.value.status, raised.value.code) == (400, "InvalidArgument")


@pytest.mark.parametrize("source", [b"", b"not a picture", b"\xff\xd8\xff\xe0" + bytes(64)])
def test_a_file_that_is_not_a_picture_is_refused(bucket: Any, source: bytes) -> None:
    bucket.put_object("notes.jpg", source)
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.get_object("notes.jpg", process=SELFIE)
    assert (raised.value.status, raised.value.code) == (400, "BadRequest")
    assert raised.value.message == "This image format is not supported."


def test_a_truncated_picture_is_refused() -> None:
    source = _encode(_picture(200, 200), "PNG")
    with pytest.raises(OssError, match="not supported"):
        render(source[: len(source) // 2], [ImageInstruction("format", "jpg", {})])


@pytest.mark.parametrize(("width", "height"), [(30_001, 1), (10_000, 10_000), (29_000, 29_000)])
def test_decompression_bombs_are_refused(width: int, height: int) -> None:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (header, b"IDAT" + zlib.compress(b""), b"IEND")
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )
    with pytest.raises(OssError) as caught:
        render(bomb, parse_instructions("image/format,jpg"))
    assert caught.value.code == "ImageTooLarge"


def test_a_source_that_is_too_large_is_refused(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facescreen_local.oss.images.MAX_SOURCE_BYTES", 10)
    bucket.put_object("k", b"x" * 11)
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.get_object("k", process=SELFIE)
    assert raised.value.code == "ImageTooLarge"
