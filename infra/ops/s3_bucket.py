"""The user's bucket on S3, as commands see it that go over all of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

import boto3

from facescreen.aws import connect
from facescreen.storage.s3 import S3Store, s3_errors

from .buckets import Listed, needing
from .retry import persistently

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

_PAGE = 1000
"""The most that S3 lists in one answer."""


@dataclass(frozen=True)
class S3Bucket:
    """One bucket on S3; credentials, region and endpoint are boto3's matter."""

    kind: ClassVar = "s3"
    name: str

    def store(self) -> S3Store:
        """The port ObjectStore. Each has a session of its own: one may not make clients for
        several threads at once."""
        return S3Store(boto3.Session())

    def listed(self, prefix: str = "", after: str = "") -> Iterator[Listed]:
        """As Bucket.listed."""
        while True:
            page = persistently(partial(self._page, prefix, after))
            for one in page.get("Contents", ()):
                etag, modified = one["ETag"].strip('"'), one["LastModified"]
                yield Listed(one["Key"], etag, one["Size"], modified)
            if not page["IsTruncated"]:
                return
            after = page["Contents"][-1]["Key"]

    def needing(self, action: str) -> AbstractContextManager[None]:
        """As Bucket.needing."""
        return needing(action, self.name)

    def _page(self, prefix: str, after: str) -> Any:
        with self.needing("s3:ListBucket"), s3_errors(prefix):
            return self._client.list_objects_v2(
                Bucket=self.name, Prefix=prefix, StartAfter=after, MaxKeys=_PAGE
            )

    @cached_property
    def _client(self) -> Any:
        return connect(boto3.Session(), "s3", "")
