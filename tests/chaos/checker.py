"""The checker: judges a campaign from outside, by the promises of the project.

Each promise is a function that returns its violations. They read only what the stores and the
queues hold, the admin's records, and the uploaders' journal.
"""

from __future__ import annotations

import builtins
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

import facescreen
from tests.chaos.cloud_process import FUNCTION_TIMEOUT_S, IMAGE_TIMEOUT_S
from tests.chaos.evidence import Evidence, to_epoch
from tests.chaos.plan import VERSIONED_BUCKET, Action
from tests.chaos.reader import LOW_RISK, Sample
from tests.chaos.uploaders import OWN_TAGS
from tests.support.leaks import FORBIDDEN_PATTERN

MAX_WINDOW_S = 2 * FUNCTION_TIMEOUT_S
"""How long a wrong tag may stand in the named window. It ends with the look after the tagging
request, which a kill leaves to the next delivery."""
_VERDICTS_BY_RESULT = {"0": LOW_RISK, "1": "high_risk", "2": "suspicious"}
_FIXED_TYPES = ("Normal", "Multipart")
"""The object types whose bytes change only with a new revision and an event."""
_MAX_SERVICE_DELAY_S = 3.0
"""How long before its recorded time a call may have been sent."""
_RECORD_S = 10.0
"""How long an answer may take to be recorded, with its retries."""
_ENDED_EARLY = ("killed", "timeout")
_SECRET_PATTERN = re.compile(r"STS\.[A-Za-z0-9]{24}|CAIS[A-Za-z0-9]{96}")


@dataclass(frozen=True)
class Violation:
    """One broken promise: which, where, and how."""

    promise: str
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.subject}: {self.text}"


@dataclass(frozen=True)
class Window:
    """An unversioned object that was seen with a low risk tag on bytes not judged so."""

    bucket: str
    key: str
    since: float
    until: float

    @property
    def duration_s(self) -> float:
        return self.until - self.since


def check(evidence: Evidence) -> list[Violation]:
    """Return the violations of all promises."""
    return [violation for promise in PROMISES for violation in promise(evidence)]


def find_false_verdicts(evidence: Evidence) -> list[Violation]:
    """In the end, every verdict tag is what the service said about the object's bytes."""
    judged = _verdicts_by_sha256(evidence)
    return [
        Violation(
            "no false clean" if one.verdict == LOW_RISK else "no false verdict",
            one.name,
            f"its tag says {one.verdict}; the service {_describe(judged.get(one.sha256))}",
        )
        for one in evidence.objects
        if one.object_type in _FIXED_TYPES
        and one.verdict in _VERDICTS_BY_RESULT.values()
        and one.verdict not in judged.get(one.sha256, ())
    ]


def find_verdicts_on_changing_objects(evidence: Evidence) -> list[Violation]:
    """No object whose bytes can change without a new revision has a verdict of the service."""
    return [
        Violation(
            "no false clean",
            one.name,
            f"it is an object of type {one.object_type}, and its tag says {one.verdict}",
        )
        for one in evidence.objects
        if one.object_type not in _FIXED_TYPES and one.verdict in _VERDICTS_BY_RESULT.values()
    ]


def find_false_samples(evidence: Evidence) -> list[Violation]:
    """While the campaign ran, nobody read low risk on other bytes: never in the versioned bucket,
    and in the other one only in the named window, which ends."""
    violations = []
    for window in find_windows(evidence):
        place = f"oss://{window.bucket}/{window.key}"
        if window.bucket == VERSIONED_BUCKET:
            text = "a reader saw low_risk on bytes that were not judged low risk"
            violations.append(Violation("no false clean", place, text))
        elif window.duration_s > MAX_WINDOW_S:
            text = f"readers saw low_risk on other bytes for {window.duration_s:.1f} s"
            violations.append(Violation("no false clean", place, text))
    return violations


def find_windows(evidence: Evidence) -> list[Window]:
    """Every stretch of false samples, from its first to its last."""
    judged_at = _first_low_risk_answers(evidence)

    def is_false(sample: Sample) -> bool:
        return sample.verdict == LOW_RISK and judged_at.get(sample.sha256, 1e12) > sample.until

    windows = []
    by_object = sorted(evidence.samples, key=lambda one: (one.bucket, one.key, one.since))
    for (bucket, key), samples in groupby(by_object, key=lambda one: (one.bucket, one.key)):
        for is_wrong, stretch in groupby(samples, key=is_false):
            if is_wrong:
                seen = list(stretch)
                windows.append(Window(bucket, key, seen[0].since, seen[-1].until))
    return windows


