"""S3, all three ports, on boto3: V4 signatures, the region's own endpoint."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from botocore.config import Config
from botocore.exceptions import ClientError

from facescreen import errors
from facescreen.clients.boto import aws_errors, connect
from facescreen.model import ObjectHead
from facescreen.storage.keys import is_url_safe, not_found_message, real_version
from facescreen.storage.ports import MOST_LISTED, Listed, Page, objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    import boto3

    from facescreen.clients.boto import Refusal
    from facescreen.model import ObjectRef

# Never an access point's ARN, whose region and account would come from the event.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_CHECKSUMS = ("CRC64NVME", "SHA256", "SHA1", "CRC32C", "CRC32")
_BY_STATUS: dict[int, type[errors.FacescreenError]] = {
    404: errors.ObjectNotFoundError,
    405: errors.ObjectNotFoundError,  # a delete marker, asked for by its version
    409: errors.ObjectChangedError,  # a conditional write that met another
    412: errors.ObjectChangedError,
}
_MAX_CONNECTIONS = 32
"""Kept open: as many as threads that read tags for a report."""
_ENCRYPTED = "stored using a form of Server Side Encryption"
_MAY_BE_GONE = " (or nothing stands there: S3 says so only to a role with s3:ListBucket)"


class S3Store:
    """The port ObjectStore, for the buckets of the session's region."""

    name = "s3"
    listing_action = "s3:ListBucket"
    converts = False

    def __init__(self, session: boto3.Session, *, endpoint: str = "") -> None:
        self._client = _connect(session, endpoint)
        self.public_origins = _origins(self._client.meta.endpoint_url, own_host=not endpoint)
        """Where presigned URLs lie."""

    def head(self, ref: ObjectRef) -> ObjectHead:
        """Raises errors.AccessDeniedError also for what is gone, where the role may not list."""
        try:
            return self._head(ref)
        except errors.ContentError:
            return self._listed(ref)

    def read(self, ref: ObjectRef, start: int, length: int) -> bytes:
        try:
            return self._get(ref, Range=f"bytes={start}-{start + length - 1}")
        except errors.RequestRejectedError as error:
            if error.code != "InvalidRange":
                raise
            return b""

    def download(self, ref: ObjectRef, *, convert: bool) -> bytes:
        _as_it_stands(convert)
        return self._get(ref)

    def tags(self, ref: ObjectRef) -> dict[str, str]:
        with s3_errors(ref.key):
            found = self._client.get_object_tagging(**named(ref))["TagSet"]
        return {tag["Key"]: tag["Value"] for tag in found}

    def replace_tags(self, ref: ObjectRef, tags: dict[str, str]) -> None:
        tagging = {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}
        with s3_errors(ref.key, refused=errors.TagsRefusedError):
            self._client.put_object_tagging(**named(ref), Tagging=tagging)

    def presign(self, ref: ObjectRef, seconds: int, *, convert: bool) -> str:
        """Good for `seconds`, but never longer than the role's session that it is signed in."""
        _as_it_stands(convert)
        with s3_errors(ref.key):
            url: str = self._client.generate_presigned_url(
                "get_object", Params=named(ref), ExpiresIn=seconds
            )
        return url if is_url_safe(ref.key) else _one_segment(url, ref.key)

    def thumbnail(self, ref: ObjectRef, seconds: int) -> str:
        """The object itself: S3 makes no pictures."""
        return self.presign(ref, seconds, convert=False)

    def page(self, bucket: str, prefix: str, after: str) -> Page:
        return _page(self._client, _checked(bucket), prefix, after)

    def _head(self, ref: ObjectRef) -> ObjectHead:
        with s3_errors(ref.key):
            try:
                found = self._client.head_object(**named(ref), ChecksumMode="ENABLED")
            except ClientError:
                # An answer to HEAD has no body that says what is wrong; one to GET has.
                self._client.get_object(**named(ref), Range="bytes=0-0")
                raise
            return _object_head(found, found["ContentLength"])

    def _listed(self, ref: ObjectRef) -> ObjectHead:
        """The head of an object that needs its customer's key even for HEAD."""
        with s3_errors(ref.key):
            listed = self._client.list_object_versions(Bucket=ref.bucket, Prefix=ref.key)
            for found in listed.get("Versions", ()):
                wanted = (
                    found["VersionId"] == ref.version_id if ref.version_id else found["IsLatest"]
                )
                if wanted and found["Key"] == ref.key:
                    return _object_head(found, found["Size"])
        raise errors.ObjectNotFoundError(not_found_message(ref.key))

    def _get(self, ref: ObjectRef, **options: str) -> bytes:
        only_if = {"IfMatch": f'"{ref.etag}"'} if ref.etag else {}
        with s3_errors(ref.key):
            found = self._client.get_object(**named(ref), **only_if, **options)
            data: bytes = found["Body"].read()
        return data


class S3QuarantineStore(S3Store):
    """The port QuarantineStore."""

    def copy(self, ref: ObjectRef, to: ObjectRef, *, only_new: bool) -> None:
        only_if = {"IfNoneMatch": "*"} if only_new else {}
        with s3_errors(ref.key):
            self._client.copy_object(
                **named(to),
                CopySource=named(ref),
                CopySourceIfMatch=f'"{ref.etag}"',
                MetadataDirective="COPY",
                TaggingDirective="COPY",
                **only_if,
            )

    def delete(self, ref: ObjectRef) -> None:
        # A version never changes, and the condition would be held against the current one.
        only_if = {} if ref.version_id else {"IfMatch": f'"{ref.etag}"'}
        with s3_errors(ref.key):
            self._client.delete_object(**named(ref), **only_if)

    def acl(self, ref: ObjectRef) -> str:
        with s3_errors(ref.key):
            found = self._client.get_object_acl(**named(ref))
            return json.dumps({"Owner": found["Owner"], "Grants": found["Grants"]})

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        access = {"ACL": acl} if acl == "private" else {"AccessControlPolicy": json.loads(acl)}
        with s3_errors(ref.key, refused=errors.QuarantineRefusedError):
            self._client.put_object_acl(**named(ref), **access)


