"""Claims and findings: no call is paid for twice, even by two deliveries at once."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from facescreen.errors import AlreadyInProgressError, ServiceUnavailableError
from facescreen.model import EMULATOR_ADVICE_RULE, Advice, Finding, ObjectRef, Verdict
from facescreen.records import ledger_ids
from facescreen.records.claims import WRITE_BACK_TIMEOUT_S, ContentClaim, ObjectClaim
from facescreen.records.ledger import Ledger
from facescreen.records.ledger_entry import MAX_CLOCK_SKEW_S, KnownFinding, ScreeningRecord
from facescreen.records.ledger_ids import (
    build_quarantine_key,
    compute_content_id,
    compute_object_id,
    compute_uncalled_id,
)
from facescreen.testing.state_store import MemoryStateStore
from facescreen.timing import Deadline, StoreClock
from tests.support.fake_clock import FakeClock
from tests.support.screener_harness import VirtualDeadline

FINDING = Finding(Verdict.LOW_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z")
OTHER_FINDING = Finding(Verdict.HIGH_RISK, "fs" + "1" * 30, "2026-11-23T04:05:09Z")
CONTENT = compute_content_id("ab" * 32, "image", convert=False)
REF = ObjectRef("oss", "selfies", "a.jpg")
FIRST, SECOND, THIRD = (compute_object_id(REF, revision) for revision in ("r1", "r2", "r3"))
"""Three revisions of one object, with the same bytes."""
RECORD = ScreeningRecord(CONTENT, "ab" * 32, FINDING)
CONTENT_KEY, OBJECT_KEY = f"ledger/2/content/{CONTENT}", f"ledger/2/objects/{FIRST}"
VALUE_KEY, OTHER_VALUE_KEY = (build_quarantine_key(kind, REF, "") for kind in ("acl", "released"))
SHORT_S = 1.0
"""Seconds; too short to wait for another's claim."""


class LedgerHarness:
    """A ledger in virtual time, and the entries that it leaves."""

    def __init__(self) -> None:
        self.state = MemoryStateStore()
        self.clock = FakeClock(1_795_406_645.25)
        self.ledger = Ledger(self.state, StoreClock(self.clock, self.clock.sleep))

    def deadline(self, seconds: float = 60) -> Deadline:
        return VirtualDeadline(self.clock.now + seconds, self.clock)

    def content(self, object_id: str = FIRST, seconds: float = 60) -> ContentClaim | Finding:
        known = self.ledger.claim_content(CONTENT, object_id, self.deadline(seconds))
        return known.finding if isinstance(known, KnownFinding) else known

    def claim(self, object_id: str = FIRST, seconds: float = 60) -> ContentClaim:
        claim = self.content(object_id, seconds)
        assert isinstance(claim, ContentClaim)
        return claim

    def object(
        self, content_id: str = CONTENT, seconds: float = 60
    ) -> ObjectClaim | ScreeningRecord:
        return self.ledger.claim_object(
            FIRST, replace(RECORD, content_id=content_id), self.deadline(seconds)
        )

    def claim_object(self, content_id: str = CONTENT, seconds: float = 60) -> ObjectClaim:
        claim = self.object(content_id, seconds)
        assert isinstance(claim, ObjectClaim)
        return claim

    def kinds(self, key: str) -> list[str]:
        """The kind of each line of an entry."""
        return [next(iter(json.loads(line))) for line in self.state.read(key).splitlines()]

    def operations(self) -> list[str]:
        """A list to which the name of each operation is added from now on."""
        operations: list[str] = []
        self.state.before_operation = operations.append
        return operations


@pytest.fixture
def harness() -> LedgerHarness:
    return LedgerHarness()


# Ids.


def test_a_content_id_depends_on_the_bytes_and_on_what_is_asked_about_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = {
        compute_content_id(sha256, kind, convert=convert)
        for sha256 in ("ab" * 32, "cd" * 32)
        for kind in ("image", "video")
        for convert in (False, True)
    }
    assert len(ids) == 8
    assert compute_content_id("ab" * 32, "image", convert=False) == CONTENT
    monkeypatch.setattr(ledger_ids, "REQUIREMENTS_VERSION", -1)
    assert compute_content_id("ab" * 32, "image", convert=False) not in ids