def find_lost_objects(evidence: Evidence) -> list[Violation]:
    """Every object has a verdict tag and a message about its bytes, or a dead letter."""
    announced: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for message in evidence.messages:
        announced[_identify(message["data"]["object"])].add(message["data"]["verdict"])
    letters = [_read_dead_letter(letter) for letter in evidence.dead_letters]
    violations = []
    for one in evidence.objects:
        if any(one.key in payload and one.etag in payload for payload, cause in letters if cause):
            continue
        if one.object_type == "Symlink" and not one.is_current:
            # Its event has an ETag of its own, so nobody can tell which version it is about.
            continue
        has_tag = bool(one.verdict) and one.tags.get("deepfake-etag") == one.etag
        told = announced[one.bucket, one.key, _clean_version(one.version_id), one.etag]
        if not (has_tag and one.verdict in told):
            tags = {key: value for key, value in one.tags.items() if key.startswith("deepfake-")}
            text = (
                f"type {one.object_type}, ETag {one.etag}; its tags: {tags or 'none'}; "
                f"its messages: {sorted(told) or 'none'}; no dead letter"
            )
            violations.append(Violation("no lost object", one.name, text))
    return violations


def find_needless_refusals(evidence: Evidence) -> list[Violation]:
    """No good picture is unscreenable."""
    return [
        Violation(
            "no needless refusal",
            one.name,
            f"its tag says unscreenable ({one.tags.get('deepfake-reason')}), the picture is good",
        )
        for one in evidence.objects
        if one.object_type in _FIXED_TYPES
        and one.verdict == "unscreenable"
        and evidence.verdicts_by_sha256.get(one.sha256, "unscreenable") != "unscreenable"
    ]


def find_double_pays(evidence: Evidence) -> list[Violation]:
    """One successful call per bytes, and one more for each that may not have been recorded."""
    calls_by_sha256: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for call in evidence.billed_calls:
        calls_by_sha256[call["sha256"]].append(call)
    violations = []
    for sha256, calls in calls_by_sha256.items():
        excused = sum(bool(explain_repetition(evidence, call)) for call in calls)
        if len(calls) > 1 + excused:
            places = ", ".join(sorted({call["object"] or "inline" for call in calls}))
            text = f"{len(calls)} billed calls, {excused} of them excused: {places}"
            violations.append(Violation("no double pay", f"bytes {sha256[:16]}", text))
    return violations


def explain_repetition(evidence: Evidence, call: dict[str, Any]) -> str:
    """Why one more call may follow this one for the same bytes; empty if none may."""
    received, answered = to_epoch(call["time"]), to_epoch(call["answered"])
    if call["disturbed"]:
        return "its answer was lost or late"
    if answered - received > IMAGE_TIMEOUT_S - 1:
        return "its answer was slow"
    sent, recorded = received - _MAX_SERVICE_DELAY_S, answered + _RECORD_S
    if any(sent <= moment <= recorded for moment in evidence.restarted_at):
        return "the cloud was restarted"
    if any(_ended_between(one, sent, recorded) for one in evidence.invocations):
        return "an instance was killed"
    if call["way"] == "FaceUrl" and _has_moved(evidence, call, answered):
        return "the object moved during a call by URL"
    return ""


def find_wrong_messages(evidence: Evidence) -> list[Violation]:
    """Every message follows its schema, and its verdict is what the service said about bytes that
    were under its key."""
    calls = {call["request_id"]: call for call in evidence.billed_calls}
    violations = []
    for message in evidence.messages:
        text = _find_schema_error(message) or _find_wrong_verdict(message, calls, evidence)
        if text:
            subject = str(message.get("subject", "a message"))
            violations.append(Violation("true messages", subject, text))
    return violations


def find_shared_message_ids(evidence: Evidence) -> list[Violation]:
    """Messages of one id tell the same."""
    contents_by_id: dict[str, set[str]] = defaultdict(set)
    subjects: dict[str, str] = {}
    for message in evidence.messages:
        data = {name: value for name, value in message["data"].items() if name != "timing"}
        contents_by_id[message["id"]].add(json.dumps(data, sort_keys=True))
        subjects[message["id"]] = message["subject"]
    return [
        Violation(
            "unique message ids", subjects[identity], f"{len(told)} outcomes of id {identity}"
        )
        for identity, told in contents_by_id.items()
        if len(told) > 1
    ]


def find_repeated_message_ids(evidence: Evidence) -> list[Violation]:
    """Bytes that are uploaded again once their message has arrived get a message of another id."""
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for message in evidence.messages:
        name = message["data"]["object"]
        ids[name["bucket"], name["key"]].add(message["id"])
    letters = [_read_dead_letter(letter)[0] for letter in evidence.dead_letters]
    return [
        Violation(
            "unique message ids",
            f"oss://{bucket}/{key}",
            f"uploaded again after its message; all message ids: {sorted(ids[bucket, key])}",
        )
        for bucket, key in evidence.uploaded_again
        if len(ids[bucket, key]) < 2 and not any(key in payload for payload in letters)
    ]


def find_lost_user_tags(evidence: Evidence) -> list[Violation]:
    """The tags that an object was uploaded with are still there."""
    tagged = {
        (one.bucket, one.key)
        for one in evidence.journal.operations
        if one.action is Action.PUT_WITH_TAGS
    }
    return [
        Violation("the uploader's tags stay", one.name, f"its tags are {one.tags}")
        for one in evidence.objects
        if (one.bucket, one.key) in tagged and not OWN_TAGS.items() <= one.tags.items()
    ]


