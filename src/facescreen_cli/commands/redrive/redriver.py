"""Reads dead letters from the queue, submits their events, and then deletes them."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from facescreen.bus.ports import Invoker
from facescreen.deepfake.rate_limiter import RateLimiter
from facescreen.errors import FacescreenError
from facescreen_cli.commands.redrive.causes import Cause, find_cause
from facescreen_cli.commands.redrive.dead_letters import DeadLetter, DeadLetterReader
from facescreen_cli.commands.redrive.queues import DeadLetterQueue, ReceivedMessage

_READER_THREADS = 10
"""boto3's number of connections."""


class NotRedrivenError(Exception):
    """Why a dead letter was kept, for people."""


@dataclass
class Redriver:
    """One run. At its end, dead letters whose events were not accepted go back to the queue."""

    queue: DeadLetterQueue
    invoker: Invoker
    read: DeadLetterReader
    """Called from several threads."""
    rate_limiter: RateLimiter
    _messages: list[ReceivedMessage] = field(default_factory=list)

    def collect(self, max_letters: int) -> list[DeadLetter]:
        """Receive up to `max_letters` dead letters. Raises errors.FacescreenError."""
        while (left := max_letters - len(self._messages)) and (
            received := self.queue.receive(left)
        ):
            self._messages += received
        with ThreadPoolExecutor(_READER_THREADS) as readers:
            return list(readers.map(self.read, self._messages))

    def redrive(self, letter: DeadLetter) -> None:
        """Wait for a slot, submit the event, and delete the letter once the platform has accepted
        the event. If the process is killed in between, the letter reappears, and the ledger
        prevents a second payment. Raises NotRedrivenError, and what `rate_limiter` raises."""
        if self.rate_limiter.reserve(letter.message.remaining_s) is None:
            raise NotRedrivenError(
                "it was held for too long: another reader may see it, so the next run sends it"
            )
        try:
            self.invoker.submit(letter.payload)
        except FacescreenError as error:
            raise NotRedrivenError(str(error)) from None
        self._messages.remove(letter.message)
        try:
            self.queue.delete(letter.message)
        except FacescreenError as error:
            raise NotRedrivenError(
                f"accepted, but not deleted, so it will reappear: {error}"
            ) from None

    def release(self) -> None:
        """Return the unsent letters to the queue. Letters that can't be returned reappear when
        their visibility timeout ends."""
        for message in self._messages:
            with suppress(FacescreenError):
                self.queue.release(message)


def group_by_cause(letters: list[DeadLetter]) -> dict[Cause, list[DeadLetter]]:
    """Group dead letters by cause, the most frequent first."""
    grouped: dict[Cause, list[DeadLetter]] = defaultdict(list)
    for letter in letters:
        grouped[find_cause(letter.error)].append(letter)
    return dict(sorted(grouped.items(), key=lambda group: (-len(group[1]), group[0].name)))
