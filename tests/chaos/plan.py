"""The plan of a campaign, made from its seed: what is uploaded when, and which faults are drawn.

The same seed and scale make the same plan. When things really happen is decided by the machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from tests.chaos.contents import Content
from tests.chaos.fault_schedule import Fault, draw_faults

PLAIN_BUCKET, VERSIONED_BUCKET = "selfies", "selfies-versioned"
_VERSIONED_SHARE = 0.25
_CALL_PAUSE_S = (1.5, 5.0)
"""When the service is called and tags are written after an upload, whose revision must settle."""
_DOWNLOAD_PAUSE_S = (2.1, 3.1)
_TAGGING_PAUSE_S = (2.9, 4.5)
"""When the service downloads an object, and when it is tagged, from the second of the upload on,
with the local cloud's latency and the default of REVISION_MARGIN_S."""
_SCREENING_PAUSE_S = (2.1, 3.6)
"""When it is screened, from its first look to its last, in calm times."""
_SETTLED_PAUSE_S = (2.6, 3.2)
"""When a revision has settled, from the second of its Last-Modified on."""
_EARLY_DOWNLOAD_PAUSE_S = (0.2, 0.7)
"""When the service downloads an object whose revision has settled, and then when it answers."""
_VERDICT_WEIGHTS = {"low_risk": 55, "high_risk": 33, "suspicious": 6, "unscreenable": 6}
_SHARED_CONTENTS = 6
"""Of each verdict."""


class Action(str, Enum):
    """What an uploader does with a key."""

    PUT = "PutObject"
    PUT_WITH_TAGS = "PutObject with tags of its own"
    COPY = "CopyObject"
    MULTIPART = "multipart upload"
    BEGIN_MULTIPART = "the beginning of a multipart upload"
    COMPLETE_MULTIPART = "the end of the multipart upload that was begun first"
    APPEND = "AppendObject"
    SYMLINK = "PutSymlink"
    SET_ACL = "PutObjectACL"
    DELETE = "DeleteObject"
    DELETE_VERSION = "DeleteObject of the current version"
    WAIT_FOR_MESSAGE = "wait for a message about the key"


@dataclass(frozen=True)
class Step:
    """One action, `pause_s` after the one before; or, with `after_second`, after the beginning of
    the second in which that one was sent, because then its revision settles in step."""

    action: Action
    content: Content | None = None
    pause_s: float = 0.0
    after_second: bool = False


@dataclass(frozen=True)
class Script:
    """What happens to one key, from `start_s` on. `kind` names it in the report."""

    kind: str
    bucket: str
    key: str
    start_s: float
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Scale:
    """How large a campaign is."""

    scripts: int
    upload_s: float
    """How long the uploaders work."""
    fault_pause_s: float
    """About how long one mixture of faults lasts."""
    instances: int
    """How many function instances run at most. Each start costs about 0.4 s of a processor."""
    max_pending_events: int
    """With more, events wait for a processor, and overwrites are over before they are looked at.
    Then the uploaders wait too."""
    sweeps: bool
    """Whether the sweep runs, which takes a minute more."""


LONG = Scale(
    scripts=2000, upload_s=200, fault_pause_s=3, instances=56, max_pending_events=36, sweeps=True
)
SHORT = Scale(
    scripts=200, upload_s=18, fault_pause_s=1, instances=36, max_pending_events=22, sweeps=False
)


@dataclass(frozen=True)
class Plan:
    """A whole campaign."""

    seed: int
    scale: Scale
    scripts: tuple[Script, ...]
    faults: tuple[Fault, ...]

    @property
    def contents(self) -> list[Content]:
        """Every content, each once."""
        steps = (step for script in self.scripts for step in script.steps)
        return list(dict.fromkeys(step.content for step in steps if step.content is not None))


def make_plan(seed: int, scale: Scale) -> Plan:
    """Make the plan of a seed."""
    rng = random.Random(seed)  # noqa: S311
    scripts = tuple(_draw_scripts(rng, scale))
    faults = draw_faults(rng, scale.upload_s, scale.fault_pause_s, sweeps=scale.sweeps)
    return Plan(seed, scale, scripts, tuple(faults))


