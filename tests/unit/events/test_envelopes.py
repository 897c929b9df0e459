"""Each envelope is read into ObjectRefs with the exact key, as bytes, a string or parsed JSON."""

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
NO_FILTERS = Filters()

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

# Stores allow keys of 1 to 1,024 bytes of UTF-8. A key that ends in a slash counts as a folder
# where the event has no size.
any_key = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=256).filter(
    lambda key: not key.endswith("/")
)


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_documented_events_are_read(path: Path) -> None:
    """Each file holds an event as its vendor documents it, and the expected result."""
    case = json.loads(path.read_text())
    parsed_event = read_event(case["event"], NO_FILTERS)
    assert not parsed_event.errors
    assert parsed_event.response_mode.value == case["answer"]
    assert parsed_event.invocation == case["invocation"]
    assert [
        {
            "id": delivery.id,
            "receive_count": delivery.receive_count,
            "objects": [vars(ref) for ref in delivery.objects],
            "skipped": dict(delivery.skip_counts),
        }
        for delivery in parsed_event.deliveries
    ] == case["deliveries"]


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("key", ODD_KEYS)
def test_unusual_keys_are_read_exactly(envelope: str, key: str) -> None:
    assert read_key(ENVELOPES[envelope](key)) == key


@given(envelope=st.sampled_from(sorted(ENVELOPES)), key=any_key)
def test_any_key_is_read_exactly(envelope: str, key: str) -> None:
    assert read_key(ENVELOPES[envelope](key)) == key


def read_key(event: Any) -> str:
    parsed_event = read_event(event, NO_FILTERS)
    assert not parsed_event.errors
    (ref,) = parsed_event.objects
    return ref.key


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_bytes_strings_and_parsed_json_are_read_alike(envelope: str) -> None:
    """Function Compute passes bytes, Lambda parsed JSON."""
    event = ENVELOPES[envelope]("kyc/é +.jpg")
    text = event.decode() if isinstance(event, bytes) else json.dumps(event)
    assert (
        read_event(event, NO_FILTERS)
        == read_event(text, NO_FILTERS)
        == read_event(text.encode(), NO_FILTERS)
    )


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_the_other_fields_are_read(envelope: str) -> None:
    (ref,) = read_event(ENVELOPES[envelope]("a.jpg"), NO_FILTERS).objects
    store, _, _ = envelope.partition(" ")
    assert (ref.store, ref.bucket, ref.version_id) == (store, "selfies", "")
    if envelope == "s3 batch operations":
        assert (ref.etag, ref.size, ref.event_time) == ("", None, "")
    else:
        etag = ETAG.upper() if store == "oss" else ETAG
        assert (ref.etag, ref.size, ref.event_time) == (etag, 9, TIME)
