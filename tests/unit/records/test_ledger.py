"""Claims and findings: no call is paid for twice, even by two deliveries at once."""

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
from facescreen.testing.stores import MemoryStateStore
from facescreen.timing import Deadline
from tests.support.fake_clock import FakeClock

FINDING = Finding(Verdict.LOW_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z")
SHORT_S = 1.0
"""Seconds; too short to wait for another's claim."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1_000_000.0)


@pytest.fixture
def ledger(clock: FakeClock) -> Ledger:
    return Ledger(MemoryStateStore(), clock=clock)


def claim(ledger: Ledger, write: str = "w1", seconds: float = 60) -> Claim:
    claimed = ledger.claim("entry", write, Deadline.after(seconds))
    assert claimed is not None
    return claimed


def test_a_second_claim_is_refused_while_the_first_is_active(ledger: Ledger) -> None:
    with claim(ledger), pytest.raises(AlreadyInProgressError):
        ledger.claim("entry", "w1", Deadline.after(SHORT_S))


def test_a_claim_that_ends_in_an_error_is_released_at_once(ledger: Ledger) -> None:
    with pytest.raises(KeyError), claim(ledger):
        raise KeyError
    assert claim(ledger, seconds=SHORT_S).get_finding("w1") is None


def test_an_expired_claim_is_taken_over(ledger: Ledger, clock: FakeClock) -> None:
    claim(ledger, seconds=60)  # and its owner is killed
    clock.now += 60 + MAX_CLOCK_SKEW_S - 1
    with pytest.raises(AlreadyInProgressError):
        ledger.claim("entry", "w1", Deadline.after(SHORT_S))
    clock.now += 2
    claim(ledger, seconds=SHORT_S)


def test_the_old_owner_cannot_release_a_claim_that_was_taken_over(
    ledger: Ledger, clock: FakeClock
) -> None:
    with claim(ledger, seconds=60):
        clock.now += 60 + MAX_CLOCK_SKEW_S + 1
        claim(ledger, seconds=60)
    with pytest.raises(AlreadyInProgressError):
        ledger.claim("entry", "w1", Deadline.after(SHORT_S))


def test_of_concurrent_claims_exactly_one_succeeds(ledger: Ledger) -> None:
    claims: list[Claim | None] = []
    start = threading.Barrier(8)

    def race() -> None:
        start.wait()
        with contextlib.suppress(AlreadyInProgressError):
            claims.append(ledger.claim("entry", "w1", Deadline.after(SHORT_S)))

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claims) == 1


def test_the_recorded_finding_is_used_after_a_takeover(ledger: Ledger, clock: FakeClock) -> None:
    claim(ledger, seconds=600).record_finding(
        FINDING, "w1"
    )  # killed between the record and the tags
    clock.now += WRITE_BACK_TIMEOUT_S + MAX_CLOCK_SKEW_S + 1
    assert claim(ledger, seconds=SHORT_S).get_finding("w1") == FINDING


def test_a_revision_marked_done_is_not_claimed_again(ledger: Ledger) -> None:
    with claim(ledger) as ongoing_claim:
        ongoing_claim.record_finding(FINDING, "w1")
        ongoing_claim.mark_done("w1")
    assert ledger.claim("entry", "w1", Deadline.after(SHORT_S)) is None


def test_the_same_bytes_written_again_reuse_the_finding(ledger: Ledger) -> None:
    with claim(ledger) as ongoing_claim:
        ongoing_claim.record_finding(FINDING, "w1")
        ongoing_claim.mark_done("w1")
    assert claim(ledger, "w2").get_finding("w2") == FINDING


def test_an_unconfirmed_finding_is_used_only_for_its_own_revision(
    ledger: Ledger,
) -> None:
    """A is overwritten by B while the service downloads, then by A: the verdict on A may be B's."""
    with claim(ledger, "first A") as ongoing_claim:
        ongoing_claim.record_finding(FINDING, "first A")
    assert ledger.get_finding("entry", "first A") == FINDING
    assert ledger.get_finding("entry", "second A") is None


def test_a_claim_is_recognised_although_the_response_to_its_append_was_lost(
    clock: FakeClock,
) -> None:
    class StoreThatLosesOneResponse(MemoryStateStore):
        has_lost_response = False

        def append(self, key: str, position: int, data: bytes) -> bool:
            appended = super().append(key, position, data)
            if not self.has_lost_response:
                self.has_lost_response = True
                return False
            return appended

    claim(Ledger(StoreThatLosesOneResponse(), clock=clock), seconds=SHORT_S)


def test_each_line_of_an_entry_is_json(ledger: Ledger) -> None:
    state = MemoryStateStore()
    with claim(Ledger(state)) as ongoing_claim:
        ongoing_claim.record_finding(FINDING, "w1")
        ongoing_claim.mark_done("w1")
    lines = [json.loads(line) for line in state.read("ledger/entry").splitlines()]
    assert [next(iter(line)) for line in lines] == ["claim", "finding", "done"]


def test_the_entry_id_depends_on_the_bytes_and_the_key() -> None:
    ref = ObjectRef("oss", "b", "k")
    head = ObjectHead("ETAG", 1, "Mon", checksum="1")
    same = ObjectHead("ETAG", 1, "Tue", "v2", "1")
    collision = ObjectHead("ETAG", 1, "Mon", checksum="2")
    assert compute_entry_id(ref, head) == compute_entry_id(ref, same)
    assert compute_entry_id(ref, head) != compute_entry_id(ref, collision)
    assert compute_entry_id(ref, head) != compute_entry_id(ObjectRef("oss", "b", "k2"), head)


def test_a_copied_finding_is_used_for_any_revision_and_releases_no_claim(ledger: Ledger) -> None:
    with claim(ledger):
        ledger.copy_finding("entry", FINDING)
        ledger.copy_finding("entry", FINDING)
        with pytest.raises(AlreadyInProgressError):
            ledger.claim("entry", "w2", Deadline.after(SHORT_S))
    assert claim(ledger, "w2", SHORT_S).get_finding("w2") == FINDING


def test_put_once_keeps_the_first_value(ledger: Ledger) -> None:
    assert ledger.get_value("entry-acl") == ""
    ledger.put_once("entry-acl", "default")
    ledger.put_once("entry-acl", "private")
    assert ledger.get_value("entry-acl") == "default"


class FailingStore(MemoryStateStore):
    """Fails the next `refusals` appends."""

    refusals = 0

    def append(self, key: str, position: int, data: bytes) -> bool:
        if self.refusals:
            self.refusals -= 1
            raise ServiceUnavailableError("the store is unwell")
        return super().append(key, position, data)


def test_recording_a_paid_finding_is_retried(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    store = FailingStore()
    ledger = Ledger(store, clock=clock)
    with claim(ledger) as ongoing_claim:
        store.refusals = 4
        ongoing_claim.record_finding(FINDING, "w1")
        ongoing_claim.mark_done("w1")
    assert ledger.get_finding("entry", "w1") == FINDING
    assert pauses == sorted(pauses)
    assert len(pauses) == 4
    with claim(ledger, "w2") as ongoing_claim:
        store.refusals = 5
        with pytest.raises(ServiceUnavailableError):
            ongoing_claim.record_finding(FINDING, "w2")
