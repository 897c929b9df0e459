"""The store ports on S3, with boto3: V4 signatures, the region's own endpoint."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from botocore.config import Config
from botocore.exceptions import ClientError

from facescreen import errors
from facescreen.clients.boto import create_client, translate_aws_errors
from facescreen.model import ObjectHead, ObjectRef
from facescreen.storage.heads import (
    ReaderMetadata,
    build_late_request_error,
    check_metadata,
    guess_object_type,
    parse_http_date,
    to_whole_seconds,
)
from facescreen.storage.keys import (
    NULL_VERSION,
    build_not_found_message,
    drop_null_version,
    has_url_safe_segments,
)
from facescreen.storage.ports import (
    FIRST_BYTES,
    MAX_OBJECTS_PER_PAGE,
    MAX_VERSION_PAGES,
    FetchedObject,
    ListingPage,
    ObjectSummary,
    iterate_objects,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    import boto3

    from facescreen.clients.boto import AwsErrorResponse

# Not an access point's ARN: its region and account would come from the event.
_BUCKET_NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ERRORS_BY_STATUS: dict[int, type[errors.FacescreenError]] = {
    404: errors.ObjectNotFoundError,
    405: errors.ObjectNotFoundError,  # the version is a delete marker
    412: errors.ObjectChangedError,
}
_CONDITIONAL_CONFLICT_CODE = "ConditionalRequestConflict"
"""A conditional write collided with another. Any other conflict says nothing about the object."""
_MAX_CONNECTIONS = 32
"""As many as the threads that read tags for a report."""
_ENCRYPTED_MESSAGE = "stored using a form of Server Side Encryption"
_MAY_BE_MISSING_HINT = (
    " (or the object does not exist: S3 says so only to a role with s3:ListBucket)"
)


class S3Store:
    """ObjectStore on S3, for the buckets of the session's region."""

    name = "s3"
    list_permission = "s3:ListBucket"
    can_convert = False

    def __init__(self, session: boto3.Session, *, endpoint: str = "") -> None:
        self._client = _create_client(session, endpoint)
        self.public_origins = _build_bucket_origins(
            self._client.meta.endpoint_url, own_host=not endpoint
        )

    def head(self, ref: ObjectRef) -> ObjectHead:
        """Return the object's head. Also raises errors.AccessDeniedError for a missing object if
        the role may not list the bucket."""
        try:
            return self._request_head(ref)
        except errors.ContentError:
            return self._find_head_in_listing(ref)

    def fetch(self, ref: ObjectRef, max_bytes: int) -> FetchedObject:
        with translate_s3_errors(ref.key):
            response = self._client.get_object(**build_object_params(ref))
            with closing(response["Body"]) as body:
                check_metadata(_read_metadata(response))
                head = _build_response_head(response)
                is_whole = head.size <= max_bytes
                return FetchedObject(head, body.read(None if is_whole else FIRST_BYTES))

    def read(self, ref: ObjectRef, start: int, length: int) -> bytes:
        try:
            return self._get_bytes(ref, Range=f"bytes={start}-{start + length - 1}")
        except errors.RequestRejectedError as error:
            if error.code != "InvalidRange":
                raise
            return b""

    def convert(self, ref: ObjectRef) -> bytes:
        """Raise errors.RequestRejectedError: S3 converts nothing."""
        raise _build_conversion_error(ref)

    def get_tags(self, ref: ObjectRef) -> dict[str, str]:
        with translate_s3_errors(ref.key):
            response = self._client.get_object_tagging(**build_object_params(ref))["TagSet"]
        return {tag["Key"]: tag["Value"] for tag in response}

    def replace_tags(self, ref: ObjectRef, tags: dict[str, str]) -> None:
        tagging = {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}
        with translate_s3_errors(ref.key, default_error_class=errors.TagsRefusedError):
            response = self._client.put_object_tagging(**build_object_params(ref), Tagging=tagging)
        if response["ResponseMetadata"]["RetryAttempts"]:
            raise build_late_request_error()

    def presign(self, ref: ObjectRef, expires_in_s: int, *, convert: bool) -> str:
        """Return a presigned URL, valid for `expires_in_s` seconds but at most until the role's
        session ends."""
        if convert:
            raise _build_conversion_error(ref)
        with translate_s3_errors(ref.key):
            url: str = self._client.generate_presigned_url(
                "get_object", Params=build_object_params(ref), ExpiresIn=expires_in_s
            )
        return url if has_url_safe_segments(ref.key) else _encode_key_slashes(url, ref.key)

    def presign_thumbnail(self, ref: ObjectRef, expires_in_s: int) -> str:
        """Return a presigned URL of the object itself: S3 makes no thumbnails."""
        return self.presign(ref, expires_in_s, convert=False)

    def list_page(self, bucket: str, prefix: str, after: str) -> ListingPage:
        return _list_page(self._client, _check_bucket_name(bucket), prefix, after)

    def list_versions(self, ref: ObjectRef) -> list[ObjectRef]:
        with translate_s3_errors(ref.key):
            return [
                ObjectRef(
                    ref.store,
                    ref.bucket,
                    ref.key,
                    version["ETag"].strip('"'),
                    version["VersionId"],
                    version["Size"],
                )
                for page in self._iterate_version_pages(ref)
                for version in page.get("Versions", ())
                if version["Key"] == ref.key
            ]

    def _request_head(self, ref: ObjectRef) -> ObjectHead:
        with translate_s3_errors(ref.key):
            try:
                response = self._client.head_object(**build_object_params(ref))
            except ClientError:
                # An error response to HEAD has no body that says what is wrong; one to GET has.
                self._client.get_object(**build_object_params(ref), Range="bytes=0-0")
                raise
            return _build_response_head(response)

    def _find_head_in_listing(self, ref: ObjectRef) -> ObjectHead:
        """Return the head of an object whose HEAD needs the customer's encryption key."""
        with translate_s3_errors(ref.key):
            for page in self._iterate_version_pages(ref):
                for version in page.get("Versions", ()):
                    is_wanted = (
                        version["VersionId"] == ref.version_id
                        if ref.version_id
                        else version["IsLatest"]
                    )
                    if is_wanted and version["Key"] == ref.key:
                        return _build_object_head(version, version["Size"], _get_date(page))
        raise errors.ObjectNotFoundError(build_not_found_message(ref.key))

    def _iterate_version_pages(self, ref: ObjectRef) -> Iterator[dict[str, Any]]:
        """Yield the pages of a listing that may hold versions of the key, newest first."""
        bucket = _check_bucket_name(ref.bucket)
        markers: dict[str, str] = {}
        for _ in range(MAX_VERSION_PAGES):
            page: dict[str, Any] = self._client.list_object_versions(
                Bucket=bucket, Prefix=ref.key, MaxKeys=MAX_OBJECTS_PER_PAGE, **markers
            )
            yield page
            if not page["IsTruncated"] or page["NextKeyMarker"] != ref.key:
                return
            markers = {
                "KeyMarker": page["NextKeyMarker"],
                "VersionIdMarker": page["NextVersionIdMarker"],
            }

    def _get_bytes(self, ref: ObjectRef, **options: str) -> bytes:
        condition = {"IfMatch": f'"{ref.etag}"'} if ref.etag else {}
        with translate_s3_errors(ref.key):
            response = self._client.get_object(**build_object_params(ref), **condition, **options)
            data: bytes = response["Body"].read()
        return data


