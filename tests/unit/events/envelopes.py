"""Minimal events, and an example with one object for each envelope."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

KEY = "a.jpg"
ETAG = "688a7bf4f233dc9c88a80bf985ab7329"
TIME = "2026-11-23T04:05:06.000Z"


def form_encode(key: str) -> str:
    """Encode a key as S3 does in notifications: ``%2B`` for a plus, ``+`` for a space."""
    return quote_plus(key, safe="/*")


def oss_record(key: str = KEY, name: str = "ObjectCreated:PutObject", **fields: Any) -> Any:
    s3_object = {"key": key, "eTag": ETAG.upper(), "size": 9, **fields}
    oss = {"bucket": {"name": "selfies"}, "object": s3_object}
    return {"eventName": name, "eventTime": TIME, "oss": oss}


def oss_cloud_event(key: str = KEY, *, flat: bool = False) -> Any:
    record = oss_record(key)
    data = record["oss"] if flat else record
    return {"source": "acs.oss", "type": "oss:ObjectCreated:PutObject", "time": TIME, "data": data}


def s3_record(encoded_key: str = KEY, name: str = "ObjectCreated:Put", **fields: Any) -> Any:
    s3_object = {"key": encoded_key, "eTag": ETAG, "size": 9, **fields}
    s3 = {"bucket": {"name": "selfies"}, "object": s3_object}
    return {"eventVersion": "2.1", "eventName": name, "eventTime": TIME, "s3": s3}


def records(*items: Any) -> Any:
    return {"Records": list(items)}


def s3_event_bridge(key: str = KEY, detail_type: str = "Object Created") -> Any:
    s3_object = {"key": key, "etag": ETAG, "size": 9}
    detail = {"bucket": {"name": "selfies"}, "object": s3_object}
    return {"source": "aws.s3", "detail-type": detail_type, "time": TIME, "detail": detail}


def sns(message: Any) -> Any:
    return {"Type": "Notification", "Message": json.dumps(message)}


def sqs(message: Any, message_id: str = "m1", receive_count: Any = "1") -> Any:
    return {
        "messageId": message_id,
        "body": message if isinstance(message, str) else json.dumps(message),
        "attributes": {"ApproximateReceiveCount": receive_count},
        "eventSource": "aws:sqs",
    }


def task(encoded_key: str = KEY, task_id: str = "t1", **fields: Any) -> Any:
    bucket = {"s3BucketArn": "arn:aws:s3:::selfies"}
    return {"taskId": task_id, "s3Key": encoded_key, "s3VersionId": None, **bucket, **fields}


def batch_job(*tasks: Any, version: str = "1.0") -> Any:
    return {"invocationSchemaVersion": version, "invocationId": "i1", "tasks": list(tasks)}


def _mns(key: str) -> str:
    """The body of a message from OSS's event notifications."""
    return base64.b64encode(json.dumps({"events": [oss_record(key)]}).encode()).decode()


def _mns_queue_trigger(key: str) -> Any:
    """The event of Function Compute's trigger on a queue."""
    data = {"requestId": "r", "messageId": "m", "messageBody": _mns(key)}
    return [{"source": "MNS-Function-t", "type": "mns:Queue:SendMessage", "data": data}]


def _mns_topic_trigger(key: str) -> Any:
    """The event of Function Compute's trigger on a topic, in the format JSON."""
    return {"TopicName": "uploads", "MessageId": "m", "Message": _mns(key)}


ENVELOPES: dict[str, Callable[[str], Any]] = {
    "oss": lambda key: {"events": [oss_record(key)]},
    "oss by mns": lambda key: _mns(key).encode(),
    "oss by a trigger on an mns queue": _mns_queue_trigger,
    "oss by a trigger on an mns topic": _mns_topic_trigger,
    "oss by eventbridge": oss_cloud_event,
    "oss by eventbridge, flat": lambda key: oss_cloud_event(key, flat=True),
    "oss by eventbridge, listed": lambda key: [oss_cloud_event(key)],
    "s3": lambda key: records(s3_record(form_encode(key))),
    "s3 by eventbridge": s3_event_bridge,
    "s3 by sns": lambda key: records({"Sns": sns(records(s3_record(form_encode(key))))}),
    "s3 by sqs": lambda key: records(sqs(records(s3_record(form_encode(key))))),
    "s3 by sns, sqs": lambda key: records(sqs(sns(records(s3_record(form_encode(key)))))),
    "s3 by eventbridge, sqs": lambda key: records(sqs(s3_event_bridge(key))),
    "s3 by eventbridge, sns, sqs": lambda key: records(sqs(sns(s3_event_bridge(key)))),
    "s3 batch operations": lambda key: batch_job(task(form_encode(key))),
}
"""For each envelope, a function from a key to an event with it, encoded as the envelope does."""
