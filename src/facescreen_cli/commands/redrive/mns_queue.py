"""The dead-letter queue of Function Compute, in MNS."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mns.mns_exception import MNSServerException

from facescreen.bus.mns import translate_mns_errors
from facescreen.clients.credentials import CredentialSource
from facescreen.platforms.alibaba import MNS_ENDPOINT_SETTING, OSS_REGION_SETTING
from facescreen.platforms.ports import Platform
from facescreen.settings.loader import Setting, SettingsReader
from facescreen.settings.setting_types import StringType
from facescreen.settings.table import Settings
from facescreen_cli.commands.redrive.dead_letters import (
    DeadLetterReader,
    read_function_compute_dead_letter,
)
from facescreen_cli.commands.redrive.queues import (
    VISIBILITY_TIMEOUT_S,
    DeadLetterQueue,
    ReceivedMessage,
    parse_sent_time,
)
from facescreen_cli.environment import translate_settings_errors
from facescreen_cli.sdk.mns import create_account

_QUEUE_NAME_SETTING = Setting(
    "MNS_DLQ",
    StringType(r"[A-Za-z][A-Za-z0-9-]{0,119}", "a queue's name"),
    "facescreen-dead-letters",
    where="s.yaml",
)
_MAX_BATCH_MESSAGES = 16
_LONG_POLL_S = 1


def connect_queue(
    variables: Mapping[str, str], _: Settings, platform: Platform
) -> tuple[DeadLetterQueue, DeadLetterReader]:
    """Connect to the queue MNS_DLQ. Also returns the reader of its messages. Raises
    click.UsageError."""
    with translate_settings_errors():
        reader = SettingsReader(variables)
        reader.read_setting(OSS_REGION_SETTING)
        endpoint, name = (
            reader.read_setting(MNS_ENDPOINT_SETTING),
            reader.read_setting(_QUEUE_NAME_SETTING),
        )
        reader.raise_errors()
    return MnsDeadLetterQueue(
        endpoint, name, platform.credentials
    ), read_function_compute_dead_letter


class MnsDeadLetterQueue:
    """The port DeadLetterQueue."""

    def __init__(self, endpoint: str, name: str, credentials: CredentialSource) -> None:
        self._queue = create_account(endpoint, credentials).get_queue(name)
        # Leave the body as it is: its reader decodes Base64.
        self._queue.set_encoding(False)

    def receive(self, max_messages: int) -> list[ReceivedMessage]:
        with translate_mns_errors():
            try:
                messages = self._queue.batch_receive_message(
                    min(max_messages, _MAX_BATCH_MESSAGES), _LONG_POLL_S
                )
            except MNSServerException as error:
                if error.type == "MessageNotExist":
                    return []
                raise
            return [self._receive_one(message) for message in messages]

    def delete(self, message: ReceivedMessage) -> None:
        with translate_mns_errors():
            self._queue.delete_message(message.receipt)

    def release(self, message: ReceivedMessage) -> None:
        with translate_mns_errors():
            # 1 second is the minimum in MNS.
            self._queue.change_message_visibility(message.receipt, 1)

    def _receive_one(self, message: Any) -> ReceivedMessage:
        changed = self._queue.change_message_visibility(
            message.receipt_handle, VISIBILITY_TIMEOUT_S
        )
        return ReceivedMessage(
            changed.receipt_handle,
            message.message_body.encode(errors="surrogateescape"),
            parse_sent_time(message.enqueue_time),
            time.monotonic() + VISIBILITY_TIMEOUT_S,
        )
