"""Parses the names of buckets, and lists their objects."""

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

STORE_NAMES = tuple(known.store for known in choose.PLATFORMS)
"""The schemes of ``oss://bucket`` and the other stores."""


def parse_bucket_target(target: str, *, whole: bool) -> tuple[str, str, str]:
    """Returns the store, the bucket's name and the prefix, which is empty only with `whole`. Raises
    click.UsageError."""
    store, separator, path = target.partition("://")
    if store not in STORE_NAMES or not separator:
        raise click.UsageError("name a bucket and a prefix, as oss://bucket/prefix")
    name, _, prefix = path.partition("/")
    if whole == bool(prefix):
        raise click.UsageError(
            f"give either a prefix, as {store}://bucket/prefix, or --all for the whole bucket"
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
        """List the objects under `prefix` with keys after `after`, ordered by key, a page at a
        time. Raises errors.FacescreenError; AccessDeniedError names the missing permission."""

        def page(after: str) -> ListingPage:
            with name_missing_permission(self.store.list_permission, self.name):
                return self.store.list_page(self.name, prefix, after)

        return iterate_objects(lambda after: retry(partial(page, after)), after)


@contextmanager
def name_missing_permission(action: str, resource: str) -> Iterator[None]:
    """Adds the missing `action` to an AccessDeniedError that is raised in the block."""
    try:
        yield
    except errors.AccessDeniedError as error:
        raise errors.AccessDeniedError(
            f"allow these credentials {action} on {resource}: {error}"
        ) from None
