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
from facescreen_cli.commands.redrive.causes import UNREADABLE_LETTER, error_name
from facescreen_cli.commands.redrive.queues import ReceivedMessage

_MAX_OBJECTS = 10


@dataclass(frozen=True)
class DeadLetter:
    """One letter, held for as long as this run may need."""

    message: ReceivedMessage = field(repr=False)
    payload: bytes = field(repr=False)
    """The event as the function got it; empty where it can't be read."""
    error: str
    """The name of what the function raised, or the platform's word for what happened."""
    says: str
    failed_at: datetime
    objects: tuple[str, ...]
    """URIs of what the event is about, the first ten."""


LetterReader = Callable[[ReceivedMessage], DeadLetter]


def read_function_compute_letter(message: ReceivedMessage) -> DeadLetter:
    """Its onFailure record (function-compute.md, "onFailure record"), in JSON or in Base64 of it:
    UNCONFIRMED which of the two MNS gets."""
    try:
        record = json.loads(_decode_base64(message.body))
        payload = record["requestPayload"].encode()
        error, says = _error_and_message(record)
        failed_at = datetime.fromtimestamp(record["timestamp"] / 1000, timezone.utc)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return _unreadable_letter(message)
    return DeadLetter(
        message,
        payload,
        error_name(error),
        redact(says),
        failed_at,
        _first_uris(_parse_refs(payload)),
    )


def read_sqs_letter(
    message: ReceivedMessage, why: Callable[[ObjectRef], tuple[str, str]]
) -> DeadLetter:
    """SQS keeps the message alone: where the function did not put it there with a word of why,
    `why` gives the error's class and text for an object. S3 puts one into a message; of several
    the first stands for all."""
    refs = _parse_refs(message.body)
    if not refs:
        return _unreadable_letter(message)
    error, says = (message.error, message.says) if message.error else why(refs[0])
    return DeadLetter(
        message, message.body, error_name(error), redact(says), message.sent_at, _first_uris(refs)
    )


def _decode_base64(body: bytes) -> bytes:
    return body if body.lstrip().startswith(b"{") else base64.b64decode(body, validate=True)


def _error_and_message(record: dict[str, Any]) -> tuple[str, str]:
    """The error's class and text. An event that was never tried has no response."""
    if not record.get("responsePayload"):
        return str(record["requestContext"]["condition"]), ""
    response = json.loads(record["responsePayload"])
    return str(response["errorType"]), str(response.get("errorMessage", ""))


def _unreadable_letter(message: ReceivedMessage) -> DeadLetter:
    return DeadLetter(
        message, b"", UNREADABLE_LETTER, f"{len(message.body)} bytes", message.sent_at, ()
    )


def _parse_refs(payload: bytes) -> list[ObjectRef]:
    try:
        return read_event(payload, Filters()).objects
    except InvalidEventError:
        return []


def _first_uris(refs: list[ObjectRef]) -> tuple[str, ...]:
    return tuple(ref.uri for ref in refs[:_MAX_OBJECTS])
