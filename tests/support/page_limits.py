"""Makes the pages of listings short, so that a test needs few objects to fill several."""

from __future__ import annotations

import pytest

_VERSION_LISTING_MODULES = (
    "facescreen.storage.oss.object_store",
    "facescreen.storage.s3",
    "facescreen.testing.object_store",
)
_LISTING_MODULES = ("facescreen.storage.oss.client", *_VERSION_LISTING_MODULES)


def limit_pages(monkeypatch: pytest.MonkeyPatch, *, max_objects: int) -> None:
    """Put at most `max_objects` on one page of a listing, on every store."""
    for module in _LISTING_MODULES:
        monkeypatch.setattr(f"{module}.MAX_OBJECTS_PER_PAGE", max_objects)


def limit_version_pages(monkeypatch: pytest.MonkeyPatch, *, max_pages: int) -> None:
    """Request at most `max_pages` pages of a key's versions, on every store."""
    for module in _VERSION_LISTING_MODULES:
        monkeypatch.setattr(f"{module}.MAX_VERSION_PAGES", max_pages)
