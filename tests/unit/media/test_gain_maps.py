"""Gain maps that change what ordinary screens show. Chromium shows such a picture changed, OpenCV
and Pillow don't."""

from __future__ import annotations

import struct

import pytest

from tests.support.media.handmade_files import (
    box,
    full_box,
    heif,
    iinf,
    iref,
    ispe,
    jpeg_frame,
    jpeg_scan,
    jpeg_segment,
)
from tests.support.media.memory_reader import probe_bytes

XMP = b"http://ns.adobe.com/xap/1.0/\0"
ISO = b"urn:iso:std:iso:ts:21496-1\0"
PHOTO = jpeg_frame(1) + jpeg_scan(1) + b"\x12\x34\xff\xd9"
LISTED = b"\xff\xd8" + jpeg_segment(0xE1, XMP + b"<Container:Directory>") + PHOTO


def xmp(description: bytes) -> bytes:
    """A photo, and behind it a gain map that XMP describes."""
    return LISTED + b"\xff\xd8" + jpeg_segment(0xE1, XMP + description) + PHOTO


def metadata(base: tuple[int, int], alternate: tuple[int, int]) -> bytes:
    """Metadata of ISO 21496-1: for which headrooms the photo and the computed picture are."""
    return struct.pack(">HHB4I", 0, 0, 0, *base, *alternate)


def shared_metadata(denominator: int, base: int, alternate: int) -> bytes:
    """Metadata whose numbers share one denominator."""
    return struct.pack(">HHB3I", 0, 0, 8, denominator, base, alternate)


def iso(content: bytes) -> bytes:
    """A photo, and behind it a gain map that ISO 21496-1 describes."""
    return LISTED + b"\xff\xd8" + jpeg_segment(0xE2, ISO + content) + PHOTO


def heic(content: bytes) -> bytes:
    """A HEIC with a tone map."""
    content = b"\0" + content
    place = struct.pack(">HHHHII", 2, 1, 0, 1, 0, len(content))
    return heif(
        ispe(480, 640),
        meta_boxes=iinf((1, b"hvc1"), (2, b"tmap"), (3, b"hvc1"), hidden=(3,))
        + iref((b"dimg", 2, (1, 3)))
        + full_box(b"iloc", struct.pack(">BBH", 0x44, 0, 1), place, version=1)
        + box(b"idat", content),
    )


ORDINARY = {
    "of Android": xmp(b'<a hdrgm:HDRCapacityMin="0" hdrgm:BaseRenditionIsHDR="False"/>'),
    "in elements": xmp(
        b"<hdrgm:HDRCapacityMin>0.5</hdrgm:HDRCapacityMin>"
        b"<hdrgm:BaseRenditionIsHDR>False</hdrgm:BaseRenditionIsHDR>"
    ),
    "of ISO": iso(metadata((0, 1), (2, 1))),
    "of ISO with one denominator": iso(shared_metadata(10, 0, 20)),
    "of ISO, announced": iso(bytes(4)),
    "in a HEIC": heic(metadata((0, 1), (2, 1))),
}
FOR_OTHER_SCREENS = {
    "a photo for other screens": xmp(b'<a hdrgm:BaseRenditionIsHDR="True"/>'),
    "an element of another prefix": xmp(b"<b:BaseRenditionIsHDR>True</b:BaseRenditionIsHDR>"),
    "a letter in code": xmp(b'<a hdrgm:BaseRenditionIsHDR="&#84;rue"/>'),
    "both": xmp(b'<a hdrgm:BaseRenditionIsHDR="False"/><a hdrgm:BaseRenditionIsHDR="True"/>'),
    "below ordinary screens": xmp(b'<a hdrgm:HDRCapacityMin="-8" hdrgm:HDRCapacityMax="-1"/>'),
    "in two bytes a letter": xmp('<a hdrgm:BaseRenditionIsHDR="True"/>'.encode("utf-16-be")),
    "of ISO": iso(metadata((2, 1), (0, 1))),
    "of ISO with one denominator": iso(shared_metadata(10, 20, 0)),
    "of ISO, equal": iso(metadata((1, 1), (2, 2))),
    "of ISO without a denominator": iso(metadata((0, 0), (2, 1))),
    "in a HEIC": heic(metadata((2, 1), (0, 1))),
}


@pytest.mark.parametrize("content", ORDINARY.values(), ids=ORDINARY)
def test_a_gain_map_for_high_dynamic_range(content: bytes) -> None:
    assert probe_bytes(content).second_picture is None


@pytest.mark.parametrize("content", FOR_OTHER_SCREENS.values(), ids=FOR_OTHER_SCREENS)
def test_a_gain_map_for_ordinary_screens_is_a_second_picture(content: bytes) -> None:
    assert "gain map" in str(probe_bytes(content).second_picture)
