"""The tagger: writes a verdict to an object's tags, and never to other bytes.

Stores have no conditional tagging: an object may be overwritten between a check and the tagging
request. So each tagging request is followed by another check, and tags that landed on other bytes
are removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.errors import TagsRefusedError
from facescreen.model import TaggingResult
from facescreen.records.ledger import compute_entry_id
from facescreen.tags import build_tags, build_verdict_tag_keys, read_tagged_etag

if TYPE_CHECKING:
    from facescreen.model import Finding, ObjectHead, ObjectRef
    from facescreen.records.ledger import Ledger
    from facescreen.storage.ports import ObjectStore

MAX_TAGS = 10
"""Per object, on OSS and on S3."""

SUPERSEDED_RESULT = TaggingResult(
    "superseded", "The object was overwritten. The event of the new bytes screens them."
)
NOT_REQUESTED_RESULT = TaggingResult("not_asked", "Tags were not requested.")


class Tagger:
    """Writes verdict tags next to the user's own tags."""

    def __init__(self, store: ObjectStore, ledger: Ledger, *, prefix: str, form: str) -> None:
        self._store = store
        self._ledger = ledger
        self._prefix = prefix
        self._form = form

    def write_tags(self, ref: ObjectRef, head: ObjectHead, finding: Finding) -> TaggingResult:
        """Tag the revision that `head` describes, if it is still the current one. Raises
        ObjectNotFoundError."""
        if self._store.head(ref) != head:
            return SUPERSEDED_RESULT
        if self._form == "none":
            return TaggingResult("off")
        our_tags = build_tags(finding, head.etag, prefix=self._prefix, form=self._form)
        other_tags = self._read_other_tags(ref)
        if len(other_tags) + len(our_tags) > MAX_TAGS:
            detail = f"The object has {len(other_tags)} other tags; the store allows {MAX_TAGS}."
            return TaggingResult("refused", detail)
        try:
            self._store.replace_tags(ref, other_tags | our_tags)
        except TagsRefusedError as refusal:
            return TaggingResult("refused", str(refusal))
        current_head = self._store.head(ref)
        if current_head == head:
            return TaggingResult("written")
        self.remove_stale_tags(ref, head.etag, current_head)
        return SUPERSEDED_RESULT

    def has_current_tags(self, ref: ObjectRef, head: ObjectHead) -> bool:
        """Whether the verdict tags belong to these bytes. Also True if no tags are to be
        written."""
        if self._form == "none":
            return True
        tags = self._store.get_tags(ref)
        return read_tagged_etag(tags, prefix=self._prefix, form=self._form) == head.etag

    def remove_stale_tags(self, ref: ObjectRef, stale_etag: str, current_head: ObjectHead) -> None:
        """Remove verdict tags that belong to other bytes than the current ones.

        The event of the new bytes may have tagged them just before. If their finding is known, it
        is written again, because our tags may have replaced it.
        """
        if (
            read_tagged_etag(self._store.get_tags(ref), prefix=self._prefix, form=self._form)
            != stale_etag
        ):
            return
        self._store.replace_tags(ref, self._read_other_tags(ref))
        newer_finding = self._ledger.get_finding(
            compute_entry_id(ref, current_head), current_head.revision
        )
        if newer_finding is not None:
            self.write_tags(ref, current_head, newer_finding)

    def _read_other_tags(self, ref: ObjectRef) -> dict[str, str]:
        """Return the tags that are not verdict tags, in whatever form those were written."""
        our_tags = build_verdict_tag_keys(self._prefix)
        return {
            key: value for key, value in self._store.get_tags(ref).items() if key not in our_tags
        }