def test_an_id_without_a_call_changes_with_the_reasons_and_the_requirements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = compute_uncalled_id("ab" * 32, ("UnqualifiedPhoto",))
    assert first == compute_uncalled_id("ab" * 32, ("UnqualifiedPhoto",))
    assert first != compute_uncalled_id("ab" * 32, ("ToolargeImage",))
    assert first != compute_uncalled_id("cd" * 32, ("UnqualifiedPhoto",))
    assert first != CONTENT
    monkeypatch.setattr(ledger_ids, "REQUIREMENTS_VERSION", -1)
    assert first != compute_uncalled_id("ab" * 32, ("UnqualifiedPhoto",))


def test_an_object_id_depends_on_the_store_the_key_and_the_revision() -> None:
    others = [
        compute_object_id(REF, "r2"),
        compute_object_id(ObjectRef("oss", "selfies", "b.jpg"), "r1"),
        compute_object_id(ObjectRef("oss", "other", "a.jpg"), "r1"),
        compute_object_id(ObjectRef("s3", "selfies", "a.jpg"), "r1"),
        compute_object_id(ObjectRef("oss", "selfies/a.jpg", ""), "r1"),
    ]
    assert len({FIRST, *others}) == 6
    assert compute_object_id(ObjectRef("oss", "selfies", "a.jpg", "ETAG", size=9), "r1") == FIRST


# Claims.


def test_the_first_claim_of_an_entry_is_one_append_without_a_read(harness: LedgerHarness) -> None:
    operations = harness.operations()
    with harness.claim() as claim:
        claim.record_finding(FINDING, is_proven=True)
        claim.mark_done(FIRST, RECORD)
    assert operations == ["append", "append", "append"]


def test_a_second_claim_waits_and_is_then_refused_while_the_first_is_active(
    harness: LedgerHarness,
) -> None:
    with harness.claim():
        started = harness.clock.now
        with pytest.raises(AlreadyInProgressError):
            harness.content(seconds=20)
        assert 14 < harness.clock.now - started < 16
        with pytest.raises(AlreadyInProgressError):
            harness.content(SECOND, SHORT_S)


def test_a_waiting_delivery_gets_the_finding_once_the_first_has_written_it_back(
    harness: LedgerHarness,
) -> None:
    claim = harness.claim()

    def finish() -> None:
        claim.record_finding(FINDING, is_proven=True)
        claim.mark_done(FIRST, RECORD)

    harness.clock.schedule(harness.clock.now + 8, finish)
    assert harness.content() == FINDING
    assert harness.object() == RECORD


def test_the_finding_is_used_for_another_object_while_the_first_is_still_tagged(
    harness: LedgerHarness,
) -> None:
    with harness.claim() as claim:
        claim.record_finding(FINDING, is_proven=True)
        assert harness.content(SECOND, SHORT_S) == FINDING
        with pytest.raises(AlreadyInProgressError):
            harness.content(FIRST, SHORT_S)
        claim.mark_done(FIRST, RECORD)
    assert harness.content(FIRST, SHORT_S) == FINDING


@pytest.mark.parametrize("kind", ["content", "object"])
def test_a_claim_that_ends_in_an_error_is_released_at_once(
    harness: LedgerHarness, kind: str
) -> None:
    claim: Callable[[], ContentClaim | ObjectClaim] = (
        harness.claim if kind == "content" else harness.claim_object
    )
    with pytest.raises(KeyError), claim():
        raise KeyError
    with claim():
        pass


@pytest.mark.parametrize("kind", ["content", "object"])
def test_an_expired_claim_is_taken_over(harness: LedgerHarness, kind: str) -> None:
    claim: Callable[..., ContentClaim | ObjectClaim] = (
        harness.claim if kind == "content" else harness.claim_object
    )
    claim(seconds=60)  # and its owner is killed
    harness.clock.now += 60 + MAX_CLOCK_SKEW_S - 1
    with pytest.raises(AlreadyInProgressError):
        claim(seconds=SHORT_S)
    harness.clock.now += 2
    claim(seconds=SHORT_S)


