"""The dead-letter queue of Lambda, in SQS."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import boto3

from facescreen.clients.boto import create_client, translate_aws_errors
from facescreen.platforms.aws import QUEUE_URL_TYPE
from facescreen.platforms.ports import Platform
from facescreen.settings.loader import Setting, SettingsReader
from facescreen.settings.table import Settings
from facescreen_cli.commands.redrive.dead_letters import DeadLetterReader, read_sqs_dead_letter
from facescreen_cli.commands.redrive.queues import (
    VISIBILITY_TIMEOUT_S,
    DeadLetterQueue,
    ReceivedMessage,
    parse_sent_time,
)
from facescreen_cli.commands.redrive.tag_causes import TagCauseFinder
from facescreen_cli.environment import translate_settings_errors

_QUEUE_URL_SETTING = Setting(
    "DEAD_LETTERS_QUEUE_URL",
    replace(QUEUE_URL_TYPE, valid_values="the dead-letter queue's URL"),
    where="SQS console",
)
_MAX_BATCH_MESSAGES = 10
_LONG_POLL_S = 1


def connect_queue(
    variables: Mapping[str, str], settings: Settings, platform: Platform
) -> tuple[DeadLetterQueue, DeadLetterReader]:
    """Connect to the queue DEAD_LETTERS_QUEUE_URL. Also returns the reader of its messages. Raises
    click.UsageError."""
    with translate_settings_errors():
        reader = SettingsReader(variables)
        url = reader.read_setting(_QUEUE_URL_SETTING)
        reader.raise_errors()
    cause_finder = TagCauseFinder(platform.object_store, settings.tag_prefix, settings.tag_form)
    return SqsDeadLetterQueue(boto3.Session(), url), partial(
        read_sqs_dead_letter, find_cause=cause_finder.find
    )


class SqsDeadLetterQueue:
    """The port DeadLetterQueue."""

    def __init__(self, session: boto3.Session, queue_url: str, endpoint: str = "") -> None:
        self._client = create_client(session, "sqs", endpoint)
        self._url = queue_url

    def receive(self, max_messages: int) -> list[ReceivedMessage]:
        with translate_aws_errors("SQS"):
            response = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(max_messages, _MAX_BATCH_MESSAGES),
                WaitTimeSeconds=_LONG_POLL_S,
                VisibilityTimeout=VISIBILITY_TIMEOUT_S,
                AttributeNames=["SentTimestamp"],
                MessageAttributeNames=["error", "detail"],
            )
        return [
            ReceivedMessage(
                message["ReceiptHandle"],
                message["Body"].encode(errors="surrogateescape"),
                parse_sent_time(message["Attributes"]["SentTimestamp"]),
                time.monotonic() + VISIBILITY_TIMEOUT_S,
                _get_message_attribute(message, "error"),
                _get_message_attribute(message, "detail"),
            )
            for message in response.get("Messages", ())
        ]

    def delete(self, message: ReceivedMessage) -> None:
        with translate_aws_errors("SQS"):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def release(self, message: ReceivedMessage) -> None:
        with translate_aws_errors("SQS"):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=0
            )


def _get_message_attribute(message: dict[str, Any], name: str) -> str:
    """An attribute that facescreen.bus.sqs.SqsDeadLetterSender wrote; empty if it is missing."""
    return str(message.get("MessageAttributes", {}).get(name, {}).get("StringValue", ""))
