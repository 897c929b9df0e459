"""What was screened, newest first: pages, filters, counts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from facescreen import errors
from facescreen.model import Finding, ObjectRef, Outcome, Status, Tagging, Verdict
from facescreen.records import history
from facescreen.records.history import History
from facescreen.testing.stores import MemoryState

NOON = datetime(2026, 11, 23, 12, 30, tzinfo=timezone.utc)


def outcome(key: str, minutes_ago: float = 0, verdict: Verdict = Verdict.LOW_RISK) -> Outcome:
    at = (NOON - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    finding = Finding(verdict, "fs" + f"{abs(hash(key)):030d}"[:30], at)
    return Outcome(
        ObjectRef("oss", "selfies", key, "E"), Status.SCREENED, finding, Tagging("written")
    )


def kept(*outcomes: Outcome) -> History:
    made = History(MemoryState())
    for one in outcomes:
        made.add(one)
    return made


def keys(page: history.HistoryPage) -> list[str]:
    return [one["screening"]["object"]["key"] for one in page.outcomes]


def test_the_newest_come_first() -> None:
    made = kept(outcome("old", 90), outcome("new", 1), outcome("middle", 30))
    page = made.list_page(limit=10)
    assert keys(page) == ["new", "middle", "old"]
    assert page.next_cursor == ""
    assert page.outcomes[0]["at"] == "2026-11-23T12:29:00Z"


def test_an_outcome_added_twice_stands_there_once() -> None:
    assert keys(kept(outcome("a"), outcome("a")).list_page(limit=10)) == ["a"]


def test_pages_follow_each_other_without_a_gap() -> None:
    made = kept(*[outcome(f"{n}", n) for n in range(25)])
    seen: list[str] = []
    after = ""
    while True:
        page = made.list_page(limit=10, after=after)
        seen += keys(page)
        after = page.next_cursor
        if not after:
            break
    assert seen == [f"{n}" for n in range(25)]


def test_what_comes_while_somebody_pages_moves_nothing() -> None:
    made = kept(*[outcome(f"{n}", 10 + n) for n in range(4)])
    first = made.list_page(limit=2)
    made.add(outcome("fresh", 0))
    assert keys(made.list_page(limit=2, after=first.next_cursor)) == ["2", "3"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"verdict": "high_risk"}, ["kyc/b"]),
        ({"prefix": "kyc/"}, ["kyc/a", "kyc/b"]),
        ({"prefix": "kyc/", "verdict": "low_risk"}, ["kyc/a"]),
        ({"prefix": "nothing"}, []),
    ],
)
def test_filters(filters: dict[str, Any], found: list[str]) -> None:
    made = kept(outcome("kyc/a", 1), outcome("kyc/b", 2, Verdict.HIGH_RISK), outcome("other", 3))
    assert keys(made.list_page(limit=10, **filters)) == found


def test_a_key_longer_than_a_name_is_filtered_by_all_of_it() -> None:
    long = "é" * 500
    made = kept(outcome(long + "a", 1), outcome(long + "b", 2))
    assert keys(made.list_page(limit=10, prefix=long + "b")) == [long + "b"]


def test_a_scan_that_finds_little_hands_back_where_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history, "MAX_NAMES_SCANNED", 3)
    made = kept(*[outcome(f"{n}", n) for n in range(5)], outcome("rare", 9, Verdict.HIGH_RISK))
    page = made.list_page(limit=2, verdict="high_risk")
    assert keys(page) == []
    assert keys(made.list_page(limit=2, verdict="high_risk", after=page.next_cursor)) == ["rare"]


@pytest.mark.parametrize("after", ["x", "../ledger/1", "7" * 10 + "-low_risk-x/-1"])
def test_a_strange_cursor_is_refused(after: str) -> None:
    with pytest.raises(errors.RequestRejectedError, match="`after` must be"):
        kept().list_page(limit=1, after=after)


def test_counts_by_hour_with_the_empty_ones() -> None:
    made = kept(
        outcome("a", 5),
        outcome("b", 6, Verdict.HIGH_RISK),
        outcome("c", 100),
        outcome("too old", 60 * 24),
    )
    counts = made.count_by_hour(3, NOON)
    assert counts.is_complete
    assert [(hour.hour, sum(found.values())) for hour, found in counts.hours.items()] == [
        (12, 2),
        (11, 0),
        (10, 1),
    ]
    assert counts.hours[NOON.replace(minute=0)]["high_risk"] == 1


def test_counts_say_where_they_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MAX_NAMES_SCANNED", 2)
    made = kept(*[outcome(f"{n}", n) for n in range(3)])
    assert not made.count_by_hour(1, NOON).is_complete


def test_a_clock_that_runs_ahead_harms_nothing() -> None:
    made = kept(outcome("ahead", -120), outcome("now", 1))
    assert keys(made.list_page(limit=10)) == ["ahead", "now"]
    counts = made.count_by_hour(1, NOON)
    assert sum(sum(found.values()) for found in counts.hours.values()) == 1


def test_names_hold_nothing_but_what_is_counted() -> None:
    state = MemoryState()
    History(state).add(outcome("kyc/a"))
    (name,) = state.names("", "")
    assert name.endswith("/selfies/kyc/a")
    told = json.loads(state.read(name))
    assert set(told) == {"at", "screening"}


def test_a_days_paid_calls_are_those_of_its_verdicts() -> None:
    yesterday = 12.5 * 60 + 1 / 60
    """Minutes ago: 23:59:59."""
    made = kept(
        outcome("a", 0, Verdict.HIGH_RISK),
        outcome("b", 12.5 * 60),
        outcome("c", 12.5 * 60, Verdict.SUSPICIOUS),
        outcome("unfit", 1, Verdict.UNSCREENABLE),
        outcome("given up", 1, Verdict.FAILED),
        outcome("before", yesterday),
        outcome("after", -11.5 * 60),
    )
    assert made.count_paid_calls(NOON.date()) == 3
    assert made.count_paid_calls(NOON.date() - timedelta(days=1)) == 1
    assert made.count_paid_calls(NOON.date() + timedelta(days=1)) == 1
    assert made.count_paid_calls(NOON.date() - timedelta(days=2)) == 0


def test_a_finding_that_was_used_again_was_paid_for_once() -> None:
    once = outcome("a")
    again = replace(once, tagging=Tagging("refused"), object=replace(once.object, version_id="2"))
    other = outcome("b")
    made = kept(once, other, again)
    assert len(made.list_page(limit=9).outcomes) == 3
    assert made.count_paid_calls(NOON.date()) == 2