def _draw_scripts(rng: random.Random, scale: Scale) -> Iterator[Script]:
    kinds, weights = zip(*_SCRIPT_KINDS.items(), strict=True)
    for number in range(scale.scripts):
        # Each kind comes at least once.
        draw = kinds[number] if number < len(kinds) else rng.choices(kinds, weights)[0]
        kind = draw.__name__.removeprefix("_draw_")
        versioned = rng.random() < _VERSIONED_SHARE
        yield Script(
            kind,
            VERSIONED_BUCKET if versioned else PLAIN_BUCKET,
            f"{kind}/{number:05}.jpg",
            rng.uniform(0, scale.upload_s - 2 * _CALL_PAUSE_S[1]),
            tuple(draw(_Drawer(rng, number))),
        )


class _Drawer:
    """Draws the contents and pauses of one script."""

    def __init__(self, rng: random.Random, number: int) -> None:
        self.rng = rng
        self._number = number
        self._contents = 0

    def content(self, verdict: str = "") -> Content:
        """A content that no other script has; of `verdict`, or of a drawn one."""
        verdicts, weights = zip(*_VERDICT_WEIGHTS.items(), strict=True)
        drawn = self.rng.choices(verdicts, weights)[0]
        self._contents += 1
        return Content(f"{self._number}-{self._contents}", verdict or drawn)

    def shared_content(self, verdict: str = "") -> Content:
        """One of a few contents that many keys have; of `verdict`, or of a drawn one."""
        drawn = verdict or self.rng.choice(("low_risk", "high_risk"))
        return Content(f"shared-{drawn}-{self.rng.randrange(_SHARED_CONTENTS)}", drawn)

    def pause(self) -> float:
        """A pause in seconds: often shorter than the second of Last-Modified, and often so long
        that the next write comes while the service is called, or while tags are written."""
        if self.rng.random() < 0.5:
            return self.rng.uniform(*_CALL_PAUSE_S)
        return self.rng.choice((0.05, 0.15, 0.3, 0.45, 0.6, 0.9, 1.3))

    def short_pause(self) -> float:
        return self.rng.uniform(0.02, 0.5)


def _draw_single_put(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.PUT, draw.content())


def _draw_overwrite(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.PUT, draw.content("low_risk"))
    yield Step(Action.PUT, draw.content("high_risk"), draw.pause())


def _draw_overwrite_while_tagged(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.PUT, draw.content("low_risk"))
    pause_s = draw.rng.uniform(*_TAGGING_PAUSE_S)
    yield Step(Action.PUT, draw.content("high_risk"), pause_s, after_second=True)


def _draw_multipart_while_tagged(draw: _Drawer) -> Iterator[Step]:
    """Bytes that get their own verdict soon, because their upload has settled when it appears: at
    once, if they were screened before under another key."""
    new, known = draw.content("high_risk"), draw.shared_content("high_risk")
    flagged = draw.rng.choice((new, known))
    yield Step(Action.BEGIN_MULTIPART, flagged)
    yield Step(Action.PUT, draw.content("low_risk"))
    pause_s = draw.rng.uniform(*_TAGGING_PAUSE_S)
    yield Step(Action.COMPLETE_MULTIPART, flagged, pause_s, after_second=True)


def _draw_overwrite_while_called(draw: _Drawer) -> Iterator[Step]:
    """Flagged bytes that are clean while the service downloads them, and come back."""
    flagged = draw.content("high_risk")
    yield Step(Action.PUT, flagged)
    pause_s = draw.rng.uniform(*_DOWNLOAD_PAUSE_S)
    yield Step(Action.PUT, draw.content("low_risk"), pause_s, after_second=True)
    yield Step(Action.PUT, flagged, draw.pause())


def _draw_flips(draw: _Drawer) -> Iterator[Step]:
    """Flagged and clean bytes in turn, several within one second, the flagged ones last."""
    clean, flagged = draw.content("low_risk"), draw.content("high_risk")
    yield Step(Action.PUT, flagged)
    for _ in range(draw.rng.randint(1, 2)):
        yield Step(Action.PUT, clean, draw.short_pause())
        yield Step(Action.PUT, flagged, draw.short_pause())


def _draw_several_overwrites(draw: _Drawer) -> Iterator[Step]:
    for number in range(draw.rng.randint(3, 5)):
        yield Step(Action.PUT, draw.content(), draw.pause() if number else 0)


def _draw_same_bytes_again(draw: _Drawer) -> Iterator[Step]:
    content = draw.content()
    yield Step(Action.PUT, content)
    yield Step(Action.PUT, content, draw.pause())


def _draw_there_and_back(draw: _Drawer) -> Iterator[Step]:
    first, second = draw.content("high_risk"), draw.content("low_risk")
    for content in (first, second, first):
        yield Step(Action.PUT, content, draw.pause())


