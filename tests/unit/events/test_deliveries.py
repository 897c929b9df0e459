"""Assigns each object and error to its delivery: a message, a task or the whole event."""

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

NO_FILTERS = Filters()


def test_a_whole_event_is_one_delivery() -> None:
    for event in (
        {"events": [oss_record(), oss_record("b/", size=0), "text"]},
        records(s3_record(), s3_record("b/", size=0), "text"),
    ):
        parsed_event = read_event(event, NO_FILTERS)
        (delivery,) = parsed_event.deliveries
        assert (parsed_event.response_mode, parsed_event.invocation) == (ResponseMode.NONE, {})
        assert (delivery.id, delivery.receive_count) == ("", None)
        assert parsed_event.objects == delivery.objects
        assert parsed_event.skip_counts == delivery.skip_counts == {"folder": 1}
        assert parsed_event.errors == delivery.errors
        assert len(delivery.errors) == 1


def test_each_queue_message_is_one_delivery() -> None:
    event = records(
        sqs(records(s3_record("a.jpg"), s3_record("b.jpg")), "m1"),
        sqs("no JSON", "m2", receive_count="5"),
        sqs(sns(records(s3_record("c/", size=0))), "m3"),
        sqs(s3_event_bridge("d.jpg"), "m4"),
    )
    parsed_event = read_event(event, Filters())
    assert parsed_event.response_mode is ResponseMode.ITEM_FAILURES
    assert [
        (
            delivery.id,
            delivery.receive_count,
            [ref.key for ref in delivery.objects],
            dict(delivery.skip_counts),
        )
        for delivery in parsed_event.deliveries
    ] == [
        ("m1", 1, ["a.jpg", "b.jpg"], {}),
        ("m2", 5, [], {}),
        ("m3", 1, [], {"folder": 1}),
        ("m4", 1, ["d.jpg"], {}),
    ]
    assert [len(delivery.errors) for delivery in parsed_event.deliveries] == [0, 1, 0, 0]
    assert [ref.key for ref in parsed_event.objects] == ["a.jpg", "b.jpg", "d.jpg"]
    assert parsed_event.skip_counts == {"folder": 1}


@pytest.mark.parametrize(
    ("poison", "queue_message"),
    [
        ("text", "record must be an object, not str"),
        ({"body": "{}"}, "record.messageId must be a string"),
        ({"messageId": "m2"}, "record.body must be a string that is not empty"),
        ({"messageId": "m2", "body": {}}, "record.body must be a string, not dict"),
        ({"messageId": "m2", "body": "{"}, "record.body is not valid JSON"),
        ({"messageId": "m2", "body": "[" * 100_000}, "record.body is not valid JSON"),
        ({"messageId": "m2", "body": "7"}, "neither JSON nor Base64 of JSON"),
        ({"messageId": "m2", "body": '{"a": 1}'}, "the event has an unknown format.*fields: a"),
        (sqs(records({"messageId": "x", "body": "{}"}), "m2"), "the record has an unknown format"),
        (sqs(records("text"), "m2"), "record must be an object, not str"),
        (sqs(records(s3_record()), "m2", receive_count="often"), "ApproximateReceiveCount must be"),
        (sqs(records(s3_record()), "m2", receive_count="²"), "ApproximateReceiveCount must be"),
        (
            sqs(records(s3_record()), "m2", receive_count="1" * 5000),
            "attributes.ApproximateReceive",
        ),
        (
            sqs(records(s3_record()), "m2", receive_count=1),
            "ReceiveCount must be a string, not int",
        ),
        (sqs(sns("text"), "m2"), "neither JSON nor Base64 of JSON"),
        (sqs({"Type": "Notification", "Message": 7}, "m2"), "JSON.Message must be a string"),
        (sqs(" " * 1_100_000, "m2"), "record.body has 1100000 characters, over 1048576"),
        (sqs(records(*[{}] * 101), "m2"), "more than 100 records"),
        (sqs([records(*[{}] * 99)] * 2, "m2"), "more than 100 records"),
    ],
)
def test_an_invalid_message_does_not_affect_the_others(poison: object, queue_message: str) -> None:
    valid_messages = [sqs(records(s3_record(key)), key) for key in ("a.jpg", "z.jpg")]
    parsed_event = read_event(records(valid_messages[0], poison, valid_messages[1]), NO_FILTERS)
    first, poisoned, last = parsed_event.deliveries
    assert [ref.key for ref in parsed_event.objects] == ["a.jpg", "z.jpg"]
    assert not first.errors
    assert not last.errors
    # A message without an identifier fails the batch, so that it is not lost.
    assert poisoned.id == ("m2" if "m2" in str(poison) else "")
    with pytest.raises(Exception, match=queue_message):
        raise poisoned.errors[-1]


def test_a_queue_message_without_a_receive_count_is_read() -> None:
    queue_message = sqs(records(s3_record()))
    del queue_message["attributes"]
    (delivery,) = read_event(records(queue_message), NO_FILTERS).deliveries
    assert delivery.receive_count is None
    assert delivery.objects


@pytest.mark.parametrize("bucket", ["arn:aws:s3:::selfies", "arn:aws-cn:s3:::selfies"])
def test_each_task_of_a_batch_job_is_one_delivery(bucket: str) -> None:
    event = batch_job(
        task("a+b.jpg", "t1", s3BucketArn=bucket), task("%FF", "t2"), task("c/", "t3"), "text"
    )
    parsed_event = read_event(event, NO_FILTERS)
    assert parsed_event.response_mode is ResponseMode.TASK_RESULTS
    assert parsed_event.invocation == {"invocationSchemaVersion": "1.0", "invocationId": "i1"}
    assert [
        (
            delivery.id,
            delivery.receive_count,
            [ref.key for ref in delivery.objects],
            dict(delivery.skip_counts),
        )
        for delivery in parsed_event.deliveries
    ] == [
        ("t1", None, ["a b.jpg"], {}),
        ("t2", None, [], {}),
        ("t3", None, [], {"folder": 1}),
        ("", None, [], {}),
    ]
    assert [str(error) for error in parsed_event.errors] == [
        "the event's task.s3Key is not URL-encoded UTF-8",
        "the event's task must be an object, not str",
    ]
    assert parsed_event.objects[0].bucket == "selfies"


def test_tasks_of_schema_2_have_the_buckets_name() -> None:
    task_with_bucket = {
        "taskId": "t1",
        "s3Key": "a.jpg",
        "s3VersionId": None,
        "s3Bucket": "selfies",
    }
    (ref,) = read_event(batch_job(task_with_bucket, version="2.0"), NO_FILTERS).objects
    assert ref.bucket == "selfies"


def test_an_empty_event_has_no_objects_and_no_errors() -> None:
    empty: list[Any] = [{"events": []}, records(), [], batch_job(), records(sqs(records()))]
    for event in empty:
        parsed_event = read_event(event, NO_FILTERS)
        assert not parsed_event.objects
        assert not parsed_event.errors
