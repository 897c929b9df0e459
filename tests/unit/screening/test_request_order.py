"""Which requests one screening sends, in which order: docs/architecture.md, "How one object is
screened"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.screener_harness import PHOTO_REF, ScreenerHarness


def record_operations(harness: ScreenerHarness) -> list[str]:
    operations: list[str] = []
    harness.store.before_operation = operations.append
    harness.state.before_operation = operations.append
    publish = harness.publisher.publish

    def record_and_publish(message: Mapping[str, Any]) -> None:
        operations.append("publish")
        publish(message)

    harness.publisher.publish = record_and_publish  # type: ignore[method-assign]
    harness.detector.on_detect = lambda: operations.append("call")
    return operations


@pytest.mark.parametrize(
    ("versioned", "expected"),
    [
        (
            False,
            "fetch append presign call append head tags replace_tags head publish append append",
        ),
        (True, "fetch append presign call append tags replace_tags publish append append"),
    ],
)
def test_the_first_delivery(versioned: bool, expected: str) -> None:
    harness = ScreenerHarness(versioned=versioned)
    ref = harness.put()
    harness.clock.sleep(3)
    operations = record_operations(harness)
    harness.screen(ref)
    assert operations == expected.split()


def test_an_upload_of_a_moment_ago_is_read_twice() -> None:
    harness = ScreenerHarness()
    ref = harness.put()
    operations = record_operations(harness)
    harness.screen(ref)
    assert operations[:3] == ["fetch", "fetch", "append"]


def test_an_instance_that_has_read_tags_skips_that_where_there_are_none() -> None:
    harness = ScreenerHarness()
    harness.screen(harness.put())
    harness.store.put(PHOTO_REF.bucket, "other.jpg", b"not an image", {"team": "kyc"})
    for key, reads in (("other.jpg", 1), ("untagged.jpg", 0)):
        if not reads:
            harness.store.put(PHOTO_REF.bucket, key, b"not an image either")
        operations = record_operations(harness)
        harness.screen(harness.store.create_ref(PHOTO_REF.bucket, key))
        assert operations.count("tags") == reads


def test_unscreenable_bytes_need_neither_a_claim_of_the_content_nor_a_call() -> None:
    harness = ScreenerHarness(versioned=True)
    ref = harness.put(b"not an image")
    operations = record_operations(harness)
    harness.screen(ref)
    assert operations == ["fetch", "append", "tags", "replace_tags", "publish", "append", "append"]
