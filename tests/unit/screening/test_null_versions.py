"""Objects that were written while versioning was off, in a bucket that has versions: their version
is ``null``. Newer versions hide it, and show it again, with the same times, when they are deleted.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from facescreen.deepfake.request import DetectRequest
from facescreen.deepfake.response import Detection
from facescreen.model import ObjectRef, Status
from tests.support.pictures import noise_picture
from tests.support.screener_harness import PHOTO, PHOTO_REF, ScreenerHarness

FLAGGED, CLEAN = PHOTO, noise_picture()
NULL_REF = replace(PHOTO_REF, version_id="null")


def create_harness() -> ScreenerHarness:
    """Create a harness whose bucket got versioning after the flagged object was uploaded."""
    harness = ScreenerHarness(flagged=(FLAGGED,))
    harness.put(FLAGGED)
    harness.clock.sleep(100)
    harness.store.versioned = True
    return harness


def put_version(harness: ScreenerHarness, data: bytes) -> ObjectRef:
    harness.put(data)
    return harness.store.create_ref(PHOTO_REF.bucket, PHOTO_REF.key)


def test_a_version_that_hides_the_object_during_the_call_is_not_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness = create_harness()
    detect = harness.judge.detect

    def detect_while_hidden(request: DetectRequest) -> Detection:
        version = put_version(harness, CLEAN)
        detection = detect(request)
        harness.store.remove(version.bucket, version.key, version.version_id)
        return detection

    monkeypatch.setattr(harness.screener._revision_screener, "_detect", detect_while_hidden)
    harness.screen(PHOTO_REF)
    assert harness.judge.judged == [FLAGGED]
    assert harness.tags()["deepfake-verdict"] == "high_risk"


def test_a_version_that_hides_the_object_while_its_bucket_becomes_versioned_is_not_judged() -> None:
    """Requests name no version yet: the service downloads the new version, which is deleted before
    the look after the call."""
    harness = ScreenerHarness(flagged=(FLAGGED,))
    ref = harness.put(FLAGGED)
    harness.clock.sleep(30)

    def enable_versioning_and_hide(operation: str) -> None:
        if operation == "presign" and not harness.store.versioned:
            harness.store.versioned = True
            harness.put(CLEAN)
            version_id = harness.store.create_ref(PHOTO_REF.bucket, PHOTO_REF.key).version_id
            harness.clock.schedule(
                harness.clock.now + harness.judge.call_s / 4,
                lambda: harness.store.remove(PHOTO_REF.bucket, PHOTO_REF.key, version_id),
            )

    harness.store.before_operation = enable_versioning_and_hide
    harness.screen(ref)
    assert harness.judge.judged == [CLEAN, FLAGGED]
    assert harness.tags()["deepfake-verdict"] == "high_risk"


def test_a_hidden_object_is_judged_by_its_own_bytes() -> None:
    harness = create_harness()
    version = put_version(harness, CLEAN)
    harness.screen(NULL_REF)
    harness.store.remove(version.bucket, version.key, version.version_id)
    harness.screen(PHOTO_REF)
    assert harness.judge.judged == [FLAGGED]
    assert harness.tags()["deepfake-verdict"] == "high_risk"


def test_the_tags_of_a_hidden_object_stay_with_it() -> None:
    harness = create_harness()
    event = replace(PHOTO_REF, etag=harness.store.create_ref(PHOTO_REF.bucket, PHOTO_REF.key).etag)
    hiding = put_version(harness, CLEAN)
    assert harness.screen(event).status is Status.SCREENED
    assert harness.store.peek_tags(NULL_REF)["deepfake-verdict"] == "high_risk"
    assert harness.store.peek_tags(hiding) == {}
    harness.screen(event)
    assert len(harness.published_messages()) == 1


def test_a_version_that_is_hidden_by_a_null_version_is_screened() -> None:
    harness = ScreenerHarness(flagged=(FLAGGED,), versioned=True)
    version = put_version(harness, FLAGGED)
    harness.store.versioned = False
    harness.put(CLEAN)
    harness.screen(replace(version, version_id=""))
    assert harness.store.peek_tags(version)["deepfake-verdict"] == "high_risk"
    assert harness.tags() == {}
