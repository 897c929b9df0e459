"""The attributes of queues, topics, subscriptions and messages: allowed values and defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from facescreen_local.mns.errors import invalid_argument_error, out_of_range_error
from facescreen_local.protocol.xml_body import UnexpectedElementError

AttributeValue = int | str

MAX_MESSAGE_BYTES = 65536
MAX_BATCH_MESSAGES = 16
MAX_TAG_LENGTH = 16


class MnsAttribute(Protocol):
    """One named value. An attribute whose `default` is None is required."""

    @property
    def name(self) -> str: ...

    @property
    def default(self) -> AttributeValue | None: ...

    def parse(self, text: str) -> AttributeValue:
        """Convert and check a value. Raises MnsError InvalidArgument with the valid values."""


@dataclass(frozen=True)
class NumberAttribute:
    """An integer from `minimum` to `maximum`."""

    name: str
    minimum: int
    maximum: int
    default: int
    unit: str = "seconds"

    def parse(self, text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= len(str(self.maximum)):
            number = int(text)
            if self.minimum <= number <= self.maximum:
                return number
        raise out_of_range_error(self.name, self.minimum, self.maximum, self.unit)


@dataclass(frozen=True)
class ChoiceAttribute:
    """One of `choices`, compared without regard to case."""

    name: str
    choices: tuple[str, ...]
    default: str

    def parse(self, text: str) -> str:
        for choice in self.choices:
            if choice.lower() == text.lower():
                return choice
        raise invalid_argument_error(
            f"The value of {self.name} should be {' or '.join(self.choices)}."
        )


@dataclass(frozen=True)
class TextAttribute:
    """A string of at most `max_length` characters."""

    name: str
    max_length: int
    default: str | None = ""

    def parse(self, text: str) -> str:
        if len(text) > self.max_length:
            raise out_of_range_error(self.name, 0, self.max_length, "characters")
        return text


DELAY_SECONDS_ATTRIBUTE = NumberAttribute("DelaySeconds", 0, 7 * 24 * 3600, 0)
PRIORITY_ATTRIBUTE = NumberAttribute("Priority", 1, 16, 8, "")
WAIT_SECONDS_PARAMETER = NumberAttribute("waitseconds", 0, 30, 0)
NUMBER_OF_MESSAGES_PARAMETER = NumberAttribute(
    "numOfMessages", 1, MAX_BATCH_MESSAGES, 1, "messages"
)
VISIBILITY_TIMEOUT_ATTRIBUTE = NumberAttribute("VisibilityTimeout", 0, 12 * 3600, 30)
MESSAGE_TAG_ATTRIBUTE = TextAttribute("MessageTag", MAX_TAG_LENGTH)

_MAXIMUM_MESSAGE_SIZE_ATTRIBUTE = NumberAttribute(
    "MaximumMessageSize", 1024, MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES, "bytes"
)
_LOGGING_ENABLED_ATTRIBUTE = ChoiceAttribute("LoggingEnabled", ("True", "False"), "False")

QUEUE_ATTRIBUTES: tuple[MnsAttribute, ...] = (
    NumberAttribute("VisibilityTimeout", 1, 12 * 3600, 30),
    _MAXIMUM_MESSAGE_SIZE_ATTRIBUTE,
    NumberAttribute("MessageRetentionPeriod", 60, 7 * 24 * 3600, 4 * 24 * 3600),
    DELAY_SECONDS_ATTRIBUTE,
    NumberAttribute("PollingWaitSeconds", 0, 30, 0),
    _LOGGING_ENABLED_ATTRIBUTE,
)
TOPIC_ATTRIBUTES: tuple[MnsAttribute, ...] = (
    _MAXIMUM_MESSAGE_SIZE_ATTRIBUTE,
    _LOGGING_ENABLED_ATTRIBUTE,
)
SUBSCRIPTION_ATTRIBUTES: tuple[MnsAttribute, ...] = (
    TextAttribute("Endpoint", 1024, default=None),
    TextAttribute("FilterTag", MAX_TAG_LENGTH),
    ChoiceAttribute(
        "NotifyStrategy", ("BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"), "BACKOFF_RETRY"
    ),
    ChoiceAttribute("NotifyContentFormat", ("XML", "JSON", "SIMPLIFIED"), "XML"),
)


def parse_attributes(
    known: Iterable[MnsAttribute], texts: Mapping[str, str]
) -> dict[str, AttributeValue]:
    """Parse the attributes that `texts` contains. Raises MnsError InvalidArgument."""
    return {
        attribute.name: attribute.parse(texts[attribute.name])
        for attribute in known
        if attribute.name in texts
    }


def parse_with_defaults(
    known: Iterable[MnsAttribute], texts: Mapping[str, str]
) -> dict[str, AttributeValue]:
    """Parse all known attributes; those that `texts` lacks get their default.

    Raises MnsError InvalidArgument, and UnexpectedElementError if a required one is missing.
    """
    values = parse_attributes(known, texts)
    for attribute in known:
        if attribute.name not in values:
            if attribute.default is None:
                raise UnexpectedElementError(attribute.name)
            values[attribute.name] = attribute.default
    return values
