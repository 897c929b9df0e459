"""The checker finds each broken promise in evidence made by hand, and none in good evidence."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.chaos import checker
from tests.chaos.evidence import Evidence, StoredObject
from tests.chaos.journal import Journal, Operation
from tests.chaos.plan import PLAIN_BUCKET, VERSIONED_BUCKET, Action
from tests.chaos.reader import Sample

KEY = "single_put/00001.jpg"
SHA256 = hashlib.sha256(b"clean").hexdigest()
FLAGGED_SHA256 = hashlib.sha256(b"flagged").hexdigest()
START = 1_796_000_000.0


def instant(seconds: float) -> str:
    """A time `seconds` after the start, as in the admin's records."""
    from datetime import datetime, timezone

    moment = datetime.fromtimestamp(START + seconds, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stored(**fields: Any) -> StoredObject:
    tags = {"deepfake-verdict": "low_risk", "deepfake-etag": "E1"}
    values = {
        "bucket": PLAIN_BUCKET,
        "key": KEY,
        "version_id": "",
        "is_current": True,
        "etag": "E1",
        "object_type": "Normal",
        "sha256": SHA256,
        "tags": tags,
    }
    return StoredObject(**{**values, **fields})


def call(**fields: Any) -> dict[str, Any]:
    values = {
        "way": "FaceUrl",
        "object": f"oss://{PLAIN_BUCKET}/{KEY}",
        "time": instant(1),
        "answered": instant(1.3),
        "request_id": "R1",
        "sha256": SHA256,
        "code": "Success",
        "result": "0",
        "billed": True,
        "disturbed": False,
    }
    return {**values, **fields}


def ended_invocation(status: str, ended: float, error_type: str = "") -> dict[str, Any]:
    return {
        "request_id": "E1",
        "status": status,
        "started": instant(0),
        "ended": instant(ended),
        "error_type": error_type,
    }


def message(**data: Any) -> dict[str, Any]:
    told = {
        "object": {
            "store": "oss",
            "bucket": PLAIN_BUCKET,
            "key": KEY,
            "version_id": None,
            "etag": "E1",
            "size": 5,
        },
        "verdict": "low_risk",
        "reason": "",
        "detail": "The service found no sign of a deepfake.",
        "retake": False,
        "risk_tags": [],
        "risk_scores": {},
        "media": None,
        "warnings": [],
        "request_id": "R1",
        "transaction_id": "T1",
        "merchant_biz_id": "fs" + "0" * 30,
        "tagging": {"status": "written", "detail": ""},
        "timing": {},
    }
    return {
        "specversion": "1.0",
        "id": "fs" + "0" * 30 + "-00000001",
        "type": "facescreen.screening.completed.v1",
        "source": "acs:fc",
        "subject": f"oss://{PLAIN_BUCKET}/{KEY}",
        "time": "2026-11-30T00:00:02Z",
        "datacontenttype": "application/json",
        "data": {**told, **data},
    }


def operation(started: float = 0, **fields: Any) -> Operation:
    values = {
        "bucket": PLAIN_BUCKET,
        "key": KEY,
        "action": Action.PUT,
        "sha256": SHA256,
        "started": START + started,
        "ended": START + started + 0.1,
        "etag": "E1",
        "succeeded": True,
    }
    return Operation(**{**values, **fields})


def journal(*operations: Operation) -> Journal:
    made = Journal()
    for one in operations:
        made.add(one)
    return made


def evidence(**fields: Any) -> Evidence:
    """Evidence of one object that was screened as it should be, with `fields` replaced."""
    values: dict[str, Any] = {
        "objects": [stored()],
        "messages": [message()],
        "calls": [call()],
        "journal": journal(operation()),
    }
    return Evidence(**{**values, **fields})


def sample(seconds: float, sha256: str = FLAGGED_SHA256, bucket: str = PLAIN_BUCKET) -> Sample:
    return Sample(bucket, KEY, sha256, "low_risk", START + seconds, START + seconds + 0.01)


def test_good_evidence_breaks_no_promise() -> None:
    assert checker.check(evidence()) == []


LETTER = {
    "requestPayload": f'{{"key": "{KEY}", "eTag": "E1"}}',
    "responsePayload": '{"errorType": "AccessRefused"}',
}
SECOND_CALL = call(request_id="R2", time=instant(25), answered=instant(25.3))
BROKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "a low risk tag on bytes judged high risk": (
        "no false clean",
        {"calls": [call(result="1")], "messages": []},
    ),
    "a low risk tag on bytes that were never judged": (
        "no false clean",
        {"objects": [stored(sha256=FLAGGED_SHA256)]},
    ),
    "a high risk tag on bytes judged low risk": (
        "no false verdict",
        {"objects": [stored(tags={"deepfake-verdict": "high_risk", "deepfake-etag": "E1"})]},
    ),
    "a low risk tag on an appendable object": (
        "no false clean",
        {"objects": [stored(object_type="Appendable")]},
    ),
    "a false sample in a versioned bucket": (
        "no false clean",
        {"samples": [sample(5, bucket=VERSIONED_BUCKET)]},
    ),
    "a sample before the verdict": (
        "no false clean",
        {"samples": [sample(0.5, SHA256, VERSIONED_BUCKET)]},
    ),
    "false samples that do not end": ("no false clean", {"samples": [sample(5), sample(95)]}),
    "an object without tags": ("no lost object", {"objects": [stored(tags={})]}),
    "tags of another ETag": ("no lost object", {"objects": [stored(etag="E2")]}),
    "an object without a message": ("no lost object", {"messages": []}),
    "a dead letter without a cause": (
        "no lost object",
        {"messages": [], "dead_letters": [{**LETTER, "responsePayload": ""}]},
    ),
    "a good picture that is unscreenable": (
        "no needless refusal",
        {
            "objects": [stored(tags={"deepfake-verdict": "unscreenable", "deepfake-etag": "E1"})],
            "messages": [message(verdict="unscreenable")],
            "verdicts_by_sha256": {SHA256: "low_risk"},
        },
    ),
    "two billed calls": ("no double pay", {"calls": [call(), SECOND_CALL]}),
    "a kill long after the answer": (
        "no double pay",
        {
            "calls": [call(), SECOND_CALL],
            "invocations": [ended_invocation("killed", 20)],
        },
    ),
    "a second call after an overwrite that came too late for it": (
        "no double pay",
        {
            "calls": [call(), {**SECOND_CALL, "way": "FaceBase64"}],
            "journal": journal(operation(), operation(10, sha256=FLAGGED_SHA256)),
        },
    ),
    "a message of no call": ("true messages", {"messages": [message(request_id="R9")]}),
    "a message of another verdict": ("true messages", {"calls": [call(result="1")]}),
    "a message about bytes of another key": (
        "true messages",
        {"journal": journal(operation(sha256=FLAGGED_SHA256))},
    ),
    "a message that breaks its schema": ("true messages", {"messages": [message(verdict="clean")]}),
    "one id for two outcomes": (
        "unique message ids",
        {"messages": [message(), message(detail="Something else.")]},
    ),
    "one id for two uploads": ("unique message ids", {"uploaded_again": [(PLAIN_BUCKET, KEY)]}),
    "an uploader's tag that is gone": (
        "the uploader's tags stay",
        {"journal": journal(operation(action=Action.PUT_WITH_TAGS))},
    ),
    "a bug in the functions": (
        "no unforeseen error",
        {"invocations": [ended_invocation("error", 2, error_type="ValueError")]},
    ),
    "a presigned URL in a log": ("no leak", {"written_texts": [("a.log", "?x-oss-signature=1")]}),
    "a temporary key in a log": ("no leak", {"written_texts": [("a.log", "STS." + "a" * 24)]}),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_promise_is_found(broken: str) -> None:
    promise, fields = BROKEN[broken]
    assert promise in {violation.promise for violation in checker.check(evidence(**fields))}


def test_each_rule_has_a_case_that_breaks_it() -> None:
    cases = [evidence(**fields) for _, fields in BROKEN.values()]
    assert [rule for rule in checker.PROMISES if not any(map(rule, cases))] == []


EXCUSED: dict[str, dict[str, Any]] = {
    "a lost answer": {"calls": [call(disturbed=True), SECOND_CALL]},
    "a slow answer": {"calls": [call(answered=instant(6)), SECOND_CALL]},
    "a kill before the record": {
        "calls": [call(), SECOND_CALL],
        "invocations": [ended_invocation("killed", 2)],
    },
    "a restart of the cloud": {"calls": [call(), SECOND_CALL], "restarted_at": [START + 2]},
    "an overwrite during a call by URL": {
        "calls": [call(), SECOND_CALL],
        "journal": journal(operation(), operation(1.1, sha256=FLAGGED_SHA256)),
    },
    "an overwrite while an answer is awaited that the service had ready": {
        "calls": [call(), SECOND_CALL],
        "journal": journal(operation(), operation(4, sha256=FLAGGED_SHA256)),
    },
}


@pytest.mark.parametrize("reason", EXCUSED)
def test_one_more_call_is_excused(reason: str) -> None:
    """One more is, and a third call is not."""
    fields = EXCUSED[reason]
    assert checker.find_double_pays(evidence(**fields)) == []
    third = call(request_id="R3", time=instant(60), answered=instant(60.3))
    calls = [*fields["calls"], third]
    assert checker.find_double_pays(evidence(**{**fields, "calls": calls})) != []


def test_a_dead_letter_with_its_cause_is_enough() -> None:
    lost = evidence(objects=[stored(tags={})], messages=[], dead_letters=[LETTER])
    assert checker.check(lost) == []


def test_a_false_sample_that_ends_is_in_the_named_window() -> None:
    watched = evidence(samples=[sample(5), sample(5.2), sample(6, SHA256)])
    assert checker.check(watched) == []
    (window,) = checker.find_windows(watched)
    assert window.duration_s == pytest.approx(0.21, abs=1e-3)
