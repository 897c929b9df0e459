"""Reads dead letters: the event that failed, and why."""

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
from facescreen_cli.commands.redrive.causes import UNREADABLE_DEAD_LETTER
from facescreen_cli.commands.redrive.queues import ReceivedMessage

_MAX_OBJECTS_NAMED = 10


@dataclass(frozen=True)
class DeadLetter:
    """One letter, hidden from others for as long as this run may need."""

    message: ReceivedMessage = field(repr=False)
    payload: bytes = field(repr=False)
    """The event as the function received it; empty if it can't be read."""
    error: str
    """The name of the error that the function raised, or the platform's name for the failure."""
    error_message: str
    failed_at: datetime
    objects: tuple[str, ...]
    """The URIs of the event's objects, up to ten."""


DeadLetterReader = Callable[[ReceivedMessage], DeadLetter]


def read_function_compute_dead_letter(message: ReceivedMessage) -> DeadLetter:
    """Read an onFailure record (function-compute.md, "onFailure record"): JSON, or JSON in Base64.
    UNCONFIRMED which of the two MNS receives."""
    try:
        on_failure_record = json.loads(_decode_body(message.body))
        payload = on_failure_record["requestPayload"].encode()
        error, error_message = _parse_error(on_failure_record)
        failed_at = datetime.fromtimestamp(on_failure_record["timestamp"] / 1000, timezone.utc)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return _build_unreadable_dead_letter(message)
    return DeadLetter(
        message,
        payload,
        error,
        redact(error_message),
        failed_at,
        _select_first_uris(_parse_refs(payload)),
    )


def read_sqs_dead_letter(
    message: ReceivedMessage, find_cause: Callable[[ObjectRef], tuple[str, str]]
) -> DeadLetter:
    """Read a message of SQS, which keeps no cause. If the function did not send the letter itself,
    `find_cause` returns the error's name and message for an object. S3 sends one object in a
    message; of several the first stands for all."""
    refs = _parse_refs(message.body)
    if not refs:
        return _build_unreadable_dead_letter(message)
    error, error_message = (
        (message.error, message.error_message) if message.error else find_cause(refs[0])
    )
    return DeadLetter(
        message,
        message.body,
        error,
        redact(error_message),
        message.sent_at,
        _select_first_uris(refs),
    )


def _decode_body(body: bytes) -> bytes:
    return body if body.lstrip().startswith(b"{") else base64.b64decode(body, validate=True)


def _parse_error(on_failure_record: dict[str, Any]) -> tuple[str, str]:
    """The error's class and message. An event that was never attempted has no response."""
    if not on_failure_record.get("responsePayload"):
        return str(on_failure_record["requestContext"]["condition"]), ""
    response = json.loads(on_failure_record["responsePayload"])
    return str(response["errorType"]), str(response.get("errorMessage", ""))


def _build_unreadable_dead_letter(message: ReceivedMessage) -> DeadLetter:
    return DeadLetter(
        message, b"", UNREADABLE_DEAD_LETTER, f"{len(message.body)} bytes", message.sent_at, ()
    )


def _parse_refs(payload: bytes) -> list[ObjectRef]:
    try:
        return read_event(payload, Filters()).objects
    except InvalidEventError:
        return []


def _select_first_uris(refs: list[ObjectRef]) -> tuple[str, ...]:
    return tuple(ref.uri for ref in refs[:_MAX_OBJECTS_NAMED])
