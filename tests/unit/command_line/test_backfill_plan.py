"""Which objects a backfill selects and samples, and how it estimates the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.model import ObjectType
from facescreen.storage.ports import ObjectSummary
from facescreen_cli.commands.backfill.journal import BackfillJournal, PlanProgress
from facescreen_cli.commands.backfill.planning import Planner, count_objects, plan_all, plan_sample
from facescreen_cli.commands.backfill.sampling import Proportion, SampleResult
from facescreen_cli.commands.backfill.selection import Selection, SelectionFilter
from facescreen_cli.commands.backfill.sources import Cursor, SourceRow
from facescreen_cli.commands.backfill.text import TextReporter
from facescreen_cli.deployment import connect_platform
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.options import parse_time
from facescreen_cli.verdicts import NoVerdictReason

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
SETTINGS, _ = connect_platform("oss", {"EXCLUDE_SUFFIXES": ".txt"}, Credentials("", ""))


class NumberedRows:
    """A source of `count` objects."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.cursors: list[Cursor] = []

    def iterate_rows(self, after: Cursor) -> Iterator[SourceRow]:
        self.cursors.append(after)
        for number in range(after.number + 1, self.count + 1):
            yield SourceRow(number, ObjectSummary(f"a/{number:06}", "E", 1, NOW))


def planner(source: NumberedRows, stop: StopSignal | None = None) -> Planner:
    selection_filter = SelectionFilter(Selection("oss", "selfies"), SETTINGS, NOW)
    return Planner(
        source,
        selection_filter,
        lambda _: NoVerdictReason.UNSCREENED,
        stop or StopSignal(),
        lambda _: None,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", NOW - timedelta(minutes=90)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=timezone.utc)),
        ("2026-11-01T04:05:06Z", datetime(2026, 11, 1, 4, 5, 6, tzinfo=timezone.utc)),
        ("2026-11-01T04:05:06+08:00", datetime(2026, 10, 31, 20, 5, 6, tzinfo=timezone.utc)),
    ],
)
def test_relative_and_absolute_times_are_parsed(text: str, expected: datetime) -> None:
    assert parse_time(text, NOW) == expected


@pytest.mark.parametrize(
    ("summary", "reason"),
    [
        (ObjectSummary("a/x.jpg", "E", 1, NOW), ""),
        (ObjectSummary("b/x.jpg", "E", 1, NOW), "outside the prefix"),
        (ObjectSummary("a/x.txt", "E", 1, NOW), "excluded by the filters"),
        (ObjectSummary("a/", "E", 0, NOW), "excluded by the filters"),
        (ObjectSummary("a/link.jpg", "E", 0, NOW, ObjectType.SYMLINK), ""),
        (ObjectSummary("a/link.txt", "E", 0, NOW, ObjectType.SYMLINK), "excluded by the filters"),
        (ObjectSummary("a/log.jpg", "E", 1, NOW, ObjectType.APPENDABLE), ""),
        (ObjectSummary("a/x.jpg", "E", 1, NOW - timedelta(days=2)), "older than --since 1d"),
        (
            ObjectSummary("a/x.jpg", "E", 1, NOW + timedelta(days=1)),
            "newer than --until 2026-11-24",
        ),
    ],
)
def test_an_object_is_left_out_by_prefix_suffix_and_time(
    summary: ObjectSummary, reason: str
) -> None:
    selection = Selection("oss", "selfies", "a/", since="1d", until="2026-11-24")
    assert SelectionFilter(selection, SETTINGS, NOW).exclusion_reason(summary) == reason


def test_planning_continues_where_it_was_stopped(tmp_path: Path) -> None:
    stop, source = StopSignal(), NumberedRows(3000)
    journal = BackfillJournal(tmp_path / "journal", {})
    progress = journal.load_progress()
    first = planner(source, stop)
    first.on_progress = lambda rows: setattr(stop, "interrupted", rows >= 2000)
    plan_all(first, journal, progress)
    stopped = journal.load_progress()
    assert not stopped.is_complete
    assert 0 < journal.count_all() == stopped.cursor.number < 3000
    plan_all(planner(source), journal, journal.load_progress())
    assert source.cursors[1] == stopped.cursor
    assert journal.load_progress().is_complete
    assert journal.count_all() == journal.load_progress().to_screen == 3000
    journal.close()


def test_each_object_is_equally_likely_to_be_sampled(tmp_path: Path) -> None:
    samples_by_key: Counter[str] = Counter()
    for run in range(400):
        journal = BackfillJournal(tmp_path / str(run), {})
        plan_sample(planner(NumberedRows(10)), journal, PlanProgress(), 3)
        samples_by_key.update(entry.object.key for entry in journal.start_submitting(10))
        assert (journal.count_all(), journal.load_progress().to_screen) == (3, 10)
        journal.close()
    # 120 of each are expected; the chance of a deviation of five sigma is one in a million.
    assert len(samples_by_key) == 10
    assert all(abs(count - 120) < 5 * 9.2 for count in samples_by_key.values())


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # Wilson's interval without continuity correction, from Newcombe 1998, table I.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_wilson_interval(
    part: int, whole: int, low: float, high: float
) -> None:
    assert Proportion(part, whole).confidence_interval == pytest.approx((low, high), abs=5e-5)


def test_a_plan_says_why_objects_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    recent = SelectionFilter(Selection("oss", "selfies", until="60m"), SETTINGS, NOW)
    progress = PlanProgress()
    count_objects(replace(planner(NumberedRows(18)), selection_filter=recent), progress)
    TextReporter().report_plan(progress, 0, 10)
    output = capsys.readouterr().out
    assert "18 left out (newer than --until 60m)" in output
    assert "prefix" not in output


def test_a_sample_estimates_the_rest() -> None:
    sampled = SampleResult(10_000, {"low_risk": 79, "high_risk": 1, "unscreenable": 20}, waiting=0)
    assert (sampled.remaining, sampled.screenable_proportion.value, sampled.remaining_usd) == (
        9900,
        0.8,
        3168.0,
    )
    min_flagged, max_flagged = sampled.flagged_count_range
    assert 0 < min_flagged < 100 < max_flagged < 8000 * 0.08
