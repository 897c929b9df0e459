"""Write objects as any other client of the store does."""

from __future__ import annotations

import uuid
from typing import Any, Protocol
from urllib.parse import urlencode

import oss2
from oss2.credentials import StaticCredentialsProvider

from facescreen.clients.credentials import Credentials
from facescreen.model import ObjectRef
from facescreen.testing.stores import MemoryStore


class ObjectWriter(Protocol):
    """Writes the objects of one test."""

    def ref(self, name: str) -> ObjectRef:
        """A reference to the object of this name, without an ETag."""

    def put(self, name: str, data: bytes, tags: dict[str, str] | None = None) -> ObjectRef:
        """Write an object and return a reference with its ETag."""

    def delete(self, name: str) -> None:
        """Delete the object of this name."""


class MemoryObjectWriter:
    """Writes to the in-memory store."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def ref(self, name: str) -> ObjectRef:
        return ObjectRef("oss", "selfies", name)

    def put(self, name: str, data: bytes, tags: dict[str, str] | None = None) -> ObjectRef:
        return ObjectRef("oss", "selfies", name, self._store.put("selfies", name, data, tags))

    def delete(self, name: str) -> None:
        self._store.remove("selfies", name)


class OssObjectWriter:
    """Writes with the vendor's SDK under a random prefix of a bucket; deletes all on exit."""

    def __init__(self, key: Credentials, *, endpoint: str, region: str, bucket: str) -> None:
        provider = StaticCredentialsProvider(
            key.access_key_id, key.access_key_secret, key.security_token or None
        )
        self._bucket = oss2.Bucket(oss2.ProviderAuthV4(provider), endpoint, bucket, region=region)
        self._prefix = f"facescreen-live-{uuid.uuid4().hex}/"

    def ref(self, name: str) -> ObjectRef:
        return ObjectRef("oss", self._bucket.bucket_name, self._prefix + name)

    def put(self, name: str, data: bytes, tags: dict[str, str] | None = None) -> ObjectRef:
        pairs = "&".join(f"{key}={value}" for key, value in (tags or {}).items())
        headers = {"x-oss-tagging": pairs} if pairs else {}
        key = self._prefix + name
        etag: str = self._bucket.put_object(key, data, headers=headers).etag
        return ObjectRef("oss", self._bucket.bucket_name, key, etag)

    def delete(self, name: str) -> None:
        self._bucket.delete_object(self._prefix + name)

    def put_symlink(self, name: str, target: str) -> None:
        """Create a symlink, an object without bytes of its own."""
        self._bucket.put_symlink(self._prefix + target, self._prefix + name)

    def __enter__(self) -> OssObjectWriter:
        return self

    def __exit__(self, *_: object) -> None:
        # Delete markers too. A test leaves fewer than one page of versions and markers.
        listed = self._bucket.list_object_versions(prefix=self._prefix, max_keys=1000)
        for version in [*listed.versions, *listed.delete_marker]:
            self._bucket.delete_object(version.key, params={"versionId": version.versionid})


class S3ObjectWriter:
    """Writes with boto3 under a random prefix of a bucket. moto loses the objects when it ends."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"facescreen-live-{uuid.uuid4().hex}/"

    def ref(self, name: str) -> ObjectRef:
        return ObjectRef("s3", self._bucket, self._prefix + name)

    def put(self, name: str, data: bytes, tags: dict[str, str] | None = None) -> ObjectRef:
        key = self._prefix + name
        response = self._client.put_object(
            Bucket=self._bucket, Key=key, Body=data, Tagging=urlencode(tags or {})
        )
        return ObjectRef("s3", self._bucket, key, response["ETag"].strip('"'))

    def delete(self, name: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def __enter__(self) -> S3ObjectWriter:
        return self

    def __exit__(self, *_: object) -> None:
        pass
