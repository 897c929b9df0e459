"""A dead letter: the event that failed, and what is told of why."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from facescreen.errors import InvalidEventError, redact
from facescreen.events.filters import Filters
from facescreen.events.read import read_event
from facescreen.model import ObjectRef
from facescreen_cli.commands.redrive.causes import UNREADABLE, name_of
from facescreen_cli.commands.redrive.queues import Held

_MOST_NAMED = 10


@dataclass(frozen=True)
class Letter:
    """One letter, held for as long as this run may need."""

    held: Held = field(repr=False)
    payload: bytes = field(repr=False)
    """The event as the function got it; empty where it can't be read."""
    error: str
    """The name of what the function raised, or the platform's word for what happened."""
    says: str
    failed_at: datetime
    objects: tuple[str, ...]
    """URIs of what the event is about, the first ten."""


ReadLetter = Callable[[Held], Letter]


def of_function_compute(held: Held) -> Letter:
    """Its onFailure record (function-compute.md, "onFailure record"), in JSON or in Base64 of it:
    UNCONFIRMED which of the two MNS gets."""
    try:
        record = json.loads(_plain(held.body))
        payload = record["requestPayload"].encode()
        error, says = _told(record)
        failed_at = datetime.fromtimestamp(record["timestamp"] / 1000, timezone.utc)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return _unreadable(held)
    return Letter(held, payload, name_of(error), redact(says), failed_at, _uris(_refs(payload)))


def of_sqs(held: Held, why: Callable[[ObjectRef], tuple[str, str]]) -> Letter:
    """SQS keeps the message alone: where the function did not put it there with a word of why,
    `why` gives the error's class and text for an object. S3 puts one into a message; of several
    the first stands for all."""
    refs = _refs(held.body)
    if not refs:
        return _unreadable(held)
    error, says = (held.error, held.says) if held.error else why(refs[0])
    return Letter(held, held.body, name_of(error), redact(says), held.sent_at, _uris(refs))


def _plain(body: bytes) -> bytes:
    return body if body.lstrip().startswith(b"{") else base64.b64decode(body, validate=True)


def _told(record: dict[str, Any]) -> tuple[str, str]:
    """The error's class and text. An event that was never tried has no response."""
    if not record.get("responsePayload"):
        return str(record["requestContext"]["condition"]), ""
    response = json.loads(record["responsePayload"])
    return str(response["errorType"]), str(response.get("errorMessage", ""))


def _unreadable(held: Held) -> Letter:
    return Letter(held, b"", UNREADABLE, f"{len(held.body)} bytes", held.sent_at, ())


def _refs(payload: bytes) -> list[ObjectRef]:
    try:
        return read_event(payload, Filters()).objects
    except InvalidEventError:
        return []


def _uris(refs: list[ObjectRef]) -> tuple[str, ...]:
    return tuple(ref.uri for ref in refs[:_MOST_NAMED])
