"""A process that is killed, or a request that is lost, at every single step of a screening during
which the object is overwritten: after the redelivery each object has its own verdict."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress

import pytest

from facescreen.errors import ServiceUnavailableError
from facescreen.model import ObjectRef
from facescreen.screening import findings
from tests.support.pictures import noise_picture
from tests.support.quarantine_harness import ProcessKilledError
from tests.support.screener_harness import PHOTO, PHOTO_REF, ScreenerHarness

FLAGGED, CLEAN = PHOTO, noise_picture()


class Interruptions:
    """Counts the operations on both stores and on the bus, and acts before some of them."""

    def __init__(self, harness: ScreenerHarness) -> None:
        self.count = 0
        self.actions: dict[int, Callable[[], object]] = {}
        for service in (harness.store, harness.state, harness.publisher):
            service.before_operation = self.count_operation

    def count_operation(self, _: str) -> None:
        self.count += 1
        if action := self.actions.pop(self.count, None):
            action()


def kill() -> None:
    raise ProcessKilledError


def deliver(harness: ScreenerHarness, ref: ObjectRef) -> None:
    """Deliver an event, again after a kill or a failure, as the platform does."""
    for _ in range(4):
        try:
            harness.screen(ref)
        except (ProcessKilledError, ServiceUnavailableError):
            harness.clock.sleep(90)
        else:
            return
    raise AssertionError("the event became a dead letter")


def screen_with_overwrite(overwrite_at: int, failure_at: int, failure: Callable[[], object]) -> int:
    """Screen flagged bytes, overwrite them before one operation, and fail before another. Returns
    the number of operations."""
    harness = ScreenerHarness(flagged=(FLAGGED,))
    events = [harness.put(FLAGGED)]
    interruptions = Interruptions(harness)
    interruptions.actions[overwrite_at] = lambda: events.append(harness.put(CLEAN))
    if failure_at != overwrite_at:
        interruptions.actions[failure_at] = failure
    for event in events:  # grows while it is read
        deliver(harness, event)
    current = harness.store.peek_data(PHOTO_REF)
    expected = "high_risk" if current == FLAGGED else "low_risk"
    assert harness.tags().get("deepfake-verdict") == expected, (overwrite_at, failure_at)
    verdicts = [message["data"]["verdict"] for message in harness.published_messages()]
    assert expected in verdicts
    assert len(harness.judge.judged) <= 4
    return interruptions.count


STEPS = [pytest.param(step, marks=() if step == 9 else pytest.mark.slow) for step in range(1, 17)]
"""Before which operation the object is overwritten: the riskiest, between the tagging request and
the look after it, in each test run."""


@pytest.mark.parametrize("overwrite_at", STEPS)
def test_a_kill_at_any_step_loses_no_verdict_and_leaves_no_wrong_one(overwrite_at: int) -> None:
    for failure_at in itertools.count(1):
        if failure_at > screen_with_overwrite(overwrite_at, failure_at, kill):
            return


@pytest.mark.parametrize("overwrite_at", STEPS)
def test_a_failing_request_at_any_step_does_neither(overwrite_at: int) -> None:
    def fail() -> None:
        raise ServiceUnavailableError("500")

    for failure_at in itertools.count(1):
        if failure_at > screen_with_overwrite(overwrite_at, failure_at, fail):
            return


@pytest.mark.parametrize("lands_at", range(1, 30))
def test_a_tagging_request_that_lands_late_is_repaired(lands_at: int) -> None:
    """Its client has given up, the object was overwritten meanwhile, and it lands before one of the
    operations that follow."""
    harness = ScreenerHarness(flagged=(FLAGGED,))
    events = [harness.put(CLEAN)]
    interruptions = Interruptions(harness)
    held = False

    def hold_and_overwrite(operation: str) -> None:
        nonlocal held
        interruptions.count_operation(operation)
        if operation == "replace_tags" and not held:
            held = True
            interruptions.actions[interruptions.count + lands_at] = land
            events.append(harness.put(FLAGGED))

    def land() -> None:
        with suppress(IndexError):
            harness.store.land_held()

    harness.store.before_operation = hold_and_overwrite
    harness.store.hold_next("replace_tags")
    for event in events:  # grows while it is read
        deliver(harness, event)
    land()
    # Whatever lands after the last look is found by the sweep, as a tag with another ETag.
    if harness.tags()["deepfake-etag"] == harness.store.head(PHOTO_REF).etag:
        assert harness.tags()["deepfake-verdict"] == "high_risk"


def test_a_message_whose_answer_is_lost_is_published_again_with_its_id() -> None:
    harness = ScreenerHarness(flagged=(FLAGGED,))
    harness.publisher.lose_next_response("publish")
    deliver(harness, harness.put(FLAGGED))
    first, second = harness.published_messages()
    assert first["id"] == second["id"]
    assert first["data"]["verdict"] == second["data"]["verdict"] == "high_risk"
    assert len(harness.judge.judged) == 1


def test_a_lost_answer_of_any_append_is_neither_a_second_call_nor_a_wait() -> None:
    for lost_at in range(1, 8):
        harness = ScreenerHarness(flagged=(FLAGGED,))
        ref, appends = harness.put(FLAGGED), 0

        def lose(operation: str, harness: ScreenerHarness = harness, at: int = lost_at) -> None:
            nonlocal appends
            if operation == "append":
                appends += 1
                if appends == at:
                    harness.state.lose_next_response("append")

        harness.state.before_operation = lose
        started = harness.clock.now
        with suppress(ServiceUnavailableError):
            harness.screen(ref)
        deliver(harness, ref)
        assert harness.judge.judged == [FLAGGED]
        assert harness.tags()["deepfake-verdict"] == "high_risk"
        assert harness.clock.now - started < 10


def test_a_kill_at_any_step_gives_an_unscreenable_object_one_message_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No finding is recorded before a call, so the next worker makes its own, at a later time."""
    times = (f"2026-11-23T04:05:{second:02d}Z" for second in itertools.count(6))
    monkeypatch.setattr(findings, "_format_now", lambda: next(times))
    for killed_at in itertools.count(1):
        harness = ScreenerHarness()
        event = harness.put(b"not a picture")
        interruptions = Interruptions(harness)
        interruptions.actions[killed_at] = kill
        deliver(harness, event)
        if killed_at > interruptions.count:
            return
        messages = harness.published_messages()
        assert len({message["id"] for message in messages}) == 1, killed_at
        assert len({message["time"] for message in messages}) == 1, killed_at
        assert len(list(harness.state.list_keys("history/", ""))) == 1, killed_at


def test_a_repair_that_is_overtaken_by_an_upload_leaves_its_verdict() -> None:
    """It read the verdict of newer bytes than those it had looked at, and took it off."""
    harness = ScreenerHarness(flagged=(FLAGGED,))
    first = harness.put(FLAGGED)
    harness.screen(first)
    stale_tags = harness.tags()
    harness.put(CLEAN)
    harness.store.put_tags(PHOTO_REF.bucket, PHOTO_REF.key, stale_tags)
    harness.clock.sleep(5)

    def overtake(operation: str) -> None:
        if operation == "tags":
            harness.store.before_operation = lambda _: None
            newest = harness.put(noise_picture(width=800))
            harness.clock.sleep(5)
            harness.screen(newest)

    harness.store.before_operation = overtake
    harness.screen(first)
    assert harness.tags()["deepfake-verdict"] == "low_risk"
    assert harness.tags()["deepfake-etag"] == harness.store.head(PHOTO_REF).etag
