"""Envelopes -> objects: every shape, every key exact, on either runtime."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facescreen.events.filters import Filters
from facescreen.events.read import read_event
from tests.unit.events.envelopes import ENVELOPES, ETAG, TIME

EVENTS = Path(__file__).parents[2] / "fixtures" / "events"
ALL = Filters()

ODD_KEYS = [
    "a+b.jpg",
    "100%.jpg",
    "100%25.jpg",
    "%2B%zz.jpg",
    "with space.jpg",
    " .jpg ",
    "é.jpg",
    "e\u0301.jpg",
    "人脸/🙂.jpg",
    "漢字",
    "a//b.jpg",
    "/a.jpg",
    "./a.jpg",
    "../a.jpg",
    "...jpg",
    ".hidden/a.jpg",
    "a?x=1&y=2#z.jpg",
    "a*b'(c)!~\"<>.jpg",
    "a\\b\tc\n.jpg",
]

# What a store takes for a key: 1 to 1,024 bytes of UTF-8. One that ends in a slash is no object
# where the event doesn't tell the size.
any_key = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=256).filter(
    lambda key: not key.endswith("/")
)


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_golden_corpus(path: Path) -> None:
    """Each file holds an event as its vendor documents it, and what must be read from it."""
    case = json.loads(path.read_text())
    triggered = read_event(case["event"], ALL)
    assert not triggered.errors
    assert triggered.response_mode.value == case["answer"]
    assert triggered.invocation == case["invocation"]
    assert [
        {
            "id": delivery.id,
            "receive_count": delivery.receive_count,
            "objects": [vars(ref) for ref in delivery.objects],
            "skipped": dict(delivery.skipped),
        }
        for delivery in triggered.deliveries
    ] == case["deliveries"]


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys_arrive_exact(envelope: str, key: str) -> None:
    assert the_key(ENVELOPES[envelope](key)) == key


@given(envelope=st.sampled_from(sorted(ENVELOPES)), key=any_key)
def test_any_key_arrives_exact(envelope: str, key: str) -> None:
    assert the_key(ENVELOPES[envelope](key)) == key


def the_key(event: Any) -> str:
    triggered = read_event(event, ALL)
    assert not triggered.errors
    (ref,) = triggered.objects
    return ref.key


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_bytes_and_json_read_alike(envelope: str) -> None:
    """Function Compute hands over bytes, Lambda what it has parsed itself."""
    event = ENVELOPES[envelope]("kyc/é +.jpg")
    text = event.decode() if isinstance(event, bytes) else json.dumps(event)
    assert read_event(event, ALL) == read_event(text, ALL) == read_event(text.encode(), ALL)


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_what_else_is_told(envelope: str) -> None:
    (ref,) = read_event(ENVELOPES[envelope]("a.jpg"), ALL).objects
    store, _, _ = envelope.partition(" ")
    assert (ref.store, ref.bucket, ref.version_id) == (store, "selfies", "")
    if envelope == "s3 batch operations":
        assert (ref.etag, ref.size, ref.event_time) == ("", None, "")
    else:
        etag = ETAG.upper() if store == "oss" else ETAG
        assert (ref.etag, ref.size, ref.event_time) == (etag, 9, TIME)
