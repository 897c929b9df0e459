"""Hands events to the deployed function: what was not screened, or failed, goes to it again."""

from __future__ import annotations

from typing import Protocol

from facescreen.errors import BadRequest


class Invoker(Protocol):
    """The deployed function, as who stands outside reaches it. Safe to use from several threads."""

    def submit(self, payload: bytes) -> None:
        """Hands over one event, and returns once the platform has accepted it: from then on it is
        retried, or kept as a dead letter, by the platform.

        Passing trouble is tried again first. Raises errors.FacescreenError: Passing, after which
        the event may have been accepted all the same, or what is final.
        """


def check_size(payload: bytes, most: int, whose: str) -> None:
    """Raises BadRequest for an event of more than `most` bytes, which `whose` limit is."""
    if len(payload) > most:
        raise BadRequest(f"the event has {len(payload)} bytes; {whose} take {most} at most")