class S3State:
    """The port StateStore, by conditional writes: an append writes the whole object again, on
    condition that the one it read still stands.

    S3 keeps to the condition in versioned buckets too, but each append leaves a version there.
    """

    def __init__(self, session: boto3.Session, *, bucket: str, endpoint: str = "") -> None:
        self._client = _connect(session, endpoint)
        self._bucket = bucket

    def read(self, key: str) -> bytes:
        try:
            return self._get(key)[0]
        except errors.ObjectNotFoundError:
            return b""

    def append(self, key: str, position: int, data: bytes) -> bool:
        try:
            before, etag = self._get(key) if position else (b"", "")
            if len(before) != position:
                return False
            condition = {"IfMatch": etag} if position else {"IfNoneMatch": "*"}
            with s3_errors(key):
                self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=before + data, **condition
                )
        except (errors.ObjectChangedError, errors.ObjectNotFoundError):
            return False
        return True

    def names(self, prefix: str, after: str) -> Iterator[str]:
        for found in objects(partial(_page, self._client, self._bucket, prefix), after):
            yield found.key

    def _get(self, key: str) -> tuple[bytes, str]:
        with s3_errors(key):
            found = self._client.get_object(Bucket=self._bucket, Key=key)
            return found["Body"].read(), found["ETag"]


def _page(client: Any, bucket: str, prefix: str, after: str) -> Page:
    with s3_errors(prefix):
        listed = client.list_objects_v2(
            Bucket=bucket, Prefix=prefix, StartAfter=after, MaxKeys=MOST_LISTED
        )
        found = tuple(
            Listed(one["Key"], one["ETag"].strip('"'), one["Size"], one["LastModified"])
            for one in listed.get("Contents", ())
        )
        return Page(found, found[-1].key if listed["IsTruncated"] else "")


def s3_errors(
    key: str, refused: type[errors.FacescreenError] = errors.RequestRejectedError
) -> AbstractContextManager[None]:
    """boto3's errors about the object `key` as ours."""
    return aws_errors("S3", lambda refusal, _: _judge(refusal, key, refused))


def _judge(
    refusal: Refusal, key: str, refused: type[errors.FacescreenError]
) -> errors.FacescreenError:
    if withheld := _withheld(refusal):
        return errors.ContentError("S3 does not give the bytes", code=withheld)
    kind = refusal.kind(_BY_STATUS.get(refusal.status, refused))
    message = f"S3 refused: {refusal.message}"
    if kind is errors.ObjectNotFoundError:
        message = not_found_message(key)
    elif kind is errors.AccessDeniedError:
        message += _MAY_BE_GONE
    return kind(message, code=refusal.code, request_id=refusal.request_id)


def _withheld(refusal: Refusal) -> str:
    """Our code for an object whose bytes no permission opens."""
    if refusal.code == "InvalidRequest" and _ENCRYPTED in refusal.message:
        return "UnreadableEncryption"
    return "UnreadableArchive" if refusal.code == "InvalidObjectState" else ""


def _connect(session: boto3.Session, endpoint: str) -> Any:
    """Virtual-host style, but on an endpoint of one's own."""
    config = Config(
        signature_version="s3v4",
        max_pool_connections=_MAX_CONNECTIONS,
        s3={
            "addressing_style": "path" if endpoint else "virtual",
            "us_east_1_regional_endpoint": "regional",
        },
    )
    return connect(session, "s3", endpoint, config)


def named(ref: ObjectRef) -> dict[str, str]:
    """The parameters that name an object, and its version. Raises errors.InvalidEventError."""
    version = {"VersionId": ref.version_id} if ref.version_id else {}
    return {"Bucket": _checked(ref.bucket), "Key": ref.key, **version}


def _checked(bucket: str) -> str:
    if not _BUCKET.fullmatch(bucket):
        raise errors.InvalidEventError("the bucket's name is not one that S3 allows")
    return bucket


def _as_it_stands(convert: bool) -> None:
    if convert:
        raise errors.RequestRejectedError("S3 converts no images on the way")


def _object_head(found: dict[str, Any], size: int) -> ObjectHead:
    return ObjectHead(
        etag=found["ETag"].strip('"'),
        size=size,
        last_modified=found["LastModified"].isoformat(),
        version_id=real_version(found.get("VersionId", "")),
        checksum=_checksum(found),
    )


def _checksum(head: dict[str, Any]) -> str:
    """The best that it gives; which one it is stands before it."""
    for name in _CHECKSUMS:
        if found := head.get(f"Checksum{name}"):
            return f"{name}:{found}"
    return ""


def _origins(endpoint: str, *, own_host: bool) -> tuple[str, ...]:
    """Each bucket below a name of its own, but for one with dots, which no certificate covers."""
    if not own_host:
        return (endpoint,)
    parts = urlsplit(endpoint)
    return (f"{parts.scheme}://*.{parts.netloc}", endpoint)


def _one_segment(url: str, key: str) -> str:
    """`url` with the key's slashes encoded; V4 signs them bare in either form."""
    return url.replace(quote(key, safe="/~"), quote(key, safe="~"), 1)