def test_the_old_owner_cannot_release_a_claim_that_was_taken_over(harness: LedgerHarness) -> None:
    with harness.claim(seconds=60):
        harness.clock.now += 60 + MAX_CLOCK_SKEW_S + 1
        harness.claim()
    with pytest.raises(AlreadyInProgressError):
        harness.content(seconds=SHORT_S)


def test_what_the_old_owner_records_does_not_shorten_the_new_claim(harness: LedgerHarness) -> None:
    old = harness.claim(seconds=60)
    harness.clock.now += 60 + MAX_CLOCK_SKEW_S + 1
    harness.claim(SECOND, seconds=60)
    old.record_finding(FINDING, is_proven=False)
    harness.clock.now += WRITE_BACK_TIMEOUT_S + MAX_CLOCK_SKEW_S + 1
    with pytest.raises(AlreadyInProgressError):
        harness.content(SECOND, SHORT_S)


def test_of_concurrent_claims_exactly_one_succeeds() -> None:
    ledger = Ledger(MemoryStateStore())
    claims: list[object] = []
    start = threading.Barrier(8)

    def race() -> None:
        start.wait()
        with contextlib.suppress(AlreadyInProgressError):
            claims.append(ledger.claim_content(CONTENT, FIRST, Deadline.after(SHORT_S)))

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claims) == 1


# Clocks.


def test_a_slow_response_does_not_move_a_clock_that_is_right() -> None:
    """A worker whose first request hung for 15 seconds would take over claims that are valid."""
    clock = FakeClock(1_795_406_645.9)
    worker_clock = StoreClock(clock, clock.sleep)
    requested_at = worker_clock.local_clock()
    clock.now += 15
    date = datetime.fromtimestamp(int(clock.now), timezone.utc)
    worker_clock.synchronize(date, requested_at)
    assert worker_clock.now() == clock.now
    clock.now += 15
    worker_clock.synchronize(date, requested_at)
    assert worker_clock.now() == clock.now


def test_a_claim_is_not_taken_over_early_although_the_clocks_of_two_workers_differ() -> None:
    """The first worker's clock is 8 seconds slow, the second one's 8 seconds fast. Both follow the
    store's dates, which have whole seconds and whose nodes differ by one."""
    state, clock = MemoryStateStore(), FakeClock(1_795_406_645.9)

    def ledger(skew_s: float, node_skew_s: float) -> Ledger:
        worker_clock = StoreClock(lambda: clock.now + skew_s, clock.sleep)
        date = datetime.fromtimestamp(int(clock.now + node_skew_s), timezone.utc)
        worker_clock.synchronize(date, worker_clock.local_clock())
        return Ledger(state, worker_clock)

    def deadline(seconds: float) -> Deadline:
        return VirtualDeadline(clock.now + seconds, clock)

    ledger(-8, 0).claim_content(CONTENT, FIRST, deadline(60))
    clock.now += 59
    with pytest.raises(AlreadyInProgressError):
        ledger(8, 1).claim_content(CONTENT, FIRST, deadline(SHORT_S))
    clock.now += 1 + MAX_CLOCK_SKEW_S + 2
    assert isinstance(ledger(-8, 0).claim_content(CONTENT, FIRST, deadline(1)), ContentClaim)


# Findings.


def test_the_recorded_finding_is_used_after_a_takeover(harness: LedgerHarness) -> None:
    # The owner is killed between the record and the tags.
    harness.claim(seconds=600).record_finding(FINDING, is_proven=False)
    with pytest.raises(AlreadyInProgressError):
        harness.content(FIRST, SHORT_S)
    harness.clock.now += WRITE_BACK_TIMEOUT_S + MAX_CLOCK_SKEW_S + 1
    assert harness.content(FIRST, SHORT_S) == FINDING


