"""Publishes to SNS standard topics, with boto3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facescreen.bus.message_attributes import build_message_attributes, reject_fifo
from facescreen.clients.boto import create_client, translate_aws_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3


class SnsPublisher:
    """Publishes to a topic in the session's region. Subscriptions can filter by the message
    attributes `verdict` and `bucket`. Raises InvalidSettingsError for a FIFO topic."""

    def __init__(self, session: boto3.Session, *, topic_arn: str, endpoint: str = "") -> None:
        self._topic_arn = reject_fifo(topic_arn)
        self._client = create_client(session, "sns", endpoint)

    def publish(self, message: Mapping[str, Any]) -> None:
        with translate_aws_errors("SNS"):
            self._client.publish(
                TopicArn=self._topic_arn,
                Message=json.dumps(message, separators=(",", ":")),
                MessageAttributes=build_message_attributes(message),
            )
