"""How queues, topics and subscriptions differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from facescreen_local.mns import attributes
from facescreen_local.mns.attributes import AttributeValue, MnsAttribute
from facescreen_local.mns.broker import MessageBroker
from facescreen_local.mns.context import MnsRequestContext
from facescreen_local.mns.errors import (
    MnsError,
    queue_not_exist_error,
    subscription_not_exist_error,
    topic_not_exist_error,
)
from facescreen_local.mns.request import MnsRequestTarget
from facescreen_local.mns.store.resources import QUEUE_COLLECTION, TOPIC_COLLECTION, StoredResource

_NAME_PATTERN = re.compile("[A-Za-z0-9][A-Za-z0-9-]*")
_TOPIC_RETENTION_S = 24 * 3600


@dataclass(frozen=True)
class ResourceKind:
    """What is specific to queues, topics or subscriptions."""

    tag: str
    """The name of its element, and the prefix of the elements in it: ``Queue``, ``QueueName``."""
    attributes: Sequence[MnsAttribute]
    max_name_length: int
    invalid_name_code: str
    """Error code for an invalid name."""
    not_found_error: Callable[[], MnsError]
    settable: Sequence[MnsAttribute]
    """The attributes that can be changed later."""
    extra_attributes: Callable[[MnsRequestContext, StoredResource], Mapping[str, AttributeValue]]
    """Returns the read-only attributes."""
    check_attributes: Callable[[MessageBroker, Mapping[str, AttributeValue]], None]
    """Checks new attributes against the account. Raises MnsError."""

    def check_name(self, name: str) -> None:
        """Check a new resource's name. Raises MnsError."""
        if len(name) > self.max_name_length:
            message = f"{self.tag} name length should between 1 and {self.max_name_length}."
            raise MnsError(400, f"{self.tag}NameLengthError", message)
        if not _NAME_PATTERN.fullmatch(name):
            message = (
                f"The {self.tag.lower()} name you provided is invalid. It should start with alpha "
                "or digit and contain only alpha, digit or - ."
            )
            raise MnsError(400, self.invalid_name_code, message)


def find_kind(target: MnsRequestTarget) -> ResourceKind:
    """Return the kind of the resource that a request is about."""
    return {QUEUE_COLLECTION: QUEUE_KIND, TOPIC_COLLECTION: TOPIC_KIND}.get(
        target.collection, SUBSCRIPTION_KIND
    )


def _build_queue_counts(
    context: MnsRequestContext, queue: StoredResource
) -> dict[str, AttributeValue]:
    counts = context.broker.messages.count(queue.name)
    return {
        "ActiveMessages": counts.active,
        "InactiveMessages": counts.inactive,
        "DelayMessages": counts.delayed,
    }


def _build_topic_counts(_: MnsRequestContext, __: StoredResource) -> dict[str, AttributeValue]:
    # Delivery is immediate, so a topic never holds a message.
    return {"MessageCount": 0, "MessageRetentionPeriod": _TOPIC_RETENTION_S}


def _build_subscription_owner(
    context: MnsRequestContext, _: StoredResource
) -> dict[str, AttributeValue]:
    return {"TopicOwner": context.broker.account_id, "TopicName": context.target.topic}


def _accept_attributes(_: MessageBroker, __: Mapping[str, AttributeValue]) -> None:
    pass


def _check_endpoint(broker: MessageBroker, attributes: Mapping[str, AttributeValue]) -> None:
    broker.check_endpoint(str(attributes["Endpoint"]))


QUEUE_KIND = ResourceKind(
    tag="Queue",
    attributes=attributes.QUEUE_ATTRIBUTES,
    max_name_length=120,
    invalid_name_code="InvalidQueueName",
    not_found_error=queue_not_exist_error,
    settable=attributes.QUEUE_ATTRIBUTES,
    extra_attributes=_build_queue_counts,
    check_attributes=_accept_attributes,
)
TOPIC_KIND = ResourceKind(
    tag="Topic",
    attributes=attributes.TOPIC_ATTRIBUTES,
    max_name_length=255,
    invalid_name_code="TopicNameInvalid",
    not_found_error=topic_not_exist_error,
    settable=attributes.TOPIC_ATTRIBUTES,
    extra_attributes=_build_topic_counts,
    check_attributes=_accept_attributes,
)
SUBSCRIPTION_KIND = ResourceKind(
    tag="Subscription",
    attributes=attributes.SUBSCRIPTION_ATTRIBUTES,
    max_name_length=255,
    # The vendor's spelling, which its Go SDK looks for.
    invalid_name_code="SubsriptionNameInvalid",
    not_found_error=subscription_not_exist_error,
    settable=[
        attribute
        for attribute in attributes.SUBSCRIPTION_ATTRIBUTES
        if attribute.name == "NotifyStrategy"
    ],
    extra_attributes=_build_subscription_owner,
    check_attributes=_check_endpoint,
)