def test_an_unproven_finding_is_used_only_for_its_own_revision(harness: LedgerHarness) -> None:
    """A is overwritten by B while the service downloads, then by A: the verdict on A may be B's."""
    with harness.claim(FIRST) as claim:
        claim.record_finding(FINDING, is_proven=False)
    assert harness.content(FIRST, SHORT_S) == FINDING
    with harness.claim(SECOND) as claim:
        assert claim.unproven_findings == 1


def test_a_finding_that_a_look_proved_is_used_for_any_revision(harness: LedgerHarness) -> None:
    with harness.claim(FIRST) as claim:  # It ends without tags.
        claim.record_finding(FINDING, is_proven=False)
        claim.mark_proven()
    assert harness.content(SECOND, SHORT_S) == FINDING
    assert harness.content("", SHORT_S) == FINDING


def test_a_release_proves_only_the_finding_of_its_own_claim(harness: LedgerHarness) -> None:
    with harness.claim(FIRST) as claim:
        claim.record_finding(FINDING, is_proven=False)
    with harness.claim(SECOND) as claim:
        claim.mark_proven()
    assert isinstance(harness.content(THIRD, SHORT_S), ContentClaim)


def test_a_finding_is_proven_by_the_record_of_its_revision(harness: LedgerHarness) -> None:
    with harness.claim(FIRST) as claim:
        claim.record_finding(FINDING, is_proven=False)
        claim.mark_done(FIRST, RECORD)
    assert harness.content(SECOND, SHORT_S) == FINDING


def test_a_finding_is_proven_by_a_look_at_its_revision_only(harness: LedgerHarness) -> None:
    with harness.claim(FIRST) as claim:
        claim.record_finding(FINDING, is_proven=False)
        harness.ledger.record_proof(CONTENT, SECOND)
    with harness.claim(THIRD, SHORT_S):
        harness.ledger.record_proof(CONTENT, FIRST)
    assert harness.content(THIRD, SHORT_S) == FINDING


def test_a_finding_stays_proven_if_its_object_is_done_under_another_revision(
    harness: LedgerHarness,
) -> None:
    with harness.claim(FIRST) as claim:
        claim.record_finding(FINDING, is_proven=False)
        claim.mark_proven()
        claim.mark_done(SECOND, RECORD)
    assert harness.kinds(CONTENT_KEY) == ["claim", "finding", "released"]
    assert harness.content(FIRST, SHORT_S) == harness.content(THIRD, SHORT_S) == FINDING


def test_a_record_of_other_bytes_with_the_same_revision_proves_nothing(
    harness: LedgerHarness,
) -> None:
    with harness.claim(FIRST) as claim:
        claim.record_finding(FINDING, is_proven=False)
    harness.ledger.mark_done(FIRST, ScreeningRecord("other", "cd" * 32, OTHER_FINDING))
    assert isinstance(harness.content(SECOND, SHORT_S), ContentClaim)


def test_after_a_change_of_revision_the_next_finding_is_about_the_new_one(
    harness: LedgerHarness,
) -> None:
    with harness.claim(FIRST) as claim:
        claim.record_finding(OTHER_FINDING, is_proven=False)
        claim.change_object(SECOND, harness.deadline())
        assert claim.unproven_findings == 1
        claim.record_finding(FINDING, is_proven=False)
        claim.mark_done(SECOND, RECORD)
    assert harness.content(SECOND, SHORT_S) == FINDING
    assert harness.content(THIRD, SHORT_S) == FINDING
    assert harness.ledger.get_record(FIRST) is None


def test_a_change_of_revision_renews_the_claim_that_the_finding_has_shortened(
    harness: LedgerHarness,
) -> None:
    claim = harness.claim(FIRST)
    claim.record_finding(OTHER_FINDING, is_proven=False)
    harness.clock.now += WRITE_BACK_TIMEOUT_S + MAX_CLOCK_SKEW_S + 1
    claim.change_object(SECOND, harness.deadline())
    harness.clock.now += WRITE_BACK_TIMEOUT_S + MAX_CLOCK_SKEW_S + 1
    with pytest.raises(AlreadyInProgressError):
        harness.content(SECOND, SHORT_S)


