"""One object's way, from its event to its message, on the ports' fakes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from facescreen import errors
from facescreen.deepfake.response import Detection
from facescreen.model import Status, Verdict
from facescreen.records.ledger import entry_id
from facescreen.timing import Deadline
from tests.fakes import HIGH_RISK
from tests.unit.workbench import PHOTO, REF, Bench, picture


def test_a_call_has_the_time_of_its_delivery() -> None:
    bench, deadline = Bench(), Deadline.after(4)
    bench.screener.screen(bench.put(), deadline)
    assert bench.detector.deadlines == [deadline]


def test_high_risk_stands_on_the_object_and_on_the_bus() -> None:
    bench = Bench(HIGH_RISK)
    ref = bench.put(tags={"team": "kyc"})
    outcome = bench.screen(ref)
    assert outcome.status is Status.SCREENED
    assert bench.tags() == {
        "team": "kyc",
        "deepfake-verdict": "high_risk",
        "deepfake-reason": "SuspectDeepForgery",
        "deepfake-etag": ref.etag,
        "deepfake-at": outcome.finding.at,
    }
    (message,) = bench.sent()
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


def test_a_second_delivery_neither_pays_nor_announces() -> None:
    bench = Bench()
    ref = bench.put()
    assert bench.screen(ref).status is Status.SCREENED
    assert bench.screen(ref).status is Status.ALREADY_SCREENED
    assert bench.paid == len(bench.sent()) == 1


def test_a_verdict_that_was_taken_off_is_put_back_and_nothing_else_is_done() -> None:
    bench = Bench(HIGH_RISK)
    ref = bench.put()
    bench.screen(ref)
    stood = bench.tags()
    bench.store.replace_tags(ref, {"mine": "kept"})
    assert bench.screen(ref).status is Status.ALREADY_SCREENED
    assert bench.tags() == {**stood, "mine": "kept"}
    assert bench.paid == len(bench.sent()) == 1
    bench.store.replace_tags(ref, {**stood, "deepfake-etag": "forged"})
    bench.screener.screen(ref, Deadline.after(4), write_back=False)
    assert bench.tags()["deepfake-etag"] == "forged"
    bench.screen(ref)
    assert bench.tags() == stood


def test_the_same_bytes_written_again_are_announced_but_not_paid_again() -> None:
    bench = Bench(HIGH_RISK)
    bench.screen(bench.put())
    bench.screen(bench.put())
    assert bench.paid == 1
    assert [m["data"]["verdict"] for m in bench.sent()] == ["high_risk", "high_risk"]
    assert bench.tags()["deepfake-verdict"] == "high_risk"


def test_tags_that_an_uploader_forged_do_not_spare_the_call() -> None:
    bench = Bench(HIGH_RISK)
    etag = bench.put().etag
    ref = bench.put(tags={"deepfake-verdict": "low_risk", "deepfake-etag": etag})
    assert bench.screen(ref).status is Status.SCREENED
    assert bench.tags()["deepfake-verdict"] == "high_risk"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"just text", "UnqualifiedPhoto"),
        (b"", "UnqualifiedPhoto"),
        (picture(width=960, height=720), "UnqualifiedPhoto"),
    ],
)
def test_what_cannot_be_screened_is_told_and_not_paid_for(data: bytes, reason: str) -> None:
    bench = Bench()
    outcome = bench.screen(bench.put(data))
    assert outcome.finding.verdict is Verdict.UNSCREENABLE
    assert bench.paid == 0
    (message,) = bench.sent()
    assert message["data"]["reason"] == reason == bench.tags()["deepfake-reason"]
    assert message["data"]["retake"] is True


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_what_is_no_jpeg_goes_through_the_stores_conversion(form: str) -> None:
    bench = Bench()
    bench.screen(bench.put(picture(form)))
    assert "x-oss-process=convert" in bench.detector.urls[0]
    bench.store.converts = False
    outcome = bench.screen(bench.put(picture(form)))
    assert outcome.finding.reason == "UnqualifiedPhoto"


def test_a_refusal_of_the_service_is_final() -> None:
    fault = errors.ContentFault("no face", code="NoFaceDetected", request_id="REQ-9")
    bench = Bench(fault)
    ref = bench.put()
    assert bench.screen(ref).finding.verdict is Verdict.UNSCREENABLE
    assert bench.tags()["deepfake-reason"] == "NoFaceDetected"
    assert bench.sent()[0]["data"]["request_id"] == "REQ-9"
    assert bench.screen(ref).status is Status.ALREADY_SCREENED


@pytest.mark.parametrize(
    "error",
    [
        errors.Throttled("busy", code="Throttling.Api"),
        errors.AccessRefused("no", code="Forbidden.RAMUserAccessDenied"),
    ],
)
def test_other_trouble_leaves_no_tag_and_frees_the_claim(error: Exception) -> None:
    bench = Bench(error)
    ref = bench.put()
    with pytest.raises(type(error)):
        bench.screen(ref)
    assert bench.tags() == {}
    assert bench.screen(ref).status is Status.SCREENED


def test_a_bus_that_is_down_costs_no_second_call() -> None:
    bench = Bench()
    ref = bench.put()
    send, down = bench.messages.publish, errors.Unavailable("MNS can't be reached")

    def refuse(message: Any) -> None:
        bench.messages.publish = send  # type: ignore[method-assign]
        raise down

    bench.messages.publish = refuse  # type: ignore[method-assign]
    with pytest.raises(errors.Unavailable):
        bench.screen(ref)
    assert bench.screen(ref).status is Status.SCREENED
    assert bench.paid == len(bench.sent()) == 1


def test_deleted_meanwhile_is_no_error() -> None:
    bench = Bench()
    ref = bench.put()
    bench.detector.during = lambda: bench.store.drop(REF.bucket, REF.key)
    assert bench.screen(ref).status is Status.GONE
    assert bench.screen(ref).status is Status.GONE
    assert bench.sent() == []


def test_an_event_of_bytes_that_stand_no_more_is_superseded() -> None:
    bench = Bench()
    old = bench.put()
    bench.put(picture())
    assert bench.screen(old).status is Status.SUPERSEDED
    assert bench.paid == 0


def test_bytes_that_change_while_they_are_probed_are_superseded() -> None:
    bench = Bench()
    ref = bench.put()

    def strike(operation: str) -> None:
        if operation == "read":
            bench.store.before = lambda operation: None
            bench.put(picture())

    bench.store.before = strike
    assert bench.screen(ref).status is Status.SUPERSEDED
    assert bench.paid == 0


def test_other_bytes_shown_to_the_service_for_a_moment_clean_nobody() -> None:
    """A is put, B stands while the service downloads, and A is back before the second look."""
    bench = Bench(Detection(Verdict.LOW_RISK, (), {}, "B", "B"), HIGH_RISK)
    fake = picture()
    ref = bench.put(fake)

    def swap() -> None:
        bench.detector.during = lambda: None
        bench.put(PHOTO)
        bench.put(fake)

    bench.detector.during = swap
    assert bench.screen(ref).status is Status.SUPERSEDED
    assert bench.tags() == {}
    assert bench.screen(ref).status is Status.SCREENED  # the second put's own event
    assert bench.tags()["deepfake-verdict"] == "high_risk"


def test_the_same_bytes_have_the_same_merchant_biz_id() -> None:
    bench = Bench(errors.Throttled("busy"))
    ref = bench.put()
    with pytest.raises(errors.Throttled):
        bench.screen(ref)
    bench.screen(ref)
    first, second = bench.detector.biz_ids
    assert first == second == ("fs" + entry_id(ref, bench.store.head(ref)))[:32]


def test_with_no_room_for_tags_the_message_says_so() -> None:
    bench = Bench()
    ref = bench.put(tags={f"t{n}": "x" for n in range(10)})
    bench.screen(ref)
    (message,) = bench.sent()
    assert message["data"]["tagging"]["status"] == "refused"
    assert "10 tags" in message["data"]["tagging"]["detail"]


def test_a_stand_ins_answer_is_never_a_bare_low_risk() -> None:
    bench = Bench(Detection(Verdict.LOW_RISK, (), {}, "R", "T", "local stand-in"))
    bench.screen(bench.put())
    (message,) = bench.sent()
    assert message["data"]["detail"] == "Not assessed for deepfakes."
    assert message["data"]["warnings"][0] == {"rule": "stand-in", "detail": "local stand-in"}


@pytest.mark.parametrize("code", ["UnreadableEncryption", "UnreadableArchive"])
def test_what_the_store_does_not_give_is_unscreenable(code: str) -> None:
    bench = Bench()
    ref = bench.put()

    def withhold(operation: str) -> None:
        if operation == "read":
            raise errors.ContentFault("not given", code=code)

    bench.store.before = withhold
    assert bench.screen(ref).status is Status.SCREENED
    assert bench.tags()["deepfake-verdict"] == "unscreenable"
    assert bench.tags()["deepfake-reason"] == code
    assert bench.sent()[0]["data"]["retake"] is False
    assert bench.paid == 0
