"""Dead letters of Function Compute: a queue of MNS."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mns.mns_exception import MNSServerException

from facescreen.bus.mns import translate_mns_errors
from facescreen.clients.credentials import CredentialSource
from facescreen.platforms.alibaba import MNS_ENDPOINT, OSS_REGION
from facescreen.platforms.ports import Platform
from facescreen.settings.forms import Text
from facescreen.settings.loader import Reader, Setting
from facescreen.settings.table import Settings
from facescreen_cli.commands.redrive.dead_letters import ReadLetter, of_function_compute
from facescreen_cli.commands.redrive.queues import HOLD_S, Held, LetterQueue, sent
from facescreen_cli.environment import settings_as_usage_errors
from facescreen_cli.sdk.mns import create_account

_NAME = Setting(
    "MNS_DLQ",
    Text(r"[A-Za-z][A-Za-z0-9-]{0,119}", "a queue's name"),
    "facescreen-dead-letters",
    where="s.yaml",
)
_BATCH = 16
_WAIT_S = 1


def connect_queue(
    variables: Mapping[str, str], _: Settings, platform: Platform
) -> tuple[LetterQueue, ReadLetter]:
    """MNS_DLQ, and what reads its letters. Raises click.UsageError."""
    with settings_as_usage_errors():
        reader = Reader(variables)
        reader.value(OSS_REGION)
        endpoint, name = reader.value(MNS_ENDPOINT), reader.value(_NAME)
        reader.check()
    return MnsLetters(endpoint, name, platform.credentials), of_function_compute


class MnsLetters:
    """The port LetterQueue."""

    def __init__(self, endpoint: str, name: str, credentials: CredentialSource) -> None:
        self._queue = create_account(endpoint, credentials).get_queue(name)
        # As it stands: whether it is Base64 is the letter's matter.
        self._queue.set_encoding(False)

    def receive(self, most: int) -> list[Held]:
        with translate_mns_errors():
            try:
                messages = self._queue.batch_receive_message(min(most, _BATCH), _WAIT_S)
            except MNSServerException as error:
                if error.type == "MessageNotExist":
                    return []
                raise
            return [self._hold(message) for message in messages]

    def delete(self, held: Held) -> None:
        with translate_mns_errors():
            self._queue.delete_message(held.receipt)

    def release(self, held: Held) -> None:
        with translate_mns_errors():
            # The least that MNS takes.
            self._queue.change_message_visibility(held.receipt, 1)

    def _hold(self, message: Any) -> Held:
        changed = self._queue.change_message_visibility(message.receipt_handle, HOLD_S)
        return Held(
            changed.receipt_handle,
            message.message_body.encode(errors="surrogateescape"),
            sent(message.enqueue_time),
            time.monotonic() + HOLD_S,
        )