def test_a_claim_that_another_worker_has_taken_over_is_not_renewed(harness: LedgerHarness) -> None:
    claim = harness.claim(FIRST)
    claim.record_finding(OTHER_FINDING, is_proven=False)
    harness.clock.now += WRITE_BACK_TIMEOUT_S + MAX_CLOCK_SKEW_S + 1
    harness.claim(SECOND)
    with pytest.raises(AlreadyInProgressError):
        claim.change_object(SECOND, harness.deadline())


def test_a_claim_is_renewed_behind_the_release_of_an_earlier_worker(harness: LedgerHarness) -> None:
    earlier = harness.claim(FIRST)
    harness.clock.now += 60 + MAX_CLOCK_SKEW_S + 1
    claim = harness.claim(FIRST)
    claim.record_finding(OTHER_FINDING, is_proven=False)
    earlier.__exit__()
    claim.change_object(SECOND, harness.deadline())
    harness.clock.now += WRITE_BACK_TIMEOUT_S + MAX_CLOCK_SKEW_S + 1
    with pytest.raises(AlreadyInProgressError):
        harness.content(SECOND, SHORT_S)


def test_a_finding_is_proven_before_another_revision_is_marked_done(
    harness: LedgerHarness,
) -> None:
    """A worker that is killed after the record about the last revision leaves no unproven finding
    about an earlier one, which would be paid for again."""
    claim = harness.claim(FIRST)
    claim.record_finding(FINDING, is_proven=False)
    claim.mark_proven()
    claim.mark_done(SECOND, RECORD)
    assert harness.content(SECOND, SHORT_S) == FINDING
    assert harness.content(THIRD, SHORT_S) == FINDING


def test_the_last_valid_finding_is_used(harness: LedgerHarness) -> None:
    with harness.claim(FIRST) as claim:
        claim.record_finding(FINDING, is_proven=False)
    with harness.claim(SECOND) as claim:
        claim.record_finding(OTHER_FINDING, is_proven=True)
    for object_id in (FIRST, SECOND, THIRD):
        assert harness.content(object_id, SHORT_S) == OTHER_FINDING


# Records of revisions.


def test_a_revision_marked_done_is_not_claimed_again(harness: LedgerHarness) -> None:
    with harness.claim_object() as claim:
        claim.mark_done(FIRST, RECORD)
    assert harness.object() == harness.ledger.get_record(FIRST) == RECORD
    assert harness.kinds(OBJECT_KEY) == ["claim", "done"]


def test_a_revision_is_claimed_again_for_other_content(harness: LedgerHarness) -> None:
    """Requirements changed, or another upload has the same revision."""
    harness.ledger.mark_done(FIRST, RECORD)
    other = ScreeningRecord("other", "cd" * 32, OTHER_FINDING)
    with harness.claim_object("other") as claim:
        claim.mark_done(FIRST, other)
    assert harness.object("other") == harness.ledger.get_record(FIRST) == other
    assert isinstance(harness.object(CONTENT), ObjectClaim)


def test_the_next_worker_writes_a_finding_with_the_time_of_the_first(
    harness: LedgerHarness,
) -> None:
    """The first one may have announced it before it was killed: the message keeps its id."""
    first = harness.claim_object()
    harness.clock.sleep(SHORT_S + MAX_CLOCK_SKEW_S + 60)
    later = replace(RECORD, finding=replace(FINDING, at="2026-11-23T04:07:00Z"))
    second = harness.ledger.claim_object(FIRST, later, harness.deadline())
    assert isinstance(second, ObjectClaim)
    assert first.record == second.record == RECORD


def test_a_finding_after_another_one_has_a_time_of_its_own(harness: LedgerHarness) -> None:
    """Settings changed, and back again."""
    with harness.claim_object() as claim:
        claim.mark_done(FIRST, RECORD)
    with harness.claim_object("other") as claim:
        claim.mark_done(FIRST, replace(RECORD, content_id="other"))
    later = replace(RECORD, finding=replace(FINDING, at="2026-11-23T04:07:00Z"))
    third = harness.ledger.claim_object(FIRST, later, harness.deadline())
    assert isinstance(third, ObjectClaim)
    assert third.record == later


