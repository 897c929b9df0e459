"""What somebody asks about: answered like a message, paid for once, announced to nobody."""

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
from facescreen.screening.on_demand import OnDemandScreener
from facescreen.timing import Deadline
from tests.support.pictures import noise_picture
from tests.support.screener_harness import PHOTO, ScreenerHarness
from tests.support.scripted_detector import HIGH_RISK, LOW_RISK


class Asked(ScreenerHarness):
    """A harness with somebody who asks; what is sent to the service stands in `sent_content`."""

    def __init__(self, *plan: Detection | Exception) -> None:
        super().__init__(*plan)
        self.sent_content: list[DetectRequest] = []
        self.plan = list(plan)
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
        self.sent_content.append(request)
        answer = self.plan.pop(0) if self.plan else LOW_RISK
        if isinstance(answer, Exception):
            raise answer
        return answer

    def bytes(self, data: bytes, **more: str) -> dict[str, Any]:
        return self.on_demand.screen_bytes(data, Deadline.after(4), **more)

    def url(self, url: str = "https://a.example/1.jpg?sig=1", **more: str) -> dict[str, Any]:
        return self.on_demand.screen_url(url, "image", Deadline.after(4), **more)

    def object(self, ref: ObjectRef, *, write_back: bool = False) -> dict[str, Any]:
        return self.on_demand.screen_object(ref, Deadline.after(4), write_back=write_back)


def test_bytes_are_answered_as_a_message_would_say() -> None:
    asked = Asked(HIGH_RISK)
    told = asked.bytes(PHOTO)
    assert (told["verdict"], told["reason"]) == ("high_risk", "SuspectDeepForgery")
    assert told["object"] is None
    assert told["tagging"]["status"] == "not_asked"
    (request,) = asked.sent_content
    assert base64.b64decode(request.base64) == PHOTO
    assert (request.kind, request.merchant_biz_id) == ("image", told["merchant_biz_id"])
    assert request.deadline is not None
    assert asked.publisher.messages == []


def test_the_same_bytes_are_paid_for_once() -> None:
    asked = Asked(HIGH_RISK)
    first, second = asked.bytes(PHOTO), asked.bytes(PHOTO)
    assert len(asked.sent_content) == 1
    assert first["merchant_biz_id"] == second["merchant_biz_id"]
    assert asked.bytes(noise_picture())["verdict"] == "low_risk"


def test_an_image_over_1_mb_is_uploaded() -> None:
    asked = Asked()
    asked.bytes(PHOTO + bytes(1024 * 1024))
    assert asked.sent_content[0].file == PHOTO + bytes(1024 * 1024)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"not an image", "UnqualifiedPhoto"), (noise_picture("PNG"), "UnqualifiedPhoto")],
)
def test_what_cannot_be_screened_costs_nothing(data: bytes, reason: str) -> None:
    asked = Asked()
    told = asked.bytes(data)
    assert (told["verdict"], told["reason"]) == ("unscreenable", reason)
    assert asked.sent_content == []


def test_an_error_is_no_finding_and_the_next_may_ask_again() -> None:
    asked = Asked(errors.ServiceUnavailableError("down"), HIGH_RISK)
    with pytest.raises(errors.ServiceUnavailableError):
        asked.bytes(PHOTO)
    assert asked.bytes(PHOTO)["verdict"] == "high_risk"


def test_an_idempotency_key_holds_to_its_content() -> None:
    asked = Asked()
    asked.bytes(PHOTO, idempotency_key="k")
    asked.bytes(PHOTO, idempotency_key="k")
    with pytest.raises(errors.IdempotencyKeyReusedError):
        asked.bytes(noise_picture(), idempotency_key="k")
    with pytest.raises(errors.IdempotencyKeyReusedError):
        asked.url(idempotency_key="k")
    assert len(asked.sent_content) == 1


def test_a_url_is_paid_for_each_time_but_with_a_key() -> None:
    asked = Asked()
    asked.url()
    asked.url()
    assert len(asked.sent_content) == 2
    asked.url("https://a.example/1.jpg?sig=1", idempotency_key="k")
    asked.url("https://a.example/1.jpg?sig=2", idempotency_key="k")
    assert len(asked.sent_content) == 3
    with pytest.raises(errors.IdempotencyKeyReusedError):
        asked.url("https://a.example/2.jpg", idempotency_key="k")


def test_a_refused_url_is_unscreenable() -> None:
    told = Asked(errors.ContentError("no face", code="NoFaceDetected", request_id="R")).url()
    assert (told["verdict"], told["reason"]) == ("unscreenable", "NoFaceDetected")
    assert told["media"] is None


def test_an_object_is_looked_at_without_a_trace() -> None:
    asked = Asked()
    ref = asked.put()
    told = asked.object(ref)
    assert told["object"]["etag"] == ref.etag
    assert told["tagging"]["status"] == "not_asked"
    assert asked.tags() == {}
    assert asked.publisher.messages == []


def test_what_was_looked_at_is_not_paid_for_again_by_its_event() -> None:
    asked = Asked()
    ref = asked.put()
    asked.object(ref)
    asked.screen(ref)
    assert asked.detection_count == 1
    assert asked.tags()["deepfake-verdict"] == "low_risk"


def test_an_object_with_write_back_is_tagged_and_announced() -> None:
    asked = Asked()
    told = asked.object(asked.put(), write_back=True)
    assert told["tagging"]["status"] == "written"
    assert asked.tags()["deepfake-verdict"] == "low_risk"
    assert len(asked.published_messages()) == 1


@pytest.mark.parametrize("write_back", [True, False])
def test_an_object_that_was_screened_tells_what_stands(write_back: bool) -> None:
    asked = Asked()
    ref = asked.put()
    asked.screen(ref)
    told = asked.object(ref, write_back=write_back)
    assert (told["verdict"], told["tagging"]["status"]) == ("low_risk", "written")
    assert asked.detection_count == 1


def test_an_overwrite_in_the_middle_gives_no_verdict() -> None:
    asked = Asked()
    ref = replace(asked.put(), etag="")

    def overwrite() -> None:
        asked.put(noise_picture())

    asked.detector.on_detect = overwrite
    with pytest.raises(errors.ObjectChangedError):
        asked.object(ref)


def test_what_stands_on_an_object() -> None:
    asked = Asked()
    ref = asked.put()
    with pytest.raises(errors.NotScreenedError):
        asked.on_demand.get_outcome(ref)
    asked.screen(ref)
    assert asked.on_demand.get_outcome(ref)["tagging"]["status"] == "written"
    asked.store.replace_tags(ref, {})
    assert asked.on_demand.get_outcome(ref)["tagging"]["status"] == "absent"
    asked.put(noise_picture())
    with pytest.raises(errors.NotScreenedError):
        asked.on_demand.get_outcome(replace(ref, etag=""))
    asked.store.drop(ref.bucket, ref.key)
    with pytest.raises(errors.ObjectNotFoundError):
        asked.on_demand.get_outcome(ref)
    with pytest.raises(errors.ObjectNotFoundError):
        asked.object(ref)
