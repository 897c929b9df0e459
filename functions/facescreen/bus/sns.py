"""SNS standard topics, on boto3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facescreen.bus.attributes import attributes, standard
from facescreen.clients.boto import connect, translate_aws_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3


class SnsPublisher:
    """The port Publisher, on a topic of the session's region. Subscriptions can filter by the
    message attributes `verdict` and `bucket`. Raises InvalidSettingsError for a FIFO topic."""

    def __init__(self, session: boto3.Session, *, topic_arn: str, endpoint: str = "") -> None:
        self._topic_arn = standard(topic_arn)
        self._client = connect(session, "sns", endpoint)

    def publish(self, message: Mapping[str, Any]) -> None:
        with translate_aws_errors("SNS"):
            self._client.publish(
                TopicArn=self._topic_arn,
                Message=json.dumps(message, separators=(",", ":")),
                MessageAttributes=attributes(message),
            )
