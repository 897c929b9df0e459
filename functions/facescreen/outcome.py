"""A verdict, what it rests on, and how it reads as tags and as a message."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.storage import ObjectRef

MESSAGE_TYPE = "facescreen.screening.completed.v1"
STAND_IN = "stand-in"
"""The rule of the advice that a verdict is a local stand-in's."""

# What both stores take in a tag's value, less the space that parts a merged tag.
_NOT_IN_TAGS = re.compile(r"[^A-Za-z0-9+\-=._:/]")
_LONGEST_TAG_VALUE = 256
_TAGS = ("verdict", "reason", "etag", "at")


class Verdict(str, Enum):
    """What stands on an object."""

    LOW_RISK = "low_risk"
    HIGH_RISK = "high_risk"
    SUSPICIOUS = "suspicious"
    UNSCREENABLE = "unscreenable"
    FAILED = "failed"


class Status(str, Enum):
    """How the screening of one object ended."""

    SCREENED = "screened"
    ALREADY_SCREENED = "already_screened"
    SUPERSEDED = "superseded"
    GONE = "gone"


@dataclass(frozen=True)
class Advice:
    """Advice that the content does not follow, or what else a reader must know."""

    rule: str
    detail: str


@dataclass(frozen=True)
class Finding:
    """What was found about some bytes: by the service, or by our own look at them.

    It is what the ledger records, so it holds nothing of a particular delivery.
    """

    verdict: Verdict
    merchant_biz_id: str
    at: str
    """ISO 8601, UTC, whole seconds."""
    reasons: tuple[str, ...] = ()
    """The codes that made it unscreenable."""
    detail: str = ""
    """A sentence for people."""
    risk_tags: tuple[str, ...] = ()
    retake: bool = False
    """Whether a better photo or clip would do."""
    risk_scores: Mapping[str, float] = field(default_factory=dict)
    media: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Advice, ...] = ()
    request_id: str = ""
    transaction_id: str = ""

    @property
    def reason(self) -> str:
        """Risk tags or codes joined with ``:``; no comma may stand in a tag."""
        return ":".join(self.reasons or self.risk_tags)

    @property
    def of_stand_in(self) -> bool:
        """Whether a local stand-in of the service gave it, which detects no forgery."""
        return any(advice.rule == STAND_IN for advice in self.warnings)

    def to_record(self) -> dict[str, Any]:
        """A JSON object; `from_record` reads it back."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Finding:
        """Reads what `to_record` wrote."""
        return cls(
            **{
                **record,
                "verdict": Verdict(record["verdict"]),
                "reasons": tuple(record["reasons"]),
                "risk_tags": tuple(record["risk_tags"]),
                "warnings": tuple(Advice(**w) for w in record["warnings"]),
            }
        )


@dataclass(frozen=True)
class Tagging:
    """Whether the verdict stands on the object as tags, and if not, why."""

    status: str
    """``written``, ``off``, ``refused`` or ``superseded``; in answers ``not_asked``, ``absent``."""
    detail: str = ""


@dataclass(frozen=True)
class Quarantined:
    """What was done about a high risk."""

    action: str
    """``move`` or ``private``."""
    status: str
    """``moved``, ``private``, ``refused``, ``released`` or ``withheld``."""
    detail: str = ""
    bucket: str | None = None
    """Where a moved object stands."""
    key: str | None = None


@dataclass(frozen=True)
class Outcome:
    """The end of one object's way."""

    object: ObjectRef
    status: Status
    finding: Finding | None = None
    tagging: Tagging | None = None
    timing: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by step."""
    detail: str = ""
    """Why it ended without a finding, for people."""
    quarantine: Quarantined | None = None
    """None where there was nothing to do."""


@dataclass(frozen=True)
class Standing:
    """What the tags on an object say. Whoever may tag it can have forged them."""

    verdict: Verdict
    reasons: tuple[str, ...]
    """Risk tags or codes; the last may be cut."""
    etag: str
    at: str
    """ISO 8601, UTC, where `tag_set` wrote it."""


def tag_set(finding: Finding, etag: str, *, prefix: str, form: str) -> dict[str, str]:
    """The tags of a finding: four ``separate`` ones, one ``merged``, or ``none``."""
    values = {
        "verdict": finding.verdict.value,
        "reason": finding.reason,
        "etag": etag,
        "at": finding.at,
    }
    clean = {name: _NOT_IN_TAGS.sub("_", value) for name, value in values.items()}
    if form == "none":
        return {}
    if form == "merged":
        # The reason alone is cut: readers tell the others by their place.
        others = sum(len(value) + 1 for name, value in clean.items() if name != "reason")
        clean["reason"] = clean["reason"][: _LONGEST_TAG_VALUE - others]
        return {_merged_key(prefix): " ".join(clean.values())}
    return {prefix + name: value[:_LONGEST_TAG_VALUE] for name, value in clean.items()}


def our_keys(prefix: str) -> frozenset[str]:
    """Every tag key that is ours under `prefix`, in any form."""
    separate = {prefix + name for name in _TAGS}
    return frozenset(separate | {_merged_key(prefix)})


def tagged_etag(tags: Mapping[str, str], *, prefix: str, form: str) -> str:
    """The ETag that our tags among `tags` speak of; empty when none is ours."""
    return _values(tags, prefix, form)["etag"]


def read_tags(tags: Mapping[str, str], *, prefix: str, form: str) -> Standing | None:
    """What `tag_set` wrote among `tags`, in the form ``separate`` or ``merged``; None where no
    verdict of ours stands."""
    values = _values(tags, prefix, form)
    try:
        verdict = Verdict(values["verdict"])
    except ValueError:
        return None
    reasons = tuple(reason for reason in values["reason"].split(":") if reason)
    return Standing(verdict, reasons, values["etag"], values["at"])


def _values(tags: Mapping[str, str], prefix: str, form: str) -> dict[str, str]:
    """By the names in _TAGS; empty texts where no tag is ours."""
    if form == "merged":
        merged = tags.get(_merged_key(prefix), "").split(" ")
        return dict(
            zip(_TAGS, merged if len(merged) == len(_TAGS) else [""] * len(_TAGS), strict=True)
        )
    return {name: tags.get(prefix + name, "") for name in _TAGS}


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
        "data": outcome_data(outcome),
    }


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """What the message, the HTTP answer and the log line say of a screened object alike."""
    data = message_data(outcome.object, *_screened(outcome), outcome.timing)
    return {**data, "quarantine": asdict(outcome.quarantine)} if outcome.quarantine else data


def message_data(
    ref: ObjectRef | None, finding: Finding, tagging: Tagging, timing: Mapping[str, float]
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


def _object(ref: ObjectRef) -> dict[str, Any]:
    return {
        "store": ref.store,
        "bucket": ref.bucket,
        "key": ref.key,
        "version_id": ref.version_id or None,
        "etag": ref.etag,
        "size": ref.size,
    }


def message_id(outcome: Outcome) -> str:
    """The same for a message sent twice; another for another outcome about the same bytes."""
    finding, tagging = _screened(outcome)
    distinct = [outcome.object.version_id, finding.at, finding.verdict.value, finding.reason]
    distinct.append(tagging.status)
    if outcome.quarantine:
        distinct.append(outcome.quarantine.status)
    return f"{finding.merchant_biz_id}-{hashlib.sha256(repr(distinct).encode()).hexdigest()[:8]}"


def _screened(outcome: Outcome) -> tuple[Finding, Tagging]:
    if outcome.finding is None or outcome.tagging is None:
        raise ValueError(f"an outcome that is {outcome.status.value} has nothing to tell")
    return outcome.finding, outcome.tagging


def _merged_key(prefix: str) -> str:
    return prefix.rstrip("-_.:/ ") or "deepfake"
