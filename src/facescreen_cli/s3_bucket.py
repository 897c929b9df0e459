"""The user's bucket on S3, as commands see it that go over all of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import boto3

from facescreen.storage.ports import objects
from facescreen.storage.s3 import S3State, S3Store
from facescreen.timing import persistently
from facescreen_cli.buckets import needing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from facescreen.storage.ports import Listed, Page


@dataclass(frozen=True)
class S3Bucket:
    """One bucket on S3; credentials, region and endpoint are boto3's matter."""

    kind: ClassVar = "s3"
    listing: ClassVar = "s3:ListBucket"
    name: str

    def store(self) -> S3Store:
        """The port ObjectStore. Each has a session of its own: one may not make clients for
        several threads at once."""
        return S3Store(boto3.Session())

    def state(self) -> S3State:
        """As Bucket.state."""
        return S3State(boto3.Session(), bucket=self.name)

    def listed(self, prefix: str = "", after: str = "") -> Iterator[Listed]:
        """As Bucket.listed."""
        store = self.store()

        def page(after: str) -> Page:
            with self.needing(self.listing):
                return store.page(self.name, prefix, after)

        return objects(lambda after: persistently(partial(page, after)), after)

    def needing(self, action: str) -> AbstractContextManager[None]:
        """As Bucket.needing."""
        return needing(action, self.name)
