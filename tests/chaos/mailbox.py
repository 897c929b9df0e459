"""Receives the messages and the dead letters of a campaign while it runs."""

from __future__ import annotations

import json
import threading
from collections import Counter
from time import monotonic, sleep
from typing import Any

from mns.account import Account
from mns.mns_exception import MNSExceptionBase

_BATCH_SIZE = 16
_WAIT_S = 1
_PAUSE_S = 0.3
_EMPTY_RECEIVES_AT_THE_END = 3


class Mailbox(threading.Thread):
    """Receives from one queue until it is closed. `messages` are the bodies, as parsed JSON."""

    def __init__(self, env: dict[str, str], queue_variable: str) -> None:
        super().__init__(daemon=True)
        keys = env["ALIBABA_CLOUD_ACCESS_KEY_ID"], env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
        self.messages: list[dict[str, Any]] = []
        self._account = Account(env["MNS_ENDPOINT"], *keys)
        self._queue = self._account.get_queue(env[queue_variable])
        self._keys: Counter[tuple[str, str]] = Counter()
        self._is_closing = threading.Event()

    def run(self) -> None:
        empty_receives = 0
        while empty_receives < _EMPTY_RECEIVES_AT_THE_END:
            received = self._receive()
            for body in received:
                self.messages.append(message := json.loads(body))
                self._keys[_find_object(message)] += 1
            empty_receives = 0 if received or not self._is_closing.is_set() else empty_receives + 1

    def close(self) -> None:
        """Receive what is waiting, and stop."""
        self._is_closing.set()
        self.join()
        self._account.mns_client.close_connection()

    def wait_for_message(self, bucket: str, key: str, timeout_s: float) -> bool:
        """Wait for a message about an object. Returns whether one came."""
        deadline = monotonic() + timeout_s
        while not self._keys[bucket, key] and monotonic() < deadline:
            sleep(_PAUSE_S)
        return bool(self._keys[bucket, key])

    def _receive(self) -> list[str]:
        """Receive and delete a batch; empty if there is none or the service fails."""
        try:
            batch = self._queue.batch_receive_message(_BATCH_SIZE, _WAIT_S)
        except MNSExceptionBase as error:
            if error.type != "MessageNotExist":
                sleep(_PAUSE_S)
            return []
        bodies = [message.message_body for message in batch]
        try:
            self._queue.batch_delete_message([message.receipt_handle for message in batch])
        except MNSExceptionBase:
            # They are received once more, which a consumer of a queue must expect.
            sleep(_PAUSE_S)
        return bodies


def _find_object(message: dict[str, Any]) -> tuple[str, str]:
    found = message.get("data", {}).get("object") or {}
    return found.get("bucket", ""), found.get("key", "")
