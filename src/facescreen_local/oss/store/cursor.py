"""The position in a listing."""

from __future__ import annotations

from typing import NamedTuple


class ListingMarker(NamedTuple):
    """The last item before a page: all versions or uploads of `key`, or the one with `id`."""

    key: str = ""
    id: str = ""
