"""Where a listing goes on."""

from __future__ import annotations

from typing import NamedTuple


class Marker(NamedTuple):
    """What a page follows: a key with everything under it or, with an id, one item of the key's."""

    key: str = ""
    id: str = ""
