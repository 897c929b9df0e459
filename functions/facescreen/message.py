"""The CloudEvents message about a screened object. HTTP responses and logs share its data."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.model import Finding, ObjectRef, Outcome, TaggingResult

MESSAGE_TYPE = "facescreen.screening.completed.v1"


def build_message(outcome: Outcome, *, source: str) -> dict[str, Any]:
    """Build the CloudEvents 1.0 message of a screened object
    (screening-completed.v1.schema.json)."""
    finding, _ = _require_screened(outcome)
    return {
        "specversion": "1.0",
        "id": compute_message_id(outcome),
        "type": MESSAGE_TYPE,
        "source": source,
        "subject": quote(outcome.object.uri, safe=":/"),
        "time": finding.at,
        "datacontenttype": "application/json",
        "data": build_outcome_data(outcome),
    }


def build_outcome_data(outcome: Outcome) -> dict[str, Any]:
    """Build the data that the message, the HTTP response and the log line share."""
    data = build_screening_data(outcome.object, *_require_screened(outcome), outcome.timing)
    return {**data, "quarantine": asdict(outcome.quarantine)} if outcome.quarantine else data


def build_screening_data(
    ref: ObjectRef | None, finding: Finding, tagging: TaggingResult, timing: Mapping[str, float]
) -> dict[str, Any]:
    """Build the same data for anything that was screened; `ref` is None if it is not an object in a
    bucket."""
    return {
        "object": _build_object_data(ref) if ref else None,
        "verdict": finding.verdict.value,
        "reason": finding.reason,
        "detail": finding.detail,
        "retake": finding.retake,
        "risk_tags": list(finding.risk_tags),
        "risk_scores": dict(finding.risk_scores),
        "media": dict(finding.media) or None,
        "warnings": [asdict(advice) for advice in finding.warnings],
        "request_id": finding.request_id,
        "transaction_id": finding.transaction_id,
        "merchant_biz_id": finding.merchant_biz_id,
        "tagging": asdict(tagging),
        "timing": dict(timing),
    }


def compute_message_id(outcome: Outcome) -> str:
    """Return the message's id: equal if the same outcome is sent twice, different for another
    outcome, and for another upload of the same bytes."""
    finding, tagging = _require_screened(outcome)
    distinguishing = [outcome.object.uri, outcome.revision, finding.at, finding.verdict.value]
    distinguishing += [finding.reason, tagging.status]
    if outcome.quarantine:
        distinguishing.append(outcome.quarantine.status)
    return (
        f"{finding.merchant_biz_id}-{hashlib.sha256(repr(distinguishing).encode()).hexdigest()[:8]}"
    )


def _build_object_data(ref: ObjectRef) -> dict[str, Any]:
    return {
        "store": ref.store,
        "bucket": ref.bucket,
        "key": ref.key,
        "version_id": ref.version_id or None,
        "etag": ref.etag,
        "size": ref.size,
    }


def _require_screened(outcome: Outcome) -> tuple[Finding, TaggingResult]:
    if outcome.finding is None or outcome.tagging is None:
        raise ValueError(f"an outcome that is {outcome.status.value} has no message")
    return outcome.finding, outcome.tagging
