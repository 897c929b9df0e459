"""A sweep submits objects whose event was lost: on time, a few times, and no other objects."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facescreen import errors
from facescreen.events.filters import Filters
from facescreen.model import ObjectRef, ObjectType, Verdict
from facescreen.screening.sweep import StopReason
from facescreen.settings.table import WatchedPrefix
from facescreen.storage.ports import ListingPage
from facescreen.timing import Deadline
from tests.support.page_limits import limit_pages
from tests.support.sweeper_harness import HOUR, MINUTE, SWEEP_SETTINGS, SweeperHarness


def test_an_object_without_a_verdict_in_time_is_submitted() -> None:
    harness = SweeperHarness()
    etag = harness.put("kyc/é 1+1%.jpg")
    assert harness.sweep(29 * MINUTE).submitted == 0
    run = harness.sweep(MINUTE)
    assert (run.listed, run.checked, run.submitted, run.stop_reason) == (
        1,
        1,
        1,
        StopReason.COMPLETED,
    )
    (ref,) = harness.submitted
    assert (ref.uri, ref.etag, ref.size) == ("oss://selfies/kyc/é 1+1%.jpg", etag, 1)


def test_an_object_is_submitted_unless_its_verdict_is_about_its_bytes() -> None:
    harness = SweeperHarness()
    for key in ("screened", "overwritten", "untouched"):
        harness.tag(key, harness.put(key))
    harness.tag("overwritten", "THE-ETAG-BEFORE")
    assert harness.sweep(HOUR).checked == 3
    assert harness.submitted_keys == ["overwritten"]


def test_objects_that_can_not_be_pinned_are_submitted_unless_they_are_unscreenable() -> None:
    """Their other verdict tags are forged, or were written before an append."""
    harness = SweeperHarness(filters=Filters(min_bytes=1))
    list_page = harness.store.list_page

    def list_types(bucket: str, prefix: str, after: str) -> ListingPage:
        page = list_page(bucket, prefix, after)
        typed = (
            replace(item, object_type=ObjectType(item.key.split(" ")[0])) for item in page.objects
        )
        return ListingPage(tuple(typed), page.next_key)

    harness.store.list_page = list_types  # type: ignore[method-assign]
    for object_type in ("Appendable", "Normal", "Symlink"):
        for verdict in (Verdict.LOW_RISK, Verdict.UNSCREENABLE):
            key = f"{object_type} {verdict.value}"
            harness.tag(key, harness.put(key), verdict)
    harness.put("Symlink folder/", data=b"")
    harness.sweep(HOUR)
    assert harness.submitted_keys == ["Appendable low_risk", "Symlink folder/", "Symlink low_risk"]
    events = [json.loads(payload)["events"][0] for payload in harness.invoker.payloads]
    assert [event["eventName"].partition(":")[2] for event in events] == [
        "AppendObject",
        "PutSymlink",
        "PutSymlink",
    ]


def test_an_object_deleted_during_the_sweep_is_ignored() -> None:
    harness = SweeperHarness()
    harness.put("a")
    harness.store.before_operation = lambda name: (
        harness.store.remove("selfies", "a") if name == "tags" else None
    )
    assert harness.sweep(HOUR).submitted == 0


def test_only_objects_that_the_trigger_matches_are_swept() -> None:
    filters = Filters(exclude_prefixes=("quarantine/",), min_bytes=1)
    harness = SweeperHarness(
        replace(
            SWEEP_SETTINGS,
            watched_prefixes=(WatchedPrefix("selfies", "kyc/"), WatchedPrefix("clips", "")),
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
    assert run.checked == 2


def test_an_object_that_never_gets_a_verdict_is_submitted_four_times_with_backoff() -> None:
    harness = SweeperHarness()
    harness.put("hopeless")
    runs = [harness.sweep(15 * MINUTE).submitted for _ in range(400)]
    submission_times = [
        number * 15 * MINUTE for number, submitted in enumerate(runs, 1) if submitted
    ]
    assert submission_times == [30 * MINUTE, 2 * HOUR, 8 * HOUR, 32 * HOUR]


def test_the_first_sweep_leaves_old_objects_to_backfill() -> None:
    harness = SweeperHarness()
    harness.put("last year")
    harness.now += timedelta(days=300)
    harness.put("lately")
    harness.sweep(HOUR)
    assert harness.submitted_keys == ["lately"]


def test_a_sweep_after_a_week_off_covers_that_week() -> None:
    harness = SweeperHarness()
    harness.sweep()
    for day in range(7):
        harness.now += timedelta(days=1)
        harness.put(f"day {day}")
    harness.sweep(HOUR)
    assert len(harness.submitted_keys) == 7


def test_a_run_stops_at_the_submission_limit_and_the_next_continues() -> None:
    harness = SweeperHarness(replace(SWEEP_SETTINGS, max_submissions=3))
    for number in range(7):
        harness.put(f"{number}")
    stop_reasons = [
        harness.sweep(HOUR if number == 0 else MINUTE).stop_reason for number in range(3)
    ]
    assert stop_reasons == [
        StopReason.SUBMISSION_LIMIT,
        StopReason.SUBMISSION_LIMIT,
        StopReason.COMPLETED,
    ]
    assert harness.submitted_keys == [f"{number}" for number in range(7)]


def test_another_instance_continues_in_the_next_bucket() -> None:
    places = (WatchedPrefix("selfies", ""), WatchedPrefix("clips", "in/"))
    harness = SweeperHarness(replace(SWEEP_SETTINGS, watched_prefixes=places, max_submissions=3))
    for number in range(2):
        harness.put(f"{number}")
        harness.put(f"in/{number}", "clips")
    harness.sweep(HOUR)
    assert harness.second_sweeper().sweep(Deadline.after(600)).stop_reason is StopReason.COMPLETED
    assert harness.submitted_keys == ["0", "1", "in/0", "in/1"]


def test_a_cursor_in_a_prefix_that_is_no_longer_watched_is_discarded() -> None:
    harness = SweeperHarness(
        replace(
            SWEEP_SETTINGS, watched_prefixes=(WatchedPrefix("selfies", "z"),), max_submissions=1
        )
    )
    harness.put("z1")
    harness.put("z2")
    harness.put("a")
    harness.sweep(HOUR)
    other_settings = replace(SWEEP_SETTINGS, watched_prefixes=(WatchedPrefix("selfies", "a"),))
    replace(harness.second_sweeper(), settings=other_settings).sweep(Deadline.after(600))
    assert harness.submitted_keys == ["z1", "a"]


def test_a_run_stops_before_its_deadline_and_the_next_continues() -> None:
    harness = SweeperHarness()
    harness.put("a")
    assert harness.sweep(HOUR, time_left_s=10).stop_reason is StopReason.TIME_LIMIT
    assert harness.submitted_keys == []
    assert harness.sweep(MINUTE).stop_reason is StopReason.COMPLETED
    assert harness.submitted_keys == ["a"]


def test_a_slot_after_the_deadline_is_left_to_the_next_run() -> None:
    harness = SweeperHarness()
    harness.put("a")
    harness.put("b")
    harness.sweeper = replace(harness.sweeper, rate_limiter=_OneSlotADay())
    assert harness.sweep(HOUR).stop_reason is StopReason.TIME_LIMIT
    assert harness.submitted_keys == ["a"]


class _OneSlotADay:
    """A rate limiter with one slot a day."""

    def __init__(self) -> None:
        self._is_taken = False

    def reserve(self, longest_s: float) -> float | None:
        assert longest_s <= 585
        was_taken, self._is_taken = self._is_taken, True
        return None if was_taken else 0.0


def test_objects_of_a_day_whose_limit_was_reached_are_submitted_later() -> None:
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


def test_objects_are_submitted_later_if_the_first_run_reached_the_limit() -> None:
    harness = SweeperHarness()
    harness.put("a")
    harness.is_limit_reached = True
    harness.sweep(HOUR)
    harness.is_limit_reached = False
    harness.sweep(70 * HOUR)
    assert harness.submitted_keys == ["a"]


@pytest.mark.parametrize("error", [errors.AccessDeniedError, errors.InvalidSettingsError])
def test_if_an_object_cannot_be_submitted_the_next_run_submits_the_rest_once(
    error: type[errors.FacescreenError],
) -> None:
    harness = SweeperHarness()
    for key in "abc":
        harness.put(key)
    harness.invoker.before_submit = lambda: _fail_after_one(harness, error("no"))
    assert [failure.name for failure in harness.sweep(HOUR).prefix_errors] == [error.name]
    harness.invoker.before_submit = lambda: None
    assert harness.sweep(MINUTE).prefix_errors == []
    assert harness.submitted_keys == ["a", "b", "c"]


def test_if_the_platform_fails_the_run_stops_and_the_next_submits_the_rest_once() -> None:
    harness = SweeperHarness()
    for key in "abc":
        harness.put(key)
    failure = errors.ServiceUnavailableError("no")
    harness.invoker.before_submit = lambda: _fail_after_one(harness, failure)
    with pytest.raises(errors.ServiceUnavailableError):
        harness.sweep(HOUR)
    harness.invoker.before_submit = lambda: None
    harness.sweep(MINUTE)
    assert harness.submitted_keys == ["a", "b", "c"]


def _fail_after_one(harness: SweeperHarness, error: errors.FacescreenError) -> None:
    if len(harness.submitted) == 1:
        raise error


def _fail_to_read_tags(harness: SweeperHarness, error: errors.FacescreenError, *keys: str) -> None:
    """Let the store fail to return the tags of these objects; without any, of all objects."""
    read_tags = harness.store.get_tags

    def fail(ref: ObjectRef) -> dict[str, str]:
        if not keys or ref.key in keys:
            raise error
        return read_tags(ref)

    harness.store.get_tags = fail  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "error",
    [
        errors.AccessDeniedError("OSS rejected the request", code="AccessDenied"),
        errors.ServiceUnavailableError("no"),
        errors.ObjectChangedError("no"),
    ],
)
def test_an_object_whose_tags_cannot_be_read_does_not_hold_up_the_others(
    error: errors.FacescreenError,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    harness = SweeperHarness()
    for key in "abcd":
        harness.put(key)
    _fail_to_read_tags(harness, error, "b")
    harness.tag("c", harness.store.head(ObjectRef("oss", "selfies", "c")).etag)
    run = harness.sweep(HOUR)
    assert (run.stop_reason, run.checked, run.unreadable) == (StopReason.COMPLETED, 4, 1)
    # The function that screens it tags it, or leaves a dead letter with the cause.
    assert harness.submitted_keys == ["a", "b", "d"]
    (line,) = [vars(record) for record in caplog.records if record.message == "tags not read"]
    assert (line["object"]["key"], line["error"], line["code"]) == ("b", error.name, error.code)
    assert harness.sweep(MINUTE).checked == 0


def test_a_bucket_whose_tags_cannot_be_read_is_an_error_and_the_next_run_continues() -> None:
    harness = SweeperHarness()
    for key in "abc":
        harness.put(key)
    read_tags = harness.store.get_tags
    error = errors.AccessDeniedError("OSS rejected the request", code="AccessDenied")
    _fail_to_read_tags(harness, error)
    for _ in range(2):
        run = harness.sweep(HOUR)
        assert (run.prefix_errors, run.unreadable) == ([error], 0)
    assert harness.submitted_keys == []
    harness.store.get_tags = read_tags  # type: ignore[method-assign]
    assert harness.sweep(MINUTE).prefix_errors == []
    assert harness.submitted_keys == ["a", "b", "c"]


def test_an_outage_of_the_store_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    harness = SweeperHarness()
    harness.put("a")
    _fail_to_read_tags(harness, errors.ServiceUnavailableError("no"))
    with pytest.raises(errors.ServiceUnavailableError):
        harness.sweep(HOUR)
    assert harness.submitted_keys == []


def test_a_bucket_that_cannot_be_listed_does_not_hold_up_the_others() -> None:
    prefixes = (WatchedPrefix("gone", ""), WatchedPrefix("selfies", ""))
    harness = SweeperHarness(replace(SWEEP_SETTINGS, watched_prefixes=prefixes))
    list_page = harness.store.list_page

    def fail(bucket: str, prefix: str, after: str) -> ListingPage:
        if bucket == "gone":
            raise errors.InvalidSettingsError("the bucket does not exist", code="NoSuchBucket")
        return list_page(bucket, prefix, after)

    harness.store.list_page = fail  # type: ignore[method-assign]
    harness.put("late", "gone")
    for hour in range(80):
        harness.put(f"{hour}")
        run = harness.sweep(HOUR)
        assert [error.code for error in run.prefix_errors] == ["NoSuchBucket"]
    # Each object once at 30 minutes: none has a verdict at 2, 8 and 32 hours either.
    assert harness.submitted_keys.count("0") == 4
    assert harness.submitted_keys.count("79") == 1
    # Nothing in the bucket that was gone is missed once it is back.
    harness.store.list_page = list_page  # type: ignore[method-assign]
    harness.sweep(MINUTE)
    assert harness.submitted_keys.count("late") == 1


def test_the_cursor_of_version_0_1_is_understood() -> None:
    harness = SweeperHarness()
    since, until = harness.now, harness.now + HOUR
    fields = {"since": since.isoformat(), "until": until.isoformat()}
    line = {**fields, "place": "selfies/", "after": "b", "is_over": False}
    assert harness.state.append("sweep/2026-11-23", 0, json.dumps(line).encode() + b"\n")
    harness.put("a")
    harness.now += 2 * HOUR
    run = harness.sweep()
    assert (run.summary["since"], run.summary["until"]) == tuple(fields.values())
    assert harness.submitted_keys == ["a"]
    harness.sweep()
    assert harness.sweep().summary["since"] == (since + 2 * HOUR).isoformat()


@pytest.mark.parametrize("operation", ["page", "tags"])
def test_a_store_error_is_retried(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    harness = SweeperHarness()
    harness.put("a")
    failures_left = [1, 1]

    def fail(name: str) -> None:
        if name == operation and failures_left:
            failures_left.pop()
            raise errors.ServiceUnavailableError("no")

    harness.store.before_operation = fail
    harness.sweep(HOUR)
    assert harness.submitted_keys == ["a"]


def test_of_two_concurrent_runs_one_ends_with_an_error() -> None:
    harness = SweeperHarness()
    harness.put("a")
    harness.now += HOUR
    second_sweeper = harness.second_sweeper()
    harness.invoker.before_submit = lambda: _run_once(
        harness, lambda: second_sweeper.sweep(Deadline.after(600))
    )
    with pytest.raises(errors.AlreadyInProgressError):
        harness.sweep()
    harness.sweep(MINUTE)
    assert harness.submitted_keys == ["a", "a"]


def _run_once(harness: SweeperHarness, run: object) -> None:
    harness.invoker.before_submit = lambda: None
    assert callable(run)
    run()


def test_the_run_after_a_kill_continues_near_the_last_submission(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit_pages(monkeypatch, max_objects=2)
    monkeypatch.setattr("facescreen.screening.sweep._SAVE_INTERVAL_S", 0)
    harness = SweeperHarness()
    for key in "abcde":
        harness.put(key)

    def stop_after_three() -> None:
        if len(harness.submitted) == 3:
            monkeypatch.setattr(harness.state, "append", _raise_system_exit)
            raise SystemExit

    harness.invoker.before_submit = stop_after_three
    with pytest.raises(SystemExit):
        harness.sweep(HOUR)
    monkeypatch.undo()
    harness.invoker.before_submit = lambda: None
    harness.second_sweeper().sweep(Deadline.after(600))
    assert harness.submitted_keys == ["a", "b", "c", "c", "d", "e"]


def _raise_system_exit(*_: object) -> bool:
    raise SystemExit


_MINUTES_BETWEEN_RUNS = st.lists(st.integers(1, 300), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    upload_minutes=st.lists(st.integers(0, 2000), max_size=8),
    minutes_between_runs=_MINUTES_BETWEEN_RUNS,
    max_submissions=st.integers(1, 3),
    extra_minutes=st.integers(0, 40),
)
def test_no_object_is_missed_whenever_the_sweep_runs(
    upload_minutes: list[int],
    minutes_between_runs: list[int],
    max_submissions: int,
    extra_minutes: int,
) -> None:
    """Uploads and limited runs at any minutes, then runs until all is done."""
    harness = SweeperHarness(replace(SWEEP_SETTINGS, max_submissions=max_submissions))
    start = harness.now
    harness.sweep()
    events = sorted(
        [(minute, f"{number}") for number, minute in enumerate(upload_minutes)]
        + [
            (sum(minutes_between_runs[: number + 1]), "")
            for number in range(len(minutes_between_runs))
        ]
    )
    for minute, key in events:
        harness.now = start + minute * MINUTE
        if key:
            harness.put(key)
        else:
            harness.sweep()
    harness.now = start + timedelta(minutes=2100 + extra_minutes)
    while harness.sweep().stop_reason is not StopReason.COMPLETED:
        pass
    harness.sweep(MINUTE)
    while harness.sweep().stop_reason is not StopReason.COMPLETED:
        pass
    assert set(harness.submitted_keys) == {f"{number}" for number in range(len(upload_minutes))}
    assert max(map(harness.submitted_keys.count, harness.submitted_keys), default=0) <= 4


@pytest.mark.parametrize(("objects", "requests"), [(0, 4), (1000, 4), (1001, 5)])
def test_an_idle_run_makes_four_requests_and_one_more_for_each_further_1000_objects(
    objects: int, requests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/deploy-alibaba.md, "Cost"."""
    harness = SweeperHarness()
    for number in range(objects):
        harness.put(f"{number}")
    harness.now += timedelta(days=9)
    harness.sweep()
    counted: list[str] = []
    harness.store.before_operation = counted.append
    for name in ("list_keys", "read", "append"):
        operation = getattr(harness.state, name)

        def count(*arguments: Any, operation: Any = operation, name: str = name) -> Any:
            counted.append(name)
            return operation(*arguments)

        monkeypatch.setattr(harness.state, name, count)
    harness.sweep(15 * MINUTE)
    assert len(counted) == requests, counted


def test_the_cursor_is_stored_in_one_state_object_a_day() -> None:
    harness = SweeperHarness()
    harness.now = datetime(2026, 11, 23, 23, 59, tzinfo=timezone.utc)
    harness.sweep()
    harness.sweep(2 * MINUTE)
    assert list(harness.state.list_keys("", "")) == ["sweep/2026-11-23", "sweep/2026-11-24"]
