"""What a run starts from, beside the kept corpus, and the words that mutations are made with."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

from tests.support.media.handmade_files import (
    Mp4Track,
    box,
    exif_block,
    full_box,
    heif,
    ispe,
    jpeg,
    jpeg_segment,
    mp4,
)

_EVENTS = Path(__file__).parents[1] / "fixtures" / "events"
_SOUND = Mp4Track(handler=b"soun")
_FRAGMENT = box(
    b"moof",
    box(
        b"traf",
        full_box(b"tfhd", struct.pack(">I", 1)),
        full_box(b"trun", struct.pack(">II", 1, 512), flags=0x100),
    ),
)
_RESULT = (
    b'{"Code": "Success", "RequestId": "1", "ResultObject": {"Result": "1", '
    b'"RiskScore": {"A": "0.9"}, "RiskTag": "A,B", "TransactionId": "2"}}'
)
_REFUSAL = b'{"Code": "Throttling.User", "Message": "https://a.b/c?d", "RequestId": "1"}'
_PERMISSION = (
    b'{"AccessKeyId": "a", "EncodedPolicy": "e30=", "Signature": "s", "ObjectKey": "k", '
    b'"Bucket": "b", "Endpoint": "oss-ap-southeast-1.aliyuncs.com"}'
)


def seeds(target: str) -> list[bytes]:
    """Valid input, of each kind that the target knows."""
    if target == "envelopes":
        return [_event(path) for path in sorted(_EVENTS.glob("*.json"))]
    return _BUILT[target]


def _event(path: Path) -> bytes:
    event = json.loads(path.read_text())["event"]
    return (event if isinstance(event, str) else json.dumps(event)).encode()


_BUILT = {
    "images": [
        jpeg(jpeg_segment(0xE1, exif_block(6)), jpeg_segment(0xE2, b"x")),
        heif(ispe(480, 640), box(b"irot", b"\1"), tile_count=3),
        heif(ispe(480, 640), box(b"clap", struct.pack(">8I", *[1] * 8)), wide_ids=True),
        heif(ispe(480, 640), box(b"imir", b"\1"), wide_indexes=True, brands=(b"avis", b"msf1")),
    ],
    "videos": [
        mp4(_SOUND, Mp4Track(edits=((2000, 0),))),
        mp4(Mp4Track(version=1, edits=((2000, 5),), matrix=(0, 1, -1, 0))),
        mp4(Mp4Track(), extra_boxes=box(b"mvex")) + _FRAGMENT * 2,
    ],
    "answers": [
        b"200 \n" + _RESULT,
        b"429 1500\n" + _REFUSAL,
        b"200 \n" + _PERMISSION,
        b"200 \nhttps://user@bucket.example.com:443/a.jpg?b=c#d",
    ],
}


def words(target: str) -> set[bytes]:
    """Field names, texts, and the kinds of boxes: what no mutation would hit upon."""
    return {word for seed in seeds(target) for word in _WORD.findall(seed)} | _TEXTLESS


_WORD = re.compile(rb'"[^"\\]{2,40}"|\b[a-z][a-z0-9]{3}\b')
_TEXTLESS = {b"1e999", b"9" * 400, b"[" * 64, b'{"":' * 16, b"\\ud800", b"\xff" * 4, b"\0" * 8}
