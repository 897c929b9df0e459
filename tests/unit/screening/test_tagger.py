"""No verdict stays on other bytes, whatever happens between a look and a tagging."""

from __future__ import annotations

from collections import Counter

import pytest

from facescreen.model import Finding, ObjectRef, TaggingResult, Verdict
from facescreen.records.ledger import Ledger, compute_entry_id
from facescreen.screening.tagger import SUPERSEDED_RESULT, Tagger
from facescreen.tags import build_tags, build_verdict_tag_keys
from facescreen.testing.stores import MemoryStateStore, MemoryStore
from facescreen.timing import Deadline

REF = ObjectRef("oss", "selfies", "a.jpg")
OLD_FINDING = Finding(Verdict.LOW_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z")
NEW_FINDING = Finding(
    Verdict.HIGH_RISK, "fs" + "1" * 30, "2026-11-23T04:05:09Z", risk_tags=("SuspectDeepForgery",)
)


class TaggerHarness:
    def __init__(self, form: str = "separate") -> None:
        self.form = form
        self.store = MemoryStore()
        self.ledger = Ledger(MemoryStateStore())
        self.tagger = Tagger(self.store, self.ledger, prefix="deepfake-", form=form)
        self.store.put("selfies", "a.jpg", b"old", {"team": "kyc"})

    def overwrite(self) -> None:
        self.store.put("selfies", "a.jpg", b"new")

    def screen_new(self) -> None:
        """Do everything that the event of the new bytes does."""
        head = self.store.head(REF)
        claim = self.ledger.claim(compute_entry_id(REF, head), head.revision, Deadline.after(60))
        if claim is not None:
            with claim:
                claim.record_finding(NEW_FINDING, head.revision)
                assert self.tagger.write_tags(REF, head, NEW_FINDING).status == "written"
                claim.mark_done(head.revision)

    def tag_old(self) -> TaggingResult:
        return self.tagger.write_tags(REF, self.store.head(REF), OLD_FINDING)

    def tags(self) -> dict[str, str]:
        return self.store.get_tags(REF)

    def verdict_tags(self) -> dict[str, str]:
        verdict_keys = build_verdict_tag_keys("deepfake-")
        return {key: value for key, value in self.tags().items() if key in verdict_keys}

    def expected(self, finding: Finding) -> dict[str, str]:
        etag = self.store.head(REF).etag
        return build_tags(finding, etag, prefix="deepfake-", form=self.form)


@pytest.mark.parametrize("form", ["separate", "merged"])
def test_the_objects_own_tags_are_kept(form: str) -> None:
    harness = TaggerHarness(form)
    assert harness.tag_old().status == "written"
    assert harness.tags() == {"team": "kyc"} | harness.expected(OLD_FINDING)


def test_a_change_of_tag_form_removes_the_old_tags() -> None:
    harness = TaggerHarness("merged")
    harness.tag_old()
    harness.tagger = Tagger(harness.store, harness.ledger, prefix="deepfake-", form="separate")
    harness.form = "separate"
    harness.tag_old()
    assert harness.tags() == {"team": "kyc"} | harness.expected(OLD_FINDING)


def test_without_room_for_tags_the_objects_own_are_kept_and_the_reason_is_returned() -> None:
    harness = TaggerHarness()
    own_tags = {f"t{n}": "x" for n in range(10)}
    harness.store.put("selfies", "a.jpg", b"old", own_tags)
    tagging = harness.tag_old()
    assert tagging.status == "refused"
    assert "10 other tags" in tagging.detail
    assert harness.tags() == own_tags


def test_tagging_can_be_switched_off() -> None:
    harness = TaggerHarness("none")
    assert harness.tag_old() == TaggingResult("off")
    assert harness.tags() == {"team": "kyc"}


OPERATIONS = ["head 1", "tags 1", "replace_tags 1", "head 2"]
"""The store operations of writing a tag set, in order."""


@pytest.mark.parametrize("is_screened", [False, True], ids=["not yet screened", "screened at once"])
@pytest.mark.parametrize("moment", OPERATIONS)
@pytest.mark.parametrize("form", ["separate", "merged"])
def test_an_overwrite_at_any_operation_leaves_no_old_verdict_on_the_new_bytes(
    form: str, moment: str, is_screened: bool
) -> None:
    harness = TaggerHarness(form)
    head = harness.store.head(REF)
    counts: Counter[str] = Counter()

    def overwrite_at_moment(operation: str) -> None:
        counts[operation] += 1
        if f"{operation} {counts[operation]}" == moment:
            harness.store.before_operation = lambda operation: None
            harness.overwrite()
            if is_screened:
                harness.screen_new()
            harness.store.before_operation = overwrite_at_moment

    harness.store.before_operation = overwrite_at_moment
    assert harness.tagger.write_tags(REF, head, OLD_FINDING) is SUPERSEDED_RESULT
    harness.store.before_operation = lambda operation: None
    assert harness.verdict_tags() == (harness.expected(NEW_FINDING) if is_screened else {})
    harness.screen_new()
    assert harness.verdict_tags() == harness.expected(NEW_FINDING)


def test_stale_tags_left_by_a_killed_instance_are_removed() -> None:
    harness = TaggerHarness()
    old_head = harness.store.head(REF)
    harness.overwrite()
    # As left by an instance that tagged too late and was then killed.
    harness.store.replace_tags(
        REF, build_tags(OLD_FINDING, old_head.etag, prefix="deepfake-", form="separate")
    )
    harness.tagger.remove_stale_tags(REF, old_head.etag, harness.store.head(REF))
    assert harness.tags() == {}


def test_the_verdict_on_the_current_bytes_is_not_removed() -> None:
    harness = TaggerHarness()
    harness.overwrite()
    harness.screen_new()
    harness.tagger.remove_stale_tags(REF, "ANOTHER-ETAG", harness.store.head(REF))
    assert harness.tags() == harness.expected(NEW_FINDING)


def test_only_the_reason_of_a_merged_tag_is_truncated() -> None:
    tags = tuple(f"SuspectNumber{number}" for number in range(40))
    finding = Finding(Verdict.HIGH_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z", risk_tags=tags)
    (value,) = build_tags(finding, "E" * 32, prefix="deepfake-", form="merged").values()
    verdict, reason, etag, at = value.split(" ")
    assert (verdict, etag, at) == ("high_risk", "E" * 32, "2026-11-23T04:05:06Z")
    assert finding.reason.startswith(reason)
    assert len(value) == 256
