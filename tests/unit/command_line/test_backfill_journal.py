"""A backfill that is killed at any moment misses no object and repeats only uncertain ones."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest
from click import UsageError

from facescreen import errors
from facescreen.clients.credentials import Credentials
from facescreen.model import ObjectType, Verdict
from facescreen.storage.ports import ObjectSummary
from facescreen.tags import TaggedVerdict
from facescreen_cli.commands.backfill.journal import (
    ACCEPTED,
    SUBMITTING,
    BackfillJournal,
    PlanProgress,
)
from facescreen_cli.commands.backfill.selection import Selection
from facescreen_cli.commands.backfill.submitting import Submitter
from facescreen_cli.deployment import connect_platform
from facescreen_cli.interrupt import StoppableRateLimiter, StopSignal
from facescreen_cli.verdicts import NoVerdictReason, TagState

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
SELECTION = {"prefix": "a/"}
KEYS = [f"a/{number:02}" for number in range(20)]
TAGGED_VERDICT = TaggedVerdict(Verdict.LOW_RISK, (), "E", "")


class SimulatedKill(BaseException):
    """Stands for SIGKILL: no code runs after it."""


class FakePlatform:
    """An Invoker, and the tags that its function writes."""

    def __init__(self) -> None:
        self.accepted_keys: list[str] = []
        self.killed_after: int | None = None
        self.errors_by_key: dict[str, errors.FacescreenError] = {}

    def submit(self, payload: bytes) -> None:
        key = json.loads(payload)["events"][0]["oss"]["object"]["key"]
        if key in self.errors_by_key:
            raise self.errors_by_key[key]
        self.accepted_keys.append(key)
        if len(self.accepted_keys) == self.killed_after:
            raise SimulatedKill

    def read_tag_state(self, summary: ObjectSummary) -> TagState:
        return TAGGED_VERDICT if summary.key in self.accepted_keys else NoVerdictReason.UNSCREENED


def object_summary(key: str) -> ObjectSummary:
    return ObjectSummary(key, "E", 1, NOW)


def test_the_types_of_objects_are_kept(tmp_path: Path) -> None:
    journal = BackfillJournal(tmp_path / "journal", SELECTION)
    link = ObjectSummary("a/link", "E", 0, NOW, ObjectType.SYMLINK)
    journal.add_planned([link], PlanProgress(is_complete=True, to_screen=1))
    [entry] = journal.start_submitting(9)
    assert entry.object == link
    journal.close()


def test_a_journal_of_version_0_1_is_continued(tmp_path: Path) -> None:
    create_planned_journal(tmp_path / "journal")
    with closing(sqlite3.connect(tmp_path / "journal")) as database:
        database.execute("ALTER TABLE objects DROP COLUMN type")
    platform = FakePlatform()
    assert run_backfill(tmp_path / "journal", platform) == len(KEYS)
    assert sorted(platform.accepted_keys) == KEYS


def create_planned_journal(path: Path) -> None:
    journal = BackfillJournal(path, SELECTION)
    journal.add_planned(
        map(object_summary, [*KEYS, KEYS[0]]), PlanProgress(is_complete=True, to_screen=len(KEYS))
    )
    journal.close()


def run_backfill(
    path: Path, platform: FakePlatform, *, tags_unreadable: bool = False, per_second: float = 1e6
) -> int:
    """Run the backfill; returns the number of objects that are done."""
    journal, stop = BackfillJournal(path, SELECTION), StopSignal()
    try:
        Submitter(
            journal,
            Selection("oss", "selfies"),
            platform,
            (lambda _: NoVerdictReason.UNSCREENED) if tags_unreadable else platform.read_tag_state,
            stop,
            StoppableRateLimiter(1e6, stop),
            per_second,
            lambda _: None,
        ).submit_all()
        return journal.count_accepted()
    finally:
        journal.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_planned_journal(tmp_path / "journal")
    return tmp_path / "journal"


def test_an_object_planned_twice_is_submitted_once(path: Path) -> None:
    platform = FakePlatform()
    assert run_backfill(path, platform) == len(KEYS)
    assert sorted(platform.accepted_keys) == KEYS


@pytest.mark.parametrize("killed_after", [1, 5, 19, 20])
def test_after_a_kill_an_object_with_a_verdict_is_not_submitted_again(
    path: Path, killed_after: int
) -> None:
    platform = FakePlatform()
    platform.killed_after = killed_after
    with pytest.raises(SimulatedKill):
        run_backfill(path, platform)
    platform.killed_after = None
    assert run_backfill(path, platform) == len(KEYS)
    assert sorted(platform.accepted_keys) == KEYS


def test_after_a_kill_at_most_one_batch_is_submitted_again(path: Path) -> None:
    platform = FakePlatform()
    platform.killed_after = 10
    with pytest.raises(SimulatedKill):
        run_backfill(path, platform, tags_unreadable=True, per_second=4)
    platform.killed_after = None
    assert run_backfill(path, platform, tags_unreadable=True, per_second=4) == len(KEYS)
    submissions = Counter(platform.accepted_keys)
    assert sorted(submissions) == KEYS
    assert 0 < sum(submissions.values()) - len(KEYS) <= 4


def test_an_object_whose_submission_failed_is_submitted_by_the_next_run(path: Path) -> None:
    platform = FakePlatform()
    platform.errors_by_key = {KEYS[3]: errors.ServiceUnavailableError("for now")}
    with pytest.raises(errors.ServiceUnavailableError):
        run_backfill(path, platform)
    journal = BackfillJournal(path, SELECTION)
    [uncertain_entry] = journal.list_entries_in_state(SUBMITTING, 0, 10)
    assert (uncertain_entry.object, journal.count_accepted()) == (
        object_summary(KEYS[3]),
        len(KEYS) - 1,
    )
    journal.close()
    platform.errors_by_key = {}
    assert run_backfill(path, platform) == len(KEYS)
    assert sorted(platform.accepted_keys) == KEYS


def test_a_permanent_error_ends_the_run_without_losing_an_object(path: Path) -> None:
    platform = FakePlatform()
    platform.errors_by_key = {KEYS[0]: errors.AccessDeniedError("no")}
    with pytest.raises(errors.AccessDeniedError):
        run_backfill(path, platform)
    platform.errors_by_key = {}
    assert run_backfill(path, platform) == len(KEYS)
    assert sorted(platform.accepted_keys) == KEYS


def test_a_second_backfill_on_the_same_journal_is_refused(path: Path) -> None:
    journal = BackfillJournal(path, SELECTION)
    with pytest.raises(UsageError, match="another backfill is using"):
        BackfillJournal(path, SELECTION)
    journal.close()
    BackfillJournal(path, SELECTION).close()


def test_a_journal_with_submissions_is_refused_for_another_selection(
    path: Path,
) -> None:
    journal = BackfillJournal(path, SELECTION)
    journal.set_state(journal.start_submitting(1), ACCEPTED)
    journal.close()
    with pytest.raises(UsageError, match="prefix is 'b/', was 'a/'"):
        BackfillJournal(path, {"prefix": "b/"})


def test_a_journal_without_submissions_starts_over_with_another_selection(path: Path) -> None:
    journal = BackfillJournal(path, {"prefix": "b/"})
    assert (journal.count_all(), journal.load_progress()) == (0, PlanProgress())
    journal.close()


def test_a_file_that_is_not_a_journal_is_not_changed(tmp_path: Path) -> None:
    foreign_file = tmp_path / "other"
    foreign_file.write_text("of somebody else, and long enough to be no header of a database")
    with pytest.raises(UsageError, match="not a backfill's journal"):
        BackfillJournal(foreign_file, SELECTION)
    assert foreign_file.read_text().startswith("of somebody else")


def test_a_journal_that_an_older_version_began_is_continued(tmp_path: Path) -> None:
    """The note as version 0.1.0 wrote it, whose classes had other names."""
    stored = {
        "store": "oss",
        "bucket": "selfies",
        "prefix": "a/",
        "inventory": "",
        "since": "",
        "until": "",
        "force": False,
        "sample": 0,
        "filters": {
            "include_prefixes": [],
            "exclude_prefixes": [],
            "include_suffixes": [],
            "exclude_suffixes": [".txt"],
            "smallest": 1,
            "largest": 500,
        },
        "tag_prefix": "deepfake-",
        "tag_form": "separate",
    }
    path = tmp_path / "journal"
    journal = BackfillJournal(path, stored)
    journal.add_planned(map(object_summary, KEYS), PlanProgress(is_complete=True))
    journal.set_state(journal.start_submitting(1), ACCEPTED)
    journal.close()
    settings, _ = connect_platform(
        "oss",
        {"EXCLUDE_SUFFIXES": ".txt", "SMALLEST_BYTES": "1", "LARGEST_BYTES": "500"},
        Credentials("", ""),
    )
    journal = BackfillJournal(path, Selection("oss", "selfies", "a/").to_dict(settings))
    assert journal.count_accepted() == 1
    journal.close()
