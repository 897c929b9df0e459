"""Pinning: reads an object so that a later look shows whether other bytes were written meanwhile.

Stores answer for a key, and a key may be overwritten at any time. Three things pin its bytes:

- its version id, in a versioned bucket;
- ETag, size and Last-Modified, if the response's Date proves that no other write of the key can
  have the same Last-Modified any more. Before that, the object is read again;
- its bytes themselves, where Last-Modified may be older than the moment at which the bytes became
  visible: each look reads them all, and compares their SHA-256.

ETag and CRC can be forged together, so equal bytes always means an equal SHA-256.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from facescreen.errors import (
    ContentError,
    RevisionNotSettledError,
    ServiceUnavailableError,
)
from facescreen.requirements import MAX_CONVERTIBLE_BYTES
from facescreen.timing import StoreClock

if TYPE_CHECKING:
    from facescreen.model import ObjectHead, ObjectRef
    from facescreen.storage.ports import ObjectStore
    from facescreen.timing import Deadline

MAX_BYTES = MAX_CONVERTIBLE_BYTES
"""Larger objects can't be screened, and are not read whole."""
_MAX_SETTLING_S = 10.0
"""A Last-Modified that is further in the future than this does not tell the time of the write."""
_MIN_TIME_LEFT_S = 3.0
"""The wait for a revision to settle leaves at least this much time for the call."""


class Pin(str, Enum):
    """What shows that an object's bytes have not changed."""

    VERSION = "version"
    TIME = "time"
    BYTES = "bytes"


@dataclass(frozen=True)
class PinnedObject:
    """An object as it was read."""

    ref: ObjectRef
    """With the ETag, version id and size that were read. A version ``null`` is named too: a newer
    version may hide it during the call, and be deleted before the look after it."""
    head: ObjectHead
    data: bytes
    """All bytes; only the first ones if it has more than MAX_BYTES."""
    pin: Pin
    content_error: ContentError | None = None
    """Why the store can't return its bytes."""

    @property
    def is_complete(self) -> bool:
        """Whether all bytes were read."""
        return self.content_error is None and len(self.data) == self.head.size

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of all bytes, in hexadecimal; empty if not all were read."""
        return hashlib.sha256(self.data).hexdigest() if self.is_complete else ""


class ObjectPinner:
    """Reads objects, and looks at them again."""

    def __init__(
        self,
        store: ObjectStore,
        *,
        margin_s: float,
        trust_times: bool = True,
        clock: StoreClock | None = None,
    ) -> None:
        """`margin_s`: how far the clocks of the store's nodes differ. Without `trust_times`, only
        version ids and bytes pin an object. `clock` is set by each response."""
        self._store = store
        self._margin = timedelta(seconds=margin_s)
        self._trust_times = trust_times
        self._clock = clock or StoreClock()

    def pin(self, ref: ObjectRef, deadline: Deadline) -> PinnedObject:
        """Read the current object, or the version in `ref`, whatever ETag `ref` has. Waits until
        its revision has settled.

        Raises ObjectNotFoundError, RevisionNotSettledError if that takes too long.
        """
        while True:
            pinned = self._read(ref)
            wait_s = pinned.head.compute_settling_time(self._margin).total_seconds()
            if pinned.pin is not Pin.TIME or wait_s <= 0:
                return pinned
            if deadline.remaining_s() - wait_s < _MIN_TIME_LEFT_S:
                raise RevisionNotSettledError(
                    "the object was written a moment ago, and there is no time left to wait until "
                    "its revision is certain"
                )
            self._clock.sleep(wait_s)

    def look_again(self, pinned: PinnedObject, deadline: Deadline) -> PinnedObject | None:
        """Return the object as it is now, if it has the same bytes; None if it has others.

        Its revision may be another one: OSS changes Last-Modified with the ACL, and the same bytes
        may have been uploaded again. Sends no request for a version, whose bytes never change.
        Raises ObjectNotFoundError, and ServiceUnavailableError if its bytes can't be read any more,
        of which no event tells: another delivery finds out why.
        """
        if pinned.pin is Pin.VERSION:
            return pinned
        if pinned.pin is Pin.TIME or not pinned.is_complete:
            head = self._store.head(pinned.ref)
            if head.revision == pinned.head.revision:
                ref = replace(pinned.ref, version_id=head.address)
                return replace(pinned, ref=ref, head=head)
            if (head.etag, head.size) != (pinned.head.etag, pinned.head.size):
                return None
        current = self.pin(pinned.ref, deadline)
        if pinned.is_complete and current.content_error and current.ref.etag == pinned.ref.etag:
            raise ServiceUnavailableError(
                "the store can't return the object's bytes any more: it may have been archived"
            )
        return current if current.sha256 == pinned.sha256 else None

    def can_trust_revision(self, head: ObjectHead) -> bool:
        """Whether a revision that was screened before still has the same bytes. If not, only the
        bytes tell."""
        return self._choose_pin(head, is_replica=head.is_replica) is not Pin.BYTES

    def _read(self, ref: ObjectRef) -> PinnedObject:
        data, content_error, requested_at = b"", None, self._clock.local_clock()
        try:
            fetched = self._store.fetch(ref, MAX_BYTES)
            head, data = fetched.head, fetched.data
        except ContentError as error:
            head, content_error = self._store.head(ref), error
        self._clock.synchronize(head.date, requested_at)
        pinned_ref = replace(ref, etag=head.etag, version_id=head.address, size=head.size)
        pin = self._choose_pin(head, is_replica=ref.is_replica)
        return PinnedObject(pinned_ref, head, data, pin, content_error)

    def _choose_pin(self, head: ObjectHead, *, is_replica: bool) -> Pin:
        if head.version_id:
            return Pin.VERSION
        if is_replica or not self._trust_times:
            return Pin.BYTES
        is_time_plausible = (
            head.compute_settling_time(self._margin).total_seconds() <= _MAX_SETTLING_S
        )
        return Pin.TIME if head.has_visible_time and is_time_plausible else Pin.BYTES
