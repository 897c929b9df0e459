"""Findings about objects whose kind can't be screened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import facescreen.storage
from facescreen.screening.findings import build_object_finding
from tests.support.screener_harness import PHOTO, PHOTO_REF, ScreenerHarness

STORAGE_FOLDER = Path(facescreen.storage.__file__).parent
CODES = {
    code
    for path in STORAGE_FOLDER.glob("*.py")
    for code in re.findall(r'"(Unreadable\w+)"', path.read_text("utf-8"))
}
"""Why a store can't return an object's bytes."""


def test_the_stores_have_such_codes() -> None:
    assert {"UnreadableArchive", "UnreadableEncoding", "UnreadableEncryption"} <= CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_reason_of_a_store_has_a_sentence(code: str) -> None:
    finding = build_object_finding("fs1", code, "REQ-1")
    assert (finding.verdict.value, finding.reason, finding.retake) == ("unscreenable", code, False)
    assert finding.detail.endswith(".")


def test_an_object_that_browsers_decode_is_unscreenable() -> None:
    harness = ScreenerHarness()
    harness.store.put(PHOTO_REF.bucket, PHOTO_REF.key, PHOTO, content_encoding="gzip")
    harness.screen(PHOTO_REF)
    assert harness.tags()["deepfake-verdict"] == "unscreenable"
    assert harness.tags()["deepfake-reason"] == "UnreadableEncoding"
    assert harness.detection_count == 0
