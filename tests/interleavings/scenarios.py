"""The scenarios: what is uploaded, which events are delivered when, and what may go wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from facescreen.model import Verdict
from tests.support.collision import COLLIDING_JPEGS
from tests.support.media.handmade_files import jpeg, jpeg_segment

_COMMENT = 0xFE


@dataclass(frozen=True)
class Content:
    """Bytes, and what the service says about them."""

    label: str
    data: bytes = field(repr=False)
    verdict: Verdict


def _build_content(label: str, verdict: Verdict) -> Content:
    return Content(label, jpeg(jpeg_segment(_COMMENT, label.encode())), verdict)


GOOD = _build_content("good", Verdict.LOW_RISK)
BAD = _build_content("bad", Verdict.HIGH_RISK)
GOOD_2 = _build_content("good 2", Verdict.LOW_RISK)
BAD_2 = _build_content("bad 2", Verdict.HIGH_RISK)
COLLIDING_GOOD = Content("good, with the MD5 of bad", COLLIDING_JPEGS[0], Verdict.LOW_RISK)
COLLIDING_BAD = Content("bad, with the MD5 of good", COLLIDING_JPEGS[1], Verdict.HIGH_RISK)
"""Two pictures with one size, MD5 and CRC-64."""
APPENDABLE = Content("appendable", GOOD.data, Verdict.UNSCREENABLE)
APPENDED = Content("appended", GOOD.data + BAD.data, Verdict.UNSCREENABLE)
"""What an append adds raises an event, but keeps tags and version id."""


@dataclass(frozen=True)
class Upload:
    """A change of the object by its uploader: a write, or a change of the ACL."""

    content: Content | None
    """None changes the ACL, without bytes and without an event."""
    kind: str = "put"
    """``put``, ``append``, or ``multipart`` and ``replica`` with a Last-Modified that lies in the
    past."""

    def __str__(self) -> str:
        return f"{self.kind} {self.content.label}" if self.content else "change the ACL"


@dataclass(frozen=True)
class Scenario:
    """One world to explore."""

    name: str
    uploads: tuple[Upload, ...]
    """In order. The first one comes before everything else."""
    deliveries: tuple[int, ...]
    """For each delivery the number of the write whose event it carries. Every event that is not
    delivered here is delivered at the end."""
    is_versioned: bool = False
    faults: int = 1
    """How many faults may happen."""
    fault_kinds: tuple[str, ...] = ("kill", "fail", "lose", "late")
    ticks: int = 0
    """How many seconds may pass while something could run. Time passes by itself while everything
    sleeps."""
    skews_s: tuple[int, ...] = (0,)
    """How far the clocks of the store's nodes are ahead; any node may serve a request."""
    timeout_s: float = 20
    """When the platform ends an attempt."""
    events_name_versions: bool = False
    """Whether events name the version, as those of S3."""
    trust_times: bool = True
    """Whether Last-Modified may pin a revision; not if the bucket holds replicas."""
    redeliveries: int = 0
    """How many times a failed delivery may come again beside the others, before the end."""
    may_need_sweep: bool = False
    """Whether a sweep may be what finds an object without a verdict in the end."""


def _puts(*contents: Content) -> tuple[Upload, ...]:
    return tuple(map(Upload, contents))


_ACL_CHANGE = Upload(None)

EXHAUSTIVE = (
    Scenario(
        "a claim expires, then the same bytes", _puts(GOOD, GOOD), (0, 0), fault_kinds=("expire",)
    ),
    Scenario("one event twice, then the same bytes", _puts(GOOD, GOOD), (0, 0)),
    Scenario("one event twice, then other bytes", _puts(GOOD, BAD), (0, 0)),
    Scenario("multipart", tuple(Upload(c, "multipart") for c in (GOOD, BAD)), (0, 1)),
    Scenario("seconds between", _puts(GOOD, BAD), (0, 1), faults=0, ticks=3),
    Scenario("two events of other bytes", _puts(GOOD, BAD), (0, 1)),
    Scenario("two events, a retake", _puts(BAD, GOOD), (0, 1)),
    Scenario("two events of the same bytes", _puts(GOOD, GOOD), (0, 1)),
    Scenario(
        "a claim expires, two events of other bytes",
        _puts(GOOD, BAD),
        (0, 1),
        fault_kinds=("expire",),
    ),
    Scenario("there and back", _puts(BAD, GOOD, BAD), (0,)),
    Scenario(
        "multipart, there and back", tuple(Upload(c, "multipart") for c in (BAD, GOOD, BAD)), (0,)
    ),
    Scenario(
        "replicas, there and back",
        tuple(Upload(c, "replica") for c in (BAD, GOOD, BAD)),
        (0,),
        trust_times=False,
    ),
    Scenario("two versions", _puts(GOOD, BAD), (0, 1), is_versioned=True),
    Scenario("two versions of the same bytes", _puts(BAD, BAD), (0, 1), is_versioned=True),
    Scenario(
        "two versions, which events name",
        _puts(GOOD, BAD),
        (0, 1),
        is_versioned=True,
        events_name_versions=True,
    ),
    Scenario("a collision", _puts(COLLIDING_GOOD, COLLIDING_BAD), (0, 1), faults=0),
    Scenario(
        "a collision, there and back",
        _puts(COLLIDING_BAD, COLLIDING_GOOD, COLLIDING_BAD),
        (0,),
        faults=0,
    ),
    Scenario("an append", (Upload(APPENDABLE, "append"), Upload(APPENDED, "append")), (0, 1)),
)
"""Two deliveries, an overwrite and a fault: small enough to visit every state each time. The
largest ones come first, so that two processes end at about the same time."""

LARGER = (
    Scenario("one event twice, then another ACL", (Upload(BAD), _ACL_CHANGE), (0, 0)),
    Scenario("there and back, with a witness", _puts(BAD, GOOD, BAD), (0, 0), faults=0),
    Scenario("nodes whose clocks differ", _puts(BAD, GOOD, BAD), (0,), faults=0, skews_s=(0, 1)),
    Scenario(
        "there and back, again and again",
        _puts(BAD, GOOD, BAD, GOOD, BAD),
        (0,),
        faults=0,
    ),
)
"""Another ACL, more overwrites, and nodes whose clocks differ: their nearest MAX_STATES states are
visited."""

MAX_STATES = 250_000
