"""Screening on demand: the result resembles a message, is paid for once and is not published."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from facescreen import errors
from facescreen.deepfake.request import DetectRequest
from facescreen.deepfake.response import Detection
from facescreen.model import ObjectRef
from facescreen.requirements import Strictness
from facescreen.screening.idempotency import IdempotencyKey
from facescreen.screening.on_demand import OnDemandScreener
from tests.support.collision import COLLIDING_JPEGS
from tests.support.pictures import noise_picture
from tests.support.screener_harness import PHOTO, PHOTO_REF, ScreenerHarness
from tests.support.scripted_detector import HIGH_RISK, LOW_RISK


class OnDemandHarness(ScreenerHarness):
    """A ScreenerHarness that screens on demand; `detect_requests` are those sent to the service."""

    def __init__(self, *script: Detection | Exception, trust_times: bool = True) -> None:
        super().__init__(*script, trust_times=trust_times)
        self.detect_requests: list[DetectRequest] = []
        self.script = list(script)
        self.on_demand = OnDemandScreener(
            screener=self.screener,
            store=self.store,
            ledger=self.ledger,
            detect=self._detect,
            merchant_prefix="fs",
            strictness=Strictness.STANDARD,
            tag_prefix="deepfake-",
            tag_form="separate",
        )

    def _detect(self, request: DetectRequest) -> Detection:
        self.detect_requests.append(request)
        response = self.script.pop(0) if self.script else LOW_RISK
        if isinstance(response, Exception):
            raise response
        return response

    def bytes(self, data: bytes, key: IdempotencyKey | None = None) -> dict[str, Any]:
        return self.on_demand.screen_bytes(data, self.create_deadline(), idempotency_key=key)

    def url(
        self,
        url: str = "https://a.example/1.jpg",
        kind: str = "image",
        key: IdempotencyKey | None = None,
    ) -> dict[str, Any]:
        return self.on_demand.screen_url(url, kind, self.create_deadline(), idempotency_key=key)

    def object(
        self, ref: ObjectRef, *, write_back: bool = False, key: IdempotencyKey | None = None
    ) -> dict[str, Any]:
        return self.on_demand.screen_object(
            ref, self.create_deadline(), write_back=write_back, idempotency_key=key
        )

    def outcome(self, ref: ObjectRef) -> dict[str, Any]:
        return self.on_demand.get_outcome(ref, self.create_deadline())


def test_the_result_for_bytes_has_the_fields_of_a_message() -> None:
    harness = OnDemandHarness(HIGH_RISK)
    result = harness.bytes(PHOTO)
    assert (result["verdict"], result["reason"]) == ("high_risk", "SuspectDeepForgery")
    assert result["object"] is None
    assert result["tagging"]["status"] == "not_asked"
    (request,) = harness.detect_requests
    assert base64.b64decode(request.base64) == PHOTO
    assert (request.kind, request.merchant_biz_id) == ("image", result["merchant_biz_id"])
    assert request.deadline is not None
    assert harness.publisher.messages == []


def test_the_same_bytes_are_paid_for_once() -> None:
    harness = OnDemandHarness(HIGH_RISK)
    first, second = harness.bytes(PHOTO), harness.bytes(PHOTO)
    assert len(harness.detect_requests) == 1
    assert first["merchant_biz_id"] == second["merchant_biz_id"]
    assert harness.bytes(noise_picture())["verdict"] == "low_risk"


def test_an_image_over_1_mb_is_uploaded() -> None:
    harness = OnDemandHarness()
    harness.bytes(PHOTO + bytes(1024 * 1024))
    assert harness.detect_requests[0].file == PHOTO + bytes(1024 * 1024)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"not an image", "UnqualifiedPhoto"), (noise_picture("PNG"), "UnqualifiedPhoto")],
)
def test_unscreenable_bytes_make_no_call(data: bytes, reason: str) -> None:
    harness = OnDemandHarness()
    result = harness.bytes(data)
    assert (result["verdict"], result["reason"]) == ("unscreenable", reason)
    assert harness.detect_requests == []


def test_an_error_is_not_recorded_so_the_next_request_calls_again() -> None:
    harness = OnDemandHarness(errors.ServiceUnavailableError("down"), HIGH_RISK)
    with pytest.raises(errors.ServiceUnavailableError):
        harness.bytes(PHOTO)
    assert harness.bytes(PHOTO)["verdict"] == "high_risk"


KEY = IdempotencyKey("case-1", "alice")


def test_an_idempotency_key_is_refused_for_other_bytes() -> None:
    harness = OnDemandHarness()
    harness.bytes(PHOTO, KEY)
    harness.bytes(PHOTO, KEY)
    with pytest.raises(errors.IdempotencyKeyReusedError):
        harness.bytes(noise_picture(), KEY)
    assert len(harness.detect_requests) == 1


def test_a_url_is_paid_for_each_time_unless_it_has_an_idempotency_key() -> None:
    harness = OnDemandHarness()
    harness.url()
    harness.url()
    assert len(harness.detect_requests) == 2
    harness.url(key=KEY)
    harness.url(key=KEY)
    assert len(harness.detect_requests) == 3


def test_an_idempotency_key_is_bound_to_the_url_without_its_signature() -> None:
    harness = OnDemandHarness()
    url = "https://a.example/1.jpg?versionId=v1&OSSAccessKeyId=a&Expires=1&Signature=b"
    harness.url(url, key=KEY)
    harness.url(url.replace("Expires=1&Signature=b", "Expires=2&Signature=c"), key=KEY)
    assert len(harness.detect_requests) == 1
    for other in (url.replace("v1", "v2"), url.replace("1.jpg", "2.jpg"), url + "&x-oss-process=a"):
        with pytest.raises(errors.IdempotencyKeyReusedError):
            harness.url(other, key=KEY)


def test_an_idempotency_key_is_bound_to_what_is_screened_and_how() -> None:
    harness = OnDemandHarness()
    ref = harness.put()
    harness.object(ref, key=KEY)
    harness.object(ref, key=KEY)
    with pytest.raises(errors.IdempotencyKeyReusedError):
        harness.object(ref, write_back=True, key=KEY)
    for other in (replace(ref, version_id="v1"), replace(ref, key="other")):
        with pytest.raises(errors.IdempotencyKeyReusedError):
            harness.object(other, key=KEY)
    with pytest.raises(errors.IdempotencyKeyReusedError):
        harness.bytes(PHOTO, KEY)
    with pytest.raises(errors.IdempotencyKeyReusedError):
        harness.url(key=KEY)
    video_key = replace(KEY, value="case-2")
    harness.url(kind="video", key=video_key)
    with pytest.raises(errors.IdempotencyKeyReusedError):
        harness.url(kind="image", key=video_key)


def test_callers_do_not_share_idempotency_keys() -> None:
    harness = OnDemandHarness(LOW_RISK, HIGH_RISK)
    other_key = replace(KEY, caller="bob")
    assert harness.url(key=KEY)["verdict"] == "low_risk"
    assert harness.url(key=other_key)["verdict"] == "high_risk"
    assert harness.url(key=KEY)["verdict"] == "low_risk"
    harness.url("https://a.example/2.jpg", key=replace(other_key, value="case-2"))
    with pytest.raises(errors.IdempotencyKeyReusedError):
        harness.url("https://a.example/2.jpg", key=other_key)


def test_a_url_that_the_service_refuses_is_unscreenable() -> None:
    result = OnDemandHarness(
        errors.ContentError("no face", code="NoFaceDetected", request_id="R")
    ).url()
    assert (result["verdict"], result["reason"]) == ("unscreenable", "NoFaceDetected")
    assert result["media"] is None


def test_an_object_without_write_back_is_neither_tagged_nor_published() -> None:
    harness = OnDemandHarness()
    ref = harness.put()
    result = harness.object(ref)
    assert result["object"]["etag"] == ref.etag
    assert result["tagging"]["status"] == "not_asked"
    assert harness.tags() == {}
    assert harness.publisher.messages == []


def test_the_event_of_an_object_screened_on_demand_reuses_its_finding() -> None:
    harness = OnDemandHarness()
    ref = harness.put()
    harness.object(ref)
    harness.screen(ref)
    assert harness.detection_count == 1
    assert harness.tags()["deepfake-verdict"] == "low_risk"


def test_an_object_with_write_back_is_tagged_and_published() -> None:
    harness = OnDemandHarness()
    result = harness.object(harness.put(), write_back=True)
    assert result["tagging"]["status"] == "written"
    assert harness.tags()["deepfake-verdict"] == "low_risk"
    assert len(harness.published_messages()) == 1


@pytest.mark.parametrize("write_back", [True, False])
def test_a_screened_object_returns_its_recorded_verdict(write_back: bool) -> None:
    harness = OnDemandHarness()
    ref = harness.put()
    harness.screen(ref)
    result = harness.object(ref, write_back=write_back)
    assert (result["verdict"], result["tagging"]["status"]) == ("low_risk", "written")
    assert harness.detection_count == 1


def test_an_overwrite_during_the_call_raises_an_error() -> None:
    harness = OnDemandHarness()
    ref = replace(harness.put(), etag="")

    def overwrite() -> None:
        harness.put(noise_picture())

    harness.detector.on_detect = overwrite
    with pytest.raises(errors.ObjectChangedError):
        harness.object(ref)


def test_the_outcome_of_an_object_can_be_read() -> None:
    harness = OnDemandHarness()
    ref = harness.put()
    with pytest.raises(errors.NotScreenedError):
        harness.outcome(ref)
    harness.screen(ref)
    assert harness.outcome(ref)["tagging"]["status"] == "written"
    harness.store.replace_tags(ref, {})
    assert harness.outcome(ref)["tagging"]["status"] == "absent"
    harness.put(noise_picture())
    with pytest.raises(errors.NotScreenedError):
        harness.outcome(replace(ref, etag=""))
    harness.store.remove(ref.bucket, ref.key)
    with pytest.raises(errors.ObjectNotFoundError):
        harness.outcome(ref)
    with pytest.raises(errors.ObjectNotFoundError):
        harness.object(ref)


@pytest.mark.parametrize("is_same", [True, False])
def test_a_multipart_upload_with_the_times_of_a_screened_one_is_compared_by_its_bytes(
    is_same: bool,
) -> None:
    """On S3 the Last-Modified of both may be when the uploads began."""
    harness = OnDemandHarness(HIGH_RISK)
    first, other = COLLIDING_JPEGS
    initiated_at = harness.clock.now
    for data in (first, first if is_same else other):
        harness.store.put(PHOTO_REF.bucket, PHOTO_REF.key, data, initiated_at=initiated_at)
        if data is first:
            harness.screen(PHOTO_REF)
            harness.clock.sleep(60)
    if is_same:
        assert harness.outcome(PHOTO_REF)["verdict"] == "high_risk"
    else:
        with pytest.raises(errors.NotScreenedError):
            harness.outcome(PHOTO_REF)


def test_bytes_that_are_in_a_bucket_too_are_paid_for_once() -> None:
    harness = OnDemandHarness(HIGH_RISK)
    harness.screen(harness.put())
    assert harness.bytes(PHOTO)["verdict"] == "high_risk"
    assert harness.detect_requests == []


def test_the_outcome_of_a_replica_is_about_its_bytes() -> None:
    """It has the date of the object that it replaces, and bytes with the same ETag and size."""
    harness = OnDemandHarness(LOW_RISK, trust_times=False)
    first, second = COLLIDING_JPEGS
    harness.screen(harness.put(first))
    written_at = harness.store.head(PHOTO_REF).last_modified.timestamp()
    harness.store.put(PHOTO_REF.bucket, PHOTO_REF.key, second, last_modified=written_at)
    with pytest.raises(errors.NotScreenedError):
        harness.outcome(PHOTO_REF)
