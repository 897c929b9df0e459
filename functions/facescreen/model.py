"""The domain model: an object, its head, a verdict, a finding, an outcome."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

EMULATOR_ADVICE_RULE = "stand-in"
"""The `rule` of the advice that marks an emulator's verdict."""


@dataclass(frozen=True)
class ObjectRef:
    """A reference to one object, as in an event. What the event does not contain is empty."""

    store: str
    """``oss`` or ``s3``."""
    bucket: str
    key: str
    """Exact, not encoded."""
    etag: str = ""
    """Without quotes; upper case on OSS."""
    version_id: str = ""
    size: int | None = None
    """Bytes."""
    event_time: str = ""
    """ISO 8601, UTC."""
    is_replica: bool = False
    """Whether the event says that the store copied the object from another bucket by itself."""

    @property
    def uri(self) -> str:
        """``oss://bucket/key``."""
        return f"{self.store}://{self.bucket}/{self.key}"

    @property
    def is_folder_marker(self) -> bool:
        """Whether this is an empty object that a console created as a folder."""
        return self.key.endswith("/") and not self.size


class ObjectType(str, Enum):
    """How an object was written."""

    NORMAL = "Normal"
    MULTIPART = "Multipart"
    APPENDABLE = "Appendable"
    """More bytes can be appended, without a new version."""
    SYMLINK = "Symlink"
    """Shows another object's bytes."""


@dataclass(frozen=True)
class ObjectHead:
    """The metadata of one revision of an object, as one response shows it."""

    etag: str
    size: int
    last_modified: datetime
    """UTC, whole seconds."""
    date: datetime
    """When the store sent the response, by its own clock: UTC, whole seconds."""
    version_id: str = ""
    """Empty without versioning, and for the version ``null``, whose bytes may be replaced."""
    object_type: ObjectType = ObjectType.NORMAL
    tag_count: int | None = None
    """None if the store did not say: there are no tags, or they may not be read."""
    is_replica: bool = False
    """Whether the store copied the object from another bucket by itself."""
    is_null_version: bool = False
    """Whether it was written without versioning, in a bucket that has versions. A newer version may
    hide it, and show it again when it is deleted."""

    @property
    def address(self) -> str:
        """The version id to name in requests: the version id, ``null`` for that version, and empty
        in a bucket without versions."""
        return "null" if self.is_null_version else self.version_id

    @property
    def revision(self) -> str:
        """Identifies this write of the key: the version id or, in an unversioned bucket, ETag, size
        and Last-Modified. Those are shared by all writes of the same bytes within one second."""
        return self.version_id or f"{self.etag}/{self.size}/{self.last_modified:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def has_visible_time(self) -> bool:
        """Whether Last-Modified is when the bytes became visible. For multipart uploads it may be
        when the upload began, and for replicas when the source was written."""
        return self.object_type is ObjectType.NORMAL and not self.is_replica

    def compute_settling_time(self, margin: timedelta) -> timedelta:
        """Return how much later the response must be to prove that no other write of the key can
        have its Last-Modified any more; zero or less if this response proves it. `margin`: how far
        the clocks of the store's nodes differ."""
        return self.last_modified + timedelta(seconds=1) + margin - self.date


class Verdict(str, Enum):
    """The verdict on an object."""

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
    """A recommendation that the file does not meet, or another warning."""

    rule: str
    detail: str


@dataclass(frozen=True)
class Finding:
    """The result of screening some bytes: from the service, or from our own checks.

    The ledger records it, so it contains nothing about a particular delivery.
    """

    verdict: Verdict
    merchant_biz_id: str
    at: str
    """ISO 8601, UTC, whole seconds."""
    reasons: tuple[str, ...] = ()
    """The codes of why it is unscreenable."""
    detail: str = ""
    """A sentence for people to read."""
    risk_tags: tuple[str, ...] = ()
    retake: bool = False
    """Whether a better photo or clip would be accepted."""
    risk_scores: Mapping[str, float] = field(default_factory=dict)
    media: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Advice, ...] = ()
    request_id: str = ""
    transaction_id: str = ""

    @property
    def reason(self) -> str:
        """Risk tags or codes, joined with ``:`` since a tag value can't contain a comma."""
        return ":".join(self.reasons or self.risk_tags)

    @property
    def is_emulated(self) -> bool:
        """Whether the verdict is from an emulator of the service, which detects no forgery."""
        return any(advice.rule == EMULATOR_ADVICE_RULE for advice in self.warnings)

    def to_dict(self) -> dict[str, Any]:
        """Convert to a dict for JSON, which `from_dict` accepts."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Finding:
        """Build a finding from the result of `to_dict`."""
        return cls(
            **{
                **values,
                "verdict": Verdict(values["verdict"]),
                "reasons": tuple(values["reasons"]),
                "risk_tags": tuple(values["risk_tags"]),
                "warnings": tuple(Advice(**advice) for advice in values["warnings"]),
            }
        )


@dataclass(frozen=True)
class TaggingResult:
    """Whether the verdict was written to the object as tags, and if not, why."""

    status: str
    """``written``, ``off``, ``refused`` or ``superseded``; in HTTP responses also ``not_asked`` and
    ``absent``."""
    detail: str = ""


@dataclass(frozen=True)
class QuarantineResult:
    """What quarantine did with a high-risk object."""

    action: str
    """``move`` or ``private``."""
    status: str
    """``moved``, ``private``, ``refused``, ``released`` or ``withheld``."""
    detail: str = ""
    bucket: str | None = None
    """Where the object was moved to."""
    key: str | None = None


@dataclass(frozen=True)
class Outcome:
    """The result of screening one object."""

    object: ObjectRef
    status: Status
    finding: Finding | None = None
    tagging: TaggingResult | None = None
    timing: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by step."""
    detail: str = ""
    """Why there is no finding, for people to read."""
    quarantine: QuarantineResult | None = None
    """None if quarantine did nothing."""
    revision: str = ""
    """ObjectHead.revision of what was screened."""
