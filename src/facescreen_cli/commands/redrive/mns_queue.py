"""Dead letters of Function Compute: a queue of MNS."""

from __future__ import annotations

import time
from typing import Any

from mns.mns_exception import MNSServerException

from facescreen.bus.mns import mns_errors
from facescreen.clients.credentials import CredentialSource
from facescreen_cli.commands.redrive.queues import HOLD_S, Held, sent
from facescreen_cli.sdk.mns import connect

_BATCH = 16
_WAIT_S = 1


class MnsLetters:
    """The port LetterQueue."""

    def __init__(self, endpoint: str, name: str, credentials: CredentialSource) -> None:
        self._queue = connect(endpoint, credentials).get_queue(name)
        # As it stands: whether it is Base64 is the letter's matter.
        self._queue.set_encoding(False)

    def receive(self, most: int) -> list[Held]:
        with mns_errors():
            try:
                messages = self._queue.batch_receive_message(min(most, _BATCH), _WAIT_S)
            except MNSServerException as error:
                if error.type == "MessageNotExist":
                    return []
                raise
            return [self._hold(message) for message in messages]

    def delete(self, held: Held) -> None:
        with mns_errors():
            self._queue.delete_message(held.receipt)

    def release(self, held: Held) -> None:
        with mns_errors():
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
