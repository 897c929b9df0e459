"""What a backfill selects and samples, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.storage.ports import Listed
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


class Numbers:
    """The port Source: so many objects."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: list[Mark] = []

    def rows(self, after: Mark) -> Iterator[Row]:
        self.asked.append(after)
        for number in range(after.number + 1, self.count + 1):
            yield Row(number, Listed(f"a/{number:06}", "E", 1, NOW))


def planner(source: Numbers, stop: StopSignal | None = None) -> Planner:
    coverage = Coverage(Selection("oss", "selfies"), SETTINGS, NOW)
    return Planner(
        source, coverage, lambda _: NoVerdict.UNSCREENED, stop or StopSignal(), lambda _: None
    )


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("90m", NOW - timedelta(minutes=90)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=timezone.utc)),
        ("2026-11-01T04:05:06Z", datetime(2026, 11, 1, 4, 5, 6, tzinfo=timezone.utc)),
        ("2026-11-01T04:05:06+08:00", datetime(2026, 10, 31, 20, 5, 6, tzinfo=timezone.utc)),
    ],
)
def test_moments(text: str, means: datetime) -> None:
    assert parse_time(text, NOW) == means


@pytest.mark.parametrize(
    ("one", "covered"),
    [
        (Listed("a/x.jpg", "E", 1, NOW), True),
        (Listed("b/x.jpg", "E", 1, NOW), False),
        (Listed("a/x.txt", "E", 1, NOW), False),
        (Listed("a/", "E", 0, NOW), False),
        (Listed("a/x.jpg", "E", 1, NOW - timedelta(days=2)), False),
        (Listed("a/x.jpg", "E", 1, NOW + timedelta(days=1)), False),
    ],
)
def test_coverage(one: Listed, covered: bool) -> None:
    selection = Selection("oss", "selfies", "a/", since="1d", until="2026-11-24")
    assert Coverage(selection, SETTINGS, NOW).covers(one) is covered


def test_a_plan_that_was_stopped_goes_on_where_it_ended(tmp_path: Path) -> None:
    stop, source = StopSignal(), Numbers(3000)
    journal = Journal(tmp_path / "journal", {})
    progress = journal.progress()
    first = planner(source, stop)
    first.tell = lambda rows: setattr(stop, "interrupted", rows >= 2000)
    plan(first, journal, progress)
    ended = journal.progress()
    assert not ended.planned
    assert 0 < journal.whole() == ended.mark.number < 3000
    plan(planner(source), journal, journal.progress())
    assert source.asked[1] == ended.mark
    assert journal.progress().planned
    assert journal.whole() == journal.progress().selected == 3000
    journal.close()


def test_each_object_is_as_likely_in_a_sample_as_any_other(tmp_path: Path) -> None:
    drawn: Counter[str] = Counter()
    for turn in range(400):
        journal = Journal(tmp_path / str(turn), {})
        plan_sample(planner(Numbers(10)), journal, Progress(), 3)
        drawn.update(entry.object.key for entry in journal.intend(10))
        assert (journal.whole(), journal.progress().selected) == (3, 10)
        journal.close()
    # 120 of each are expected; by chance alone five deviations away from that once in a million.
    assert len(drawn) == 10
    assert all(abs(count - 120) < 5 * 9.2 for count in drawn.values())


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
def test_the_interval_is_wilson_s(part: int, whole: int, low: float, high: float) -> None:
    assert Share(part, whole).interval == pytest.approx((low, high), abs=5e-5)


def test_a_sample_speaks_for_all() -> None:
    sampled = Sampled(10_000, {"low_risk": 79, "high_risk": 1, "unscreenable": 20}, waiting=0)
    assert (sampled.rest, sampled.screenable.value, sampled.rest_usd) == (9900, 0.8, 3168.0)
    fewest, most = sampled.flagged_of_all
    assert 0 < fewest < 100 < most < 8000 * 0.08