def test_a_record_under_a_new_revision_releases_the_claim_of_the_old_one(
    harness: LedgerHarness,
) -> None:
    """Quarantine changes the ACL, and with it Last-Modified."""
    with harness.claim_object() as claim:
        claim.mark_done(SECOND, RECORD)
    assert harness.ledger.get_record(SECOND) == RECORD
    assert harness.kinds(OBJECT_KEY) == ["claim", "released"]
    assert isinstance(harness.object(seconds=SHORT_S), ObjectClaim)


def test_each_line_of_an_entry_is_json(harness: LedgerHarness) -> None:
    with harness.claim() as claim:
        claim.record_finding(FINDING, is_proven=False)
        claim.mark_proven()
    assert harness.kinds(CONTENT_KEY) == ["claim", "finding", "released"]


# Findings about bytes outside any bucket.


def test_a_finding_is_created_once(harness: LedgerHarness) -> None:
    def create() -> Finding:
        created.append(FINDING)
        return FINDING

    created: list[Finding] = []
    for _ in range(2):
        finding = harness.ledger.get_or_create_finding(CONTENT, create, harness.deadline())
        assert finding == FINDING
    assert len(created) == 1
    assert harness.content(FIRST, SHORT_S) == FINDING


def test_a_finding_that_is_not_created_is_not_recorded(harness: LedgerHarness) -> None:
    def fail() -> Finding:
        raise ServiceUnavailableError("down")

    with pytest.raises(ServiceUnavailableError):
        harness.ledger.get_or_create_finding(CONTENT, fail, harness.deadline())
    assert isinstance(harness.content(seconds=SHORT_S), ContentClaim)


# Values.


def test_put_once_keeps_the_first_value(harness: LedgerHarness) -> None:
    ledger = harness.ledger
    assert ledger.get_value(VALUE_KEY) == ""
    assert ledger.put_once(VALUE_KEY, "default") == "default"
    assert ledger.put_once(VALUE_KEY, "private") == "default"
    assert ledger.get_value(VALUE_KEY) == "default"
    assert ledger.get_value(OTHER_VALUE_KEY) == ""


def test_of_two_values_put_at_once_the_first_is_kept(harness: LedgerHarness) -> None:
    def put_another(operation: str) -> None:
        if operation == "append":
            harness.state.before_operation = lambda operation: None
            assert harness.ledger.put_once(VALUE_KEY, "theirs") == "theirs"

    harness.state.before_operation = put_another
    assert harness.ledger.put_once(VALUE_KEY, "ours") == "theirs"


# Lost responses and failing appends.


@pytest.mark.parametrize("kind", ["content", "object"])
def test_a_claim_is_recognised_although_the_response_to_its_append_was_lost(
    harness: LedgerHarness, kind: str
) -> None:
    harness.state.lose_next_response("append")
    if kind == "content":
        harness.claim(seconds=SHORT_S)
    else:
        harness.claim_object(seconds=SHORT_S)
    assert harness.kinds(CONTENT_KEY if kind == "content" else OBJECT_KEY) == ["claim"]


