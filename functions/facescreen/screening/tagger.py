"""A verdict onto an object, and never onto other bytes.

Stores have no conditional tagging: an object may be overwritten between a look at it and its
tagging. So each tagging is followed by another look, and tags that landed on other bytes are
taken off again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.errors import TagsRefusedError
from facescreen.model import Tagging
from facescreen.records.ledger import compute_entry_id
from facescreen.tags import our_keys, tag_set, tagged_etag

if TYPE_CHECKING:
    from facescreen.model import Finding, ObjectHead, ObjectRef
    from facescreen.records.ledger import Ledger
    from facescreen.storage.ports import ObjectStore

MAX_TAGS = 10
"""On one object, on OSS and on S3."""

SUPERSEDED = Tagging(
    "superseded", "The object was overwritten meanwhile; its own event screens the new bytes."
)
NOT_REQUESTED = Tagging("not_asked", "Asked without writing back.")


class Tagger:
    """Writes verdict tags beside the user's own."""

    def __init__(self, store: ObjectStore, ledger: Ledger, *, prefix: str, form: str) -> None:
        self._store = store
        self._ledger = ledger
        self._prefix = prefix
        self._form = form

    def write(self, ref: ObjectRef, head: ObjectHead, finding: Finding) -> Tagging:
        """Tags the write that `head` describes, if it still stands. Raises ObjectNotFoundError."""
        if self._store.head(ref) != head:
            return SUPERSEDED
        if self._form == "none":
            return Tagging("off")
        our_tags = tag_set(finding, head.etag, prefix=self._prefix, form=self._form)
        other_tags = self._read_other_tags(ref)
        if len(other_tags) + len(our_tags) > MAX_TAGS:
            detail = f"The object has {len(other_tags)} tags of its own; a store takes {MAX_TAGS}."
            return Tagging("refused", detail)
        try:
            self._store.replace_tags(ref, other_tags | our_tags)
        except TagsRefusedError as refusal:
            return Tagging("refused", str(refusal))
        now = self._store.head(ref)
        if now == head:
            return Tagging("written")
        self.remove_stale(ref, head.etag, now)
        return SUPERSEDED

    def is_current(self, ref: ObjectRef, head: ObjectHead) -> bool:
        """Whether our tags speak of these bytes. True as well where there are to be none."""
        if self._form == "none":
            return True
        tags = self._store.tags(ref)
        return tagged_etag(tags, prefix=self._prefix, form=self._form) == head.etag

    def remove_stale(self, ref: ObjectRef, stale_etag: str, now: ObjectHead) -> None:
        """Takes our tags off bytes that they do not speak of.

        The new bytes' own event may have tagged them just before: if their finding is known, it
        is written again, since ours may have come over it.
        """
        if tagged_etag(self._store.tags(ref), prefix=self._prefix, form=self._form) != stale_etag:
            return
        self._store.replace_tags(ref, self._read_other_tags(ref))
        newer = self._ledger.get_finding(compute_entry_id(ref, now), now.write)
        if newer is not None:
            self.write(ref, now, newer)

    def _read_other_tags(self, ref: ObjectRef) -> dict[str, str]:
        """The tags that are not ours, whatever form ours had when they were written."""
        our_tags = our_keys(self._prefix)
        return {key: value for key, value in self._store.tags(ref).items() if key not in our_tags}
