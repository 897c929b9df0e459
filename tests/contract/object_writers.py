"""Write objects as any other client of the store does."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import oss2
from oss2.credentials import StaticCredentialsProvider

from facescreen.clients.credentials import Credentials
from facescreen.model import ObjectRef
from facescreen.storage.heads import ReaderMetadata
from facescreen.testing.object_store import MemoryStore

DEFAULT_METADATA = ReaderMetadata()


class ObjectWriter(ABC):
    """Writes the objects of one test, below a prefix of a bucket."""

    def __init__(self, store: str, bucket: str, prefix: str = "") -> None:
        self._store_name = store
        self._bucket_name = bucket
        self._prefix = prefix

    def ref(self, name: str) -> ObjectRef:
        """A reference to the object of this name, without an ETag."""
        return ObjectRef(self._store_name, self._bucket_name, self._prefix + name)

    def put(
        self,
        name: str,
        data: bytes,
        tags: dict[str, str] | None = None,
        *,
        metadata: ReaderMetadata = DEFAULT_METADATA,
    ) -> ObjectRef:
        """Write an object and return a reference with its ETag."""
        ref = self.ref(name)
        return replace(ref, etag=self._upload(ref.key, data, tags or {}, metadata))

    def put_in_parts(self, name: str, data: bytes) -> ObjectRef:
        """Write an object by a multipart upload of one part and return a reference with its
        ETag."""
        return replace(self.ref(name), etag=self.start_multipart(name, data)())

    @abstractmethod
    def start_multipart(self, name: str, data: bytes) -> Callable[[], str]:
        """Initiate an upload and send its only part. Returns a function that completes the upload
        and returns the ETag."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete the object of this name."""

    @abstractmethod
    def _upload(self, key: str, data: bytes, tags: dict[str, str], metadata: ReaderMetadata) -> str:
        """Write an object and return its ETag."""


class OssWriter(ObjectWriter):
    """What only OSS can do."""

    @abstractmethod
    def append(self, name: str, data: bytes, tags: dict[str, str] | None = None) -> None:
        """Append to an appendable object, or create one with `tags`."""

    @abstractmethod
    def put_symlink(self, name: str, target: str) -> None:
        """Create a symlink to the object named `target`, which need not exist."""


class MemoryObjectWriter(OssWriter):
    """Writes to the in-memory store, which begins an upload when it is completed."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store.name, "selfies")
        self._store = store

    def start_multipart(self, name: str, data: bytes) -> Callable[[], str]:
        return lambda: self._store.put(self._bucket_name, name, data, is_multipart=True)

    def append(self, name: str, data: bytes, tags: dict[str, str] | None = None) -> None:
        self._store.append(self._bucket_name, name, data, tags)

    def put_symlink(self, name: str, target: str) -> None:
        self._store.put_symlink(self._bucket_name, name, target)

    def delete(self, name: str) -> None:
        self._store.remove(self._bucket_name, name)

    def _upload(self, key: str, data: bytes, tags: dict[str, str], metadata: ReaderMetadata) -> str:
        return self._store.put(self._bucket_name, key, data, tags, metadata=metadata)


class OssObjectWriter(OssWriter):
    """Writes with the vendor's SDK under a random prefix of a bucket; deletes all on exit."""

    def __init__(self, key: Credentials, *, endpoint: str, region: str, bucket: str) -> None:
        provider = StaticCredentialsProvider(
            key.access_key_id, key.access_key_secret, key.security_token or None
        )
        self._bucket = oss2.Bucket(oss2.ProviderAuthV4(provider), endpoint, bucket, region=region)
        super().__init__("oss", bucket, _create_prefix())

    def start_multipart(self, name: str, data: bytes) -> Callable[[], str]:
        key = self._prefix + name
        upload = self._bucket.init_multipart_upload(key).upload_id
        part = oss2.models.PartInfo(1, self._bucket.upload_part(key, upload, 1, data).etag)
        return lambda: str(self._bucket.complete_multipart_upload(key, upload, [part]).etag)

    def append(self, name: str, data: bytes, tags: dict[str, str] | None = None) -> None:
        key = self._prefix + name
        exists = self._bucket.object_exists(key)
        position = self._bucket.head_object(key).content_length if exists else 0
        self._bucket.append_object(key, position, data, headers=_build_tagging_header(tags))

    def delete(self, name: str) -> None:
        self._bucket.delete_object(self._prefix + name)

    def put_symlink(self, name: str, target: str) -> None:
        self._bucket.put_symlink(self._prefix + target, self._prefix + name)

    def set_versioning(self, status: str) -> None:
        """Make the bucket ``Enabled`` or ``Suspended``."""
        self._bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig(status))

    def _upload(self, key: str, data: bytes, tags: dict[str, str], metadata: ReaderMetadata) -> str:
        headers = {**_build_tagging_header(tags), **_build_metadata_headers(metadata)}
        return str(self._bucket.put_object(key, data, headers=headers).etag)

    def __enter__(self) -> OssObjectWriter:
        return self

    def __exit__(self, *_: object) -> None:
        # Delete markers too. A test leaves fewer than one page of versions and markers.
        listed = self._bucket.list_object_versions(prefix=self._prefix, max_keys=1000)
        for version in [*listed.versions, *listed.delete_marker]:
            self._bucket.delete_object(version.key, params={"versionId": version.versionid})


class S3ObjectWriter(ObjectWriter):
    """Writes with boto3 under a random prefix of a bucket. moto loses the objects when it ends."""

    def __init__(self, client: Any, bucket: str) -> None:
        super().__init__("s3", bucket, _create_prefix())
        self._client = client

    def start_multipart(self, name: str, data: bytes) -> Callable[[], str]:
        address = self._address(name)
        upload = self._client.create_multipart_upload(**address)["UploadId"]
        part = self._client.upload_part(**address, UploadId=upload, PartNumber=1, Body=data)
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}

        def complete() -> str:
            response = self._client.complete_multipart_upload(
                **address, UploadId=upload, MultipartUpload=parts
            )
            return str(response["ETag"]).strip('"')

        return complete

    def delete(self, name: str) -> None:
        self._client.delete_object(**self._address(name))

    def _upload(self, key: str, data: bytes, tags: dict[str, str], metadata: ReaderMetadata) -> str:
        location = metadata.redirect_location
        redirect = {"WebsiteRedirectLocation": location} if location else {}
        response = self._client.put_object(
            Bucket=self._bucket_name,
            Key=key,
            Body=data,
            Tagging=urlencode(tags),
            ContentType=metadata.content_type,
            ContentEncoding=metadata.content_encoding,
            **redirect,
        )
        return str(response["ETag"]).strip('"')

    def _address(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket_name, "Key": self._prefix + name}

    def __enter__(self) -> S3ObjectWriter:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _create_prefix() -> str:
    return f"facescreen-live-{uuid.uuid4().hex}/"


def _build_metadata_headers(metadata: ReaderMetadata) -> dict[str, str]:
    headers = {
        "Content-Type": metadata.content_type,
        "Content-Encoding": metadata.content_encoding,
        "x-oss-website-redirect-location": metadata.redirect_location,
    }
    return {name: value for name, value in headers.items() if value}


def _build_tagging_header(tags: dict[str, str] | None) -> dict[str, str]:
    pairs = "&".join(f"{key}={value}" for key, value in (tags or {}).items())
    return {"x-oss-tagging": pairs} if pairs else {}
