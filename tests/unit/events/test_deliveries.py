"""Whom an object or a fault belongs to: the message, the task, or the event as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from facescreen.events.filters import Filters
from facescreen.events.parsed_event import ResponseMode
from facescreen.events.read import read_event
from tests.unit.events.envelopes import (
    batch_job,
    oss_record,
    records,
    s3_event_bridge,
    s3_record,
    sns,
    sqs,
    task,
)

ALL = Filters()


def test_a_whole_event_is_one_delivery() -> None:
    for event in (
        {"events": [oss_record(), oss_record("b/", size=0), "text"]},
        records(s3_record(), s3_record("b/", size=0), "text"),
    ):
        triggered = read_event(event, ALL)
        (delivery,) = triggered.deliveries
        assert (triggered.response_mode, triggered.invocation) == (ResponseMode.NONE, {})
        assert (delivery.id, delivery.receive_count) == ("", None)
        assert triggered.objects == delivery.objects
        assert triggered.skipped == delivery.skipped == {"folder": 1}
        assert triggered.errors == delivery.errors
        assert len(delivery.errors) == 1


def test_each_message_of_a_queue_answers_for_its_own() -> None:
    event = records(
        sqs(records(s3_record("a.jpg"), s3_record("b.jpg")), "m1"),
        sqs("no JSON", "m2", received="5"),
        sqs(sns(records(s3_record("c/", size=0))), "m3"),
        sqs(s3_event_bridge("d.jpg"), "m4"),
    )
    triggered = read_event(event, Filters())
    assert triggered.response_mode is ResponseMode.ITEM_FAILURES
    assert [
        (one.id, one.receive_count, [ref.key for ref in one.objects], dict(one.skipped))
        for one in triggered.deliveries
    ] == [
        ("m1", 1, ["a.jpg", "b.jpg"], {}),
        ("m2", 5, [], {}),
        ("m3", 1, [], {"folder": 1}),
        ("m4", 1, ["d.jpg"], {}),
    ]
    assert [len(one.errors) for one in triggered.deliveries] == [0, 1, 0, 0]
    assert [ref.key for ref in triggered.objects] == ["a.jpg", "b.jpg", "d.jpg"]
    assert triggered.skipped == {"folder": 1}


@pytest.mark.parametrize(
    ("poison", "says"),
    [
        ("text", "record must be an object, not str"),
        ({"body": "{}"}, "record.messageId must be a string"),
        ({"messageId": "m2"}, "record.body must be a string that is not empty"),
        ({"messageId": "m2", "body": {}}, "record.body must be a string, not dict"),
        ({"messageId": "m2", "body": "{"}, "record.body is not valid JSON"),
        ({"messageId": "m2", "body": "[" * 100_000}, "record.body is not valid JSON"),
        ({"messageId": "m2", "body": "7"}, "JSON must be an object, not int"),
        ({"messageId": "m2", "body": '{"a": 1}'}, "the event has an unknown format.*fields: a"),
        (sqs(records({"messageId": "x", "body": "{}"}), "m2"), "the record has an unknown format"),
        (sqs(records("text"), "m2"), "record must be an object, not str"),
        (sqs(records(s3_record()), "m2", received="often"), "ApproximateReceiveCount must be"),
        (sqs(records(s3_record()), "m2", received="²"), "ApproximateReceiveCount must be"),
        (sqs(records(s3_record()), "m2", received="1" * 5000), "attributes.ApproximateReceive"),
        (sqs(records(s3_record()), "m2", received=1), "ReceiveCount must be a string, not int"),
        (sqs(sns("text"), "m2"), "JSON must be an object, not str"),
        (sqs({"Type": "Notification", "Message": 7}, "m2"), "JSON.Message must be a string"),
        (sqs(" " * 1_100_000, "m2"), "record.body has 1100000 characters, over 1048576"),
        (sqs(records(*[{}] * 101), "m2"), "more than 100 records"),
        (sqs([records(*[{}] * 99)] * 2, "m2"), "more than 100 records"),
    ],
)
def test_a_poisoned_message_holds_up_no_other(poison: object, says: str) -> None:
    good = [sqs(records(s3_record(key)), key) for key in ("a.jpg", "z.jpg")]
    triggered = read_event(records(good[0], poison, good[1]), ALL)
    first, poisoned, last = triggered.deliveries
    assert [ref.key for ref in triggered.objects] == ["a.jpg", "z.jpg"]
    assert not first.errors
    assert not last.errors
    # A message without an identifier fails the batch, so that it is not lost.
    assert poisoned.id == ("m2" if "m2" in str(poison) else "")
    with pytest.raises(Exception, match=says):
        raise poisoned.errors[-1]


def test_a_queue_need_not_count() -> None:
    message = sqs(records(s3_record()))
    del message["attributes"]
    (delivery,) = read_event(records(message), ALL).deliveries
    assert delivery.receive_count is None
    assert delivery.objects


@pytest.mark.parametrize("bucket", ["arn:aws:s3:::selfies", "arn:aws-cn:s3:::selfies"])
def test_each_task_answers_for_its_own(bucket: str) -> None:
    event = batch_job(
        task("a+b.jpg", "t1", s3BucketArn=bucket), task("%FF", "t2"), task("c/", "t3"), "text"
    )
    triggered = read_event(event, ALL)
    assert triggered.response_mode is ResponseMode.TASK_RESULTS
    assert triggered.invocation == {"invocationSchemaVersion": "1.0", "invocationId": "i1"}
    assert [
        (one.id, one.receive_count, [ref.key for ref in one.objects], dict(one.skipped))
        for one in triggered.deliveries
    ] == [
        ("t1", None, ["a b.jpg"], {}),
        ("t2", None, [], {}),
        ("t3", None, [], {"folder": 1}),
        ("", None, [], {}),
    ]
    assert [str(fault) for fault in triggered.errors] == [
        "the event's task.s3Key is not URL-encoded UTF-8",
        "the event's task must be an object, not str",
    ]
    assert triggered.objects[0].bucket == "selfies"


def test_schema_2_names_the_bucket() -> None:
    named = {"taskId": "t1", "s3Key": "a.jpg", "s3VersionId": None, "s3Bucket": "selfies"}
    (ref,) = read_event(batch_job(named, version="2.0"), ALL).objects
    assert ref.bucket == "selfies"


def test_what_names_nothing_asks_for_nothing() -> None:
    empty: list[Any] = [{"events": []}, records(), [], batch_job(), records(sqs(records()))]
    for event in empty:
        triggered = read_event(event, ALL)
        assert not triggered.objects
        assert not triggered.errors
