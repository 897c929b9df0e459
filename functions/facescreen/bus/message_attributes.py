"""Shared by SNS and SQS: message attributes for filters, and the check for standard queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facescreen.errors import InvalidSettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping


def build_message_attributes(message: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Build the MessageAttributes of a CloudEvent: `verdict` and `bucket`."""
    data = message["data"]
    values = {"verdict": data["verdict"], "bucket": data["object"]["bucket"]}
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


def reject_fifo(name: str) -> str:
    """Return `name`, an ARN or a URL. Raises InvalidSettingsError for a FIFO topic or queue."""
    if name.endswith(".fifo"):
        raise InvalidSettingsError(
            "verdicts need a standard topic or queue: they are not ordered, and in a FIFO one a "
            f"message that fails blocks those after it; use another one than {name}"
        )
    return name
