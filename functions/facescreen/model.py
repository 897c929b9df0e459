"""The values of the domain: an object, its head, a verdict, a finding, an outcome."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

STAND_IN = "stand-in"
"""The rule of the advice that a verdict is a local stand-in's."""


@dataclass(frozen=True)
class ObjectRef:
    """One object as an event names it. What the event does not say is empty."""

    store: str
    """``oss`` or ``s3``."""
    bucket: str
    key: str
    """Exact, unencoded."""
    etag: str = ""
    """Without quotes; upper case on OSS."""
    version_id: str = ""
    size: int | None = None
    """Bytes."""
    event_time: str = ""
    """ISO 8601, UTC."""

    @property
    def uri(self) -> str:
        """``oss://bucket/key``."""
        return f"{self.store}://{self.bucket}/{self.key}"

    @property
    def is_folder_marker(self) -> bool:
        """Consoles mark folders so. What has bytes under such a key is no marker."""
        return self.key.endswith("/") and not self.size


@dataclass(frozen=True)
class ObjectHead:
    """One write of an object, as the store describes it."""

    etag: str
    size: int
    last_modified: str
    version_id: str = ""
    checksum: str = ""
    """CRC-64, or what the store has instead, if anything: an ETag alone is an MD5, which can be
    collided on purpose."""

    @property
    def revision(self) -> str:
        """What tells this write from any other of the same key, same bytes or not."""
        return self.version_id or self.last_modified


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
    def is_emulated(self) -> bool:
        """Whether a local stand-in of the service gave it, which detects no forgery."""
        return any(advice.rule == STAND_IN for advice in self.warnings)

    def to_dict(self) -> dict[str, Any]:
        """A JSON object; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Finding:
        """Reads what `to_dict` wrote."""
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
class TaggingResult:
    """Whether the verdict stands on the object as tags, and if not, why."""

    status: str
    """``written``, ``off``, ``refused`` or ``superseded``; in answers ``not_asked``, ``absent``."""
    detail: str = ""


@dataclass(frozen=True)
class QuarantineResult:
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
    tagging: TaggingResult | None = None
    timing: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by step."""
    detail: str = ""
    """Why it ended without a finding, for people."""
    quarantine: QuarantineResult | None = None
    """None where there was nothing to do."""
