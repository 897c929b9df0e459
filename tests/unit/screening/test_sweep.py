"""What lost its event is handed over again: in time, as often as it helps, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facescreen import errors
from facescreen.events.filters import Filters
from facescreen.screening.sweep import StopReason
from facescreen.settings.table import WatchedPrefix
from facescreen.timing import Deadline
from tests.support.sweeper_harness import HOUR, MINUTE, SWEEP_SETTINGS, SweeperHarness


def test_what_has_no_verdict_in_time_is_handed_over_as_it_stands() -> None:
    harness = SweeperHarness()
    etag = harness.put("kyc/é 1+1%.jpg")
    assert harness.sweep(29 * MINUTE).submitted == 0
    run = harness.sweep(MINUTE)
    assert (run.listed, run.due, run.submitted, run.stop_reason) == (1, 1, 1, StopReason.COMPLETED)
    (ref,) = harness.submitted
    assert (ref.uri, ref.etag, ref.size) == ("oss://selfies/kyc/é 1+1%.jpg", etag, 1)


def test_a_verdict_of_these_bytes_is_enough_and_one_of_others_is_not() -> None:
    harness = SweeperHarness()
    for key in ("screened", "overwritten", "untouched"):
        harness.tag(key, harness.put(key))
    harness.tag("overwritten", "THE-ETAG-BEFORE")
    assert harness.sweep(HOUR).due == 3
    assert harness.submitted_keys == ["overwritten"]


def test_what_is_deleted_meanwhile_is_nobodys_matter() -> None:
    harness = SweeperHarness()
    harness.put("a")
    harness.store.before = lambda name: (
        harness.store.drop("selfies", "a") if name == "tags" else None
    )
    assert harness.sweep(HOUR).submitted == 0


def test_only_what_a_trigger_takes_is_looked_at() -> None:
    filters = Filters(exclude_prefixes=("quarantine/",), min_bytes=1)
    harness = SweeperHarness(
        replace(
            SWEEP_SETTINGS,
            places=(WatchedPrefix("selfies", "kyc/"), WatchedPrefix("clips", "")),
            suffix=".jpg",
        ),
        filters,
    )
    for key in ("kyc/a.jpg", "kyc/a.png", "kyc/A.JPG", "other/a.jpg"):
        harness.put(key)
    harness.put("kyc/b.jpg/", data=b"")
    harness.put("kyc/empty.jpg", data=b"")
    for key in ("quarantine/selfies/fs1/kyc/a.jpg", "c.jpg"):
        harness.put(key, "clips")
    run = harness.sweep(HOUR)
    assert [ref.uri for ref in harness.submitted] == [
        "oss://selfies/kyc/a.jpg",
        "oss://clips/c.jpg",
    ]
    assert run.due == 2


def test_what_never_gets_a_verdict_is_handed_over_four_times_ever_more_rarely() -> None:
    harness = SweeperHarness()
    harness.put("hopeless")
    runs = [harness.sweep(15 * MINUTE).submitted for _ in range(400)]
    at = [number * 15 * MINUTE for number, submitted in enumerate(runs, 1) if submitted]
    assert at == [30 * MINUTE, 2 * HOUR, 8 * HOUR, 32 * HOUR]


def test_the_first_sweep_leaves_what_was_there_long_before_to_backfill() -> None:
    harness = SweeperHarness()
    harness.put("last year")
    harness.now += timedelta(days=300)
    harness.put("lately")
    harness.sweep(HOUR)
    assert harness.submitted_keys == ["lately"]


def test_a_sweep_that_was_off_for_a_week_looks_at_that_week() -> None:
    harness = SweeperHarness()
    harness.sweep()
    for day in range(7):
        harness.now += timedelta(days=1)
        harness.put(f"day {day}")
    harness.sweep(HOUR)
    assert len(harness.submitted_keys) == 7


def test_a_run_ends_at_the_most_and_the_next_goes_on() -> None:
    harness = SweeperHarness(replace(SWEEP_SETTINGS, max_submissions=3))
    for number in range(7):
        harness.put(f"{number}")
    ends = [harness.sweep(HOUR if number == 0 else MINUTE).stop_reason for number in range(3)]
    assert ends == [StopReason.SUBMISSION_LIMIT, StopReason.SUBMISSION_LIMIT, StopReason.COMPLETED]
    assert harness.submitted_keys == [f"{number}" for number in range(7)]


def test_so_it_does_in_another_bucket_and_in_another_instance() -> None:
    places = (WatchedPrefix("selfies", ""), WatchedPrefix("clips", "in/"))
    harness = SweeperHarness(replace(SWEEP_SETTINGS, places=places, max_submissions=3))
    for number in range(2):
        harness.put(f"{number}")
        harness.put(f"in/{number}", "clips")
    harness.sweep(HOUR)
    assert harness.second_sweeper().sweep(Deadline.after(600)).stop_reason is StopReason.COMPLETED
    assert harness.submitted_keys == ["0", "1", "in/0", "in/1"]


def test_a_place_that_is_watched_no_more_starts_the_course_again() -> None:
    harness = SweeperHarness(
        replace(SWEEP_SETTINGS, places=(WatchedPrefix("selfies", "z"),), max_submissions=1)
    )
    harness.put("z1")
    harness.put("z2")
    harness.put("a")
    harness.sweep(HOUR)
    elsewhere = replace(SWEEP_SETTINGS, places=(WatchedPrefix("selfies", "a"),))
    replace(harness.second_sweeper(), settings=elsewhere).sweep(Deadline.after(600))
    assert harness.submitted_keys == ["z1", "a"]


def test_a_run_ends_in_time_and_the_next_goes_on() -> None:
    harness = SweeperHarness()
    harness.put("a")
    assert harness.sweep(HOUR, time_left_s=10).stop_reason is StopReason.TIME_LIMIT
    assert harness.submitted_keys == []
    assert harness.sweep(MINUTE).stop_reason is StopReason.COMPLETED
    assert harness.submitted_keys == ["a"]


def test_a_turn_that_is_too_far_away_is_left_to_the_next_run() -> None:
    harness = SweeperHarness()
    harness.put("a")
    harness.put("b")
    harness.sweeper = replace(harness.sweeper, rate_limiter=_Slow())
    assert harness.sweep(HOUR).stop_reason is StopReason.TIME_LIMIT
    assert harness.submitted_keys == ["a"]


class _Slow:
    """Pace of one turn a day."""

    def __init__(self) -> None:
        self._any_taken = False

    def reserve(self, longest_s: float) -> float | None:
        assert longest_s <= 585
        taken, self._any_taken = self._any_taken, True
        return None if taken else 0.0


def test_a_day_whose_calls_are_spent_is_made_up_for() -> None:
    harness = SweeperHarness()
    harness.sweep()
    harness.put("a")
    harness.is_limit_reached = True
    assert [harness.sweep(HOUR).stop_reason for _ in range(20)] == [
        StopReason.BUDGET_EXHAUSTED
    ] * 20
    assert harness.submitted_keys == []
    harness.is_limit_reached = False
    harness.sweep(HOUR)
    assert harness.submitted_keys == ["a"]


def test_so_is_the_day_of_the_very_first_run() -> None:
    harness = SweeperHarness()
    harness.put("a")
    harness.is_limit_reached = True
    harness.sweep(HOUR)
    harness.is_limit_reached = False
    harness.sweep(70 * HOUR)
    assert harness.submitted_keys == ["a"]


@pytest.mark.parametrize(
    "error", [errors.ServiceUnavailableError, errors.AccessDeniedError, errors.InvalidSettingsError]
)
def test_trouble_is_told_and_nothing_is_left_out_or_done_twice(
    error: type[errors.FacescreenError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    harness = SweeperHarness()
    for key in "abc":
        harness.put(key)

    def fail() -> None:
        if len(harness.submitted) == 1:
            raise error("no")

    harness.invoker.before = fail
    with pytest.raises(error):
        harness.sweep(HOUR)
    harness.invoker.before = lambda: None
    harness.sweep(MINUTE)
    assert harness.submitted_keys == ["a", "b", "c"]


@pytest.mark.parametrize("operation", ["page", "tags"])
def test_a_store_that_is_unwell_for_a_moment_is_asked_again(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    harness = SweeperHarness()
    harness.put("a")
    left = [1, 1]

    def fail(name: str) -> None:
        if name == operation and left:
            left.pop()
            raise errors.ServiceUnavailableError("no")

    harness.store.before = fail
    harness.sweep(HOUR)
    assert harness.submitted_keys == ["a"]


def test_of_two_runs_at_once_the_later_one_ends() -> None:
    harness = SweeperHarness()
    harness.put("a")
    harness.now += HOUR
    other = harness.second_sweeper()
    harness.invoker.before = lambda: _once(harness, lambda: other.sweep(Deadline.after(600)))
    with pytest.raises(errors.AlreadyInProgressError):
        harness.sweep()
    harness.sweep(MINUTE)
    assert harness.submitted_keys == ["a", "a"]


def _once(harness: SweeperHarness, run: object) -> None:
    harness.invoker.before = lambda: None
    assert callable(run)
    run()


def test_a_run_that_is_killed_is_taken_up_near_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facescreen.testing.stores.MOST_LISTED", 2)
    monkeypatch.setattr("facescreen.screening.sweep._SAVE_INTERVAL_S", 0)
    harness = SweeperHarness()
    for key in "abcde":
        harness.put(key)

    def kill() -> None:
        if len(harness.submitted) == 3:
            monkeypatch.setattr(harness.state, "append", _nothing_is_written_any_more)
            raise SystemExit

    harness.invoker.before = kill
    with pytest.raises(SystemExit):
        harness.sweep(HOUR)
    monkeypatch.undo()
    harness.invoker.before = lambda: None
    harness.second_sweeper().sweep(Deadline.after(600))
    assert harness.submitted_keys == ["a", "b", "c", "c", "d", "e"]


def _nothing_is_written_any_more(*_: object) -> bool:
    raise SystemExit


_GAPS = st.lists(st.integers(1, 300), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    written=st.lists(st.integers(0, 2000), max_size=8),
    gaps=_GAPS,
    most=st.integers(1, 3),
    more=st.integers(0, 40),
)
def test_whenever_it_runs_nothing_is_missed(
    written: list[int], gaps: list[int], most: int, more: int
) -> None:
    """Objects written at any minute; runs at any minutes, capped; then runs until all is done."""
    harness = SweeperHarness(replace(SWEEP_SETTINGS, max_submissions=most))
    start = harness.now
    harness.sweep()
    events = sorted(
        [(minute, f"{number}") for number, minute in enumerate(written)]
        + [(sum(gaps[: number + 1]), "") for number in range(len(gaps))]
    )
    for minute, key in events:
        harness.now = start + minute * MINUTE
        if key:
            harness.put(key)
        else:
            harness.sweep()
    harness.now = start + timedelta(minutes=2100 + more)
    while harness.sweep().stop_reason is not StopReason.COMPLETED:
        pass
    harness.sweep(MINUTE)
    while harness.sweep().stop_reason is not StopReason.COMPLETED:
        pass
    assert set(harness.submitted_keys) == {f"{number}" for number in range(len(written))}
    assert max(map(harness.submitted_keys.count, harness.submitted_keys), default=0) <= 4


def test_the_course_stands_in_the_days_object() -> None:
    harness = SweeperHarness()
    harness.now = datetime(2026, 11, 23, 23, 59, tzinfo=timezone.utc)
    harness.sweep()
    harness.sweep(2 * MINUTE)
    assert list(harness.state.names("", "")) == ["sweep/2026-11-23", "sweep/2026-11-24"]
