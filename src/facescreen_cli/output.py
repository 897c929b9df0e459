"""What a terminal may be shown of names and texts from elsewhere."""

from __future__ import annotations


def printable(text: str) -> str:
    """Fit for a terminal, which a file's name may try to steer."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
