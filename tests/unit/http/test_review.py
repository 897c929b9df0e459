"""The reviewer's list: each outcome, and whether the object still has the screened bytes."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from facescreen.http.review import ReviewList
from facescreen.model import Finding, ObjectRef, Outcome, Status, TaggingResult, Verdict
from facescreen.records.history import History
from facescreen.testing.object_store import MemoryStore
from facescreen.testing.state_store import MemoryStateStore

PHOTO = {"type": "image/jpeg", "width": 480, "height": 640, "duration_s": None, "fps": None}
CLIP = {**PHOTO, "type": "video/mp4", "duration_s": 2.0, "fps": 15.0}


def review_of_one(store: MemoryStore, media: dict[str, Any] = PHOTO) -> ReviewList:
    """A review of one object that was just screened as high risk."""
    history = History(MemoryStateStore())
    ref = ObjectRef("oss", "selfies", "a.jpg", store.put("selfies", "a.jpg", b"first"))
    finding = Finding(Verdict.HIGH_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z", media=media)
    history.add(Outcome(ref, Status.SCREENED, finding, TaggingResult("written")))
    return ReviewList(history, store)


def the_only_entry(review: ReviewList) -> dict[str, Any]:
    page = review.list_page(prefix="", verdict="", after="", limit=10)
    (listed,) = page["objects"]
    assert page["next"] is None
    assert (listed["at"], listed["screening"]["verdict"]) == ("2026-11-23T04:05:06Z", "high_risk")
    return dict(listed)


def test_an_unchanged_image_has_a_thumbnail() -> None:
    listed = the_only_entry(review_of_one(MemoryStore()))
    assert listed["standing"] == "current"
    assert listed["thumbnail"].startswith("https://selfies.example/a.jpg?")


@pytest.mark.parametrize("media", [CLIP, {}])
def test_a_video_and_an_unreadable_file_have_no_thumbnail(media: dict[str, Any]) -> None:
    assert the_only_entry(review_of_one(MemoryStore(), media))["thumbnail"] is None


def test_an_overwritten_object_has_no_thumbnail_of_its_new_bytes() -> None:
    store = MemoryStore()
    review = review_of_one(store)
    store.put("selfies", "a.jpg", b"second")
    assert (the_only_entry(review)["standing"], the_only_entry(review)["thumbnail"]) == (
        "superseded",
        None,
    )


def test_a_deleted_object_is_reported_as_gone() -> None:
    store = MemoryStore()
    review = review_of_one(store)
    store.remove("selfies", "a.jpg")
    assert (the_only_entry(review)["standing"], the_only_entry(review)["thumbnail"]) == (
        "gone",
        None,
    )


def test_counts_by_hour() -> None:
    counts = review_of_one(MemoryStore()).count_by_hour(
        2, datetime(2026, 11, 23, 5, 30, tzinfo=timezone.utc)
    )
    assert counts["complete"]
    assert [row["hour"] for row in counts["hours"]] == [
        "2026-11-23T05:00:00Z",
        "2026-11-23T04:00:00Z",
    ]
    assert [row["high_risk"] for row in counts["hours"]] == [0, 1]
