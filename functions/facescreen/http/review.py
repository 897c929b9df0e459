"""The review list: screened objects, and whether their bytes are still current."""

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

THUMBNAIL_URL_LIFETIME_S = 300
"""How long a thumbnail's URL is valid."""
_MAX_CONCURRENT_HEADS = 8


@dataclass(frozen=True)
class ReviewList:
    """Reads the history, and compares each listed object with its current state."""

    history: History
    store: ObjectStore

    def list_page(self, *, prefix: str, verdict: str, after: str, limit: int) -> dict[str, Any]:
        """Return a `Page` of openapi.v1.json."""
        page = self.history.list_page(prefix=prefix, verdict=verdict, after=after, limit=limit)
        with ThreadPoolExecutor(_MAX_CONCURRENT_HEADS) as pool:
            objects = list(pool.map(self._describe_object, page.outcomes))
        return {"objects": objects, "next": page.next_cursor or None}

    def count_by_hour(self, hours: int, now: datetime) -> dict[str, Any]:
        """Return the `Counts` of openapi.v1.json."""
        counts = self.history.count_by_hour(hours, now)
        rows = [
            {"hour": hour.strftime("%Y-%m-%dT%H:%M:%SZ"), **verdicts}
            for hour, verdicts in counts.hours.items()
        ]
        return {"hours": rows, "complete": counts.is_complete}

    def _describe_object(self, outcome: dict[str, Any]) -> dict[str, Any]:
        screened = outcome["screening"]["object"]
        ref = ObjectRef(
            screened["store"],
            screened["bucket"],
            screened["key"],
            version_id=screened["version_id"] or "",
        )
        standing = self._find_standing(ref, screened["etag"])
        media = outcome["screening"]["media"] or {}
        has_thumbnail = standing == "current" and media.get("type", "").startswith("image/")
        thumbnail = (
            self.store.presign_thumbnail(ref, THUMBNAIL_URL_LIFETIME_S) if has_thumbnail else None
        )
        return {**outcome, "standing": standing, "thumbnail": thumbnail}

    def _find_standing(self, ref: ObjectRef, etag: str) -> str:
        try:
            return "current" if self.store.head(ref).etag == etag else "superseded"
        except ObjectNotFoundError:
            return "gone"
