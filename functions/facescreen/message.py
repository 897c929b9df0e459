"""The CloudEvents message about a screened object, whose data HTTP answers and logs share."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.model import Finding, ObjectRef, Outcome, TaggingResult

MESSAGE_TYPE = "facescreen.screening.completed.v1"


def message(outcome: Outcome, *, source: str) -> dict[str, Any]:
    """The CloudEvents 1.0 message of a screened object (screening-completed.v1.schema.json)."""
    finding, _ = _screened(outcome)
    return {
        "specversion": "1.0",
        "id": message_id(outcome),
        "type": MESSAGE_TYPE,
        "source": source,
        "subject": quote(outcome.object.uri, safe=":/"),
        "time": finding.at,
        "datacontenttype": "application/json",
        "data": build_outcome_data(outcome),
    }


def build_outcome_data(outcome: Outcome) -> dict[str, Any]:
    """What the message, the HTTP answer and the log line say of a screened object alike."""
    data = build_screening_data(outcome.object, *_screened(outcome), outcome.timing)
    return {**data, "quarantine": asdict(outcome.quarantine)} if outcome.quarantine else data


def build_screening_data(
    ref: ObjectRef | None, finding: Finding, tagging: TaggingResult, timing: Mapping[str, float]
) -> dict[str, Any]:
    """The same of anything that was screened, wherever it stands."""
    return {
        "object": _object(ref) if ref else None,
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


def message_id(outcome: Outcome) -> str:
    """The same for a message sent twice; another for another outcome about the same bytes."""
    finding, tagging = _screened(outcome)
    distinct = [outcome.object.version_id, finding.at, finding.verdict.value, finding.reason]
    distinct.append(tagging.status)
    if outcome.quarantine:
        distinct.append(outcome.quarantine.status)
    return f"{finding.merchant_biz_id}-{hashlib.sha256(repr(distinct).encode()).hexdigest()[:8]}"


def _object(ref: ObjectRef) -> dict[str, Any]:
    return {
        "store": ref.store,
        "bucket": ref.bucket,
        "key": ref.key,
        "version_id": ref.version_id or None,
        "etag": ref.etag,
        "size": ref.size,
    }


def _screened(outcome: Outcome) -> tuple[Finding, TaggingResult]:
    if outcome.finding is None or outcome.tagging is None:
        raise ValueError(f"an outcome that is {outcome.status.value} has nothing to tell")
    return outcome.finding, outcome.tagging