class S3QuarantineStore(S3Store):
    """QuarantineStore on S3."""

    def copy(self, ref: ObjectRef, to: ObjectRef, *, must_be_new: bool) -> None:
        condition = {"IfNoneMatch": "*"} if must_be_new else {}
        with translate_s3_errors(ref.key):
            self._client.copy_object(
                **build_object_params(to),
                CopySource=build_object_params(ref),
                CopySourceIfMatch=f'"{ref.etag}"',
                MetadataDirective="COPY",
                TaggingDirective="COPY",
                **condition,
            )

    def can_delete(self, ref: ObjectRef) -> bool:
        return bool(ref.version_id or ref.etag)

    def delete(self, ref: ObjectRef) -> None:
        # A version never changes, and S3 would check the condition against the current version. The
        # version `null` may have been replaced: it is deleted only as the current one.
        ref = replace(ref, version_id=drop_null_version(ref.version_id))
        condition = {} if ref.version_id else {"IfMatch": f'"{ref.etag}"'}
        with translate_s3_errors(ref.key):
            self._client.delete_object(**build_object_params(ref), **condition)

    def get_acl(self, ref: ObjectRef) -> str:
        with translate_s3_errors(ref.key):
            response = self._client.get_object_acl(**build_object_params(ref))
            return json.dumps({"Owner": response["Owner"], "Grants": response["Grants"]})

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        access = {"ACL": acl} if acl == "private" else {"AccessControlPolicy": json.loads(acl)}
        with translate_s3_errors(ref.key, default_error_class=errors.QuarantineRefusedError):
            self._client.put_object_acl(**build_object_params(ref), **access)


