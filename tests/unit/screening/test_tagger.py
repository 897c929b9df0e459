"""A verdict never stands on other bytes, whatever comes between a look and a tagging."""

from __future__ import annotations

from collections import Counter

import pytest

from facescreen.model import Finding, ObjectRef, Tagging, Verdict
from facescreen.records.ledger import Ledger, compute_entry_id
from facescreen.screening.tagger import SUPERSEDED, Tagger
from facescreen.tags import our_keys, tag_set
from facescreen.testing.stores import MemoryState, MemoryStore
from facescreen.timing import Deadline

REF = ObjectRef("oss", "selfies", "a.jpg")
OLD = Finding(Verdict.LOW_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z")
NEW = Finding(
    Verdict.HIGH_RISK, "fs" + "1" * 30, "2026-11-23T04:05:09Z", risk_tags=("SuspectDeepForgery",)
)


class TaggerHarness:
    def __init__(self, form: str = "separate") -> None:
        self.form = form
        self.store = MemoryStore()
        self.ledger = Ledger(MemoryState())
        self.tagger = Tagger(self.store, self.ledger, prefix="deepfake-", form=form)
        self.store.put("selfies", "a.jpg", b"old", {"team": "kyc"})

    def overwrite(self) -> None:
        self.store.put("selfies", "a.jpg", b"new")

    def screen_new(self) -> None:
        """What the new bytes' own event does, whole."""
        head = self.store.head(REF)
        claim = self.ledger.claim(compute_entry_id(REF, head), head.write, Deadline.after(60))
        if claim is not None:
            with claim:
                claim.record_finding(NEW, head.write)
                assert self.tagger.write(REF, head, NEW).status == "written"
                claim.mark_done(head.write)

    def tag_old(self) -> Tagging:
        return self.tagger.write(REF, self.store.head(REF), OLD)

    def tags(self) -> dict[str, str]:
        return self.store.tags(REF)

    def verdict_tags(self) -> dict[str, str]:
        ours = our_keys("deepfake-")
        return {key: value for key, value in self.tags().items() if key in ours}

    def expected(self, finding: Finding) -> dict[str, str]:
        etag = self.store.head(REF).etag
        return tag_set(finding, etag, prefix="deepfake-", form=self.form)


@pytest.mark.parametrize("form", ["separate", "merged"])
def test_the_users_own_tags_survive(form: str) -> None:
    harness = TaggerHarness(form)
    assert harness.tag_old().status == "written"
    assert harness.tags() == {"team": "kyc"} | harness.expected(OLD)


def test_a_change_of_form_leaves_nothing_of_the_old_one() -> None:
    harness = TaggerHarness("merged")
    harness.tag_old()
    harness.tagger = Tagger(harness.store, harness.ledger, prefix="deepfake-", form="separate")
    harness.form = "separate"
    harness.tag_old()
    assert harness.tags() == {"team": "kyc"} | harness.expected(OLD)


def test_with_no_room_for_tags_the_users_stay_and_the_reason_is_told() -> None:
    harness = TaggerHarness()
    theirs = {f"t{n}": "x" for n in range(10)}
    harness.store.put("selfies", "a.jpg", b"old", theirs)
    tagging = harness.tag_old()
    assert tagging.status == "refused"
    assert "10 tags of its own" in tagging.detail
    assert harness.tags() == theirs


def test_tags_can_be_switched_off() -> None:
    harness = TaggerHarness("none")
    assert harness.tag_old() == Tagging("off")
    assert harness.tags() == {"team": "kyc"}


OPERATIONS = ["head 1", "tags 1", "replace_tags 1", "head 2"]
"""What writing a tag set asks of the store, in this order."""


@pytest.mark.parametrize("screened", [False, True], ids=["not yet screened", "screened at once"])
@pytest.mark.parametrize("moment", OPERATIONS)
@pytest.mark.parametrize("form", ["separate", "merged"])
def test_an_overwrite_at_any_moment_leaves_no_verdict_on_the_new_bytes(
    form: str, moment: str, screened: bool
) -> None:
    harness = TaggerHarness(form)
    head = harness.store.head(REF)
    seen: Counter[str] = Counter()

    def strike(operation: str) -> None:
        seen[operation] += 1
        if f"{operation} {seen[operation]}" == moment:
            harness.store.before = lambda operation: None
            harness.overwrite()
            if screened:
                harness.screen_new()
            harness.store.before = strike

    harness.store.before = strike
    assert harness.tagger.write(REF, head, OLD) is SUPERSEDED
    harness.store.before = lambda operation: None
    assert harness.verdict_tags() == (harness.expected(NEW) if screened else {})
    harness.screen_new()
    assert harness.verdict_tags() == harness.expected(NEW)


def test_tags_left_on_new_bytes_by_a_killed_instance_are_taken_off() -> None:
    harness = TaggerHarness()
    old = harness.store.head(REF)
    harness.overwrite()
    # Killed right after its tagging, which came late.
    harness.store.replace_tags(REF, tag_set(OLD, old.etag, prefix="deepfake-", form="separate"))
    harness.tagger.remove_stale(REF, old.etag, harness.store.head(REF))
    assert harness.tags() == {}


def test_the_verdict_of_the_bytes_that_stand_is_not_taken_off() -> None:
    harness = TaggerHarness()
    harness.overwrite()
    harness.screen_new()
    harness.tagger.remove_stale(REF, "ANOTHER-ETAG", harness.store.head(REF))
    assert harness.tags() == harness.expected(NEW)


def test_a_long_reason_is_cut_and_nothing_else() -> None:
    tags = tuple(f"SuspectNumber{number}" for number in range(40))
    finding = Finding(Verdict.HIGH_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z", risk_tags=tags)
    (value,) = tag_set(finding, "E" * 32, prefix="deepfake-", form="merged").values()
    verdict, reason, etag, at = value.split(" ")
    assert (verdict, etag, at) == ("high_risk", "E" * 32, "2026-11-23T04:05:06Z")
    assert finding.reason.startswith(reason)
    assert len(value) == 256
