"""The reviewer's list: what was screened, and whether it still stands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facescreen.errors import ObjectNotFoundError
from facescreen.model import ObjectRef

if TYPE_CHECKING:
    from datetime import datetime

    from facescreen.records.history import History
    from facescreen.storage.ports import ObjectStore

THUMBNAIL_S = 300
"""Seconds that a thumbnail's URL is good for."""
_LOOKERS = 8


@dataclass(frozen=True)
class Review:
    """Reads the history, and looks at each object of a page as it stands now."""

    history: History
    store: ObjectStore

    def page(self, *, prefix: str, verdict: str, after: str, limit: int) -> dict[str, Any]:
        """The `Page` of openapi.v1.json."""
        found = self.history.list_page(prefix=prefix, verdict=verdict, after=after, limit=limit)
        with ThreadPoolExecutor(_LOOKERS) as lookers:
            listed = list(lookers.map(self._listed, found.outcomes))
        return {"objects": listed, "next": found.next_cursor or None}

    def counts(self, hours: int, now: datetime) -> dict[str, Any]:
        """The `Counts` of openapi.v1.json."""
        counted = self.history.count_by_hour(hours, now)
        rows = [
            {"hour": hour.strftime("%Y-%m-%dT%H:%M:%SZ"), **verdicts}
            for hour, verdicts in counted.hours.items()
        ]
        return {"hours": rows, "complete": counted.is_complete}

    def _listed(self, outcome: dict[str, Any]) -> dict[str, Any]:
        named = outcome["screening"]["object"]
        ref = ObjectRef(
            named["store"], named["bucket"], named["key"], version_id=named["version_id"] or ""
        )
        standing = self._standing(ref, named["etag"])
        media = outcome["screening"]["media"] or {}
        shows = standing == "current" and media.get("type", "").startswith("image/")
        thumbnail = self.store.thumbnail(ref, THUMBNAIL_S) if shows else None
        return {**outcome, "standing": standing, "thumbnail": thumbnail}

    def _standing(self, ref: ObjectRef, etag: str) -> str:
        try:
            return "current" if self.store.head(ref).etag == etag else "superseded"
        except ObjectNotFoundError:
            return "gone"
