"""What may be set on queues, topics, subscriptions and messages: ranges, words, defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from facescreen_local.mns.errors import invalid_argument, out_of_range
from facescreen_local.protocol.xml_body import UnexpectedElementError

Value = int | str

LARGEST_MESSAGE = 65536
LARGEST_BATCH = 16
LONGEST_TAG = 16


class Attribute(Protocol):
    """One named value; `default` None means that it must be given."""

    @property
    def name(self) -> str: ...

    @property
    def default(self) -> Value | None: ...

    def read(self, text: str) -> Value:
        """Raises MnsError InvalidArgument, saying what the value may be."""


@dataclass(frozen=True)
class Number:
    """A whole number, from `lowest` to `highest`."""

    name: str
    lowest: int
    highest: int
    default: int
    unit: str = "seconds"

    def read(self, text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= len(str(self.highest)):
            found = int(text)
            if self.lowest <= found <= self.highest:
                return found
        raise out_of_range(self.name, self.lowest, self.highest, self.unit)


@dataclass(frozen=True)
class Word:
    """One of a few words, in any case."""

    name: str
    words: tuple[str, ...]
    default: str

    def read(self, text: str) -> str:
        for word in self.words:
            if word.lower() == text.lower():
                return word
        raise invalid_argument(f"The value of {self.name} should be {' or '.join(self.words)}.")


@dataclass(frozen=True)
class Text:
    """Any text of up to `longest` characters."""

    name: str
    longest: int
    default: str | None = ""

    def read(self, text: str) -> str:
        if len(text) > self.longest:
            raise out_of_range(self.name, 0, self.longest, "characters")
        return text


DELAY = Number("DelaySeconds", 0, 7 * 24 * 3600, 0)
PRIORITY = Number("Priority", 1, 16, 8, "")
WAIT = Number("waitseconds", 0, 30, 0)
BATCH = Number("numOfMessages", 1, LARGEST_BATCH, 1, "messages")
HIDDEN = Number("VisibilityTimeout", 0, 12 * 3600, 30)
TAG = Text("MessageTag", LONGEST_TAG)

_LARGEST = Number("MaximumMessageSize", 1024, LARGEST_MESSAGE, LARGEST_MESSAGE, "bytes")
_LOGGING = Word("LoggingEnabled", ("True", "False"), "False")

QUEUE: tuple[Attribute, ...] = (
    Number("VisibilityTimeout", 1, 12 * 3600, 30),
    _LARGEST,
    Number("MessageRetentionPeriod", 60, 7 * 24 * 3600, 4 * 24 * 3600),
    DELAY,
    Number("PollingWaitSeconds", 0, 30, 0),
    _LOGGING,
)
TOPIC: tuple[Attribute, ...] = (_LARGEST, _LOGGING)
SUBSCRIPTION: tuple[Attribute, ...] = (
    Text("Endpoint", 1024, default=None),
    Text("FilterTag", LONGEST_TAG),
    Word("NotifyStrategy", ("BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"), "BACKOFF_RETRY"),
    Word("NotifyContentFormat", ("XML", "JSON", "SIMPLIFIED"), "XML"),
)


def given(known: Iterable[Attribute], texts: Mapping[str, str]) -> dict[str, Value]:
    """The attributes that `texts` sets. Raises MnsError InvalidArgument."""
    return {one.name: one.read(texts[one.name]) for one in known if one.name in texts}


def complete(known: Iterable[Attribute], texts: Mapping[str, str]) -> dict[str, Value]:
    """All the attributes, by default where `texts` has none.

    Raises MnsError InvalidArgument, UnexpectedElementError for one that must be given.
    """
    found = given(known, texts)
    for one in known:
        if one.name not in found:
            if one.default is None:
                raise UnexpectedElementError(one.name)
            found[one.name] = one.default
    return found
