"""Screening one object, from its event to its message, on the in-memory ports."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from facescreen import errors
from facescreen.deepfake.response import Detection
from facescreen.model import Finding, Outcome, Status, Verdict
from facescreen.records.ledger_ids import compute_content_id
from tests.support.pictures import damage_pixels, noise_picture
from tests.support.screener_harness import PHOTO, PHOTO_REF, ScreenerHarness
from tests.support.scripted_detector import HIGH_RISK


def finding_of(outcome: Outcome) -> Finding:
    assert outcome.finding is not None
    return outcome.finding


def test_a_call_has_the_deadline_of_its_delivery() -> None:
    harness = ScreenerHarness()
    deadline = harness.create_deadline()
    harness.screener.screen(harness.put(), deadline)
    assert harness.detector.deadlines == [deadline]


def test_high_risk_is_tagged_and_published() -> None:
    harness = ScreenerHarness(HIGH_RISK)
    ref = harness.put(tags={"team": "kyc"})
    outcome = harness.screen(ref)
    assert outcome.status is Status.SCREENED
    assert harness.tags() == {
        "team": "kyc",
        "deepfake-verdict": "high_risk",
        "deepfake-reason": "SuspectDeepForgery",
        "deepfake-etag": ref.etag,
        "deepfake-at": finding_of(outcome).at,
    }
    (message,) = harness.published_messages()
    assert message["type"] == "facescreen.screening.completed.v1"
    assert message["source"] == "acs:fc:r:1:functions/f"
    assert message["subject"] == "oss://selfies/kyc/%C3%A9%201%2B1%25.jpg"
    data = message["data"]
    assert data["object"] == {
        "store": "oss",
        "bucket": "selfies",
        "key": "kyc/é 1+1%.jpg",
        "version_id": None,
        "etag": ref.etag,
        "size": len(PHOTO),
    }
    assert data["verdict"] == "high_risk"
    assert data["risk_tags"] == ["SuspectDeepForgery"]
    assert data["risk_scores"] == {"SuspectDeepForgery": 0.96}
    assert data["media"]["width"] == 720
    assert data["tagging"] == {"status": "written", "detail": ""}
    assert (data["request_id"], data["transaction_id"]) == ("REQ-2", "TX-2")
    assert {"look_ms", "claim_ms", "probe_ms", "call_ms", "tag_ms", "total_ms"} <= set(
        data["timing"]
    )
    assert message["id"].startswith(data["merchant_biz_id"])
    assert "s3cr3t" not in json.dumps(message)


def test_a_second_delivery_neither_calls_nor_publishes() -> None:
    harness = ScreenerHarness()
    ref = harness.put()
    assert harness.screen(ref).status is Status.SCREENED
    assert harness.screen(ref).status is Status.ALREADY_SCREENED
    assert harness.detection_count == len(harness.published_messages()) == 1


def test_removed_verdict_tags_are_restored_without_a_call_or_a_message() -> None:
    harness = ScreenerHarness(HIGH_RISK)
    ref = harness.put()
    harness.screen(ref)
    tags = harness.tags()
    harness.store.replace_tags(ref, {"mine": "kept"})
    assert harness.screen(ref).status is Status.ALREADY_SCREENED
    assert harness.tags() == {**tags, "mine": "kept"}
    assert harness.detection_count == len(harness.published_messages()) == 1
    harness.store.replace_tags(ref, {**tags, "deepfake-etag": "forged"})
    harness.screener.screen(ref, harness.create_deadline(), write_back=False)
    assert harness.tags()["deepfake-etag"] == "forged"
    harness.screen(ref)
    assert harness.tags() == tags


def test_the_same_bytes_written_again_are_published_without_another_call() -> None:
    harness = ScreenerHarness(HIGH_RISK)
    harness.screen(harness.put())
    harness.screen(harness.put())
    assert harness.detection_count == 1
    assert [m["data"]["verdict"] for m in harness.published_messages()] == [
        "high_risk",
        "high_risk",
    ]
    assert harness.tags()["deepfake-verdict"] == "high_risk"


def test_verdict_tags_of_the_uploader_do_not_replace_the_call() -> None:
    harness = ScreenerHarness(HIGH_RISK)
    etag = harness.put().etag
    ref = harness.put(tags={"deepfake-verdict": "low_risk", "deepfake-etag": etag})
    assert harness.screen(ref).status is Status.SCREENED
    assert harness.tags()["deepfake-verdict"] == "high_risk"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"just text", "UnqualifiedPhoto"),
        (b"", "UnqualifiedPhoto"),
        (noise_picture(width=960, height=720), "UnqualifiedPhoto"),
    ],
)
def test_unscreenable_bytes_are_published_without_a_call(data: bytes, reason: str) -> None:
    harness = ScreenerHarness()
    outcome = harness.screen(harness.put(data))
    assert finding_of(outcome).verdict is Verdict.UNSCREENABLE
    assert harness.detection_count == 0
    (message,) = harness.published_messages()
    assert message["data"]["reason"] == reason == harness.tags()["deepfake-reason"]
    assert message["data"]["retake"] is True


@pytest.mark.parametrize("image_format", ["PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_an_image_that_is_not_a_jpeg_is_converted_by_the_store(image_format: str) -> None:
    harness = ScreenerHarness()
    harness.screen(harness.put(noise_picture(image_format)))
    assert "x-oss-process=convert" in harness.detector.urls[0]
    harness.store.can_convert = False
    outcome = harness.screen(harness.put(noise_picture(image_format)))
    assert finding_of(outcome).reason == "UnqualifiedPhoto"


def test_an_image_that_the_store_can_not_convert_is_unscreenable_and_final() -> None:
    harness = ScreenerHarness(transfer="inline")
    ref = harness.put(damage_pixels(noise_picture("PNG")))
    assert finding_of(harness.screen(ref)).verdict is Verdict.UNSCREENABLE
    assert harness.tags()["deepfake-reason"] == "UnqualifiedPhoto"
    assert harness.published_messages()[0]["data"]["retake"] is True
    assert harness.screen(ref).status is Status.ALREADY_SCREENED
    assert harness.detection_count == 0
    assert len(harness.published_messages()) == 1


def test_content_that_the_service_refuses_is_unscreenable_and_final() -> None:
    content_error = errors.ContentError("no face", code="NoFaceDetected", request_id="REQ-9")
    harness = ScreenerHarness(content_error)
    ref = harness.put()
    assert finding_of(harness.screen(ref)).verdict is Verdict.UNSCREENABLE
    assert harness.tags()["deepfake-reason"] == "NoFaceDetected"
    assert harness.published_messages()[0]["data"]["request_id"] == "REQ-9"
    assert harness.screen(ref).status is Status.ALREADY_SCREENED


@pytest.mark.parametrize(
    "error",
    [
        errors.ThrottledError("busy", code="Throttling.Api"),
        errors.AccessDeniedError("no", code="Forbidden.RAMUserAccessDenied"),
    ],
)
def test_any_other_error_leaves_no_tags_and_releases_the_claim(error: Exception) -> None:
    harness = ScreenerHarness(error)
    ref = harness.put()
    with pytest.raises(type(error)):
        harness.screen(ref)
    assert harness.tags() == {}
    assert harness.screen(ref).status is Status.SCREENED


def test_a_failed_publish_is_retried_without_another_call() -> None:
    harness = ScreenerHarness()
    ref = harness.put()
    publish, unavailable = (
        harness.publisher.publish,
        errors.ServiceUnavailableError("MNS can't be reached"),
    )

    def refuse(message: Any) -> None:
        harness.publisher.publish = publish  # type: ignore[method-assign]
        raise unavailable

    harness.publisher.publish = refuse  # type: ignore[method-assign]
    with pytest.raises(errors.ServiceUnavailableError):
        harness.screen(ref)
    assert harness.screen(ref).status is Status.SCREENED
    assert harness.detection_count == len(harness.published_messages()) == 1


def test_an_object_deleted_during_the_call_is_not_an_error() -> None:
    harness = ScreenerHarness()
    ref = harness.put()
    harness.detector.on_detect = lambda: harness.store.remove(PHOTO_REF.bucket, PHOTO_REF.key)
    assert harness.screen(ref).status is Status.GONE
    assert harness.screen(ref).status is Status.GONE
    assert harness.published_messages() == []


def test_an_event_about_overwritten_bytes_is_superseded() -> None:
    harness = ScreenerHarness()
    first = harness.put()
    harness.put(noise_picture())
    assert harness.screen(first).status is Status.SUPERSEDED
    assert harness.detection_count == 0


def test_the_same_bytes_have_the_same_merchant_biz_id() -> None:
    harness = ScreenerHarness(errors.ThrottledError("busy"))
    ref = harness.put()
    with pytest.raises(errors.ThrottledError):
        harness.screen(ref)
    harness.screen(ref)
    first, second = harness.detector.biz_ids
    content_id = compute_content_id(hashlib.sha256(PHOTO).hexdigest(), "image", convert=False)
    assert first == second == ("fs" + content_id)[:32]


def test_the_message_says_if_the_object_has_no_room_for_tags() -> None:
    harness = ScreenerHarness()
    ref = harness.put(tags={f"t{n}": "x" for n in range(10)})
    harness.screen(ref)
    (message,) = harness.published_messages()
    assert message["data"]["tagging"]["status"] == "refused"
    assert "10 other tags" in message["data"]["tagging"]["detail"]


def test_an_emulated_verdict_is_published_with_a_warning() -> None:
    harness = ScreenerHarness(Detection(Verdict.LOW_RISK, (), {}, "R", "T", "local stand-in"))
    harness.screen(harness.put())
    (message,) = harness.published_messages()
    assert message["data"]["detail"] == "Not assessed for deepfakes."
    assert message["data"]["warnings"][0] == {"rule": "stand-in", "detail": "local stand-in"}


@pytest.mark.parametrize("code", ["UnreadableEncryption", "UnreadableArchive"])
def test_bytes_that_the_store_cannot_return_are_unscreenable(code: str) -> None:
    harness = ScreenerHarness()
    ref = harness.put()

    def refuse_read(operation: str) -> None:
        if operation == "fetch":
            raise errors.ContentError("not given", code=code)

    harness.store.before_operation = refuse_read
    assert harness.screen(ref).status is Status.SCREENED
    assert harness.tags()["deepfake-verdict"] == "unscreenable"
    assert harness.tags()["deepfake-reason"] == code
    assert harness.published_messages()[0]["data"]["retake"] is False
    assert harness.detection_count == 0


def test_a_symlink_that_shows_nothing_keeps_its_users_tags() -> None:
    """Its head does not count them."""
    harness = ScreenerHarness()
    harness.screen(harness.put())
    link = replace(PHOTO_REF, key="link.jpg")
    harness.store.put_symlink(link.bucket, link.key, "missing.jpg", {"team": "kyc"})
    harness.screen(link)
    assert harness.store.peek_tags(link)["team"] == "kyc"
    assert harness.store.peek_tags(link)["deepfake-reason"] == "SymbolicLink"


def test_an_object_that_is_archived_during_the_call_is_delivered_again() -> None:
    """No event tells that it was archived."""
    harness = ScreenerHarness(trust_times=False)
    ref = harness.put()

    def archive(operation: str) -> None:
        if operation == "fetch" and harness.detection_count:
            raise errors.ContentError("archived", code="UnreadableArchive")

    harness.store.before_operation = archive
    with pytest.raises(errors.ServiceUnavailableError):
        harness.screen(ref)
    harness.screen(ref)
    assert harness.tags()["deepfake-reason"] == "UnreadableArchive"
    assert harness.detection_count == len(harness.published_messages()) == 1
