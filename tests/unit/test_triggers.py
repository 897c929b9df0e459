"""Envelopes -> objects: every shape, every record, every key exact."""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facescreen.errors import BadEvent
from facescreen.filters import Filters
from facescreen.storage import ObjectRef
from facescreen.triggers import read_event

EVENTS = Path(__file__).parent.parent / "events"
ALL = Filters()

ODD_KEYS = [
    "a+b.jpg",
    "100%.jpg",
    "100%25.jpg",
    "with space.jpg",
    "é.jpg",
    "人脸/🙂.jpg",
    "a//b.jpg",
    "./a.jpg",
    "../a.jpg",
    ".hidden/a.jpg",
    "a?x=1&y=2#z.jpg",
    "a\\b\tc\n.jpg",
]


def record(key: str = "a.jpg", name: str = "ObjectCreated:PutObject", **fields: Any) -> Any:
    described = {"key": key, "eTag": "688A7BF4F233DC9C88A80BF985AB7329", "size": 122539, **fields}
    return {
        "eventName": name,
        "eventTime": "2022-08-13T06:45:43.000Z",
        "oss": {"bucket": {"name": "selfies"}, "object": described},
    }


def native(*records: Any) -> bytes:
    return json.dumps({"events": list(records)}).encode()


def bridged(key: str, *, flat: bool) -> dict[str, Any]:
    whole = record(key)
    data = whole["oss"] if flat else whole
    return {
        "specversion": "1.0",
        "id": "1",
        "source": "acs.oss",
        "type": "oss:ObjectCreated:PutObject",
        "time": "2022-08-13T06:45:43.000Z",
        "data": data,
    }


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_golden_corpus(path: Path) -> None:
    """Each file holds an event and the objects that it must give."""
    case = json.loads(path.read_text())
    triggered = read_event(json.dumps(case["event"]).encode(), ALL)
    assert [vars(ref) for ref in triggered.objects] == case["objects"]
    assert dict(triggered.skipped) == case["skipped"]


@pytest.mark.parametrize("key", ODD_KEYS)
@pytest.mark.parametrize("envelope", ["native", "flat", "nested", "list", "base64"])
def test_keys_arrive_exact(envelope: str, key: str) -> None:
    shapes: dict[str, Any] = {
        "native": {"events": [record(key)]},
        "flat": bridged(key, flat=True),
        "nested": bridged(key, flat=False),
        "list": [bridged(key, flat=False)],
        "base64": {"events": [record(key)]},
    }
    event = json.dumps(shapes[envelope]).encode()
    if envelope == "base64":
        event = base64.b64encode(event)
    (ref,) = read_event(event, ALL).objects
    assert ref == ObjectRef(
        "oss",
        "selfies",
        key,
        "688A7BF4F233DC9C88A80BF985AB7329",
        "",
        122539,
        "2022-08-13T06:45:43.000Z",
    )


def test_every_record_counts() -> None:
    triggered = read_event(native(record("a.jpg"), record("b.jpg"), record("c/")), ALL)
    assert [ref.key for ref in triggered.objects] == ["a.jpg", "b.jpg"]
    assert triggered.skipped == {"folder": 1}


def test_a_record_that_cannot_be_read_does_not_hold_up_the_others() -> None:
    triggered = read_event(native({"eventName": "x"}, "text", record("b.jpg")), ALL)
    assert [ref.key for ref in triggered.objects] == ["b.jpg"]
    assert [str(fault) for fault in triggered.faults] == [
        "the event's oss must be an object, not NoneType",
        "the event's record must be an object, not str",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "ObjectCreated:InitiateMultipartUpload",
        "ObjectCreated:UploadPart",
        "ObjectCreated:UploadPartCopy",
        "ObjectCreated:AppendObject",
        "ObjectCreated:PutSymlink",
        "ObjectRemoved:DeleteObject",
        "",
    ],
)
def test_what_is_no_whole_object_is_skipped(name: str) -> None:
    triggered = read_event(native(record(name=name)), ALL)
    assert not triggered.objects
    assert triggered.skipped == {"event": 1}


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        (Filters(include_prefixes=("kyc/",)), "prefix"),
        (Filters(exclude_prefixes=("a",)), "prefix"),
        (Filters(include_suffixes=(".png",)), "suffix"),
        (Filters(exclude_suffixes=(".jpg",)), "suffix"),
        (Filters(largest=1000), "size"),
        (Filters(smallest=1_000_000), "size"),
        (Filters(include_prefixes=("A",), include_suffixes=(".jpg",)), ""),
    ],
)
def test_filters(filters: Filters, reason: str) -> None:
    triggered = read_event(native(record("A.JPG" if not reason else "a.jpg")), filters)
    assert dict(triggered.skipped) == ({reason: 1} if reason else {})


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"!!", "neither JSON nor Base64"),
        (b"[" * 100_000, "not valid JSON"),
        (b'"text"', "neither JSON nor Base64"),
        (b"[1]", "must be a JSON object, not int"),
        (b'{"Records": []}', "no known shape; it has the fields: Records"),
        (b" " * 1_100_000, "the event has 1100000 bytes"),
        (b"\xff\xfe{}", "neither JSON nor Base64"),
    ],
)
def test_what_is_no_event_is_named(event: bytes, says: str) -> None:
    with pytest.raises(BadEvent, match=says):
        read_event(event, ALL)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["events", "data", "oss", "bucket", "object", "key", "name", "type"]), inner
    ),
)  # fmt: skip


@given(json_values)
def test_any_json_is_read_or_refused(value: Any) -> None:
    with contextlib.suppress(BadEvent):
        read_event(json.dumps(value).encode(), ALL)


@given(st.binary())
def test_any_bytes_are_read_or_refused(event: bytes) -> None:
    with contextlib.suppress(BadEvent):
        read_event(event, ALL)
