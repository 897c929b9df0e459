"""A bucket, as commands see it that go over all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import boto3
import oss2

from facescreen import errors
from facescreen.clients.credentials import CredentialSource
from facescreen.platforms.alibaba import AlibabaPlatform
from facescreen.platforms.ports import Platform
from facescreen.storage.oss import OssState, OssStore
from facescreen.storage.ports import Listed, Page, objects
from facescreen.storage.s3 import S3State, S3Store
from facescreen.timing import persistently


@dataclass(frozen=True)
class Bucket:
    """One bucket on OSS."""

    kind: ClassVar = "oss"
    listing: ClassVar = "oss:ListObjects"
    """The action."""
    name: str
    endpoint: str
    region: str
    credentials: CredentialSource = field(repr=False)

    def store(self) -> OssStore:
        """The port ObjectStore."""
        return OssStore(
            self.credentials,
            endpoint=self.endpoint,
            public_endpoint=self.endpoint,
            region=self.region,
        )

    def state(self) -> OssState:
        """The port StateStore, of a state bucket."""
        return OssState(
            self.credentials, endpoint=self.endpoint, region=self.region, bucket=self.name
        )

    def listed(self, prefix: str = "", after: str = "") -> Iterator[Listed]:
        """The objects under `prefix` whose keys come after `after`, in the order of their keys, a
        page at a time. Raises errors.FacescreenError, AccessRefused with what is to be allowed."""
        store = self.store()

        def page(after: str) -> Page:
            with self.needing(self.listing):
                return store.page(self.name, prefix, after)

        return objects(lambda after: persistently(partial(page, after)), after)

    def client(self) -> oss2.Bucket:
        """The vendor's own, with the credentials of now: a long listing outlives a token."""
        now = self.credentials.get()
        provider = oss2.credentials.StaticCredentialsProvider(
            now.access_key_id, now.access_key_secret, now.security_token or None
        )
        auth = oss2.ProviderAuthV4(provider)
        return oss2.Bucket(auth, self.endpoint, self.name, region=self.region, connect_timeout=5)

    def needing(self, action: str) -> AbstractContextManager[None]:
        """Names the `action` that is missing where AccessRefused is raised within."""
        return needing(action, self.name)


def bucket_of(name: str, platform: Platform) -> Bucket | S3Bucket:
    """A bucket on that cloud."""
    if isinstance(platform, AlibabaPlatform):
        settings = platform.settings
        return Bucket(name, settings.oss_endpoint, settings.oss_region, platform.credentials)
    return S3Bucket(name)


@contextmanager
def needing(action: str, bucket: str) -> Iterator[None]:
    """Names the `action` that is missing where AccessRefused is raised within."""
    try:
        yield
    except errors.AccessRefused as refusal:
        raise errors.AccessRefused(
            f"allow these credentials {action} on {bucket}: {refusal}"
        ) from None


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
