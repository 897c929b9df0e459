"""Publishes to Amazon EventBridge, with boto3. There is no adapter for Alibaba Cloud's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facescreen.clients.boto import AwsErrorResponse, create_client, translate_aws_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

EVENT_SOURCE = "facescreen"
"""The `source` of every event, for rules to match."""


class EventBridgePublisher:
    """Publishes to a bus (its name or ARN) in the session's region.

    The event's detail-type is the CloudEvent's type and its detail is the whole CloudEvent, so
    rules can match ``detail.data.verdict`` and ``detail.data.object.bucket``.
    """

    def __init__(self, session: boto3.Session, *, bus: str, endpoint: str = "") -> None:
        self._bus = bus
        self._client = create_client(session, "events", endpoint)

    def publish(self, message: Mapping[str, Any]) -> None:
        entry = {
            "EventBusName": self._bus,
            "Source": EVENT_SOURCE,
            "DetailType": message["type"],
            "Detail": json.dumps(message, separators=(",", ":")),
        }
        with translate_aws_errors("EventBridge"):
            response = self._client.put_events(Entries=[entry])
            # A rejected entry is reported in a successful response.
            if response["FailedEntryCount"]:
                failed_entry = response["Entries"][0]
                raise AwsErrorResponse(
                    failed_entry["ErrorCode"], failed_entry["ErrorMessage"]
                ).to_error("EventBridge")
