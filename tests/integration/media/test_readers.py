"""The one-picture rule against real readers: files that Chromium and Pillow show differently are
refused, and files that they show alike are not."""

from __future__ import annotations

import base64
import io
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import pytest
from PIL import Image, ImageOps

from tests.support.media.handmade_files import exif_block
from tests.support.media.handmade_images import (
    gamma_curve,
    icc_profile,
    png_chunk,
)
from tests.support.media.memory_reader import probe_bytes

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
WIDTH, HEIGHT = 32, 48
GREY, ORANGE = (128, 128, 128), (230, 120, 20)
ALIKE, DIFFERENT = 24, 60
"""Of 255: the largest difference of a channel where readers agree, and the smallest where they show
different pictures."""

SHOW = """async ([source, background]) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  const context = canvas.getContext("2d");
  context.fillStyle = background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  return [canvas.width, canvas.height, ...pixels.slice(0, 3)];
}"""
Shown = tuple[int, ...]
"""Width, height, and the color of the first pixel."""


def encode(image_format: str, color: tuple[int, ...] = GREY, **options: Any) -> bytes:
    file = io.BytesIO()
    mode = "RGBA" if len(color) == 4 else "RGB"
    Image.new(mode, (WIDTH, HEIGHT), color).save(file, image_format, **options)
    return file.getvalue()


def insert_in_png(*chunks: bytes, content: bytes | None = None) -> bytes:
    content = encode("PNG") if content is None else content
    return content[:33] + b"".join(chunks) + content[33:]


def animation_of_one_frame() -> bytes:
    """A PNG that is grey, and an animation of one frame that is orange."""
    rows = (b"\0" + bytes(ORANGE) * WIDTH) * HEIGHT
    control = struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 1, 0, 0)
    frame = struct.pack(">I", 1) + zlib.compress(rows)
    content = insert_in_png(png_chunk(b"acTL", struct.pack(">II", 1, 0)))
    chunks = png_chunk(b"fcTL", control) + png_chunk(b"fdAT", frame)
    return content[:-12] + chunks + content[-12:]


def xmp(orientation: int) -> bytes:
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><y tiff:Orientation="%d"/></x:xmpmeta>' % orientation
    )


DIFFERENT_PICTURES: dict[str, Callable[[], bytes]] = {
    "a gamma": lambda: insert_in_png(png_chunk(b"gAMA", struct.pack(">I", 10_000))),
    "a profile in PNG": lambda: encode("PNG", icc_profile=icc_profile(gamma_curve(9))),
    "a profile in JPEG": lambda: encode("JPEG", icc_profile=icc_profile(gamma_curve(9))),
    "a profile in WebP": lambda: encode("WEBP", icc_profile=icc_profile(gamma_curve(9))),
    "an animation of one frame": animation_of_one_frame,
    "transparent orange in PNG": lambda: encode("PNG", (*ORANGE, 0)),
    "transparent orange in WebP": lambda: encode("WEBP", (*ORANGE, 0), lossless=True, exact=True),
    "an orientation in XMP": lambda: encode("JPEG", xmp=xmp(6)),
}
SAME_PICTURE: dict[str, Callable[[], bytes]] = {
    "PNG": lambda: encode("PNG"),
    "PNG of opaque pixels": lambda: encode("PNG", (*ORANGE, 255)),
    "an ordinary gamma": lambda: insert_in_png(png_chunk(b"gAMA", struct.pack(">I", 55_556))),
    "an ordinary profile": lambda: encode("JPEG", icc_profile=icc_profile(gamma_curve(1.8))),
    "an orientation": lambda: encode("JPEG", exif=exif_block(6)),
    "GIF": lambda: encode("GIF"),
    "WebP": lambda: encode("WEBP", exif=exif_block(6)),
    "BMP": lambda: encode("BMP", (*ORANGE, 255)),
}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser.new_page()
        browser.close()


def show_in_chromium(page: Page, content: bytes, background: str) -> Shown:
    source = "data:image/any;base64," + base64.b64encode(content).decode()
    return tuple(page.evaluate(SHOW, [source, background]))


def show_in_pillow(content: bytes) -> Shown:
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    return (*image.size, *image.getpixel((0, 0)))  # type: ignore[misc]


def differ(first: Shown, second: Shown) -> int:
    return max(abs(a - b) for a, b in zip(first, second, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("create_file", DIFFERENT_PICTURES.values(), ids=DIFFERENT_PICTURES)
def test_files_that_readers_show_differently_are_refused(
    page: Page, create_file: Callable[[], bytes]
) -> None:
    content = create_file()
    shown = [show_in_chromium(page, content, color) for color in ("white", "black")]
    pillow = show_in_pillow(content)
    size_differs = shown[0][:2] != pillow[:2]
    assert size_differs or max(differ(pillow, s) for s in shown) >= DIFFERENT
    assert probe_bytes(content).second_picture


DRAW = """async (type) => {
  const canvas = new OffscreenCanvas(48, 64);
  const context = canvas.getContext("2d");
  context.fillStyle = "rgb(230 120 20)";
  context.fillRect(0, 0, 48, 64);
  const blob = await canvas.convertToBlob({ type });
  return Array.from(new Uint8Array(await blob.arrayBuffer()));
}"""


@pytest.mark.slow
@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/webp"])
def test_pictures_that_a_browser_writes_are_not_refused(page: Page, media_type: str) -> None:
    media = probe_bytes(bytes(page.evaluate(DRAW, media_type)))
    assert (media.type, media.second_picture) == (media_type, None)


@pytest.mark.slow
@pytest.mark.parametrize("image_type", ["png", "jpeg"])
def test_screenshots_are_not_refused(page: Page, image_type: Literal["png", "jpeg"]) -> None:
    assert probe_bytes(page.screenshot(type=image_type)).second_picture is None


@pytest.mark.slow
@pytest.mark.parametrize("create_file", SAME_PICTURE.values(), ids=SAME_PICTURE)
def test_files_that_readers_show_alike_are_not(
    page: Page, create_file: Callable[[], bytes]
) -> None:
    content = create_file()
    pillow = show_in_pillow(content)
    for background in ("white", "black"):
        assert differ(pillow, show_in_chromium(page, content, background)) <= ALIKE
    assert probe_bytes(content).second_picture is None
