"""Queues, topics and subscriptions, as far as they differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from facescreen_local.mns import attributes
from facescreen_local.mns.attributes import Attribute, Value
from facescreen_local.mns.bus import Bus
from facescreen_local.mns.context import RequestContext
from facescreen_local.mns.errors import (
    MnsError,
    queue_not_exist,
    subscription_not_exist,
    topic_not_exist,
)
from facescreen_local.mns.request import Target
from facescreen_local.mns.store.resources import QUEUES, TOPICS, Resource

_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9-]*")
_TOPIC_RETENTION_S = 24 * 3600


@dataclass(frozen=True)
class Kind:
    """What is particular to queues, topics or subscriptions."""

    tag: str
    """Its element, and what its own elements begin with: ``Queue``, ``QueueName``."""
    attributes: Sequence[Attribute]
    longest_name: int
    invalid_name: str
    """Error code."""
    missing: Callable[[], MnsError]
    settable: Sequence[Attribute]
    """Those that can be changed later."""
    more: Callable[[RequestContext, Resource], Mapping[str, Value]]
    """What its attributes show beyond those that are set."""
    check: Callable[[Bus, Mapping[str, Value]], None]
    """Holds new attributes to what the account is. Raises MnsError."""

    def check_name(self, name: str) -> None:
        """Raises MnsError."""
        if len(name) > self.longest_name:
            text = f"{self.tag} name length should between 1 and {self.longest_name}."
            raise MnsError(400, f"{self.tag}NameLengthError", text)
        if not _NAME.fullmatch(name):
            text = (
                f"The {self.tag.lower()} name you provided is invalid. It should start with alpha "
                "or digit and contain only alpha, digit or - ."
            )
            raise MnsError(400, self.invalid_name, text)


def kind_of(target: Target) -> Kind:
    """The kind of the resource that a request is about."""
    return {QUEUES: QUEUE, TOPICS: TOPIC}.get(target.collection, SUBSCRIPTION)


def _of_queue(context: RequestContext, queue: Resource) -> dict[str, Value]:
    counts = context.bus.messages.counts(queue.name)
    return {
        "ActiveMessages": counts.active,
        "InactiveMessages": counts.inactive,
        "DelayMessages": counts.delayed,
    }


def _of_topic(_: RequestContext, __: Resource) -> dict[str, Value]:
    # Delivery is immediate here, so a topic never holds a message.
    return {"MessageCount": 0, "MessageRetentionPeriod": _TOPIC_RETENTION_S}


def _of_subscription(context: RequestContext, _: Resource) -> dict[str, Value]:
    return {"TopicOwner": context.bus.account_id, "TopicName": context.target.topic}


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
