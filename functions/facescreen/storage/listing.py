"""A bucket's objects, by key, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

MOST_LISTED = 1000
"""Objects in one page, on OSS and on S3."""


@dataclass(frozen=True)
class Listed:
    """An object as a listing shows it."""

    key: str
    etag: str
    """Without quotes; upper case on OSS."""
    size: int
    """Bytes."""
    last_modified: datetime


@dataclass(frozen=True)
class Page:
    """One answer of the store, without OSS's symlinks, which have no bytes of their own."""

    objects: tuple[Listed, ...]
    ends_at: str
    """The key that the next page follows; empty for the last one."""


def pages(ask: Callable[[str], Page], after: str = "") -> Iterator[Page]:
    """All of them from the key `after` on. `ask` gives the page that follows a key."""
    while True:
        page = ask(after)
        yield page
        if not page.ends_at:
            return
        after = page.ends_at


def objects(ask: Callable[[str], Page], after: str = "") -> Iterator[Listed]:
    """The objects on them."""
    for page in pages(ask, after):
        yield from page.objects
