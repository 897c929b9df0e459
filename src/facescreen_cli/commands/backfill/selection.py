"""Which objects a backfill is for."""

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
    """What was asked for, as it was said: a journal goes on with the same alone."""

    store: str
    """``oss`` or ``s3``."""
    bucket: str
    prefix: str = ""
    inventory: str = ""
    """Where its manifest is; empty for a listing."""
    since: str = ""
    until: str = ""
    force: bool = False
    sample: int = 0
    """Objects; 0 means all."""

    def said(self, settings: Settings) -> dict[str, Any]:
        """By the names of the options and settings that decide."""
        decide = {"filters": asdict(settings.filters), "tag_prefix": settings.tag_prefix}
        return {**asdict(self), **decide, "tag_form": settings.tag_form}

    def ref(self, one: ObjectSummary, event_time: str = "") -> ObjectRef:
        """The object that was listed. The ETag pins it, so no version is named."""
        return ObjectRef(self.store, self.bucket, one.key, one.etag, "", one.size, event_time)


class Coverage:
    """Whether an object is selected, as far as a listing tells."""

    def __init__(self, selection: Selection, settings: Settings, now: datetime) -> None:
        self._selection = selection
        self._filters = settings.filters
        self._since = parse_time(selection.since, now) if selection.since else None
        self._until = parse_time(selection.until, now) if selection.until else None

    def covers(self, one: ObjectSummary) -> bool:
        """By prefix, time, and the function's own filters."""
        if not one.key.startswith(self._selection.prefix):
            return False
        if self._since is not None and one.last_modified < self._since:
            return False
        if self._until is not None and one.last_modified >= self._until:
            return False
        ref = self._selection.ref(one)
        return not (ref.is_folder_marker or self._filters.skip_reason(ref))
