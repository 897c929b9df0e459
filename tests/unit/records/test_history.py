"""The history of outcomes, newest first: pages, filters, counts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from facescreen import errors
from facescreen.model import Finding, ObjectRef, Outcome, Status, TaggingResult, Verdict
from facescreen.records import history
from facescreen.records.history import History
from facescreen.testing.state_store import MemoryStateStore

NOON = datetime(2026, 11, 23, 12, 30, tzinfo=timezone.utc)


def outcome(key: str, minutes_ago: float = 0, verdict: Verdict = Verdict.LOW_RISK) -> Outcome:
    at = (NOON - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    finding = Finding(verdict, "fs" + f"{abs(hash(key)):030d}"[:30], at)
    return Outcome(
        ObjectRef("oss", "selfies", key, "E"), Status.SCREENED, finding, TaggingResult("written")
    )


def history_of(*outcomes: Outcome) -> History:
    stored_history = History(MemoryStateStore())
    for entry in outcomes:
        stored_history.add(entry)
    return stored_history


def object_keys(page: history.HistoryPage) -> list[str]:
    return [entry["screening"]["object"]["key"] for entry in page.outcomes]


def test_the_newest_come_first() -> None:
    stored_history = history_of(outcome("old", 90), outcome("new", 1), outcome("middle", 30))
    page = stored_history.list_page(limit=10)
    assert object_keys(page) == ["new", "middle", "old"]
    assert page.next_cursor == ""
    assert page.outcomes[0]["at"] == "2026-11-23T12:29:00Z"


def test_an_outcome_added_twice_is_listed_once() -> None:
    assert object_keys(history_of(outcome("a"), outcome("a")).list_page(limit=10)) == ["a"]


def test_pages_follow_each_other_without_a_gap() -> None:
    stored_history = history_of(*[outcome(f"{n}", n) for n in range(25)])
    seen: list[str] = []
    after = ""
    while True:
        page = stored_history.list_page(limit=10, after=after)
        seen += object_keys(page)
        after = page.next_cursor
        if not after:
            break
    assert seen == [f"{n}" for n in range(25)]


def test_an_outcome_added_during_paging_does_not_shift_the_next_page() -> None:
    stored_history = history_of(*[outcome(f"{n}", 10 + n) for n in range(4)])
    first = stored_history.list_page(limit=2)
    stored_history.add(outcome("fresh", 0))
    assert object_keys(stored_history.list_page(limit=2, after=first.next_cursor)) == ["2", "3"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"verdict": "high_risk"}, ["kyc/b"]),
        ({"prefix": "kyc/"}, ["kyc/a", "kyc/b"]),
        ({"prefix": "kyc/", "verdict": "low_risk"}, ["kyc/a"]),
        ({"prefix": "nothing"}, []),
    ],
)
def test_a_page_can_be_filtered_by_prefix_and_verdict(
    filters: dict[str, Any], expected: list[str]
) -> None:
    stored_history = history_of(
        outcome("kyc/a", 1), outcome("kyc/b", 2, Verdict.HIGH_RISK), outcome("other", 3)
    )
    assert object_keys(stored_history.list_page(limit=10, **filters)) == expected


def test_a_key_longer_than_an_object_name_is_filtered_by_its_whole_key() -> None:
    long = "é" * 500
    stored_history = history_of(outcome(long + "a", 1), outcome(long + "b", 2))
    assert object_keys(stored_history.list_page(limit=10, prefix=long + "b")) == [long + "b"]


def test_a_scan_that_reaches_its_limit_returns_a_cursor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history, "MAX_NAMES_SCANNED", 3)
    stored_history = history_of(
        *[outcome(f"{n}", n) for n in range(5)], outcome("rare", 9, Verdict.HIGH_RISK)
    )
    page = stored_history.list_page(limit=2, verdict="high_risk")
    assert object_keys(page) == []
    assert object_keys(
        stored_history.list_page(limit=2, verdict="high_risk", after=page.next_cursor)
    ) == ["rare"]


@pytest.mark.parametrize("after", ["x", "../ledger/1", "7" * 10 + "-low_risk-x/-1"])
def test_an_invalid_cursor_is_refused(after: str) -> None:
    with pytest.raises(errors.RequestRejectedError, match="`after` must be"):
        history_of().list_page(limit=1, after=after)


def test_counts_by_hour_include_empty_hours() -> None:
    stored_history = history_of(
        outcome("a", 5),
        outcome("b", 6, Verdict.HIGH_RISK),
        outcome("c", 100),
        outcome("too old", 60 * 24),
    )
    counts = stored_history.count_by_hour(3, NOON)
    assert counts.is_complete
    assert [(hour.hour, sum(by_verdict.values())) for hour, by_verdict in counts.hours.items()] == [
        (12, 2),
        (11, 0),
        (10, 1),
    ]
    assert counts.hours[NOON.replace(minute=0)]["high_risk"] == 1


def test_counts_that_reach_the_scan_limit_are_marked_incomplete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history, "MAX_NAMES_SCANNED", 2)
    stored_history = history_of(*[outcome(f"{n}", n) for n in range(3)])
    assert not stored_history.count_by_hour(1, NOON).is_complete


def test_outcomes_with_a_future_time_are_listed_and_not_counted() -> None:
    stored_history = history_of(outcome("ahead", -120), outcome("now", 1))
    assert object_keys(stored_history.list_page(limit=10)) == ["ahead", "now"]
    counts = stored_history.count_by_hour(1, NOON)
    assert sum(sum(by_verdict.values()) for by_verdict in counts.hours.values()) == 1


def test_an_entry_holds_only_the_time_and_the_screening() -> None:
    state_store = MemoryStateStore()
    History(state_store).add(outcome("kyc/a"))
    (name,) = state_store.list_keys("", "")
    assert name.endswith("/selfies/kyc/a")
    content = json.loads(state_store.read(name))
    assert set(content) == {"at", "screening"}


def test_the_paid_calls_of_a_day_are_counted_from_its_verdicts() -> None:
    before_midnight = 12.5 * 60 + 1 / 60
    """Minutes since 23:59:59 on the day before."""
    stored_history = history_of(
        outcome("a", 0, Verdict.HIGH_RISK),
        outcome("b", 12.5 * 60),
        outcome("c", 12.5 * 60, Verdict.SUSPICIOUS),
        outcome("unfit", 1, Verdict.UNSCREENABLE),
        outcome("failed", 1, Verdict.FAILED),
        outcome("before", before_midnight),
        outcome("after", -11.5 * 60),
    )
    assert stored_history.count_paid_calls(NOON.date()) == 3
    assert stored_history.count_paid_calls(NOON.date() - timedelta(days=1)) == 1
    assert stored_history.count_paid_calls(NOON.date() + timedelta(days=1)) == 1
    assert stored_history.count_paid_calls(NOON.date() - timedelta(days=2)) == 0


def test_a_reused_finding_counts_as_one_paid_call() -> None:
    first = outcome("a")
    reused = replace(
        first, tagging=TaggingResult("refused"), object=replace(first.object, version_id="2")
    )
    other = outcome("b")
    stored_history = history_of(first, other, reused)
    assert len(stored_history.list_page(limit=9).outcomes) == 3
    assert stored_history.count_paid_calls(NOON.date()) == 2
