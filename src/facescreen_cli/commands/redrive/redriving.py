"""Letters out of the queue, into the function, and only then away."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from facescreen.bus.ports import Invoker
from facescreen.deepfake.rate_limiter import RateLimiter
from facescreen.errors import FacescreenError
from facescreen_cli.commands.redrive.causes import Cause, cause_of
from facescreen_cli.commands.redrive.dead_letters import Letter, ReadLetter
from facescreen_cli.commands.redrive.queues import Held, LetterQueue

_READERS = 10
"""As many connections as boto3 keeps."""


class NotRedrivenError(Exception):
    """Why a letter stays, for people."""


@dataclass
class Redriving:
    """One run: what it holds goes back to the queue at its end, but for what was accepted."""

    queue: LetterQueue
    invoker: Invoker
    read: ReadLetter
    """From several threads at once."""
    pace: RateLimiter
    _held: list[Held] = field(default_factory=list)

    def collect(self, most: int) -> list[Letter]:
        """Letters until there are `most`; the next run takes the rest. Raises
        errors.FacescreenError."""
        while (left := most - len(self._held)) and (received := self.queue.receive(left)):
            self._held += received
        with ThreadPoolExecutor(_READERS) as readers:
            return list(readers.map(self.read, self._held))

    def redrive(self, letter: Letter) -> None:
        """Waits for its turn. The letter is deleted once the platform has accepted its event.
        Killed in between, it comes again, and the ledger pays for nothing twice. Raises
        NotRedrivenError, and what `pace` raises."""
        if self.pace.reserve(letter.held.left_s) is None:
            raise NotRedrivenError(
                "it was held for too long: others may see it, so it is left to the next run"
            )
        try:
            self.invoker.submit(letter.payload)
        except FacescreenError as why:
            raise NotRedrivenError(str(why)) from None
        self._held.remove(letter.held)
        try:
            self.queue.delete(letter.held)
        except FacescreenError as why:
            raise NotRedrivenError(f"accepted, but not deleted, so it comes again: {why}") from None

    def release(self) -> None:
        """Gives back what is held. What this misses comes back by itself."""
        for held in self._held:
            with suppress(FacescreenError):
                self.queue.release(held)


def by_cause(letters: list[Letter]) -> dict[Cause, list[Letter]]:
    """The most frequent first."""
    grouped: dict[Cause, list[Letter]] = defaultdict(list)
    for letter in letters:
        grouped[cause_of(letter.error)].append(letter)
    return dict(sorted(grouped.items(), key=lambda group: (-len(group[1]), group[0].name)))
