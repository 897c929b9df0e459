"""Any bytes are probed as a Media or an UnreadableMediaError, within limits of reads, memory and
time."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facescreen.media.media import Media, UnreadableMediaError
from facescreen.media.probe import probe
from facescreen.media.reader import MAX_BYTES_READ
from tests.fuzz.limits import measure_cpu_s
from tests.support.media.encoded_files import encode_animation, encode_image
from tests.support.media.handmade_files import (
    FRAGMENT,
    Mp4Track,
    box,
    exif_block,
    ftyp,
    full_box,
    h264_configuration,
    heif,
    iinf,
    iref,
    ispe,
    jpeg,
    jpeg_scan,
    jpeg_segment,
    moov,
    mp4,
    place_frames,
)
from tests.support.media.handmade_images import (
    PNG_SIGNATURE,
    gamma_curve,
    icc_profile,
    png,
    png_chunk,
    riff,
    tiff,
    vp8,
    vp8x,
)
from tests.support.media.memory_reader import MemoryReader

MAX_READS = 6


def probe_within_limits(content: bytes) -> Media | UnreadableMediaError:
    reader = MemoryReader(content)
    try:
        result: Media | UnreadableMediaError = probe(reader)
    except UnreadableMediaError as unreadable:
        result = unreadable
    assert len(reader.reads) <= MAX_READS
    assert sum(reader.reads) <= MAX_BYTES_READ
    return result


VALID_FILES: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: jpeg(jpeg_segment(0xE1, exif_block(6)), jpeg_segment(0xE2, b"x")),
    "png": lambda: encode_animation("PNG"),
    "webp": lambda: encode_image("WEBP", orientation=6),
    "gif": lambda: encode_image("GIF"),
    "bmp": lambda: encode_image("BMP"),
    "tiff": lambda: encode_image("TIFF"),
    "heic": lambda: heif(ispe(480, 640), box(b"irot", b"\1"), tile_count=3),
    "encoded heic": lambda: encode_image("HEIF"),
    "mp4": lambda: mp4(Mp4Track(handler=b"soun"), Mp4Track(edits=((2000, 0),))),
    "fragmented mp4": lambda: mp4(Mp4Track(), extra_boxes=box(b"mvex")) + FRAGMENT,
}


@cache
def valid_file(name: str) -> bytes:
    return VALID_FILES[name]()


@pytest.mark.parametrize("name", VALID_FILES)
def test_a_file_cut_at_any_byte_is_probed_within_limits(name: str) -> None:
    content = valid_file(name)
    assert isinstance(probe_within_limits(content), Media)
    for end in range(min(len(content), 1_500)):
        probe_within_limits(content[:end])


@pytest.mark.parametrize("name", VALID_FILES)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_file_with_some_bytes_changed_is_probed_within_limits(
    name: str, data: st.DataObject
) -> None:
    content = bytearray(valid_file(name))
    edits = st.tuples(st.integers(0, min(len(content), 800) - 4), st.binary(min_size=1, max_size=4))
    for offset, replacement in data.draw(st.lists(edits, min_size=1, max_size=6)):
        content[offset : offset + len(replacement)] = replacement
    probe_within_limits(bytes(content))


SIGNATURES = [
    *(b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X", b"GIF89a", b"BM"),
    *(b"II*\0", b"MM\0*", ftyp(b"isom"), ftyp(b"heic"), b"\0\0\0\x08wide", b""),
]


@settings(deadline=None, max_examples=300)
@given(signature=st.sampled_from(SIGNATURES), rest=st.binary(max_size=400))
def test_any_bytes_after_a_signature_are_probed_within_limits(
    signature: bytes, rest: bytes
) -> None:
    probe_within_limits(signature + rest)


FOUR_MB = 4 * 1024 * 1024
_PROFILE_BOMB = b"n\0\0" + zlib.compress(bytes(FOUR_MB - 1))
_TEXT_BOMB = b"Raw profile type exif\0\0" + zlib.compress(bytes(FOUR_MB))
STTS_OF_ONE_ROW = full_box(b"stts", struct.pack(">I", 1))[8:]
MALICIOUS_FILES: dict[str, Callable[[], bytes]] = {
    "jpeg of a million segments": lambda: jpeg(jpeg_segment(0xE1, b"") * 1_000_000),
    "jpeg of nine megabytes of depth data": lambda: jpeg(jpeg_segment(0xE1, bytes(65_000)) * 140),
    "jpeg of fill bytes": lambda: b"\xff\xd8" + b"\xff" * FOUR_MB,
    "jpeg of strays between segments": lambda: jpeg(
        (b"\xff\0" * 2_000 + jpeg_segment(0xE1, b"")) * 999
    ),
    "png of empty chunks": lambda: encode_image("PNG")[:33] + bytes(FOUR_MB),
    "webp of empty chunks": lambda: b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x08" + bytes(FOUR_MB),
    "png of a hundred million pixels": lambda: _png_bomb(4_096, 6_000),
    "png with profiles without end": lambda: _png_with(png_chunk(b"iCCP", _PROFILE_BOMB), 900),
    "png with texts without end": lambda: _png_with(png_chunk(b"zTXt", _TEXT_BOMB), 900),
    "webp with profiles without end": lambda: riff(
        vp8x(0x20), *[(b"ICCP", icc_profile(gamma_curve(2.2)))] * 9_000, vp8()
    ),
    "gif of transparent colors": lambda: (
        b"GIF89a\x01\0\x01\0\x87\0\0"
        + bytes(768)
        + b"".join(b"\x21\xf9\x04\x01\0\0" + bytes([color]) + b"\0" for color in range(256))
        + b"\x2c\0\0\0\0\x01\0\x01\0\0\x08"
        + (b"\xff" * 256) * 5_000
        + b"\0\x3b"
    ),
    "tiff with XMP without end": lambda: tiff(*[(700, 1, FOUR_MB, 8)] * 60_000),
    "jpeg of restarts": lambda: (
        b"\xff\xd8\xff\xdd\0\x04\0\x01" + jpeg()[2:] + b"\xff\xd0" * FOUR_MB
    ),
    "jpeg of scans": lambda: jpeg() + jpeg_scan(1) * 19_000,
    "jpeg of 00 after its end": lambda: jpeg() + b"\xff\xd9" + bytes(FOUR_MB),
    "gif of padding": lambda: b"GIF89a" + b"\1" * 7 + bytes(FOUR_MB),
    "gif of empty blocks": lambda: b"GIF89a" + b"\1" * 7 + b"\x21\xfe\0" * 200_000,
    "gif of short blocks": lambda: b"GIF89a" + b"\1" * 7 + b"\x21\xfe" + b"\1\1" * FOUR_MB,
    "tiff of the longest directory": lambda: b"II*\0\x08\0\0\0\xff\xff" + b"\3" * FOUR_MB,
    "empty boxes": lambda: ftyp(b"isom") + box(b"free") * 500_000,
    "tracks without end": lambda: mp4(*[Mp4Track(handler=b"soun")] * 9_000),
    "boxes within boxes": lambda: ftyp(b"isom") + struct.pack(">I4s", 0, b"moov") * 500_000,
    "items without end": lambda: heif(ispe(1, 1), item_id=65_535, tile_count=60_000),
    "thumbnails of thumbnails": lambda: heif(
        ispe(1, 1),
        meta_boxes=iinf(*[(number, b"hvc1") for number in range(1, 6_000)])
        + iref(*[(b"thmb", number + 1, (number,)) for number in range(5_998, 0, -1)]),
    ),
    "a frame of short units": lambda: (
        ftyp(b"isom")
        + box(b"mdat", bytes(FOUR_MB))
        + moov(
            Mp4Track(
                frames=((1, 512),),
                entry_boxes=h264_configuration(),
                tables=place_frames(bytes(FOUR_MB), offset=24),
            )
        )
    ),
    "as many frames as can be compared": lambda: mp4(
        Mp4Track(
            frames=((1, 512),) * 20_000,
            time_offsets=((1, 7),) * 20_000,
            entry_boxes=h264_configuration(),
            tables=place_frames(*[b"\0\0\0\1e"] * 20_000, offset=0),
        )
    ),
    "a table of four thousand million rows": lambda: mp4(Mp4Track()).replace(
        STTS_OF_ONE_ROW, STTS_OF_ONE_ROW[:-4] + b"\xff" * 4
    ),
    "fragments without end": lambda: mp4(Mp4Track(), extra_boxes=box(b"mvex")) + FRAGMENT * 50_000,
    "brands without end": lambda: ftyp(b"heic", bytes(FOUR_MB - 100)),
}


def _png_with(chunk: bytes, count: int) -> bytes:
    return png(*[chunk] * count)


def _png_bomb(width: int, height: int) -> bytes:
    """A PNG with an alpha channel of opaque pixels: as much as is looked at."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    data = zlib.compress((b"\0" + b"\xff" * (4 * width)) * height, 1)
    return (
        PNG_SIGNATURE + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", data) + png_chunk(b"IEND")
    )


@pytest.mark.parametrize("create_file", MALICIOUS_FILES.values(), ids=MALICIOUS_FILES)
def test_a_malicious_file_is_probed_within_limits(create_file: Callable[[], bytes]) -> None:
    content = create_file()
    tracemalloc.start()
    try:
        probe_within_limits(content)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()
    # The goal is 50 ms; a busy machine is allowed ten times that. The better of two runs, because
    # the garbage of all other tests may be collected in one.
    assert min(measure_cpu_s(probe_within_limits, content) for _ in range(2)) < 0.5


def test_the_error_message_holds_no_bytes_of_the_file() -> None:
    for content in (b"SECRET", mp4(Mp4Track(handler=b"SECR")), ftyp(b"SECR") + box(b"SECR")):
        assert "SECR" not in str(probe_within_limits(content))


def test_a_store_that_returns_fewer_bytes_than_requested() -> None:
    class ShortReader(MemoryReader):
        def read(self, start: int, length: int) -> bytes:
            return super().read(start, length)[:10]

    with pytest.raises(UnreadableMediaError):
        probe(ShortReader(jpeg()))
