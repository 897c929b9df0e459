"""Reads the tags of many objects, several at a time."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from enum import Enum
from typing import TypeVar

from click import UsageError

from facescreen import errors
from facescreen.model import ObjectRef
from facescreen.settings.table import Settings
from facescreen.storage.ports import ObjectSummary
from facescreen.tags import TaggedVerdict, read_tagged_verdict
from facescreen.timing import retry
from facescreen_cli.buckets import StoreBucket, name_missing_permission
from facescreen_cli.interrupt import StopSignal

_Object = TypeVar("_Object")
_Result = TypeVar("_Result")
_MAX_THREADS = 32
_MAX_IN_FLIGHT = 8 * _MAX_THREADS
"""Objects that are submitted and not yet yielded: one slow read must not idle the other threads."""


class TagReader:
    """Reads an object's verdict from its tags. Safe to use from several threads."""

    def __init__(self, bucket: StoreBucket, prefix: str, settings: Settings) -> None:
        """`prefix`: of all objects that are read. Raises click.UsageError if the deployment writes
        no tags."""
        if settings.tag_form == "none":
            raise UsageError("TAG_FORM is none: the deployment writes no tags")
        self._bucket = bucket
        self._prefix = prefix
        self._settings = settings

    def read(self, item: ObjectSummary) -> TagState:
        """Return the verdict, or why there is none. Raises errors.OperatorError if no object's tags
        can be read."""
        ref = ObjectRef(self._bucket.store.name, self._bucket.name, item.key, size=item.size)
        try:
            tags = self._get_tags(ref)
        except errors.ObjectNotFoundError:
            return NoVerdictReason.GONE
        except errors.TransientError:
            return NoVerdictReason.UNREAD
        except errors.FacescreenError:
            self._check_readable()
            return NoVerdictReason.UNREAD
        return self._classify(ref, item, tags)

    def _check_readable(self) -> None:
        """Raise the error if no tags can be read, not even to learn that an object does not
        exist."""
        key = f"{self._prefix}facescreen/{uuid.uuid4()}"
        with suppress(errors.ObjectNotFoundError, errors.TransientError):
            self._get_tags(ObjectRef(self._bucket.store.name, self._bucket.name, key))

    def _get_tags(self, ref: ObjectRef) -> dict[str, str]:
        store = self._bucket.store
        with name_missing_permission(f"{store.name}:GetObjectTagging", ref.bucket):
            return retry(lambda: store.get_tags(ref))

    def _classify(self, ref: ObjectRef, item: ObjectSummary, tags: dict[str, str]) -> TagState:
        prefix, form = self._settings.tag_prefix, self._settings.tag_form
        verdict = read_tagged_verdict(tags, prefix=prefix, form=form)
        if verdict is not None:
            is_current = verdict.is_about(item.etag, item.object_type)
            return verdict if is_current else NoVerdictReason.STALE
        skipped = self._settings.filters.excludes_listed(ref, item.object_type)
        return NoVerdictReason.SKIPPED if skipped else NoVerdictReason.UNSCREENED


def read_concurrently(
    objects: Iterable[_Object], read: Callable[[_Object], _Result], stop: StopSignal
) -> Iterator[_Result]:
    """Yield the results in the order of `objects`, without a gap; only some are held at a time.
    Once a stop is requested, yields those in progress and ends."""
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
                return  # a later one may have started: the results would have a gap
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


class NoVerdictReason(str, Enum):
    """Why an object has no current verdict."""

    STALE = "stale"
    """Its verdict is about other bytes."""
    UNSCREENED = "unscreened"
    SKIPPED = "skipped"
    """The function would not screen it."""
    GONE = "gone"
    UNREAD = "unread"


TagState = TaggedVerdict | NoVerdictReason
