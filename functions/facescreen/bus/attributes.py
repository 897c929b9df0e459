"""What SNS and SQS have in common: attributes to filter by, and no order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facescreen.errors import InvalidSettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping


def attributes(message: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The MessageAttributes of a CloudEvent: `verdict` and `bucket`."""
    data = message["data"]
    values = {"verdict": data["verdict"], "bucket": data["object"]["bucket"]}
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


def standard(name: str) -> str:
    """`name`, an ARN or a URL, unless it is a FIFO topic's or queue's. Raises
    InvalidSettingsError."""
    if name.endswith(".fifo"):
        raise InvalidSettingsError(
            "verdicts go to standard topics and queues: they come in no order, and a FIFO one "
            f"holds back what follows a message that fails; name another than {name}"
        )
    return name
