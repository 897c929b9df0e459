"""The inputs that a campaign starts from besides the corpus, and the words for its mutations."""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path

from tests.support.media.handmade_files import (
    FRAGMENT,
    Mp4Track,
    associations,
    box,
    exif_block,
    full_box,
    h264_configuration,
    h265_configuration,
    heif,
    iinf,
    iref,
    ispe,
    jpeg,
    jpeg_frame,
    jpeg_scan,
    jpeg_segment,
    mp4,
    place_frames,
    units,
)
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
)

_EVENTS = Path(__file__).parents[1] / "fixtures" / "events"
_SOUND = Mp4Track(handler=b"soun")
_RESULT = (
    b'{"Code": "Success", "RequestId": "1", "ResultObject": {"Result": "1", '
    b'"RiskScore": {"A": "0.9"}, "RiskTag": "A,B", "TransactionId": "2"}}'
)
_REFUSAL = b'{"Code": "Throttling.User", "Message": "https://a.b/c?d", "RequestId": "1"}'
_UPLOAD_GRANT = (
    b'{"AccessKeyId": "a", "EncodedPolicy": "e30=", "Signature": "s", "ObjectKey": "k", '
    b'"Bucket": "b", "Endpoint": "oss-ap-southeast-1.aliyuncs.com"}'
)


def create_seeds(target: str) -> list[bytes]:
    """Create valid inputs of each kind that the target reads."""
    if target == "envelopes":
        return [_read_event(path) for path in sorted(_EVENTS.glob("*.json"))]
    return _BUILT_SEEDS[target]


def _read_event(path: Path) -> bytes:
    event = json.loads(path.read_text())["event"]
    return (event if isinstance(event, str) else json.dumps(event)).encode()


_BUILT_SEEDS = {
    "images": [
        png(
            png_chunk(b"gAMA", struct.pack(">I", 45455)),
            png_chunk(b"iCCP", b"n\0\0" + zlib.compress(icc_profile(gamma_curve(2.2)))),
            png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation='1'/>"),
            color_type=6,
        ),
        png(png_chunk(b"iDOT", struct.pack(">7I", 2, 0, 4, 40, 4, 4, 99)), is_interlaced=True),
        jpeg(jpeg_segment(0xE2, b"ICC_PROFILE\0\1\1" + icc_profile(table_curve(0, 0.2, 1)))),
        jpeg(jpeg_frame(1, 2, 3, marker=0xC2), jpeg_scan(1, 2, 3, last=0), b"\xff\xd9\xff\xd8"),
        riff(vp8x(0x2C), (b"ICCP", icc_profile(gamma_curve(1.8))), vp8(), (b"XMP ", b"<x/>")),
        tiff((256, 3, 1, 6), (257, 3, 1, 8), (262, 3, 1, 1), (330, 4, 1, 8), next_offset=8),
        bmp(bits=32, compression=3, header=struct.pack("<4I", 1, 2, 4, 0) + bytes(68)),
        b"GIF89a\6\0\x08\0\x80\0\0" + bytes(6) + b"\x21\xf9\4\1\0\0\1\0"
        b"\x2c\0\0\0\0\6\0\x08\0\0\2\2\x0c\x0a\0\x3b",
        jpeg(jpeg_segment(0xE1, exif_block(6)), jpeg_segment(0xE2, b"x")),
        heif(ispe(480, 640), box(b"irot", b"\1"), tile_count=3),
        heif(ispe(480, 640), box(b"clap", struct.pack(">8I", *[1] * 8)), wide_ids=True),
        heif(ispe(480, 640), box(b"imir", b"\1"), wide_indexes=True, brands=(b"avis", b"msf1")),
        heif(
            ispe(480, 640),
            h265_configuration(),
            meta_boxes=iinf((1, b"grid"), (2, b"hvc1"), (3, b"mime", b"image/jpeg"), hidden=(2,))
            + iref((b"dimg", 1, (2,)), (b"auxl", 3, (1,)))
            + full_box(b"iloc", struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, 0, 64)),
            other_properties=(full_box(b"auxC", b"urn:mpeg:hevc:2015:auxid:1\0"),),
            more_associations=associations((2, (1, 2)), (3, (3,))),
        ),
    ],
    "videos": [
        mp4(_SOUND, Mp4Track(edits=((2000, 0),))),
        mp4(Mp4Track(version=1, edits=((2000, 5),), matrix=(0, 1, -1, 0))),
        mp4(Mp4Track(), extra_boxes=box(b"mvex")) + FRAGMENT * 2,
        mp4(
            Mp4Track(
                frames=((2, 512),),
                time_offsets=((1, 512), (1, 0)),
                edits=((80, 512),),
                entry_boxes=h264_configuration()
                + box(b"clap", struct.pack(">8I", 480, 1, 640, 1, 0, 1, 0, 1))
                + box(b"pasp", struct.pack(">II", 1, 1))
                + box(b"colr", b"nclx", struct.pack(">HHHB", 1, 1, 1, 0)),
                tables=place_frames(units(b"\x65\x88"), units(b"\x65\x88"), offset=0),
            ),
            Mp4Track(track_id=3, handler=b"meta", codec=b"mebx"),
        ),
    ],
    "answers": [
        b"200 \n" + _RESULT,
        b"429 1500\n" + _REFUSAL,
        b"200 \n" + _UPLOAD_GRANT,
        b"200 \nhttps://user@bucket.example.com:443/a.jpg?b=c#d",
    ],
}


def extract_words(target: str) -> set[bytes]:
    """Extract field names, strings and box types, which mutations would not find."""
    return {word for seed in create_seeds(target) for word in _WORD.findall(seed)} | _EXTRA_WORDS


_WORD = re.compile(rb'"[^"\\]{2,40}"|\b[a-z][a-z0-9]{3}\b')
_EXTRA_WORDS = {b"1e999", b"9" * 400, b"[" * 64, b'{"":' * 16, b"\\ud800", b"\xff" * 4, b"\0" * 8}
