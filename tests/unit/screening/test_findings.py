"""Findings about objects whose kind can't be screened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import facescreen.storage
from facescreen.screening.findings import build_object_finding
from facescreen.storage.heads import ReaderMetadata
from tests.support.screener_harness import PHOTO, PHOTO_REF, ScreenerHarness
from tests.support.scripted_detector import LOW_RISK

STORAGE_FOLDER = Path(facescreen.storage.__file__).parent
CODES = {
    code
    for path in STORAGE_FOLDER.rglob("*.py")
    for code in re.findall(
        r'(?:code=|: |return )"(Unreadable\w+|\w+Type|\w+Redirect)"', path.read_text("utf-8")
    )
}
"""Why a store can't return an object's bytes."""


def test_the_stores_have_such_codes() -> None:
    assert {
        "MisleadingContentType",
        "UnreadableArchive",
        "UnreadableEncoding",
        "UnreadableEncryption",
        "WebsiteRedirect",
    } == CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_reason_of_a_store_has_a_sentence(code: str) -> None:
    finding = build_object_finding("fs1", code, "REQ-1")
    assert (finding.verdict.value, finding.reason, finding.retake) == ("unscreenable", code, False)
    assert finding.detail.endswith(".")


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (ReaderMetadata(content_encoding="gzip"), "UnreadableEncoding"),
        (ReaderMetadata(content_type="text/html"), "MisleadingContentType"),
        (ReaderMetadata(redirect_location="/b.jpg"), "WebsiteRedirect"),
    ],
)
def test_an_object_of_which_readers_get_something_else_is_unscreenable(
    metadata: ReaderMetadata, reason: str
) -> None:
    harness = ScreenerHarness()
    harness.store.put(PHOTO_REF.bucket, PHOTO_REF.key, PHOTO, metadata=metadata)
    harness.screen(PHOTO_REF)
    assert harness.tags()["deepfake-verdict"] == "unscreenable"
    assert harness.tags()["deepfake-reason"] == reason
    assert harness.detection_count == 0


def test_the_same_bytes_without_such_metadata_are_screened() -> None:
    harness = ScreenerHarness(LOW_RISK)
    for metadata in (ReaderMetadata(redirect_location="/b.jpg"), ReaderMetadata()):
        harness.store.put(PHOTO_REF.bucket, PHOTO_REF.key, PHOTO, metadata=metadata)
        harness.screen(PHOTO_REF)
    assert harness.tags()["deepfake-verdict"] == "low_risk"
