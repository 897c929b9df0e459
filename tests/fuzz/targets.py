"""What is fuzzed: each target takes any bytes, and lets pass what is no declared error."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from facescreen.deepfake.request import DetectParameters
from facescreen.deepfake.response import Reply, understand
from facescreen.deepfake.upload import permission
from facescreen.errors import FacescreenError
from facescreen.events.filters import Filters
from facescreen.events.read import read_event
from facescreen.media.media import Unreadable
from facescreen.media.probe import probe
from tests.support.media.memory_reader import MemoryReader

_ALL = Filters()


def envelope(content: bytes) -> None:
    """An event as Function Compute hands it over."""
    with contextlib.suppress(FacescreenError):
        read_event(content, _ALL)


def media(content: bytes) -> None:
    """An object's bytes."""
    with contextlib.suppress(Unreadable):
        probe(MemoryReader(content))


def answer(content: bytes) -> None:
    """A line of the HTTP status and a header's value, then the body; and the body as a URL."""
    line, _, body = content.partition(b"\n")
    status, wait = line[:3], line[4:].decode("latin-1")
    reply = Reply(
        int(status) if status.isdigit() else 200,
        {"x-acs-retry-after": wait, "retry-after": wait, "x-facescreen-stand-in": wait},
        body,
    )
    for understood in (understand, permission):
        with contextlib.suppress(FacescreenError):
            understood(reply)
    with contextlib.suppress(FacescreenError):
        DetectParameters("a" * 10, "a" * 32, "image", url=body.decode("latin-1"))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "envelopes": envelope,
    "images": media,
    "videos": media,
    "answers": answer,
}
"""Images and videos differ in what their runs start from."""
