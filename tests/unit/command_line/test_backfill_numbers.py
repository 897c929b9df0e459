"""Which objects a backfill selects and samples, and how it estimates the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.storage.ports import ObjectSummary
from facescreen_cli.commands.backfill.journal import Journal, Progress
from facescreen_cli.commands.backfill.planning import Planner, plan, plan_sample
from facescreen_cli.commands.backfill.sampling import Sampled, Share
from facescreen_cli.commands.backfill.selection import Coverage, Selection
from facescreen_cli.commands.backfill.sources import Mark, Row
from facescreen_cli.deployment import connect_platform
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.options import parse_time
from facescreen_cli.verdicts import NoVerdict

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
SETTINGS, _ = connect_platform("oss", {"EXCLUDE_SUFFIXES": ".txt"}, Credentials("", ""))


class NumberedRows:
    """A source of `count` objects."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.cursors: list[Mark] = []

    def rows(self, after: Mark) -> Iterator[Row]:
        self.cursors.append(after)
        for number in range(after.number + 1, self.count + 1):
            yield Row(number, ObjectSummary(f"a/{number:06}", "E", 1, NOW))


def planner(source: NumberedRows, stop: StopSignal | None = None) -> Planner:
    coverage = Coverage(Selection("oss", "selfies"), SETTINGS, NOW)
    return Planner(
        source, coverage, lambda _: NoVerdict.UNSCREENED, stop or StopSignal(), lambda _: None
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
    ("summary", "covered"),
    [
        (ObjectSummary("a/x.jpg", "E", 1, NOW), True),
        (ObjectSummary("b/x.jpg", "E", 1, NOW), False),
        (ObjectSummary("a/x.txt", "E", 1, NOW), False),
        (ObjectSummary("a/", "E", 0, NOW), False),
        (ObjectSummary("a/x.jpg", "E", 1, NOW - timedelta(days=2)), False),
        (ObjectSummary("a/x.jpg", "E", 1, NOW + timedelta(days=1)), False),
    ],
)
def test_an_object_is_covered_by_prefix_suffix_and_time(
    summary: ObjectSummary, covered: bool
) -> None:
    selection = Selection("oss", "selfies", "a/", since="1d", until="2026-11-24")
    assert Coverage(selection, SETTINGS, NOW).covers(summary) is covered


def test_planning_continues_where_it_was_stopped(tmp_path: Path) -> None:
    stop, source = StopSignal(), NumberedRows(3000)
    journal = Journal(tmp_path / "journal", {})
    progress = journal.progress()
    first = planner(source, stop)
    first.tell = lambda rows: setattr(stop, "interrupted", rows >= 2000)
    plan(first, journal, progress)
    stopped = journal.progress()
    assert not stopped.planned
    assert 0 < journal.whole() == stopped.mark.number < 3000
    plan(planner(source), journal, journal.progress())
    assert source.cursors[1] == stopped.mark
    assert journal.progress().planned
    assert journal.whole() == journal.progress().selected == 3000
    journal.close()


def test_each_object_is_equally_likely_to_be_sampled(tmp_path: Path) -> None:
    samples_by_key: Counter[str] = Counter()
    for run in range(400):
        journal = Journal(tmp_path / str(run), {})
        plan_sample(planner(NumberedRows(10)), journal, Progress(), 3)
        samples_by_key.update(entry.object.key for entry in journal.intend(10))
        assert (journal.whole(), journal.progress().selected) == (3, 10)
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
    assert Share(part, whole).interval == pytest.approx((low, high), abs=5e-5)


def test_a_sample_estimates_the_rest() -> None:
    sampled = Sampled(10_000, {"low_risk": 79, "high_risk": 1, "unscreenable": 20}, waiting=0)
    assert (sampled.rest, sampled.screenable.value, sampled.rest_usd) == (9900, 0.8, 3168.0)
    fewest, most = sampled.flagged_of_all
    assert 0 < fewest < 100 < most < 8000 * 0.08
