"""A backfill killed at any moment: nothing is missed, and only what was in doubt comes twice."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import pytest
from click import UsageError

from facescreen import errors
from facescreen.model import Verdict
from facescreen.storage.ports import Listed
from facescreen.tags import TaggedVerdict
from facescreen_cli.commands.backfill.journal import ACCEPTED, INTENDED, Journal, Progress
from facescreen_cli.commands.backfill.selection import Selection
from facescreen_cli.commands.backfill.submitting import Submitter
from facescreen_cli.interrupt import StoppablePace, StopSignal
from facescreen_cli.verdicts import NoVerdict, TagState

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
SAID = {"prefix": "a/"}
KEYS = [f"a/{number:02}" for number in range(20)]
STANDS = TaggedVerdict(Verdict.LOW_RISK, (), "E", "")


class ProcessKilledError(BaseException):
    """As good as SIGKILL: nothing that follows is run."""


class Platform:
    """The port Invoker, and the tags that its function leaves."""

    def __init__(self) -> None:
        self.accepted: list[str] = []
        self.dies_after: int | None = None
        self.refuses: dict[str, errors.FacescreenError] = {}

    def submit(self, payload: bytes) -> None:
        key = json.loads(payload)["events"][0]["oss"]["object"]["key"]
        if key in self.refuses:
            raise self.refuses[key]
        self.accepted.append(key)
        if len(self.accepted) == self.dies_after:
            raise ProcessKilledError

    def stands(self, one: Listed) -> TagState:
        return STANDS if one.key in self.accepted else NoVerdict.UNSCREENED


def listed(key: str) -> Listed:
    return Listed(key, "E", 1, NOW)


def planned(path: Path) -> None:
    journal = Journal(path, SAID)
    journal.plan(map(listed, [*KEYS, KEYS[0]]), Progress(planned=True, selected=len(KEYS)))
    journal.close()


def work(path: Path, platform: Platform, *, blind: bool = False, per_second: float = 1e6) -> int:
    """How many are done, of a run that isn't killed."""
    journal, stop = Journal(path, SAID), StopSignal()
    try:
        Submitter(
            journal,
            Selection("oss", "selfies"),
            platform,
            (lambda _: NoVerdict.UNSCREENED) if blind else platform.stands,
            stop,
            StoppablePace(1e6, stop),
            per_second,
            lambda _: None,
        ).work()
        return journal.done()
    finally:
        journal.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    planned(tmp_path / "journal")
    return tmp_path / "journal"


def test_each_is_submitted_once_though_it_was_planned_twice(path: Path) -> None:
    platform = Platform()
    assert work(path, platform) == len(KEYS)
    assert sorted(platform.accepted) == KEYS


@pytest.mark.parametrize("dies_after", [1, 5, 19, 20])
def test_after_a_kill_what_has_its_verdict_is_not_submitted_again(
    path: Path, dies_after: int
) -> None:
    platform = Platform()
    platform.dies_after = dies_after
    with pytest.raises(ProcessKilledError):
        work(path, platform)
    platform.dies_after = None
    assert work(path, platform) == len(KEYS)
    assert sorted(platform.accepted) == KEYS


def test_what_nobody_can_tell_is_submitted_again_and_no_more_than_a_batch(path: Path) -> None:
    platform = Platform()
    platform.dies_after = 10
    with pytest.raises(ProcessKilledError):
        work(path, platform, blind=True, per_second=4)
    platform.dies_after = None
    assert work(path, platform, blind=True, per_second=4) == len(KEYS)
    often = Counter(platform.accepted)
    assert sorted(often) == KEYS
    assert 0 < sum(often.values()) - len(KEYS) <= 4


def test_what_failed_in_passing_is_in_doubt_and_comes_to_its_end(path: Path) -> None:
    platform = Platform()
    platform.refuses = {KEYS[3]: errors.ServiceUnavailableError("for now")}
    with pytest.raises(errors.ServiceUnavailableError):
        work(path, platform)
    journal = Journal(path, SAID)
    [doubt] = journal.in_state(INTENDED, 0, 10)
    assert (doubt.object, journal.done()) == (listed(KEYS[3]), len(KEYS) - 1)
    journal.close()
    platform.refuses = {}
    assert work(path, platform) == len(KEYS)
    assert sorted(platform.accepted) == KEYS


def test_a_final_refusal_ends_it_and_loses_nothing(path: Path) -> None:
    platform = Platform()
    platform.refuses = {KEYS[0]: errors.AccessDeniedError("no")}
    with pytest.raises(errors.AccessDeniedError):
        work(path, platform)
    platform.refuses = {}
    assert work(path, platform) == len(KEYS)
    assert sorted(platform.accepted) == KEYS


def test_two_at_once_are_refused(path: Path) -> None:
    journal = Journal(path, SAID)
    with pytest.raises(UsageError, match="another backfill is at work"):
        Journal(path, SAID)
    journal.close()
    Journal(path, SAID).close()


def test_a_journal_of_which_something_was_submitted_is_of_that_selection_alone(
    path: Path,
) -> None:
    journal = Journal(path, SAID)
    journal.move(journal.intend(1), ACCEPTED)
    journal.close()
    with pytest.raises(UsageError, match="prefix is 'b/', was 'a/'"):
        Journal(path, {"prefix": "b/"})


def test_one_of_which_nothing_was_submitted_begins_anew(path: Path) -> None:
    journal = Journal(path, {"prefix": "b/"})
    assert (journal.whole(), journal.progress()) == (0, Progress())
    journal.close()


def test_what_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("of somebody else, and long enough to be no header of a database")
    with pytest.raises(UsageError, match="no journal"):
        Journal(other, SAID)
    assert other.read_text().startswith("of somebody else")