def test_a_line_is_recognised_although_the_http_client_sent_it_twice(
    harness: LedgerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = harness.state.append

    def append_twice(key: str, position: int, data: bytes) -> bool:
        append(key, position, data)
        return append(key, position, data)

    monkeypatch.setattr(harness.state, "append", append_twice)
    with harness.claim(seconds=SHORT_S) as claim:
        claim.record_finding(FINDING, is_proven=True)
    harness.claim_object(seconds=SHORT_S)
    assert harness.kinds(CONTENT_KEY) == ["claim", "finding", "released"]
    assert harness.kinds(OBJECT_KEY) == ["claim"]


def test_another_workers_claim_is_not_taken_for_ours_if_our_response_is_lost(
    harness: LedgerHarness,
) -> None:
    def claim_first(operation: str) -> None:
        if operation == "append":
            harness.state.before_operation = lambda operation: None
            harness.claim()
            harness.state.lose_next_response("append")

    harness.state.before_operation = claim_first
    with pytest.raises(AlreadyInProgressError):
        harness.content(seconds=SHORT_S)
    assert harness.kinds(CONTENT_KEY) == ["claim"]


def test_a_claim_that_never_arrived_raises(harness: LedgerHarness) -> None:
    harness.state.hold_next("append")
    with pytest.raises(ServiceUnavailableError):
        harness.content()
    with harness.claim():
        harness.state.land_held()
        assert harness.kinds(CONTENT_KEY) == ["claim"]


@pytest.mark.parametrize("fate", ["lose_next_response", "hold_next"])
def test_each_line_of_a_claim_is_written_once_if_an_answer_is_missing(
    harness: LedgerHarness, fate: str
) -> None:
    miss_next_answer = getattr(harness.state, fate)
    with harness.claim() as claim:
        miss_next_answer("append")
        claim.record_finding(FINDING, is_proven=True)
        miss_next_answer("append")
    for _ in harness.state.held_requests:
        harness.state.land_held()
    assert harness.kinds(CONTENT_KEY) == ["claim", "finding", "released"]
    assert harness.content(SECOND, SHORT_S) == FINDING


def test_a_record_of_a_revision_is_written_once_if_an_answer_is_lost(
    harness: LedgerHarness,
) -> None:
    with harness.claim_object() as claim:
        harness.state.lose_next_response("append")
        claim.mark_done(FIRST, RECORD)
    assert harness.kinds(OBJECT_KEY) == ["claim", "done"]


def test_a_line_is_appended_behind_what_others_appended_meanwhile(harness: LedgerHarness) -> None:
    with harness.claim(seconds=10) as claim:
        harness.clock.now += 10 + MAX_CLOCK_SKEW_S + 1
        harness.claim(SECOND)
        claim.record_finding(FINDING, is_proven=True)
    assert harness.kinds(CONTENT_KEY) == ["claim", "claim", "finding", "released"]


def test_recording_a_paid_finding_is_retried_for_some_seconds(harness: LedgerHarness) -> None:
    failures = 0

    def fail(operation: str) -> None:
        nonlocal failures
        if operation == "append" and failures:
            failures -= 1
            raise ServiceUnavailableError("the store is unwell")

    harness.state.before_operation = fail
    with harness.claim() as claim:
        failures, started = 4, harness.clock.now
        claim.record_finding(FINDING, is_proven=True)
        assert 3 < harness.clock.now - started < 5
        claim.mark_done(FIRST, RECORD)
    assert harness.content(SECOND, SHORT_S) == FINDING
    with harness.claim_object("other") as other:
        failures = 5
        with pytest.raises(ServiceUnavailableError):
            other.mark_done(FIRST, RECORD)


def test_a_release_that_fails_hides_no_error(harness: LedgerHarness) -> None:
    def fail(operation: str) -> None:
        raise ServiceUnavailableError("the store is unwell")

    claim = harness.claim()
    harness.state.before_operation = fail
    with pytest.raises(KeyError), claim:
        raise KeyError


# Findings of an emulator.


@pytest.mark.parametrize("accepts_emulated", [True, False])
def test_an_emulators_finding_is_used_only_where_emulators_are(
    harness: LedgerHarness, accepts_emulated: bool
) -> None:
    """Another deployment may have recorded it in the same state bucket."""
    emulated = replace(FINDING, warnings=(Advice(EMULATOR_ADVICE_RULE, "local"),))
    with harness.claim() as claim:
        claim.record_finding(emulated, is_proven=True)
        claim.mark_done(FIRST, replace(RECORD, finding=emulated))
    harness.clock.sleep(90)
    clock = StoreClock(harness.clock, harness.clock.sleep)
    ledger = Ledger(harness.state, clock, accepts_emulated=accepts_emulated)
    assert (ledger.get_record(FIRST) is not None) == accepts_emulated
    known = ledger.claim_content(CONTENT, SECOND, harness.deadline())
    assert isinstance(known, KnownFinding) == accepts_emulated
    if isinstance(known, ContentClaim):
        assert known.unproven_findings == 0
