"""How MNS says no."""

from __future__ import annotations


class Refusal(Exception):
    """An error answer: its HTTP status, the service's own code, and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
