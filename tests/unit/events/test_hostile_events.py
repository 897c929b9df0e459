"""What is wrong in an event is named, stays with its record, and costs little."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facescreen.errors import InvalidEventError
from facescreen.events.filters import Filters
from facescreen.events.read import read_event
from tests.unit.events.envelopes import (
    ENVELOPES,
    batch_job,
    oss_cloud_event,
    oss_record,
    records,
    s3_event_bridge,
    s3_record,
    sns,
    sqs,
    task,
)

ALL = Filters()


def nested(times: int) -> Any:
    message = records(s3_record())
    for _ in range(times):
        message = sns(message)
    return message


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"!!", "neither JSON nor Base64"),
        ("é", "neither JSON nor Base64"),
        ('{"events": "\ud800"}', "events must be a list, not str"),
        (b"[" * 100_000, "not valid JSON"),
        (b'"text"', "neither JSON nor Base64"),
        (b"\xff\xfe{}", "neither JSON nor Base64"),
        (b" " * 7_000_000, "the event is 7000000 long, over 6291456"),
        (b'{"Records": {}}', "Records must be a list, not dict"),
        (None, "must be an object, not NoneType"),
        ({"x" * 50: 1, "b": 2}, "unknown format, with the fields: b, x{40}$"),
        (records(*[{}] * 10_001), "more than 10000 records"),
        (records(*[sqs("{}")] * 10_001), "10001 records, over 10000"),
        ([[]] * 10_001, "more than 10000 records"),
        (batch_job(*[{}] * 10_001), "10001 records, over 10000"),
        (batch_job(task(), version="3.0"), "invocationSchemaVersion is 3.0"),
        ({"invocationSchemaVersion": "1.0", "tasks": []}, "invocationId must be a string"),
        (batch_job() | {"tasks": {}}, "tasks must be a list, not dict"),
        (nested(3), "envelopes nested more than 3 deep"),
        (s3_event_bridge() | {"source": "my.app"}, "the EventBridge event .my.app, Object"),
        (s3_event_bridge(kind="AWS API Call via CloudTrail"), "is not one of S3's own"),
        (oss_cloud_event() | {"data": []}, "JSON.data must be an object, not list"),
        (oss_cloud_event() | {"type": None}, "JSON.type must be a string that is not empty"),
    ],
)
def test_what_is_no_event_is_named(event: Any, says: str) -> None:
    with pytest.raises(InvalidEventError, match=says):
        read_event(event, ALL)


@pytest.mark.parametrize(
    ("poison", "says"),
    [
        ("text", "record must be an object, not str"),
        ({}, "record.eventName must be a string that is not empty"),
        (oss_record(name=""), "record.eventName must be a string that is not empty"),
        ({"eventName": "ObjectCreated:PutObject"}, "record.oss must be an object, not NoneType"),
        (oss_record(""), "record.oss.object.key must be a string that is not empty"),
        (
            {**oss_record(), "oss": {"bucket": {"name": "selfies"}, "object": {"key": 7}}},
            "record.oss.object.key must be a string, not int",
        ),
        (oss_record("é" * 513), "record.oss.object.key has 1026 bytes; a key has 1 to 1024"),
        (oss_record("a" * 4000), "record.oss.object.key has 4000 characters, over 3072"),
        (oss_record("\ud800"), "record.oss.object.key is not valid Unicode"),
        (oss_record(size="9"), "record.oss.object.size must be a whole number"),
        (oss_record(size=True), "record.oss.object.size must be a whole number"),
        (oss_record(size=-1), "record.oss.object.size must be a whole number"),
        (oss_record(eTag=[]), "record.oss.object.eTag must be a string, not list"),
    ],
)
def test_a_poisoned_oss_record_holds_up_no_other(poison: Any, says: str) -> None:
    event = {"events": [oss_record("a.jpg"), poison, oss_record("z.jpg")]}
    assert_only_fault(event, says)


@pytest.mark.parametrize(
    ("poison", "says"),
    [
        (7, "record must be an object, not int"),
        ({"eventSource": "aws:kinesis"}, "the record has an unknown format.*fields: eventSource"),
        ({"s3": {}}, "record.eventName must be a string that is not empty"),
        ({"eventName": "ObjectCreated:Put", "s3": 7}, "record.s3 must be an object, not int"),
        (
            s3_record() | {"eventVersion": "3.0"},
            "record.eventVersion is 3.0; only 2.x is supported",
        ),
        (s3_record("%FF.jpg"), "record.s3.object.key is not URL-encoded UTF-8"),
        (s3_record("%C3%A9" * 513), "record.s3.object.key has 3078 characters"),
        (s3_record("a" * 1025), "record.s3.object.key has 1025 bytes"),
        (s3_record(size=1.5), "record.s3.object.size must be a whole number"),
        (s3_record(versionId=7), "record.s3.object.versionId must be a string, not int"),
        ({"Sns": []}, "record.Sns must be an object, not list"),
        ({"Sns": {}}, "record.Sns.Message must be a string that is not empty"),
        ({"Sns": {"Message": "{"}}, "record.Sns.Message is not valid JSON"),
        ({"Sns": nested(3)}, "envelopes nested more than 3 deep"),
    ],
)
def test_a_poisoned_s3_record_holds_up_no_other(poison: Any, says: str) -> None:
    assert_only_fault(records(s3_record("a.jpg"), poison, s3_record("z.jpg")), says)


@pytest.mark.parametrize(
    ("poison", "says"),
    [(None, "JSON must be an object, not NoneType"), ([[[]]], "envelopes nested more than 3 deep")],
)
def test_a_poisoned_cloud_event_holds_up_no_other(poison: Any, says: str) -> None:
    assert_only_fault([oss_cloud_event("a.jpg"), poison, oss_cloud_event("z.jpg")], says)


def assert_only_fault(event: Any, says: str) -> None:
    triggered = read_event(event, ALL)
    assert [ref.key for ref in triggered.objects] == ["a.jpg", "z.jpg"]
    (fault,) = triggered.errors
    with pytest.raises(InvalidEventError, match=says):
        raise fault


@pytest.mark.parametrize("name", ["", "ab", "a.example.com/x?", "a@b.c", "-ab", "a" * 256, "ä.de"])
def test_a_bucket_must_be_fit_for_a_host_name(name: str) -> None:
    for event in (
        records(s3_record() | {"s3": {"bucket": {"name": name}, "object": {"key": "a"}}}),
        {"events": [oss_record() | {"oss": {"bucket": {"name": name}, "object": {"key": "a"}}}]},
        batch_job(task(s3BucketArn=f"arn:aws:s3:::{name}")),
        batch_job(task(s3Bucket=name)),
    ):
        triggered = read_event(event, ALL)
        assert not triggered.objects
        assert len(triggered.errors) == 1


def test_an_access_point_is_no_bucket() -> None:
    point = task(s3BucketArn="arn:aws:s3:us-west-2:123456789012:accesspoint/mine")
    (fault,) = read_event(batch_job(point), ALL).errors
    assert "task.s3BucketArn is not a bucket name" in str(fault)


@pytest.mark.parametrize(
    "event",
    [
        records(*[s3_record() | {"eventVersion": "a" * 3000}] * 100),
        [s3_event_bridge("a") | {"source": "a" * 3000}] * 100,
        [s3_event_bridge("a", kind="a" * 3000)] * 100,
    ],
    ids=["version", "source", "kind"],
)
def test_faults_of_one_endless_word_end_soon(event: Any) -> None:
    begin = time.thread_time()
    assert len(read_event(event, ALL).errors) == 100
    # Half a second is ten times the aim of 50 ms; with the word in the error it is seconds.
    assert time.thread_time() - begin < 0.5


def test_a_fault_tells_no_secret() -> None:
    signed = f"https://b.example.com/a?Signature={'s' * 70}"
    (fault,) = read_event(records(s3_record() | {"eventVersion": signed}), ALL).errors
    assert "sss" not in str(fault)


NAMES = (
    *("events", "data", "oss", "bucket", "object", "key", "name", "type", "eventName", "size"),
    *("Records", "s3", "Sns", "Message", "body", "messageId", "attributes", "Event", "eTag"),
    *("tasks", "detail", "detail-type", "source"),
)
TEXTS = [
    "ObjectCreated:Put",
    "ObjectCreated:PutObject",
    "Object Created",
    "aws.s3",
    "s3:TestEvent",
    '{"Records": [{}]}',
    "selfies",
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(TEXTS) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES), inner),
)


@given(json_values)
def test_any_json_is_read_or_refused(value: Any) -> None:
    with contextlib.suppress(InvalidEventError):
        read_event(value, ALL)
    with contextlib.suppress(InvalidEventError):
        read_event(json.dumps(value).encode(), ALL)


@given(st.binary() | st.text(st.characters(codec=None)))
def test_any_bytes_are_read_or_refused(event: bytes | str) -> None:
    with contextlib.suppress(InvalidEventError):
        read_event(event, ALL)


@given(st.data(), st.sampled_from(sorted(set(ENVELOPES) - {"oss by mns"})), json_values)
def test_an_event_with_anything_in_one_place_is_read_or_refused(
    data: st.DataObject, envelope: str, value: Any
) -> None:
    event = ENVELOPES[envelope]("a.jpg")
    place = event
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], (dict, list)) and place[key] and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = value
        break
    with contextlib.suppress(InvalidEventError):
        triggered = read_event(event, ALL)
        assert all(ref.key and ref.bucket for ref in triggered.objects)


@given(st.lists(json_values, max_size=5), st.integers(0, 5))
def test_a_message_is_read_whatever_surrounds_it(others: list[Any], place: int) -> None:
    messages = [sqs(json.dumps(other), str(at)) for at, other in enumerate(others)]
    messages.insert(place, sqs(records(s3_record("mine.jpg")), "mine"))
    triggered = read_event(records(*messages), ALL)
    (mine,) = (one for one in triggered.deliveries if one.id == "mine")
    assert [ref.key for ref in mine.objects] == ["mine.jpg"]
    assert len(triggered.deliveries) == len(messages)
    assert not mine.errors
