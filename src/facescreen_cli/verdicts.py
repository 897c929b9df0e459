"""The tags of many objects, several at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from typing import TypeVar

from click import UsageError

from facescreen import errors
from facescreen.model import ObjectRef
from facescreen.settings.table import Settings
from facescreen.storage.ports import ObjectSummary
from facescreen.tags import TaggedVerdict, read_tags
from facescreen.timing import retry
from facescreen_cli.buckets import StoreBucket, permission_hint
from facescreen_cli.interrupt import StopSignal

_Object = TypeVar("_Object")
_Result = TypeVar("_Result")
_MAX_THREADS = 32
_MAX_IN_FLIGHT = 8 * _MAX_THREADS
"""Listed and not yet counted: what is slow shall not leave the other threads idle."""


class TagReader:
    """Says what stands on an object. Safe to use from several threads."""

    def __init__(self, bucket: StoreBucket, settings: Settings) -> None:
        """Raises click.UsageError where the deployment writes no tags."""
        if settings.tag_form == "none":
            raise UsageError("TAG_FORM is none: there are no tags to go by")
        self._bucket = bucket
        self._settings = settings

    def read(self, item: ObjectSummary) -> TagState:
        """Raises errors.OperatorError."""
        store = self._bucket.store
        ref = ObjectRef(store.name, self._bucket.name, item.key, size=item.size)
        try:
            with permission_hint(f"{store.name}:GetObjectTagging", ref.bucket):
                tags = retry(lambda: store.get_tags(ref))
        except errors.ObjectNotFoundError:
            return NoVerdict.GONE
        except errors.TransientError:
            return NoVerdict.UNREAD
        return self._classify(ref, item.etag, tags)

    def _classify(self, ref: ObjectRef, etag: str, tags: dict[str, str]) -> TagState:
        prefix, form = self._settings.tag_prefix, self._settings.tag_form
        verdict = read_tags(tags, prefix=prefix, form=form)
        if verdict is not None:
            return verdict if verdict.etag == etag else NoVerdict.STALE
        skipped = ref.is_folder_marker or self._settings.filters.skip_reason(ref)
        return NoVerdict.SKIPPED if skipped else NoVerdict.UNSCREENED


def read_concurrently(
    objects: Iterable[_Object], read: Callable[[_Object], _Result], stop: StopSignal
) -> Iterator[_Result]:
    """In the order of `objects`, of which only some are held at a time, and without a gap. Ends
    early once `stop` asks for it, with those that were under way."""
    pool = ThreadPoolExecutor(_MAX_THREADS)
    try:
        in_flight: deque[Future[_Result]] = deque()
        for item in objects:
            if stop.requested:
                break
            in_flight.append(pool.submit(read, item))
            if len(in_flight) == _MAX_IN_FLIGHT:
                yield in_flight.popleft().result()
        while in_flight:
            if stop.requested:
                pool.shutdown(wait=False, cancel_futures=True)
            future = in_flight.popleft()
            if future.cancelled():
                return  # one after it may have been begun: the answers would have a gap
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


class NoVerdict(str, Enum):
    """What an object is that no verdict stands on."""

    STALE = "stale"
    """The verdict that stands there is of other bytes."""
    UNSCREENED = "unscreened"
    SKIPPED = "skipped"
    """Nothing that the function would screen."""
    GONE = "gone"
    UNREAD = "unread"


TagState = TaggedVerdict | NoVerdict
