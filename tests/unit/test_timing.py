"""The store's clock, retries, timings, and two requests at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from facescreen.errors import AccessDeniedError, ServiceUnavailableError, ThrottledError
from facescreen.timing import StoreClock, Timings, retry, run_side_by_side
from tests.support.fake_clock import FakeClock

START = 1_795_406_645.0


def to_date(epoch_s: float) -> datetime:
    """The Date of a response: whole seconds."""
    return datetime.fromtimestamp(int(epoch_s), timezone.utc)


def test_until_the_first_response_it_is_the_machines_clock() -> None:
    assert StoreClock(FakeClock(START)).now() == START


@pytest.mark.parametrize("skew_s", [-3600.0, -8.0, 0.0, 8.0, 3600.0])
def test_the_clock_follows_the_stores_dates_to_about_a_second(skew_s: float) -> None:
    store = FakeClock(START + 0.9)
    clock = StoreClock(lambda: store.now + skew_s, store.sleep)
    clock.synchronize(to_date(store.now), clock.local_clock())
    assert abs(clock.now() - store.now) <= 1
    clock.sleep(100)
    assert abs(clock.now() - store.now) <= 1


@pytest.mark.parametrize("dated_after_s", [0, 15, 30])
def test_a_slow_response_does_not_change_a_clock_that_is_right(dated_after_s: float) -> None:
    """The Date was set at any time between the request and the last byte, 30 seconds later."""
    store = FakeClock(START + 0.5)
    clock = StoreClock(store, store.sleep)
    requested_at, date = clock.local_clock(), to_date(store.now + dated_after_s)
    store.sleep(30)
    clock.synchronize(date, requested_at)
    assert clock.now() == store.now


def test_a_clock_is_set_no_further_than_a_slow_response_proves() -> None:
    store = FakeClock(START)
    clock = StoreClock(lambda: store.now - 60, store.sleep)
    requested_at, date = clock.local_clock(), to_date(store.now)
    store.sleep(30)
    clock.synchronize(date, requested_at)
    assert clock.now() == store.now - 30
    clock.synchronize(to_date(store.now), clock.local_clock())
    assert clock.now() == store.now


def test_a_machine_whose_clock_is_corrected_is_followed_again() -> None:
    store, skew_s = FakeClock(START), -8.0
    clock = StoreClock(lambda: store.now + skew_s, store.sleep)
    clock.synchronize(to_date(store.now), clock.local_clock())
    skew_s = 0
    assert clock.now() == START + 8
    clock.synchronize(to_date(store.now), clock.local_clock())
    assert abs(clock.now() - START) <= 1


# Retries.


class Failing:
    """Raises each error in turn, and then returns."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "result"


def test_a_transient_error_is_retried_after_each_delay() -> None:
    function = Failing(ServiceUnavailableError("a"), ThrottledError("b"))
    pauses: list[float] = []
    assert retry(function, (0.2, 0.5, 1.0), pauses.append) == "result"
    assert pauses == [0.2, 0.5]


def test_the_error_after_the_last_delay_is_raised() -> None:
    function = Failing(*(ServiceUnavailableError(str(number)) for number in range(9)))
    with pytest.raises(ServiceUnavailableError, match="2"):
        retry(function, (0.2, 0.5), lambda seconds: None)
    assert function.calls == 3


def test_another_error_is_raised_at_once() -> None:
    function = Failing(AccessDeniedError("no"))
    with pytest.raises(AccessDeniedError):
        retry(function, (0.2,), lambda seconds: None)
    assert function.calls == 1


# Side by side.


def test_both_functions_run_at_the_same_time_and_both_results_are_returned() -> None:
    meeting = threading.Barrier(2, timeout=10)

    def meet(name: str) -> Callable[[], str]:
        def run() -> str:
            meeting.wait()
            return name

        return run

    assert run_side_by_side(meet("first"), meet("second")) == ("first", "second")


class KilledError(BaseException):
    """Not an Exception."""


@pytest.mark.parametrize("error", [KeyError("x"), KilledError()])
@pytest.mark.parametrize("failing", ["first", "second"])
def test_an_error_is_raised_once_the_other_function_has_ended(
    failing: str, error: BaseException
) -> None:
    has_failed, ended = threading.Event(), []

    def fail() -> None:
        has_failed.set()
        raise error

    def end() -> None:
        assert has_failed.wait(10)
        ended.append(True)

    functions = (fail, end) if failing == "first" else (end, fail)
    with pytest.raises(type(error)) as raised:
        run_side_by_side(*functions)
    assert raised.value is error
    assert ended


def test_of_two_errors_the_first_functions_is_raised() -> None:
    with pytest.raises(KeyError):
        run_side_by_side(Failing(KeyError()), Failing(ValueError()))


# Timings.


def test_each_step_is_measured_even_if_it_fails() -> None:
    def fail() -> None:
        with timings.measure("call"):
            raise KeyError

    timings = Timings()
    with timings.measure("look"):
        pass
    with pytest.raises(KeyError):
        fail()
    assert list(timings.durations_ms) == ["look_ms", "call_ms", "total_ms"]


@pytest.mark.parametrize(("age_s", "expected_s"), [(5, 5), (-60, 0)])
def test_the_time_since_the_event_is_never_negative(age_s: int, expected_s: int) -> None:
    event_time = (datetime.now(timezone.utc) - timedelta(seconds=age_s)).isoformat()
    queued_ms = Timings(event_time.replace("+00:00", "Z")).durations_ms["queued_ms"]
    assert expected_s * 1000 <= queued_ms < expected_s * 1000 + 5000


@pytest.mark.parametrize("event_time", ["", "yesterday", "2026-11-23T04:05:06"])
def test_an_event_without_a_valid_time_has_no_such_time(event_time: str) -> None:
    assert "queued_ms" not in Timings(event_time).durations_ms
