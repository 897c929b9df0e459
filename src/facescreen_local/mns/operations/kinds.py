"""Queues, topics and subscriptions, as far as they differ."""

from __future__ import annotations

from collections.abc import Mapping

from facescreen_local.mns import attributes
from facescreen_local.mns.attributes import Value
from facescreen_local.mns.bus import Bus
from facescreen_local.mns.context import Call
from facescreen_local.mns.errors import queue_not_exist, subscription_not_exist, topic_not_exist
from facescreen_local.mns.operations.resources import Kind
from facescreen_local.mns.store.resources import Resource

_TOPIC_RETENTION_S = 24 * 3600


def _of_queue(call: Call, queue: Resource) -> dict[str, Value]:
    counts = call.bus.messages.counts(queue.name)
    return {
        "ActiveMessages": counts.active,
        "InactiveMessages": counts.inactive,
        "DelayMessages": counts.delayed,
    }


def _of_topic(_: Call, __: Resource) -> dict[str, Value]:
    # Delivery is immediate here, so a topic never holds a message.
    return {"MessageCount": 0, "MessageRetentionPeriod": _TOPIC_RETENTION_S}


def _of_subscription(call: Call, _: Resource) -> dict[str, Value]:
    return {"TopicOwner": call.bus.account_id, "TopicName": call.target.topic}


def _no_check(_: Bus, __: Mapping[str, Value]) -> None:
    pass


def _check_endpoint(bus: Bus, wanted: Mapping[str, Value]) -> None:
    bus.check_endpoint(str(wanted["Endpoint"]))


QUEUE = Kind(
    tag="Queue",
    attributes=attributes.QUEUE,
    longest_name=120,
    invalid_name="InvalidQueueName",
    missing=queue_not_exist,
    settable=attributes.QUEUE,
    more=_of_queue,
    check=_no_check,
)
TOPIC = Kind(
    tag="Topic",
    attributes=attributes.TOPIC,
    longest_name=255,
    invalid_name="TopicNameInvalid",
    missing=topic_not_exist,
    settable=attributes.TOPIC,
    more=_of_topic,
    check=_no_check,
)
SUBSCRIPTION = Kind(
    tag="Subscription",
    attributes=attributes.SUBSCRIPTION,
    longest_name=255,
    # Misspelt by the vendor: its Go SDK looks for it so.
    invalid_name="SubsriptionNameInvalid",
    missing=subscription_not_exist,
    settable=[one for one in attributes.SUBSCRIPTION if one.name == "NotifyStrategy"],
    more=_of_subscription,
    check=_check_endpoint,
)
