"""Claims and findings: nobody pays for what another is paying for, or has paid for."""

from __future__ import annotations

import contextlib
import json
import threading

import pytest

from facescreen.errors import AlreadyInProgressError, ServiceUnavailableError
from facescreen.model import Finding, ObjectHead, ObjectRef, Verdict
from facescreen.records.ledger import (
    MAX_CLOCK_SKEW_S,
    WRITE_BACK_TIMEOUT_S,
    Claim,
    Ledger,
    compute_entry_id,
)
from facescreen.testing.stores import MemoryState
from facescreen.timing import Deadline

FOUND = Finding(Verdict.LOW_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z")
SHORT = 1.0
"""Less than it takes to wait for another's claim."""


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Ledger:
    return Ledger(MemoryState(), clock=clock)


def claim(ledger: Ledger, write: str = "w1", seconds: float = 60) -> Claim:
    claimed = ledger.claim("entry", write, Deadline.after(seconds))
    assert claimed is not None
    return claimed


def test_a_second_claim_is_refused_while_the_first_is_held(ledger: Ledger) -> None:
    with claim(ledger), pytest.raises(AlreadyInProgressError):
        ledger.claim("entry", "w1", Deadline.after(SHORT))


def test_a_claim_that_is_given_up_is_free_at_once(ledger: Ledger) -> None:
    with pytest.raises(KeyError), claim(ledger):
        raise KeyError
    assert claim(ledger, seconds=SHORT).get_finding("w1") is None


def test_a_claim_that_ran_out_is_taken_over(ledger: Ledger, clock: Clock) -> None:
    claim(ledger, seconds=60)  # and its owner is killed
    clock.now += 60 + MAX_CLOCK_SKEW_S - 1
    with pytest.raises(AlreadyInProgressError):
        ledger.claim("entry", "w1", Deadline.after(SHORT))
    clock.now += 2
    claim(ledger, seconds=SHORT)


def test_the_old_owner_cannot_free_the_claim_that_was_taken_over(
    ledger: Ledger, clock: Clock
) -> None:
    with claim(ledger, seconds=60):
        clock.now += 60 + MAX_CLOCK_SKEW_S + 1
        claim(ledger, seconds=60)
    with pytest.raises(AlreadyInProgressError):
        ledger.claim("entry", "w1", Deadline.after(SHORT))


def test_of_many_claims_at_one_instant_one_is_given(ledger: Ledger) -> None:
    given: list[Claim | None] = []
    start = threading.Barrier(8)

    def race() -> None:
        start.wait()
        with contextlib.suppress(AlreadyInProgressError):
            given.append(ledger.claim("entry", "w1", Deadline.after(SHORT)))

    racers = [threading.Thread(target=race) for _ in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(given) == 1


def test_what_was_found_is_used_by_whoever_takes_over_soon(ledger: Ledger, clock: Clock) -> None:
    claim(ledger, seconds=600).record_finding(FOUND, "w1")  # killed between the record and the tags
    clock.now += WRITE_BACK_TIMEOUT_S + MAX_CLOCK_SKEW_S + 1
    assert claim(ledger, seconds=SHORT).get_finding("w1") == FOUND


def test_a_write_that_is_done_is_not_claimed_again(ledger: Ledger) -> None:
    with claim(ledger) as held:
        held.record_finding(FOUND, "w1")
        held.mark_done("w1")
    assert ledger.claim("entry", "w1", Deadline.after(SHORT)) is None


def test_the_same_bytes_written_again_use_what_was_found(ledger: Ledger) -> None:
    with claim(ledger) as held:
        held.record_finding(FOUND, "w1")
        held.mark_done("w1")
    assert claim(ledger, "w2").get_finding("w2") == FOUND


def test_a_finding_that_was_not_looked_at_again_holds_for_its_own_write_alone(
    ledger: Ledger,
) -> None:
    """A, then B while the service downloads, then A again: the verdict on A may be B's."""
    with claim(ledger, "first A") as held:
        held.record_finding(FOUND, "first A")
    assert ledger.get_finding("entry", "first A") == FOUND
    assert ledger.get_finding("entry", "second A") is None


def test_an_append_whose_answer_was_lost_is_known_as_ones_own(clock: Clock) -> None:
    class LosesTheFirstAnswer(MemoryState):
        lost = False

        def append(self, key: str, position: int, data: bytes) -> bool:
            done = super().append(key, position, data)
            if not self.lost:
                self.lost = True
                return False
            return done

    claim(Ledger(LosesTheFirstAnswer(), clock=clock), seconds=SHORT)


def test_each_line_is_json_on_its_own(ledger: Ledger) -> None:
    state = MemoryState()
    with claim(Ledger(state)) as held:
        held.record_finding(FOUND, "w1")
        held.mark_done("w1")
    lines = [json.loads(line) for line in state.read("ledger/entry").splitlines()]
    assert [next(iter(line)) for line in lines] == ["claim", "finding", "done"]


def test_the_entry_is_the_bytes_under_their_key() -> None:
    ref = ObjectRef("oss", "b", "k")
    head = ObjectHead("ETAG", 1, "Mon", checksum="1")
    same = ObjectHead("ETAG", 1, "Tue", "v2", "1")
    collision = ObjectHead("ETAG", 1, "Mon", checksum="2")
    assert compute_entry_id(ref, head) == compute_entry_id(ref, same)
    assert compute_entry_id(ref, head) != compute_entry_id(ref, collision)
    assert compute_entry_id(ref, head) != compute_entry_id(ObjectRef("oss", "b", "k2"), head)


def test_what_is_vouched_for_holds_for_any_write_and_frees_no_claim(ledger: Ledger) -> None:
    with claim(ledger):
        ledger.copy_finding("entry", FOUND)
        ledger.copy_finding("entry", FOUND)
        with pytest.raises(AlreadyInProgressError):
            ledger.claim("entry", "w2", Deadline.after(SHORT))
    assert claim(ledger, "w2", SHORT).get_finding("w2") == FOUND


def test_what_was_bound_first_can_be_read(ledger: Ledger) -> None:
    assert ledger.get("entry-acl") == ""
    ledger.put_once("entry-acl", "default")
    ledger.put_once("entry-acl", "private")
    assert ledger.get("entry-acl") == "default"


class Unwell(MemoryState):
    """Takes no append while `refusals` last."""

    refusals = 0

    def append(self, key: str, position: int, data: bytes) -> bool:
        if self.refusals:
            self.refusals -= 1
            raise ServiceUnavailableError("the store is unwell")
        return super().append(key, position, data)


def test_what_was_paid_for_is_recorded_through_some_trouble(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []
    monkeypatch.setattr("time.sleep", paused.append)
    store = Unwell()
    ledger = Ledger(store, clock=clock)
    with claim(ledger) as held:
        store.refusals = 4
        held.record_finding(FOUND, "w1")
        held.mark_done("w1")
    assert ledger.get_finding("entry", "w1") == FOUND
    assert paused == sorted(paused)
    assert len(paused) == 4
    with claim(ledger, "w2") as held:
        store.refusals = 5
        with pytest.raises(ServiceUnavailableError):
            held.record_finding(FOUND, "w2")
