"""Collects one page of a listing and rolls folders up into common prefixes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from facescreen_local.oss.store.cursor import ListingMarker

_LAST_CHARACTER = "\U0010ffff"


class HasKey(Protocol):
    """Anything that is listed by its key."""

    @property
    def key(self) -> str: ...


Item = TypeVar("Item", bound=HasKey)


@dataclass(frozen=True)
class ListingQuery:
    """The parameters of a listing. `limit` counts both items and common prefixes."""

    prefix: str
    delimiter: str
    marker: ListingMarker
    limit: int


@dataclass
class OssListingPage(Generic[Item]):
    """One page of a listing. `last` is the marker for the next page."""

    items: list[Item] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: ListingMarker = field(default_factory=ListingMarker)
    truncated: bool = False

    @property
    def count(self) -> int:
        """The number of items and common prefixes."""
        return len(self.items) + len(self.prefixes)


def collect_page(
    query: ListingQuery,
    list_after: Callable[[str, ListingMarker, int], list[Item]],
    marker_of: Callable[[Item], ListingMarker],
) -> OssListingPage[Item]:
    """Collect one page. ``list_after(prefix, marker, limit)`` returns the items after a marker."""
    page: OssListingPage[Item] = OssListingPage()
    for common, item in _roll_up(query, list_after, marker_of):
        if page.count == query.limit:
            page.truncated = True
            break
        if common:
            page.prefixes.append(common)
        else:
            page.items.append(item)
        page.last = ListingMarker(common) if common else marker_of(item)
    return page


def _roll_up(
    query: ListingQuery,
    list_after: Callable[[str, ListingMarker, int], list[Item]],
    marker_of: Callable[[Item], ListingMarker],
) -> Iterator[tuple[str, Item]]:
    """Yield items after the marker, and each common prefix once, with its first item."""
    position, last_key = query.marker, query.marker.key
    while items := list_after(query.prefix, position, query.limit + 1):
        for item in items:
            if not item.key.startswith(query.prefix):
                return
            position, common = marker_of(item), _common_prefix(item.key, query)
            if common and common == last_key:
                # Skip the rest of the folder.
                position = ListingMarker(max(item.key, common + _LAST_CHARACTER))
                break
            yield common, item
            last_key = common


def _common_prefix(key: str, query: ListingQuery) -> str:
    if not query.delimiter:
        return ""
    end = key.find(query.delimiter, len(query.prefix))
    return "" if end < 0 else key[: end + len(query.delimiter)]
