"""No verdict stays on other bytes, whatever happens between a look and a tagging."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from facescreen.errors import (
    AccessDeniedError,
    ObjectNotFoundError,
    RevisionNotSettledError,
    ServiceUnavailableError,
    TagsRefusedError,
)
from facescreen.model import Finding, ObjectRef, TaggingResult, Verdict
from facescreen.screening.pinning import ObjectPinner, PinnedObject
from facescreen.screening.tagger import (
    LATE_REQUEST_INTERVAL_S,
    SUPERSEDED_RESULT,
    TaggedObject,
    Tagger,
    WrittenTags,
)
from facescreen.tags import build_tags, build_verdict_tag_keys
from facescreen.testing.object_store import MemoryStore
from facescreen.timing import Deadline, StoreClock
from tests.support.fake_clock import FakeClock
from tests.support.screener_harness import VirtualDeadline

REF = ObjectRef("oss", "selfies", "a.jpg")
OLD_FINDING = Finding(Verdict.LOW_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z")
NEW_FINDING = Finding(
    Verdict.HIGH_RISK, "fs" + "1" * 30, "2026-11-23T04:05:09Z", risk_tags=("SuspectDeepForgery",)
)


class TaggerHarness:
    """A tagger in virtual time, and an object with a tag of its user's. `operations` counts the
    requests, those of `expected` and `tags` not included."""

    def __init__(self, form: str = "separate", *, versioned: bool = False) -> None:
        self.form = form
        self.clock = FakeClock(1_795_406_645.25)
        self.store = MemoryStore(versioned=versioned, clock=self.clock)
        self.store_clock = StoreClock(self.clock, self.clock.sleep)
        self.pinner = ObjectPinner(self.store, margin_s=1, clock=self.store_clock)
        self.tagger = self.create_tagger(form)
        self.operations: Counter[str] = Counter()
        self.store.before_operation = lambda operation: self.operations.update([operation])
        self.store.put("selfies", "a.jpg", b"old", {"team": "kyc"})
        self.clock.sleep(60)

    def create_tagger(self, form: str) -> Tagger:
        return Tagger(
            self.store, self.pinner, prefix="deepfake-", form=form, clock=self.store_clock
        )

    def deadline(self, seconds: float = 60) -> Deadline:
        return VirtualDeadline(self.clock.now + seconds, self.clock)

    def overwrite(self, data: bytes = b"new") -> None:
        self.store.put("selfies", "a.jpg", data)

    def pin(self) -> PinnedObject:
        return self.pinner.pin(REF, self.deadline())

    def look(self, pinned: PinnedObject | None = None) -> TaggedObject:
        seen = self.tagger.look(pinned or self.pin(), self.deadline())
        assert seen is not None
        return seen

    def write(
        self, seen: TaggedObject, finding: Finding = OLD_FINDING, seconds: float = 60
    ) -> WrittenTags:
        return self.tagger.write(seen, finding, self.deadline(seconds))

    def tag_old(self) -> TaggingResult:
        return self.write(self.look()).result

    def screen_new(self) -> None:
        """Do everything that the event of the new bytes does."""
        assert self.write(self.look(), NEW_FINDING).result.status == "written"

    def call_before(self, moment: str, action: Callable[[], object]) -> None:
        """Call `action` before an operation from now on: ``tags 2`` is the second read of tags."""
        self.operations.clear()

        def before(operation: str) -> None:
            self.operations[operation] += 1
            if f"{operation} {self.operations[operation]}" == moment:
                self.store.before_operation = lambda operation: None
                action()
                self.store.before_operation = before

        self.store.before_operation = before

    def tags(self) -> dict[str, str]:
        return self.store.peek_tags(REF)

    def verdict_tags(self) -> dict[str, str]:
        verdict_keys = build_verdict_tag_keys("deepfake-")
        return {key: value for key, value in self.tags().items() if key in verdict_keys}

    def expected(self, finding: Finding) -> dict[str, str]:
        etag = self.store.create_ref(REF.bucket, REF.key).etag
        return build_tags(finding, etag, prefix="deepfake-", form=self.form)


@pytest.mark.parametrize("form", ["separate", "merged"])
def test_the_objects_own_tags_are_kept(form: str) -> None:
    harness = TaggerHarness(form)
    assert harness.tag_old() == TaggingResult("written")
    assert harness.tags() == {"team": "kyc"} | harness.expected(OLD_FINDING)


def test_a_verdict_is_written_by_one_request_with_the_full_set_between_two_looks() -> None:
    harness = TaggerHarness()
    pinned = harness.pin()
    harness.operations.clear()
    seen = harness.look(pinned)
    assert harness.operations == {"head": 1, "tags": 1}
    written = harness.write(seen)
    assert harness.operations == {"head": 2, "tags": 1, "replace_tags": 1}
    assert written.pinned is not None
    assert written.pinned.head.tag_count == 5


def test_a_repair_is_one_request_with_the_full_set() -> None:
    harness = TaggerHarness()
    harness.tag_old()
    harness.operations.clear()
    harness.write(harness.look(), NEW_FINDING)
    assert harness.operations["replace_tags"] == 1
    assert harness.tags() == {"team": "kyc"} | harness.expected(NEW_FINDING)


def test_a_change_of_tag_form_removes_the_old_tags() -> None:
    harness = TaggerHarness("merged")
    harness.tag_old()
    harness.tagger = harness.create_tagger("separate")
    harness.form = "separate"
    harness.tag_old()
    assert harness.tags() == {"team": "kyc"} | harness.expected(OLD_FINDING)


def test_without_room_for_tags_the_objects_own_are_kept_and_the_reason_is_returned() -> None:
    harness = TaggerHarness()
    own_tags = {f"t{n}": "x" for n in range(10)}
    harness.store.put_tags("selfies", "a.jpg", own_tags)
    tagging = harness.tag_old()
    assert tagging.status == "refused"
    assert "10 other tags" in tagging.detail
    assert harness.tags() == own_tags


def test_without_room_for_tags_no_other_verdict_stays() -> None:
    harness = TaggerHarness()
    own_tags = {f"t{n}": "x" for n in range(9)}
    harness.store.put_tags("selfies", "a.jpg", {**own_tags, "deepfake-verdict": "low_risk"})
    tagging = harness.write(harness.look(), NEW_FINDING).result
    assert tagging.status == "refused"
    assert "9 other tags" in tagging.detail
    assert harness.tags() == own_tags


def test_tags_that_the_store_refuses_are_reported() -> None:
    def refuse() -> None:
        raise TagsRefusedError("the store refuses")

    harness = TaggerHarness()
    seen = harness.look()
    harness.call_before("replace_tags 1", refuse)
    written = harness.write(seen)
    assert written == WrittenTags(TaggingResult("refused", "the store refuses"), seen.pinned)


def test_tagging_can_be_switched_off() -> None:
    harness = TaggerHarness("none")
    pinned = harness.pin()
    harness.operations.clear()
    seen = harness.look(pinned)
    assert harness.write(seen) == WrittenTags(TaggingResult("off"), seen.pinned)
    assert harness.tagger.has_verdict(seen, OLD_FINDING)
    assert not harness.tagger.remove_stale_verdict(pinned)
    assert harness.operations == {"head": 1}
    assert harness.tags() == {"team": "kyc"}


# Looks.


def test_the_read_of_tags_is_skipped_once_a_head_proves_that_there_are_none() -> None:
    harness = TaggerHarness()
    harness.overwrite()
    pinned = harness.pin()
    harness.look(pinned)
    assert harness.operations["tags"] == 1
    assert harness.look(pinned).tags == {}
    assert harness.operations["tags"] == 1
    harness.store.put_tags("selfies", "a.jpg", {"team": "kyc"})
    assert harness.look(pinned).tags == {"team": "kyc"}
    assert harness.operations["tags"] == 2


def test_a_head_proves_nothing_in_a_bucket_whose_tags_were_never_read() -> None:
    """Stores leave the count out if the role may not read tags."""
    harness = TaggerHarness()
    harness.look()
    other_ref = replace(REF, bucket="other")
    harness.store.put("other", "a.jpg", b"old", {"team": "kyc"})
    pinned = harness.pinner.pin(other_ref, harness.deadline())
    harness.store.head = lambda ref: replace(pinned.head, tag_count=None)  # type: ignore[method-assign]
    seen = harness.tagger.look(pinned, harness.deadline())
    assert seen is not None
    assert seen.tags == {"team": "kyc"}


def test_the_tags_of_a_version_are_always_read() -> None:
    """Its head is from before the call: tags may have been written since."""
    harness = TaggerHarness(versioned=True)
    harness.overwrite()
    pinned = harness.pin()
    harness.look(pinned)
    harness.store.put_tags("selfies", "a.jpg", {"team": "kyc"})
    assert harness.look(pinned).tags == {"team": "kyc"}


def test_a_look_at_other_bytes_finds_nothing() -> None:
    harness = TaggerHarness()
    pinned = harness.pin()
    harness.overwrite()
    assert harness.tagger.look(pinned, harness.deadline()) is None


def test_an_object_deleted_between_the_looks_is_not_found() -> None:
    harness = TaggerHarness()
    seen = harness.look()
    harness.call_before("head 1", lambda: harness.store.remove("selfies", "a.jpg"))
    with pytest.raises(ObjectNotFoundError):
        harness.write(seen)


# Overwrites.


@pytest.mark.parametrize("is_screened", [False, True], ids=["not yet screened", "screened at once"])
@pytest.mark.parametrize("moment", ["replace_tags 1", "head 1"])
@pytest.mark.parametrize("form", ["separate", "merged"])
def test_an_overwrite_between_the_looks_leaves_no_old_verdict_on_the_new_bytes(
    form: str, moment: str, is_screened: bool
) -> None:
    harness = TaggerHarness(form)
    seen = harness.look()

    def overwrite() -> None:
        harness.overwrite()
        if is_screened:
            harness.screen_new()

    harness.call_before(moment, overwrite)
    assert harness.write(seen) == WrittenTags(SUPERSEDED_RESULT, None)
    is_replaced = moment == "replace_tags 1"
    expected = harness.expected(NEW_FINDING) if is_screened and not is_replaced else {}
    assert harness.verdict_tags() == expected
    harness.screen_new()
    assert harness.verdict_tags() == harness.expected(NEW_FINDING)


@pytest.mark.parametrize("moment", ["tags 1", "replace_tags 1"])
def test_an_overwrite_while_the_old_verdict_is_removed_gets_no_tags_either(moment: str) -> None:
    harness = TaggerHarness()
    seen = harness.look()

    def overwrite() -> None:
        harness.overwrite()
        harness.call_before(moment, lambda: harness.overwrite(b"newer"))

    harness.call_before("head 1", overwrite)
    assert harness.write(seen).result is SUPERSEDED_RESULT
    assert harness.verdict_tags() == {}


def test_a_verdict_of_other_bytes_that_is_not_ours_is_left_to_its_own_delivery() -> None:
    harness = TaggerHarness()
    seen = harness.look()

    def overwrite_and_screen() -> None:
        harness.overwrite()
        harness.screen_new()

    harness.call_before("head 1", overwrite_and_screen)
    harness.write(seen)
    assert harness.verdict_tags() == harness.expected(NEW_FINDING)


def test_the_same_bytes_uploaded_again_meanwhile_are_the_judged_bytes() -> None:
    harness = TaggerHarness()
    seen = harness.look()
    harness.call_before("head 1", lambda: harness.overwrite(b"old"))
    written = harness.write(seen)
    assert written.pinned is not None
    assert written.pinned.head.revision != seen.pinned.head.revision


def test_an_object_deleted_while_the_old_verdict_is_removed_is_superseded() -> None:
    harness = TaggerHarness()
    seen = harness.look()

    def overwrite() -> None:
        harness.overwrite()
        harness.call_before("tags 1", lambda: harness.store.remove("selfies", "a.jpg"))

    harness.call_before("head 1", overwrite)
    assert harness.write(seen).result is SUPERSEDED_RESULT


def test_a_version_is_tagged_whatever_is_written_to_its_key() -> None:
    harness = TaggerHarness(versioned=True)
    seen = harness.look()
    harness.overwrite()
    assert harness.write(seen).result.status == "written"
    assert harness.tags() == {}
    assert harness.store.peek_tags(seen.pinned.ref)["deepfake-verdict"] == "low_risk"


# Tagging requests without an answer.


@pytest.mark.parametrize("fate", ["lose_next_response", "hold_next"])
def test_after_a_request_without_an_answer_two_looks_must_agree(fate: str) -> None:
    harness = TaggerHarness()
    seen, started = harness.look(), harness.clock.now
    getattr(harness.store, fate)("replace_tags")
    harness.operations.clear()
    assert harness.write(seen).result.status == "written"
    assert harness.verdict_tags() == harness.expected(OLD_FINDING)
    assert harness.clock.now - started == 2 * LATE_REQUEST_INTERVAL_S
    assert harness.operations["tags"] == 2
    assert harness.operations["replace_tags"] == (1 if fate == "lose_next_response" else 2)


@pytest.mark.parametrize("lands_after_s", [0.5, 1.5])
def test_a_request_that_lands_between_the_looks_is_waited_for(lands_after_s: float) -> None:
    harness = TaggerHarness()
    seen = harness.look()
    harness.store.hold_next("replace_tags")
    harness.clock.schedule(harness.clock.now + lands_after_s, harness.store.land_held)
    assert harness.write(seen).result.status == "written"
    assert harness.operations["replace_tags"] == 1
    assert harness.verdict_tags() == harness.expected(OLD_FINDING)


def test_tags_that_the_user_writes_meanwhile_are_kept() -> None:
    harness = TaggerHarness()
    seen = harness.look()
    harness.store.hold_next("replace_tags")
    harness.clock.schedule(
        harness.clock.now + 0.5, lambda: harness.store.put_tags("selfies", "a.jpg", {"own": "tag"})
    )
    harness.write(seen)
    assert harness.tags() == {"own": "tag"} | harness.expected(OLD_FINDING)


@pytest.mark.parametrize("lands_after_s", [0.5, 1.5])
def test_a_late_request_that_lands_on_other_bytes_is_taken_off_them(lands_after_s: float) -> None:
    harness = TaggerHarness()
    seen = harness.look()
    harness.store.hold_next("replace_tags")
    harness.clock.schedule(harness.clock.now + 0.2, harness.overwrite)
    harness.clock.schedule(harness.clock.now + lands_after_s, harness.store.land_held)
    assert harness.write(seen).result is SUPERSEDED_RESULT
    assert harness.store.held_requests == ()
    assert harness.verdict_tags() == {}


def test_a_request_without_an_answer_raises_if_there_is_no_time_to_look_after_it() -> None:
    harness = TaggerHarness()
    seen = harness.look()
    harness.store.hold_next("replace_tags")
    with pytest.raises(ServiceUnavailableError):
        harness.write(seen, seconds=2)
    assert harness.store.held_requests


def test_an_object_deleted_after_a_request_without_an_answer_is_not_found() -> None:
    harness = TaggerHarness()
    seen = harness.look()
    harness.store.hold_next("replace_tags")
    harness.clock.schedule(
        harness.clock.now + 0.5, lambda: harness.store.remove("selfies", "a.jpg")
    )
    with pytest.raises(ObjectNotFoundError):
        harness.write(seen)


def test_tags_that_keep_changing_are_given_up() -> None:
    """Somebody replaces the tags whenever our request gets no answer."""
    harness = TaggerHarness()
    seen = harness.look()
    for number in range(3):
        harness.store.hold_next("replace_tags")
        harness.clock.schedule(
            harness.clock.now + 2 * number + 0.5,
            lambda number=number: harness.store.put_tags("selfies", "a.jpg", {"n": str(number)}),  # type: ignore[misc]
        )
    with pytest.raises(ServiceUnavailableError, match="keep changing"):
        harness.write(seen)


def test_a_permission_that_is_missing_is_not_waited_for() -> None:
    def refuse() -> None:
        raise AccessDeniedError("no")

    harness = TaggerHarness()
    seen, started = harness.look(), harness.clock.now
    harness.call_before("replace_tags 1", refuse)
    with pytest.raises(AccessDeniedError):
        harness.write(seen)
    assert harness.clock.now == started


def test_a_change_of_the_acl_between_the_looks_needs_time_to_settle() -> None:
    harness = TaggerHarness()
    seen = harness.look()
    harness.call_before("head 1", lambda: harness.store.put_acl("selfies", "a.jpg", "private"))
    with pytest.raises(RevisionNotSettledError):
        harness.write(seen, seconds=4)
    written = harness.write(harness.look())
    assert written.pinned is not None


# What is there already.


@pytest.mark.parametrize("form", ["separate", "merged"])
def test_a_verdict_is_recognised_only_if_the_whole_set_is_right(form: str) -> None:
    harness = TaggerHarness(form)
    assert not harness.tagger.has_verdict(harness.look(), OLD_FINDING)
    harness.tag_old()
    assert harness.tagger.has_verdict(harness.look(), OLD_FINDING)
    assert not harness.tagger.has_verdict(harness.look(), NEW_FINDING)
    for tag in harness.expected(OLD_FINDING):
        harness.store.put_tags("selfies", "a.jpg", harness.tags() | {tag: "forged"})
        assert not harness.tagger.has_verdict(harness.look(), OLD_FINDING)
        harness.tag_old()


@pytest.mark.parametrize("form", ["separate", "merged"])
def test_tags_left_by_a_killed_instance_are_removed_from_other_bytes(form: str) -> None:
    harness = TaggerHarness(form)
    # As left by an instance that tagged too late and was then killed.
    stale = harness.expected(OLD_FINDING)
    harness.overwrite()
    harness.store.put_tags("selfies", "a.jpg", {"own": "tag"} | stale)
    assert harness.tagger.remove_stale_verdict(harness.pin())
    assert harness.tags() == {"own": "tag"}
    assert not harness.tagger.remove_stale_verdict(harness.pin())


def test_a_verdict_with_the_current_etag_is_not_removed() -> None:
    harness = TaggerHarness()
    harness.tag_old()
    tags = harness.tags()
    assert harness.tagger.remove_stale_verdict(harness.pin())
    assert harness.tags() == tags


def test_only_the_reason_of_a_merged_tag_is_truncated() -> None:
    tags = tuple(f"SuspectNumber{number}" for number in range(40))
    finding = Finding(Verdict.HIGH_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z", risk_tags=tags)
    (value,) = build_tags(finding, "E" * 32, prefix="deepfake-", form="merged").values()
    verdict, reason, etag, at = value.split(" ")
    assert (verdict, etag, at) == ("high_risk", "E" * 32, "2026-11-23T04:05:06Z")
    assert finding.reason.startswith(reason)
    assert len(value) == 256
