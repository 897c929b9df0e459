"""The tagger: writes a verdict to an object's tags, and never leaves it on other bytes.

Stores have no conditional tagging: an object may be overwritten between a look and the tagging
request. So every writer of tags goes through here: look, one request with the full tag set, look.
If the second look finds other bytes, the verdict is taken off them, and the caller screens them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.errors import (
    ObjectNotFoundError,
    ServiceUnavailableError,
    TagsRefusedError,
    TransientError,
)
from facescreen.model import TaggingResult
from facescreen.tags import build_tags, build_verdict_tag_keys, read_tagged_etag
from facescreen.timing import StoreClock

if TYPE_CHECKING:
    from facescreen.model import Finding, ObjectRef
    from facescreen.screening.pinning import ObjectPinner, PinnedObject
    from facescreen.storage.ports import ObjectStore
    from facescreen.timing import Clock, Deadline

MAX_TAGS = 10
"""Per object, on OSS and on S3."""
LATE_REQUEST_INTERVAL_S = 1.0
"""The time between two looks that must agree after a tagging request without an answer, which may
still be carried out."""
_MAX_REQUESTS = 3
_MIN_TIME_LEFT_TO_LOOK_S = 2.0

SUPERSEDED_RESULT = TaggingResult(
    "superseded", "The object was overwritten. The event of the new bytes screens them."
)
NOT_REQUESTED_RESULT = TaggingResult("not_asked", "Tags were not requested.")


@dataclass(frozen=True)
class TaggedObject:
    """An object and its tags, as one look saw them."""

    pinned: PinnedObject
    tags: dict[str, str]


@dataclass(frozen=True)
class WrittenTags:
    """The result of writing a verdict, and the object as it was afterwards; None if other bytes
    were written meanwhile."""

    result: TaggingResult
    pinned: PinnedObject | None


class Tagger:
    """Writes verdict tags next to the user's own tags."""

    def __init__(
        self,
        store: ObjectStore,
        pinner: ObjectPinner,
        *,
        prefix: str,
        form: str,
        clock: Clock | None = None,
    ) -> None:
        self._store = store
        self._pinner = pinner
        self._prefix = prefix
        self._form = form
        self._clock = clock or StoreClock()
        self._readable_buckets: set[str] = set()

    def look(self, pinned: PinnedObject, deadline: Deadline) -> TaggedObject | None:
        """Look at the object again, with its tags. Returns None if it has other bytes. Raises
        ObjectNotFoundError."""
        current = self._pinner.look_again(pinned, deadline)
        if current is None:
            return None
        if self._form == "none" or self._has_no_tags(pinned, current):
            return TaggedObject(current, {})
        return TaggedObject(current, self._read_tags(current.ref))

    def write(self, seen: TaggedObject, finding: Finding, deadline: Deadline) -> WrittenTags:
        """Tag the bytes that `look` saw, and look again. Raises ObjectNotFoundError, and a
        TransientError if it is not certain what the tags are."""
        if self._form == "none":
            return WrittenTags(TaggingResult("off"), seen.pinned)
        for _ in range(_MAX_REQUESTS):
            tags, result = self._build_possible_set(seen, finding)
            if result.status == "refused" and tags == seen.tags:
                return WrittenTags(result, seen.pinned)
            try:
                current = self._replace_tags(seen, tags, deadline)
            except TagsRefusedError as refusal:
                return WrittenTags(TaggingResult("refused", str(refusal)), seen.pinned)
            if current is None:
                self._remove_verdict(seen.pinned.ref, tags)
                return WrittenTags(SUPERSEDED_RESULT, None)
            if current.tags == tags:
                return WrittenTags(result, current.pinned)
            seen = current
        raise ServiceUnavailableError("the object's tags keep changing while they are written")

    def has_verdict(self, seen: TaggedObject, finding: Finding) -> bool:
        """Whether the object's tags are those of `finding`. Also True if none are to be written."""
        return self._form == "none" or self._build_full_set(seen, finding) == seen.tags

    def remove_stale_verdict(self, current: PinnedObject) -> bool:
        """Take verdict tags off that certainly belong to other bytes. Returns whether the object
        had verdict tags, right or wrong."""
        if self._form == "none":
            return False
        tags = self._read_tags(current.ref)
        tagged_etag = read_tagged_etag(tags, prefix=self._prefix, form=self._form)
        if tagged_etag not in ("", current.head.etag):
            self._store.replace_tags(current.ref, self._select_others(tags))
        return bool(tagged_etag)

    def _replace_tags(
        self, seen: TaggedObject, tags: dict[str, str], deadline: Deadline
    ) -> TaggedObject | None:
        """Send one tagging request, and look at the object afterwards. Returns None if it has other
        bytes, which then may have the tags."""
        try:
            self._store.replace_tags(seen.pinned.ref, tags)
        except TransientError as error:
            current = self._look_until_stable(seen.pinned, deadline, error)
            if current is None:
                self._wait_for_late_request(seen.pinned.ref, deadline, error)
            return current
        pinned = self._pinner.look_again(seen.pinned, deadline)
        return None if pinned is None else TaggedObject(pinned, tags)

    def _remove_verdict(self, ref: ObjectRef, written_tags: dict[str, str]) -> None:
        """Take a verdict that was just written off other bytes than the judged ones."""
        with suppress(ObjectNotFoundError):
            tags = self._read_tags(ref)
            if self._select_verdict(tags) == self._select_verdict(written_tags):
                self._store.replace_tags(ref, self._select_others(tags))

    def _look_until_stable(
        self, pinned: PinnedObject, deadline: Deadline, error: TransientError
    ) -> TaggedObject | None:
        """Look until two looks in a row agree, after a tagging request whose answer was lost: it
        may have been carried out, or may be later."""
        previous: TaggedObject | None = None
        while True:
            self._sleep_between_looks(deadline, error)
            current = self.look(previous.pinned if previous else pinned, deadline)
            if current is None or (previous is not None and current.tags == previous.tags):
                return current
            previous = current

    def _wait_for_late_request(
        self, ref: ObjectRef, deadline: Deadline, error: TransientError
    ) -> None:
        """Wait until two looks at the tags of the new bytes agree, on which the request may still
        be carried out."""
        previous: dict[str, str] | None = None
        with suppress(ObjectNotFoundError):
            while (tags := self._read_tags(ref)) != previous:
                previous = tags
                self._sleep_between_looks(deadline, error)

    def _sleep_between_looks(self, deadline: Deadline, error: TransientError) -> None:
        """Wait. Raises `error` if there is no time left to look again."""
        if deadline.remaining_s() < LATE_REQUEST_INTERVAL_S + _MIN_TIME_LEFT_TO_LOOK_S:
            raise error
        self._clock.sleep(LATE_REQUEST_INTERVAL_S)

    def _has_no_tags(self, pinned: PinnedObject, current: PinnedObject) -> bool:
        """Whether a look proves that there are no tags. Stores leave the count out both if it is
        zero and if the role may not read tags, and for bytes that they can't return."""
        is_fresh_look = current is not pinned
        is_counted = current.ref.bucket in self._readable_buckets and not current.content_error
        return is_fresh_look and is_counted and not current.head.tag_count

    def _read_tags(self, ref: ObjectRef) -> dict[str, str]:
        tags = self._store.get_tags(ref)
        self._readable_buckets.add(ref.bucket)
        return tags

    def _build_possible_set(
        self, seen: TaggedObject, finding: Finding
    ) -> tuple[dict[str, str], TaggingResult]:
        """Return the tags to write, and the result if they are written. If the verdict does not fit
        next to the user's tags, no other verdict may stay there either."""
        tags, others = self._build_full_set(seen, finding), self._select_others(seen.tags)
        if len(tags) <= MAX_TAGS:
            return tags, TaggingResult("written")
        detail = f"The object has {len(others)} other tags; the store allows {MAX_TAGS}."
        return others, TaggingResult("refused", detail)

    def _build_full_set(self, seen: TaggedObject, finding: Finding) -> dict[str, str]:
        """Return the user's tags and the verdict."""
        verdict_tags = build_tags(
            finding, seen.pinned.head.etag, prefix=self._prefix, form=self._form
        )
        return self._select_others(seen.tags) | verdict_tags

    def _select_verdict(self, tags: dict[str, str]) -> dict[str, str]:
        our_keys = build_verdict_tag_keys(self._prefix)
        return {key: value for key, value in tags.items() if key in our_keys}

    def _select_others(self, tags: dict[str, str]) -> dict[str, str]:
        """Return the tags that are not verdict tags, in whatever form those were written."""
        our_keys = build_verdict_tag_keys(self._prefix)
        return {key: value for key, value in tags.items() if key not in our_keys}