class S3StateStore:
    """StateStore on S3, with conditional writes: an append rewrites the whole object on condition
    that it has not changed since it was read.

    The condition works in versioned buckets too, but there each append leaves a version behind.
    """

    def __init__(self, session: boto3.Session, *, bucket: str, endpoint: str = "") -> None:
        self._client = _create_client(session, endpoint)
        self._bucket = bucket

    def read(self, key: str) -> bytes:
        try:
            return self._get_bytes_and_etag(key)[0]
        except errors.ObjectNotFoundError:
            return b""

    def append(self, key: str, position: int, data: bytes) -> bool:
        try:
            content, etag = self._get_bytes_and_etag(key) if position else (b"", "")
            if len(content) != position:
                return False
            condition = {"IfMatch": etag} if position else {"IfNoneMatch": "*"}
            with translate_s3_errors(key):
                self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=content + data, **condition
                )
        except (errors.ObjectChangedError, errors.ObjectNotFoundError):
            return False
        return True

    def list_keys(self, prefix: str, after: str) -> Iterator[str]:
        for summary in iterate_objects(
            partial(_list_page, self._client, self._bucket, prefix), after
        ):
            yield summary.key

    def _get_bytes_and_etag(self, key: str) -> tuple[bytes, str]:
        with translate_s3_errors(key):
            response = self._client.get_object(Bucket=self._bucket, Key=key)
            return response["Body"].read(), response["ETag"]


def _list_page(client: Any, bucket: str, prefix: str, after: str) -> ListingPage:
    with translate_s3_errors(prefix):
        listing = client.list_objects_v2(
            Bucket=bucket, Prefix=prefix, StartAfter=after, MaxKeys=MAX_OBJECTS_PER_PAGE
        )
        summaries = tuple(
            ObjectSummary(
                entry["Key"],
                entry["ETag"].strip('"'),
                entry["Size"],
                entry["LastModified"],
                guess_object_type(entry["ETag"]),
            )
            for entry in listing.get("Contents", ())
        )
        return ListingPage(summaries, summaries[-1].key if listing["IsTruncated"] else "")


def translate_s3_errors(
    key: str, default_error_class: type[errors.FacescreenError] = errors.RequestRejectedError
) -> AbstractContextManager[None]:
    """Raise boto3's errors about the object `key` as ours. `default_error_class` is the class for
    other error codes."""
    return translate_aws_errors(
        "S3", lambda response, _: _to_error(response, key, default_error_class)
    )


