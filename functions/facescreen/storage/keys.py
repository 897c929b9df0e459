"""Object keys that lead people or HTTP clients astray."""

from __future__ import annotations


def gone(key: str) -> str:
    """That nothing stands under `key`, for people."""
    hint = " (its key holds + or %: compare it with the key that the event gave)"
    return "the object is not there any more" + (hint if set("+%") & set(key) else "")


def survives_clients(key: str) -> bool:
    """Whether its slashes may stand bare in a URL: clients drop empty and dot segments."""
    return not {"", ".", ".."} & set(key.split("/"))