def find_unforeseen_errors(evidence: Evidence) -> list[Violation]:
    """Every error of an invocation is one of the product's or of the platform's, not Python's."""
    return [
        Violation("no unforeseen error", f"event {one['request_id']}", one["error_type"])
        for one in evidence.invocations
        if hasattr(builtins, one.get("error_type", ""))
    ]


def find_leaks(evidence: Evidence) -> list[Violation]:
    """No signed URL, token, key or picture in tags, messages, dead letters, logs and records."""
    texts: Iterable[tuple[str, str]] = (
        *evidence.written_texts,
        *(("a message", json.dumps(message)) for message in evidence.messages),
        *(("a dead letter", json.dumps(letter)) for letter in evidence.dead_letters),
        *((f"the tags of {one.name}", json.dumps(one.tags)) for one in evidence.objects),
        ("the invocations", json.dumps(evidence.invocations)),
    )
    return [
        Violation("no leak", place, f"it holds something secret ({match[0][:12]}…)")
        for place, text in texts
        if (match := FORBIDDEN_PATTERN.search(text) or _SECRET_PATTERN.search(text))
    ]


PROMISES: tuple[Callable[[Evidence], list[Violation]], ...] = (
    find_false_verdicts,
    find_verdicts_on_changing_objects,
    find_false_samples,
    find_lost_objects,
    find_needless_refusals,
    find_double_pays,
    find_wrong_messages,
    find_shared_message_ids,
    find_repeated_message_ids,
    find_lost_user_tags,
    find_unforeseen_errors,
    find_leaks,
)


def _verdicts_by_sha256(evidence: Evidence) -> dict[str, set[str]]:
    verdicts: dict[str, set[str]] = defaultdict(set)
    for call in evidence.billed_calls:
        verdicts[call["sha256"]].add(_VERDICTS_BY_RESULT[call["result"]])
    return verdicts


def _first_low_risk_answers(evidence: Evidence) -> dict[str, float]:
    answers: dict[str, float] = {}
    for call in evidence.billed_calls:
        if _VERDICTS_BY_RESULT[call["result"]] == LOW_RISK:
            answered = to_epoch(call["answered"])
            answers[call["sha256"]] = min(answered, answers.get(call["sha256"], answered))
    return answers


def _describe(verdicts: set[str] | None) -> str:
    return (
        f"judged its bytes {' and '.join(sorted(verdicts))}" if verdicts else "never saw its bytes"
    )


def _identify(told: dict[str, Any]) -> tuple[str, ...]:
    return told["bucket"], told["key"], _clean_version(told["version_id"]), told["etag"]


def _read_dead_letter(letter: dict[str, Any]) -> tuple[str, str]:
    """The event and the cause."""
    cause = letter.get("responsePayload") or letter.get("requestContext", {}).get("condition")
    return str(letter.get("requestPayload", "")), str(cause or "")


def _ended_between(invocation: dict[str, Any], sent: float, recorded: float) -> bool:
    return (
        invocation["status"] in _ENDED_EARLY and sent <= to_epoch(invocation["ended"]) <= recorded
    )


def _has_moved(evidence: Evidence, call: dict[str, Any], answered: float) -> bool:
    """Whether a request may have moved the object's revision between the look at it, which can be
    as old as its invocation, and the look after the call, which waits for a slow answer. The first
    request made the object."""
    _, _, bucket, key = call["object"].split("/", 3)
    later = evidence.journal.about(bucket, key)[1:]
    received = to_epoch(call["time"])
    looked_after = max(answered, received + IMAGE_TIMEOUT_S) + 1
    return any(one.overlaps(received - FUNCTION_TIMEOUT_S, looked_after) for one in later)


def _find_schema_error(message: dict[str, Any]) -> str:
    error = next(iter(_load_validator().iter_errors(message)), None)
    return f"it breaks its schema: {error.message[:200]}" if error else ""


@cache
def _load_validator() -> Draft202012Validator:
    folder = Path(facescreen.__file__).parent
    schema = json.loads((folder / "screening-completed.v1.schema.json").read_text())
    return Draft202012Validator(schema)


def _find_wrong_verdict(
    message: dict[str, Any], calls: dict[str, dict[str, Any]], evidence: Evidence
) -> str:
    data = message["data"]
    if data["verdict"] not in _VERDICTS_BY_RESULT.values():
        return ""
    call = calls.get(data["request_id"])
    if call is None:
        return f"no billed call has its request id {data['request_id']}"
    if _VERDICTS_BY_RESULT[call["result"]] != data["verdict"]:
        return f"it says {data['verdict']}, the service answered {call['result']}"
    operations = evidence.journal.about(data["object"]["bucket"], data["object"]["key"])
    if not any(_wrote(one.sha256, one.etag, call, data) for one in operations):
        return "the bytes that were judged were never under this key with this ETag"
    return ""


def _wrote(sha256: str, etag: str, call: dict[str, Any], data: dict[str, Any]) -> bool:
    return sha256 == call["sha256"] and etag in ("", data["object"]["etag"])


def _clean_version(version_id: str | None) -> str:
    """An object written without versioning has the version ``null``, which names nothing."""
    return "" if version_id in (None, "null") else version_id