def _to_error(
    response: AwsErrorResponse, key: str, default_error_class: type[errors.FacescreenError]
) -> errors.FacescreenError:
    if unreadable_code := _get_unreadable_code(response):
        return errors.ContentError("S3 can't return the bytes", code=unreadable_code)
    error_class = response.error_class(_ERRORS_BY_STATUS.get(response.status, default_error_class))
    if response.code == _CONDITIONAL_CONFLICT_CODE:
        error_class = errors.ObjectChangedError
    message = f"S3 rejected the request: {response.message}"
    if error_class is errors.ObjectNotFoundError:
        message = build_not_found_message(key)
    elif error_class is errors.AccessDeniedError:
        message += _MAY_BE_MISSING_HINT
    return error_class(message, code=response.code, request_id=response.request_id)


def _get_unreadable_code(response: AwsErrorResponse) -> str:
    """Return our code for an object whose bytes can't be read with any permission, else ""."""
    if response.code == "InvalidRequest" and _ENCRYPTED_MESSAGE in response.message:
        return "UnreadableEncryption"
    return "UnreadableArchive" if response.code == "InvalidObjectState" else ""


def _create_client(session: boto3.Session, endpoint: str) -> Any:
    """Create a client: virtual-hosted style, or path style on a custom endpoint."""
    config = Config(
        signature_version="s3v4",
        max_pool_connections=_MAX_CONNECTIONS,
        s3={
            "addressing_style": "path" if endpoint else "virtual",
            "us_east_1_regional_endpoint": "regional",
        },
    )
    return create_client(session, "s3", endpoint, config)


def build_object_params(ref: ObjectRef) -> dict[str, str]:
    """Return the parameters for an object and its version. Raises errors.InvalidEventError."""
    version = {"VersionId": ref.version_id} if ref.version_id else {}
    return {"Bucket": _check_bucket_name(ref.bucket), "Key": ref.key, **version}


def _check_bucket_name(bucket: str) -> str:
    if not _BUCKET_NAME_PATTERN.fullmatch(bucket):
        raise errors.InvalidEventError("the bucket name is not valid on S3")
    return bucket


def _build_conversion_error(ref: ObjectRef) -> errors.RequestRejectedError:
    return errors.RequestRejectedError(f"S3 can't convert images on read: {ref.uri}")


def _build_response_head(response: dict[str, Any]) -> ObjectHead:
    """Return the head from a response of HeadObject or GetObject."""
    return _build_object_head(response, response["ContentLength"], _get_date(response))


def _read_metadata(response: dict[str, Any]) -> ReaderMetadata:
    """Return what the uploader told readers, from a response of GetObject."""
    return ReaderMetadata(
        response.get("ContentType", ""),
        response.get("ContentEncoding", ""),
        response.get("WebsiteRedirectLocation", ""),
    )


def _build_object_head(properties: dict[str, Any], size: int, date: datetime) -> ObjectHead:
    """Return the head from a response, or from an entry of a listing."""
    etag, version_id = properties["ETag"].strip('"'), properties.get("VersionId", "")
    return ObjectHead(
        etag=etag,
        size=size,
        last_modified=to_whole_seconds(properties["LastModified"]),
        date=date,
        version_id=drop_null_version(version_id),
        is_null_version=version_id == NULL_VERSION,
        object_type=guess_object_type(etag),
        tag_count=properties.get("TagCount"),
        is_replica=properties.get("ReplicationStatus") == "REPLICA",
    )


def _get_date(response: dict[str, Any]) -> datetime:
    return parse_http_date(response["ResponseMetadata"]["HTTPHeaders"].get("date", ""))


def _build_bucket_origins(endpoint: str, *, own_host: bool) -> tuple[str, ...]:
    """Return the origins of bucket URLs: a subdomain for each bucket, and the endpoint itself for
    bucket names with dots, which no certificate covers."""
    if not own_host:
        return (endpoint,)
    parts = urlsplit(endpoint)
    return (f"{parts.scheme}://*.{parts.netloc}", endpoint)


def _encode_key_slashes(url: str, key: str) -> str:
    """Return `url` with the key's slashes encoded. V4 signs them unencoded in both forms."""
    return url.replace(quote(key, safe="/~"), quote(key, safe="~"), 1)
