"""Buckets, as commands name them and go over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import click

from facescreen import errors
from facescreen.platforms import choose
from facescreen.storage.keys import parse_object_ref
from facescreen.storage.ports import ListingPage, ObjectStore, ObjectSummary, iterate_objects
from facescreen.timing import retry

STORE_NAMES = tuple(known.store for known in choose.KNOWN)
"""What may stand in front of ``://bucket``."""


def parse_bucket_target(target: str, *, whole: bool) -> tuple[str, str, str]:
    """The store, the bucket's name and the prefix, which only a `whole` bucket has not. Raises
    click.UsageError."""
    store, separator, rest = target.partition("://")
    if store not in STORE_NAMES or not separator:
        raise click.UsageError("name a bucket and a prefix, as oss://bucket/prefix")
    name, _, prefix = rest.partition("/")
    if whole == bool(prefix):
        raise click.UsageError(
            f"give a prefix, as {store}://bucket/prefix, or --all for the whole bucket, not both"
        )
    try:
        parse_object_ref(store, name, prefix or "any")
    except errors.InvalidRequestError as error:
        raise click.UsageError(str(error)) from None
    return store, name, prefix


@dataclass(frozen=True)
class StoreBucket:
    """One bucket of a store."""

    store: ObjectStore
    name: str

    def list_objects(self, prefix: str = "", after: str = "") -> Iterator[ObjectSummary]:
        """The objects under `prefix` whose keys come after `after`, in the order of their keys, a
        page at a time. Raises errors.FacescreenError, AccessDeniedError with what is to be
        allowed."""

        def page(after: str) -> ListingPage:
            with permission_hint(self.store.list_permission, self.name):
                return self.store.list_page(self.name, prefix, after)

        return iterate_objects(lambda after: retry(partial(page, after)), after)


@contextmanager
def permission_hint(action: str, resource: str) -> Iterator[None]:
    """Names the `action` that is missing where AccessDeniedError is raised within."""
    try:
        yield
    except errors.AccessDeniedError as refusal:
        raise errors.AccessDeniedError(
            f"allow these credentials {action} on {resource}: {refusal}"
        ) from None
