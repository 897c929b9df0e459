"""Frames of H.264 and H.265 that hold two pictures, in videos and in photos."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from facescreen.media.iso.coded_frames import MAX_UNITS
from tests.support.media.handmade_files import (
    Mp4Track,
    box,
    ftyp,
    full_box,
    h264_configuration,
    h265_configuration,
    heif,
    iinf,
    ispe,
    moov,
    place_frames,
    units,
)
from tests.support.media.memory_reader import probe_bytes

FTYP = ftyp(b"isom")
DATA_OFFSET = len(FTYP) + 8

H264_SETTINGS, H264_EXTRA = b"\x67\x42\x00", b"\x06\x05\x01"
H264_PICTURE, H264_OTHER_PICTURE = b"\x65\x88\x84", b"\x41\x9a\x00"
H264_NEXT_SLICE = b"\x41\x40\x00"
H264_PREFIX, H264_FILLER, H265_FILLER = b"\x0e\x10\x20", b"\x0c\xff\xff", b"\x4c\x01\xff"
START_CODE = b"\0\0\1"
H265_SETTINGS = b"\x40\x01\x0c"
H265_PICTURE, H265_OTHER_PICTURE = b"\x26\x01\xaf", b"\x02\x01\xd0"
H265_NEXT_SLICE = b"\x02\x01\x50"
H265_OTHER_EYE = b"\x02\x09\xd0"

AV1 = box(b"av1C", bytes(4))


def obu(kind: int, first_byte: int) -> bytes:
    """A unit of AV1, with a size."""
    return bytes([kind << 3 | 2, 2, first_byte, 0])


def superframe(*frames: bytes) -> bytes:
    """Frames of VP9 in one, with their sizes behind them."""
    marker = bytes([0xC8 | len(frames) - 1])
    return b"".join(frames) + marker + struct.pack(f"<{len(frames)}H", *map(len, frames)) + marker


SEQUENCE, SHOWN, HIDDEN = obu(1, 0), obu(6, 0x10), obu(6, 0)

SINGLE_PICTURES = {
    "H.264": (h264_configuration(), units(H264_PICTURE)),
    "H.264 in slices": (
        h264_configuration(),
        units(H264_SETTINGS, H264_EXTRA, H264_PICTURE, H264_NEXT_SLICE, H264_NEXT_SLICE),
    ),
    "H.264 with short lengths": (h264_configuration(2), units(H264_PICTURE, length_bytes=2)),
    "H.265": (h265_configuration(), units(H265_PICTURE)),
    "H.265 in slices": (
        h265_configuration(),
        units(H265_SETTINGS, H265_PICTURE, H265_NEXT_SLICE, H265_NEXT_SLICE),
    ),
    "H.265 with another eye": (h265_configuration(), units(H265_PICTURE, H265_OTHER_EYE)),
    "an empty frame": (h264_configuration(), b""),
    "a frame that ends in a length": (h264_configuration(), units(H264_PICTURE) + b"\0\0"),
    "units without content": (h265_configuration(), units(b"", b"\x26", H265_PICTURE, b"\x26\x01")),
    "a unit longer than the frame": (h264_configuration(), b"\0\0\0\x63" + H264_PICTURE),
    "a prefix and its picture in one unit of a phone": (
        h264_configuration(),
        units(H264_PREFIX + b"\0" + START_CODE + H264_PICTURE),
    ),
    "a start code that is an error": (
        h264_configuration(),
        units(H264_PICTURE + START_CODE + b"\x0a", H264_NEXT_SLICE),
    ),
    "AV1": (AV1, SEQUENCE + SHOWN),
    "AV1 in tiles": (AV1, SEQUENCE + obu(3, 0x10) + obu(4, 0) * 70),
    "AV1 without a size": (AV1, SEQUENCE + b"\x30\x10"),
    "AV1 with a layer": (AV1, b"\x36\0\1\x10"),
    "AV1, cut": (AV1, SHOWN + b"\x32\xff"),
    "another codec": (box(b"vpcC", bytes(4)), units(H264_PICTURE, H264_PICTURE)),
}
TWO_PICTURES = {
    "H.264": (h264_configuration(), units(H264_PICTURE, H264_PICTURE)),
    "H.264 of two kinds": (
        h264_configuration(),
        units(H264_SETTINGS, H264_PICTURE, H264_NEXT_SLICE, H264_OTHER_PICTURE),
    ),
    "H.264 with short lengths": (
        h264_configuration(2),
        units(H264_PICTURE, H264_PICTURE, length_bytes=2),
    ),
    "H.265": (h265_configuration(), units(H265_PICTURE, H265_PICTURE)),
    "H.265 of two kinds": (
        h265_configuration(),
        units(H265_PICTURE, H265_NEXT_SLICE, H265_SETTINGS, H265_OTHER_PICTURE),
    ),
    "H.264 behind a start code": (
        h264_configuration(),
        units(H264_PICTURE, H264_FILLER + START_CODE + H264_OTHER_PICTURE),
    ),
    "H.264 behind two start codes": (
        h264_configuration(),
        units(H264_PREFIX + START_CODE + H264_PICTURE + START_CODE + H264_OTHER_PICTURE),
    ),
    "H.264, one in disguise": (
        h264_configuration(),
        units(H264_FILLER + START_CODE + H264_PICTURE),
    ),
    "H.264, a part in disguise": (
        h264_configuration(),
        units(H264_PICTURE, H264_FILLER + START_CODE + H264_NEXT_SLICE),
    ),
    "H.265 behind a start code": (
        h265_configuration(),
        units(H265_PICTURE, H265_FILLER + START_CODE + H265_OTHER_PICTURE),
    ),
    "AV1": (AV1, SEQUENCE + SHOWN + SEQUENCE + SHOWN),
    "AV1 that shows a frame again": (AV1, SHOWN + obu(3, 0x80)),
    "AV1 without headers": (AV1, obu(1, 0x18) + obu(6, 0) * 2),
    "AV1 of many units": (AV1, b"\x22\0" * 200_001),
    "more units than can be looked at": (h264_configuration(), bytes(4 * (MAX_UNITS + 2))),
}


def progressive(configuration: bytes, frame: bytes) -> bytes:
    """A video whose third frame is `frame`."""
    single = units(H265_PICTURE if b"hvcC" in configuration else H264_PICTURE)
    frames = (single, single, frame, single)
    track = Mp4Track(
        frames=((len(frames), 512),),
        entry_boxes=configuration,
        tables=place_frames(*frames, offset=DATA_OFFSET),
    )
    return FTYP + box(b"mdat", *frames) + moov(track)


def fragmented(configuration: bytes, frame: bytes, *, default_size: int | None = None) -> bytes:
    """A video with `frame` as the second frame of its second fragment."""
    track = Mp4Track(frames=(), entry_boxes=configuration)
    trex = full_box(b"trex", struct.pack(">5I", 1, 1, 512, 0, 0))
    head = FTYP + moov(track, extra_boxes=box(b"mvex", trex))
    return (
        head + _fragment(b"", default_size=None) + _fragment(b"", frame, default_size=default_size)
    )


def _fragment(*frames: bytes, default_size: int | None) -> bytes:
    def build(offset: int) -> bytes:
        fields, flags = struct.pack(">I", 1), 0x2_0000
        rows, run_flags = b"".join(struct.pack(">I", len(frame)) for frame in frames), 0x201
        if default_size is not None:
            fields, flags, rows, run_flags = (
                fields + struct.pack(">I", default_size),
                flags | 0x10,
                b"",
                1,
            )
        head = struct.pack(">Ii", len(frames), offset)
        tfhd = full_box(b"tfhd", fields, flags=flags)
        return box(b"moof", box(b"traf", tfhd, full_box(b"trun", head, rows, flags=run_flags)))

    return build(len(build(0)) + 8) + box(b"mdat", *frames)


def photo(configuration: bytes, frame: bytes) -> bytes:
    """A HEIF file whose primary item is `frame`."""
    place = struct.pack(">HHHII", 1, 0, 1, 0, len(frame))

    def build(offset: int) -> bytes:
        located = place[:6] + struct.pack(">II", offset, len(frame))
        iloc = full_box(b"iloc", struct.pack(">BBH", 0x44, 0, 1), located)
        return heif(ispe(480, 640), configuration, meta_boxes=iinf((1, b"hvc1")) + iloc)

    return build(len(build(0)) + 8) + box(b"mdat", frame)


Builder = Callable[[bytes, bytes], bytes]
CONTAINERS: dict[str, Builder] = {
    "progressive": progressive,
    "fragmented": fragmented,
    "photo": photo,
}


@pytest.mark.parametrize("build", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize(
    ("configuration", "frame"), SINGLE_PICTURES.values(), ids=list(SINGLE_PICTURES)
)
def test_a_frame_of_one_picture(build: Builder, configuration: bytes, frame: bytes) -> None:
    assert probe_bytes(build(configuration, frame)).second_picture is None


@pytest.mark.parametrize("build", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize(("configuration", "frame"), TWO_PICTURES.values(), ids=list(TWO_PICTURES))
def test_a_frame_of_two_pictures(build: Builder, configuration: bytes, frame: bytes) -> None:
    assert "two pictures in one frame" in str(
        probe_bytes(build(configuration, frame)).second_picture
    )


def test_decoders_of_av1_need_no_configuration() -> None:
    content = progressive(b"", SHOWN * 2).replace(b"avc1", b"av01", 1)
    assert "two pictures in one frame" in str(probe_bytes(content).second_picture)


VP9_FRAMES = {
    "alone": b"\x82\x49\x83",
    "that ends like an index": b"\x82\x49\x82\x49\xc8",
    "with a frame that is not shown": superframe(b"\x80\x49", b"\x86\x49"),
    "of another profile": superframe(b"\xb0\x49", b"\xb1\x49"),
    "with a frame of nothing": superframe(b"\x82\x49", b""),
}
TWO_VP9_FRAMES = {
    "both shown": superframe(b"\x82\x49", b"\x82\x49"),
    "one shown again": superframe(b"\x82\x49", b"\x88"),
    "of another profile": superframe(b"\xb1\x49", b"\xb1\x49"),
}


def vp9(frame: bytes) -> bytes:
    """A video whose third frame is `frame`."""
    return progressive(b"", frame).replace(b"avc1", b"vp09", 1)


@pytest.mark.parametrize("frame", VP9_FRAMES.values(), ids=VP9_FRAMES)
def test_one_frame_of_vp9(frame: bytes) -> None:
    assert probe_bytes(vp9(frame)).second_picture is None


@pytest.mark.parametrize("frame", TWO_VP9_FRAMES.values(), ids=TWO_VP9_FRAMES)
def test_two_frames_of_vp9_in_one(frame: bytes) -> None:
    assert "two pictures in one frame" in str(probe_bytes(vp9(frame)).second_picture)


def test_a_video_of_av1_may_have_frames_that_are_not_shown() -> None:
    frame = SEQUENCE + HIDDEN + HIDDEN + SHOWN
    assert probe_bytes(progressive(AV1, frame)).second_picture is None
    assert probe_bytes(photo(AV1, frame)).second_picture


@pytest.mark.parametrize("configuration", [AV1, h264_configuration()])
def test_frames_that_overlap_are_not_looked_at_again_and_again(configuration: bytes) -> None:
    track = Mp4Track(
        entry_boxes=configuration,
        tables=full_box(b"stsz", struct.pack(">II", 900, 50))
        + full_box(b"stsc", struct.pack(">4I", 1, 1, 1, 1))
        + full_box(b"stco", struct.pack(">51I", 50, *[0] * 50)),
    )
    assert "overlap" in str(probe_bytes(FTYP + moov(track) + bytes(900)).second_picture)


def test_the_default_size_places_the_frames_of_a_fragment() -> None:
    frame = units(H264_PICTURE, H264_PICTURE)
    content = fragmented(h264_configuration(), frame, default_size=len(frame))
    assert probe_bytes(content).second_picture
    content = fragmented(h264_configuration(), frame, default_size=len(frame) // 2)
    assert probe_bytes(content).second_picture is None


def test_a_picture_in_pieces_counts_as_two() -> None:
    place = struct.pack(">HHHIIII", 1, 0, 2, 0, 4, 4, 4)
    iloc = full_box(b"iloc", struct.pack(">BBH", 0x44, 0, 1), place)
    content = heif(ispe(480, 640), meta_boxes=iinf((1, b"hvc1")) + iloc)
    assert "several pieces" in str(probe_bytes(content).second_picture)