def _draw_upload_after_the_message(draw: _Drawer) -> Iterator[Step]:
    content = draw.content()
    yield Step(Action.PUT, content)
    yield Step(Action.WAIT_FOR_MESSAGE)
    yield Step(Action.PUT, content, 1.5)


def _draw_delete(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.PUT, draw.content())
    yield Step(Action.DELETE, None, draw.pause())


def _draw_delete_and_put(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.PUT, draw.content("low_risk"))
    yield Step(Action.DELETE, None, draw.pause())
    yield Step(Action.PUT, draw.content("high_risk"), draw.short_pause())


def _draw_delete_the_newest_version(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.PUT, draw.content("high_risk"))
    yield Step(Action.PUT, draw.content("low_risk"), draw.pause())
    yield Step(Action.DELETE_VERSION, None, draw.pause())


def _draw_append(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.APPEND, draw.content("low_risk"))
    if draw.rng.random() < 0.4:
        yield Step(Action.APPEND, draw.content("high_risk"), draw.pause())


def _draw_symlink(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.SYMLINK, draw.content("low_risk"))


def _draw_acl(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.PUT, draw.content())
    pause_s = draw.rng.uniform(*_SCREENING_PAUSE_S)
    yield Step(Action.SET_ACL, None, pause_s, after_second=True)


def _draw_multipart(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.MULTIPART, draw.content(), draw.short_pause())


def _draw_multipart_over_an_object(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.PUT, draw.content("low_risk"))
    yield Step(Action.MULTIPART, draw.content("high_risk"), draw.pause())
    if draw.rng.random() < 0.5:
        yield Step(Action.MULTIPART, draw.content("low_risk"), draw.short_pause())


def _draw_two_multipart_uploads(draw: _Drawer) -> Iterator[Step]:
    """The same bytes twice, uploads begun in the same second, and clean bytes in between."""
    flagged = draw.content("high_risk")
    yield Step(Action.BEGIN_MULTIPART, flagged)
    yield Step(Action.BEGIN_MULTIPART, flagged)
    yield Step(Action.COMPLETE_MULTIPART, flagged, draw.rng.uniform(*_SETTLED_PAUSE_S))
    yield Step(Action.PUT, draw.content("low_risk"), draw.rng.uniform(*_EARLY_DOWNLOAD_PAUSE_S))
    yield Step(Action.COMPLETE_MULTIPART, flagged, draw.rng.uniform(*_EARLY_DOWNLOAD_PAUSE_S))


def _draw_collision(draw: _Drawer) -> Iterator[Step]:
    """Flagged bytes with the ETag and the CRC-64 of clean ones."""
    clean = Content(f"{draw.content().name} collides", "low_risk", collides=True)
    yield Step(Action.PUT, clean)
    if draw.rng.random() < 0.5:
        yield Step(Action.WAIT_FOR_MESSAGE)
    yield Step(Action.PUT, replace(clean, verdict="high_risk"), draw.pause())


def _draw_copy(draw: _Drawer) -> Iterator[Step]:
    if draw.rng.random() < 0.5:
        yield Step(Action.PUT, draw.content("high_risk"))
    yield Step(Action.COPY, draw.shared_content(), draw.pause())


def _draw_shared_bytes(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.PUT, draw.shared_content())


def _draw_tags_of_its_own(draw: _Drawer) -> Iterator[Step]:
    yield Step(Action.PUT_WITH_TAGS, draw.content())


_SCRIPT_KINDS: dict[Callable[[_Drawer], Iterator[Step]], float] = {
    _draw_single_put: 22,
    _draw_overwrite: 8,
    _draw_overwrite_while_tagged: 7,
    _draw_multipart_while_tagged: 8,
    _draw_overwrite_while_called: 8,
    _draw_flips: 10,
    _draw_several_overwrites: 5,
    _draw_same_bytes_again: 4,
    _draw_there_and_back: 5,
    _draw_upload_after_the_message: 2,
    _draw_delete: 3,
    _draw_delete_and_put: 3,
    _draw_delete_the_newest_version: 3,
    _draw_append: 4,
    _draw_symlink: 1,
    _draw_acl: 5,
    _draw_multipart: 4,
    _draw_multipart_over_an_object: 3,
    _draw_two_multipart_uploads: 6,
    _draw_collision: 3,
    _draw_copy: 3,
    _draw_shared_bytes: 3,
    _draw_tags_of_its_own: 2,
}
