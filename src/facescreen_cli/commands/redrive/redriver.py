"""Letters out of the queue, into the function, and only then away."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from facescreen.bus.ports import Invoker
from facescreen.deepfake.rate_limiter import RateLimiter
from facescreen.errors import FacescreenError
from facescreen_cli.commands.redrive.causes import Cause, find_cause
from facescreen_cli.commands.redrive.dead_letters import DeadLetter, LetterReader
from facescreen_cli.commands.redrive.queues import DeadLetterQueue, ReceivedMessage

_READER_THREADS = 10
"""As many connections as boto3 keeps."""


class NotRedrivenError(Exception):
    """Why a letter stays, for people."""


@dataclass
class Redriver:
    """One run: what it holds goes back to the queue at its end, but for what was accepted."""

    queue: DeadLetterQueue
    invoker: Invoker
    read: LetterReader
    """From several threads at once."""
    pace: RateLimiter
    _messages: list[ReceivedMessage] = field(default_factory=list)

    def collect(self, most: int) -> list[DeadLetter]:
        """Letters until there are `most`; the next run takes the rest. Raises
        errors.FacescreenError."""
        while (left := most - len(self._messages)) and (received := self.queue.receive(left)):
            self._messages += received
        with ThreadPoolExecutor(_READER_THREADS) as readers:
            return list(readers.map(self.read, self._messages))

    def redrive(self, letter: DeadLetter) -> None:
        """Waits for its turn. The letter is deleted once the platform has accepted its event.
        Killed in between, it comes again, and the ledger pays for nothing twice. Raises
        NotRedrivenError, and what `pace` raises."""
        if self.pace.reserve(letter.message.remaining_s) is None:
            raise NotRedrivenError(
                "it was held for too long: others may see it, so it is left to the next run"
            )
        try:
            self.invoker.submit(letter.payload)
        except FacescreenError as why:
            raise NotRedrivenError(str(why)) from None
        self._messages.remove(letter.message)
        try:
            self.queue.delete(letter.message)
        except FacescreenError as why:
            raise NotRedrivenError(f"accepted, but not deleted, so it comes again: {why}") from None

    def release(self) -> None:
        """Gives back what is held. What this misses comes back by itself."""
        for message in self._messages:
            with suppress(FacescreenError):
                self.queue.release(message)


def group_by_cause(letters: list[DeadLetter]) -> dict[Cause, list[DeadLetter]]:
    """The most frequent first."""
    grouped: dict[Cause, list[DeadLetter]] = defaultdict(list)
    for letter in letters:
        grouped[find_cause(letter.error)].append(letter)
    return dict(sorted(grouped.items(), key=lambda group: (-len(group[1]), group[0].name)))
