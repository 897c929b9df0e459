"""``report --cost``: the calls and the cost of each day of a month."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, timezone

import pytest
from click.testing import CliRunner

from facescreen.deepfake.budget import DailyBudget
from facescreen.model import Finding, ObjectRef, Outcome, Status, TaggingResult, Verdict
from facescreen.records.history import History
from facescreen.testing.state_store import MemoryStateStore
from facescreen_cli.commands.report.cost import (
    COUNTED_SOURCE,
    HISTORY_SOURCE,
    DailyCost,
    MonthlyCost,
    read_days,
    render_table,
    to_json_document,
)
from facescreen_cli.main import facescreen

TODAY = date(2026, 11, 3)
DAYS = (
    DailyCost(TODAY, 8, COUNTED_SOURCE),
    DailyCost(date(2026, 11, 2), 0, COUNTED_SOURCE),
    DailyCost(date(2026, 11, 1), 3, ""),
)


def noon(day: int) -> float:
    return datetime(2026, 11, day, 12, tzinfo=timezone.utc).timestamp()


def outcome(key: str, at: str) -> Outcome:
    finding = Finding(Verdict.LOW_RISK, f"fs{key:0>30}", at)
    ref = ObjectRef("oss", "selfies", key, "E")
    return Outcome(ref, Status.SCREENED, finding, TaggingResult("written"))


def test_a_day_is_counted_by_the_daily_limit_or_else_from_the_history() -> None:
    state = MemoryStateStore()
    history = History(state)
    history.add(outcome("a", "2026-11-01T23:59:59Z"))
    for key in "bcd":  # reused findings, or calls before the daily limit was set
        history.add(outcome(key, "2026-11-02T00:00:00Z"))
        history.add(outcome(key, "2026-11-03T00:00:00Z"))
    daily_budget = DailyBudget(state, 9, clock=lambda: noon(3))
    permits = [daily_budget.reserve(0) for _ in range(5)]
    permits[0].release()
    DailyBudget(state, 9, clock=lambda: noon(2)).reserve(0).release()
    DailyBudget(state, 9, clock=lambda: noon(1) - 86_400).reserve(0)
    assert read_days(state, TODAY) == (
        DailyCost(TODAY, 4, COUNTED_SOURCE),
        DailyCost(date(2026, 11, 2), 0, COUNTED_SOURCE),
        DailyCost(date(2026, 11, 1), 1, HISTORY_SOURCE),
    )


def test_the_json_report_has_every_day() -> None:
    report = json.loads(to_json_document(MonthlyCost(DAYS, 10)))
    assert (report["month"], report["cap"], report["calls"], report["usd"]) == (
        "2026-11",
        10,
        11,
        4.4,
    )
    assert report["days"][0] == {
        "day": "2026-11-03",
        "calls": 8,
        "usd": 3.2,
        "source": COUNTED_SOURCE,
    }
    assert [day["calls"] for day in report["days"]] == [8, 0, 3]
    assert json.loads(to_json_document(MonthlyCost(DAYS, math.inf)))["cap"] is None


def test_the_table_shows_the_share_of_the_daily_limit() -> None:
    report = render_table(MonthlyCost(DAYS, 10))
    rows = [[cell.strip() for cell in line.split("│")] for line in report.splitlines()]
    assert ["2026-11-03", "8", "3.20", "80.0% of 10", "counted"] in [row[1:6] for row in rows]
    assert ["month to date", "11", "4.40", "36.7% of 30"] in [row[1:5] for row in rows]
    assert "2026-11-02" not in report
    assert "no limit" in render_table(MonthlyCost(DAYS, math.inf))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cost", "oss://selfies/a"], "it can be combined only with"),
        (["--cost", "--all"], "it can be combined only with"),
        (["--cost", "--check"], "it can be combined only with"),
        (["--cost"], "STATE_BUCKET must be a bucket name"),
        ([], "or use --cost"),
    ],
)
def test_invalid_arguments_are_refused(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(facescreen, ["report", *arguments], env={"STATE_BUCKET": None})
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
