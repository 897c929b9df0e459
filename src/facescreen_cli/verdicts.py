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
from facescreen.storage.ports import Listed
from facescreen.tags import Standing, read_tags
from facescreen.timing import persistently
from facescreen_cli.buckets import Bucket, needing
from facescreen_cli.interrupt import StopSignal

_Object = TypeVar("_Object")
_Answer = TypeVar("_Answer")
_THREADS = 32
_UNDER_WAY = 8 * _THREADS
"""Listed and not yet counted: what is slow shall not leave the other threads idle."""


class TagReader:
    """Says what stands on an object. Safe to use from several threads."""

    def __init__(self, bucket: Bucket, settings: Settings) -> None:
        """Raises click.UsageError where the deployment writes no tags."""
        if settings.tag_form == "none":
            raise UsageError("TAG_FORM is none: there are no tags to go by")
        self._bucket = bucket
        self._settings = settings

    def read(self, one: Listed) -> Found:
        """Raises errors.OperatorFault."""
        store = self._bucket.store
        ref = ObjectRef(store.name, self._bucket.name, one.key, size=one.size)
        try:
            with needing(f"{store.name}:GetObjectTagging", ref.bucket):
                tags = persistently(lambda: store.tags(ref))
        except errors.ObjectGone:
            return Apart.GONE
        except errors.Passing:
            return Apart.UNREAD
        return self._judge(ref, one.etag, tags)

    def _judge(self, ref: ObjectRef, etag: str, tags: dict[str, str]) -> Found:
        prefix, form = self._settings.tag_prefix, self._settings.tag_form
        standing = read_tags(tags, prefix=prefix, form=form)
        if standing is not None:
            return standing if standing.etag == etag else Apart.STALE
        skipped = ref.is_folder_marker or self._settings.filters.reason_to_skip(ref)
        return Apart.SKIPPED if skipped else Apart.UNSCREENED


def found(
    objects: Iterable[_Object], read: Callable[[_Object], _Answer], stop: StopSignal
) -> Iterator[_Answer]:
    """In the order of `objects`, of which only some are held at a time, and without a gap. Ends
    early once `stop` asks for it, with those that were under way."""
    pool = ThreadPoolExecutor(_THREADS)
    try:
        under_way: deque[Future[_Answer]] = deque()
        for one in objects:
            if stop.requested:
                break
            under_way.append(pool.submit(read, one))
            if len(under_way) == _UNDER_WAY:
                yield under_way.popleft().result()
        while under_way:
            if stop.requested:
                pool.shutdown(wait=False, cancel_futures=True)
            future = under_way.popleft()
            if future.cancelled():
                return  # one after it may have been begun: the answers would have a gap
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


class Apart(str, Enum):
    """What an object is that no verdict stands on."""

    STALE = "stale"
    """The verdict that stands there is of other bytes."""
    UNSCREENED = "unscreened"
    SKIPPED = "skipped"
    """Nothing that the function would screen."""
    GONE = "gone"
    UNREAD = "unread"


Found = Standing | Apart
