"""Amazon EventBridge buses, on boto3. Alibaba Cloud's EventBridge has no adapter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facescreen.clients.boto import Refusal, connect, translate_aws_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

SOURCE = "facescreen"
"""Of every event, for rules to match."""


class EventBridgePublisher:
    """The port Publisher, on a bus (its name or ARN) of the session's region.

    An event's detail-type is the CloudEvent's type and its detail the whole CloudEvent, so that
    rules can match ``detail.data.verdict`` and ``detail.data.object.bucket``.
    """

    def __init__(self, session: boto3.Session, *, bus: str, endpoint: str = "") -> None:
        self._bus = bus
        self._client = connect(session, "events", endpoint)

    def publish(self, message: Mapping[str, Any]) -> None:
        entry = {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": message["type"],
            "Detail": json.dumps(message, separators=(",", ":")),
        }
        with translate_aws_errors("EventBridge"):
            answer = self._client.put_events(Entries=[entry])
            # An entry is refused inside an answer that is a success.
            if answer["FailedEntryCount"]:
                refused = answer["Entries"][0]
                raise Refusal(refused["ErrorCode"], refused["ErrorMessage"]).error("EventBridge")
