"""Listings: in order, folders rolled up into common prefixes, cut into pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from facescreen_local.oss.store.cursor import Marker

_LAST_CHARACTER = "\U0010ffff"


class Keyed(Protocol):
    """What is listed by its key."""

    @property
    def key(self) -> str: ...


Item = TypeVar("Item", bound=Keyed)


@dataclass(frozen=True)
class Wanted:
    """What a listing was asked for; `limit` counts items and common prefixes alike."""

    prefix: str
    delimiter: str
    marker: Marker
    limit: int


@dataclass
class Page(Generic[Item]):
    """One page of a listing; `last` is what the next page follows."""

    items: list[Item] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: Marker = field(default_factory=Marker)
    truncated: bool = False

    @property
    def count(self) -> int:
        """Common prefixes count like items."""
        return len(self.items) + len(self.prefixes)


def page_of(
    wanted: Wanted,
    after: Callable[[str, Marker, int], list[Item]],
    marker_of: Callable[[Item], Marker],
) -> Page[Item]:
    """`after` gives the items that follow a marker: ``after(prefix, marker, limit)``."""
    page: Page[Item] = Page()
    for common, item in _entries(wanted, after, marker_of):
        if page.count == wanted.limit:
            page.truncated = True
            break
        if common:
            page.prefixes.append(common)
        else:
            page.items.append(item)
        page.last = Marker(common) if common else marker_of(item)
    return page


def _entries(
    wanted: Wanted,
    after: Callable[[str, Marker, int], list[Item]],
    marker_of: Callable[[Item], Marker],
) -> Iterator[tuple[str, Item]]:
    """Items after the marker, each common prefix once with the first item under it."""
    position, shown = wanted.marker, wanted.marker.key
    while found := after(wanted.prefix, position, wanted.limit + 1):
        for item in found:
            if not item.key.startswith(wanted.prefix):
                return
            position, common = marker_of(item), _common_prefix(item.key, wanted)
            if common and common == shown:
                # Most of the folder can be skipped unread.
                position = Marker(max(item.key, common + _LAST_CHARACTER))
                break
            yield common, item
            shown = common


def _common_prefix(key: str, wanted: Wanted) -> str:
    if not wanted.delimiter:
        return ""
    end = key.find(wanted.delimiter, len(wanted.prefix))
    return "" if end < 0 else key[: end + len(wanted.delimiter)]
