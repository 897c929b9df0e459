"""Which objects a backfill selects."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from facescreen.model import ObjectRef
from facescreen.settings.table import Settings
from facescreen.storage.ports import ObjectSummary
from facescreen_cli.options import parse_time


@dataclass(frozen=True)
class Selection:
    """The options that select objects, as the user wrote them. A journal continues only a backfill
    with the same selection."""

    store: str
    """``oss`` or ``s3``."""
    bucket: str
    prefix: str = ""
    inventory: str = ""
    """The location of the inventory's manifest; empty to list the bucket."""
    since: str = ""
    until: str = ""
    force: bool = False
    sample: int = 0
    """Number of objects; 0 means all."""

    def to_dict(self, settings: Settings) -> dict[str, Any]:
        """The selection and the settings that affect it, in the field names of the journal's file
        format, which an older version may have written."""
        filters = asdict(settings.filters)
        filters["smallest"] = filters.pop("min_bytes")
        filters["largest"] = filters.pop("max_bytes")
        affecting = {"filters": filters, "tag_prefix": settings.tag_prefix}
        return {**asdict(self), **affecting, "tag_form": settings.tag_form}

    def build_ref(self, item: ObjectSummary, event_time: str = "") -> ObjectRef:
        """Build the reference of a listed object. Its ETag pins it, so no version is named."""
        return ObjectRef(self.store, self.bucket, item.key, item.etag, "", item.size, event_time)


class SelectionFilter:
    """Decides from a listing alone whether an object is selected."""

    def __init__(self, selection: Selection, settings: Settings, now: datetime) -> None:
        self._selection = selection
        self._filters = settings.filters
        self._since = parse_time(selection.since, now) if selection.since else None
        self._until = parse_time(selection.until, now) if selection.until else None

    def exclusion_reason(self, item: ObjectSummary) -> str:
        """Why an object is left out, for people; empty for a selected one. Checks the prefix, the
        times and the function's own filters."""
        if not item.key.startswith(self._selection.prefix):
            return "outside the prefix"
        if self._since is not None and item.last_modified < self._since:
            return f"older than --since {self._selection.since}"
        if self._until is not None and item.last_modified >= self._until:
            return f"newer than --until {self._selection.until}"
        ref = self._selection.build_ref(item)
        is_excluded = self._filters.excludes_listed(ref, item.object_type)
        return "excluded by the filters" if is_excluded else ""
