"""The store ports on OSS, with oss2: V4 signatures, temporary credentials, two endpoints."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import oss2
from oss2.credentials import Credentials as OssCredentials
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from facescreen import errors
from facescreen.model import ObjectHead, ObjectRef, ObjectType
from facescreen.storage.heads import (
    build_late_request_error,
    check_content_encoding,
    guess_object_type,
    parse_http_date,
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
    from collections.abc import Iterator, Mapping

    from facescreen.clients.credentials import CredentialSource

# Upright by EXIF, shorter side 720, quality 80, JPEG (face-deepfake.txt, Images: "scale the
# shorter side to 720 pixels and use a compression ratio of 0.8").
CONVERSION_PROCESS_PARAM = "image/auto-orient,1/resize,s_720/quality,q_80/format,jpg"
THUMBNAIL_PROCESS_PARAM = "image/auto-orient,1/resize,m_lfit,w_320,h_320/format,jpg"
_TIMEOUT_S = 5
_MAX_CONNECTIONS = 32
"""As many as the threads that read tags for a report."""
# After an instance was frozen its pooled connections are dead; a retry opens a new one.
_RETRY_POLICY = Retry(total=2, status=0, allowed_methods=None, backoff_factor=0.1)
# Why the bytes of an object can't be read with any permission.
_UNREADABLE_CODES = {
    "InvalidObjectState": "UnreadableArchive",
    "SymlinkTargetNotExist": "SymbolicLink",
    "InvalidTargetType": "SymbolicLink",  # the target is a symlink too
}
# Its DEBUG lines contain headers and presigned URLs.
logging.getLogger("oss2").setLevel(logging.WARNING)


class OssStore:
    """ObjectStore on OSS. Requests go to `endpoint`; presigned URLs use `public_endpoint`."""

    name = "oss"
    list_permission = "oss:ListObjects"
    can_convert = True

    def __init__(
        self, credentials: CredentialSource, *, endpoint: str, public_endpoint: str, region: str
    ) -> None:
        self.public_origins = _build_bucket_origins(public_endpoint)
        self._buckets = _BucketCache(credentials, endpoint, region)
        self._public_buckets = _BucketCache(credentials, public_endpoint, region)

    def head(self, ref: ObjectRef) -> ObjectHead:
        try:
            return self._request_head(ref)
        except errors.ContentError:
            return self._request_symlink_head(ref)

    def fetch(self, ref: ObjectRef, max_bytes: int) -> FetchedObject:
        with translate_oss_errors(ref.key):
            response = self._buckets.get(ref.bucket).get_object(
                ref.key, params=build_version_params(ref)
            )
            with response:
                check_content_encoding(response.headers.get("Content-Encoding", ""))
                head = _build_object_head(response.headers)
                length = head.size if head.size <= max_bytes else min(head.size, FIRST_BYTES)
                return FetchedObject(head, _read_body(response, length))

    def read(self, ref: ObjectRef, start: int, length: int) -> bytes:
        # Without this header OSS returns the whole object for a range beyond its end.
        headers = {"x-oss-range-behavior": "standard", **_build_if_match_header(ref)}
        with translate_oss_errors(ref.key):
            try:
                response = self._buckets.get(ref.bucket).get_object(
                    ref.key, (start, start + length - 1), headers, params=build_version_params(ref)
                )
            except oss2.exceptions.ServerError as error:
                if error.status != 416:
                    raise
                return b""
            with response:
                return _read_body(response)

    def convert(self, ref: ObjectRef) -> bytes:
        params = {**build_version_params(ref), **_build_process_params(CONVERSION_PROCESS_PARAM)}
        with translate_oss_errors(ref.key):
            response = self._buckets.get(ref.bucket).get_object(
                ref.key, headers=_build_if_match_header(ref), params=params
            )
            with response:
                return _read_body(response)

    def get_tags(self, ref: ObjectRef) -> dict[str, str]:
        with translate_oss_errors(ref.key):
            response = self._buckets.get(ref.bucket).get_object_tagging(
                ref.key, params=build_version_params(ref)
            )
        return dict(response.tag_set.tagging_rule)

    def replace_tags(self, ref: ObjectRef, tags: dict[str, str]) -> None:
        rule = oss2.models.TaggingRule()
        for key, value in tags.items():
            rule.add(key, value)
        tagging = oss2.models.Tagging(rule)
        with translate_oss_errors(ref.key, default_error_class=errors.TagsRefusedError):
            result = self._buckets.get(ref.bucket).put_object_tagging(
                ref.key, tagging, params=build_version_params(ref)
            )
        if result.resp.response.raw.retries.history:
            raise build_late_request_error()

    def presign(self, ref: ObjectRef, expires_in_s: int, *, convert: bool) -> str:
        return self._sign_url(ref, expires_in_s, CONVERSION_PROCESS_PARAM if convert else "")

    def presign_thumbnail(self, ref: ObjectRef, expires_in_s: int) -> str:
        return self._sign_url(ref, expires_in_s, THUMBNAIL_PROCESS_PARAM)

    def list_page(self, bucket: str, prefix: str, after: str) -> ListingPage:
        return _list_page(self._buckets.get(bucket), prefix, after)

    def list_versions(self, ref: ObjectRef) -> list[ObjectRef]:
        versions: list[ObjectRef] = []
        key_marker = version_marker = ""
        for _ in range(MAX_VERSION_PAGES):
            with translate_oss_errors(ref.key):
                page = self._buckets.get(ref.bucket).list_object_versions(
                    ref.key,
                    key_marker=key_marker,
                    versionid_marker=version_marker,
                    max_keys=MAX_OBJECTS_PER_PAGE,
                )
            versions += _select_versions(page, ref)
            key_marker, version_marker = page.next_key_marker, page.next_versionid_marker
            if not page.is_truncated or key_marker != ref.key:
                break
        return versions

    def _request_head(self, ref: ObjectRef) -> ObjectHead:
        with translate_oss_errors(ref.key):
            response = self._buckets.get(ref.bucket).head_object(
                ref.key, params=build_version_params(ref)
            )
        return _build_object_head(response.headers)

    def _request_symlink_head(self, ref: ObjectRef) -> ObjectHead:
        """Return the head of a symlink that shows no object. GetObjectMeta doesn't follow it."""
        with translate_oss_errors(ref.key):
            response = self._buckets.get(ref.bucket).get_object_meta(
                ref.key, params=build_version_params(ref)
            )
        return replace(_build_object_head(response.headers), object_type=ObjectType.SYMLINK)

    def _sign_url(self, ref: ObjectRef, expires_in_s: int, process: str) -> str:
        with translate_oss_errors(ref.key):
            url: str = self._public_buckets.get(ref.bucket).sign_url(
                "GET",
                ref.key,
                expires_in_s,
                params={**build_version_params(ref), **_build_process_params(process)},
                slash_safe=has_url_safe_segments(ref.key),
            )
        return url


class OssQuarantineStore(OssStore):
    """QuarantineStore on OSS, for the buckets of one region: OSS can't copy to another."""

    def copy(self, ref: ObjectRef, to: ObjectRef, *, must_be_new: bool) -> None:
        headers = {
            "x-oss-copy-source-if-match": ref.etag,
            "x-oss-metadata-directive": "COPY",
            "x-oss-tagging-directive": "COPY",
            "x-oss-forbid-overwrite": str(must_be_new).lower(),
        }
        with translate_oss_errors(ref.key):
            try:
                self._buckets.get(to.bucket).copy_object(
                    ref.bucket, ref.key, to.key, headers, params=build_version_params(ref)
                )
            except oss2.exceptions.ServerError as error:
                if error.code != "FileAlreadyExists":
                    raise
                raise errors.ObjectChangedError("an object with that key exists already") from None

    def can_delete(self, ref: ObjectRef) -> bool:
        return bool(drop_null_version(ref.version_id))

    def delete(self, ref: ObjectRef) -> None:
        with translate_oss_errors(ref.key):
            self._buckets.get(ref.bucket).delete_object(ref.key, params=build_version_params(ref))

    def get_acl(self, ref: ObjectRef) -> str:
        with translate_oss_errors(ref.key):
            response = self._buckets.get(ref.bucket).get_object_acl(
                ref.key, params=build_version_params(ref)
            )
        return str(response.acl)

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        with translate_oss_errors(ref.key):
            self._buckets.get(ref.bucket).put_object_acl(
                ref.key, acl, params=build_version_params(ref)
            )


class OssStateStore:
    """StateStore on OSS, on appendable objects in an unversioned bucket.

    AppendObject is a compare-and-swap: the position must equal the length. x-oss-forbid-overwrite
    is not documented to let only one of two simultaneous writers succeed.
    """

    def __init__(
        self, credentials: CredentialSource, *, endpoint: str, region: str, bucket: str
    ) -> None:
        self._bucket = _BucketCache(credentials, endpoint, region).get(bucket)

    def read(self, key: str) -> bytes:
        try:
            with translate_oss_errors(key), self._bucket.get_object(key) as response:
                return _read_body(response)
        except errors.ObjectNotFoundError:
            return b""

    def append(self, key: str, position: int, data: bytes) -> bool:
        with translate_oss_errors(key):
            try:
                appended = self._bucket.append_object(key, position, data)
            except oss2.exceptions.PositionNotEqualToLength:
                return False
        # In a versioned bucket the id of an appendable object is ``null``.
        if "x-oss-version-id" in appended.headers:
            raise errors.InvalidSettingsError(
                "STATE_BUCKET must be an unversioned bucket; this one has versioning enabled"
            )
        return True

    def list_keys(self, prefix: str, after: str) -> Iterator[str]:
        for summary in iterate_objects(partial(_list_page, self._bucket, prefix), after):
            yield summary.key


class _BucketCache:
    """Creates and caches oss2's Bucket objects for one endpoint, with one connection pool."""

    def __init__(self, credentials: CredentialSource, endpoint: str, region: str) -> None:
        auth = oss2.ProviderAuthV4(_OssCredentialsProvider(credentials))
        adapter = HTTPAdapter(max_retries=_RETRY_POLICY, pool_maxsize=_MAX_CONNECTIONS)
        session = oss2.Session(adapter=adapter)

        def create_bucket(name: str) -> oss2.Bucket:
            return oss2.Bucket(
                auth,
                endpoint,
                name,
                region=region,
                session=session,
                connect_timeout=_TIMEOUT_S,
                # It is computed in pure Python, and no operation here needs it.
                enable_crc=False,
            )

        self._get_cached = lru_cache(maxsize=32)(create_bucket)

    def get(self, name: str) -> oss2.Bucket:
        try:
            return self._get_cached(name)
        except oss2.exceptions.ClientError:
            raise errors.InvalidEventError("the bucket name is not valid on OSS") from None


def _list_page(bucket: oss2.Bucket, prefix: str, after: str) -> ListingPage:
    with translate_oss_errors(prefix):
        listing = bucket.list_objects_v2(prefix, start_after=after, max_keys=MAX_OBJECTS_PER_PAGE)
    summaries = (
        ObjectSummary(
            entry.key,
            entry.etag.strip('"'),
            entry.size,
            _to_datetime(entry.last_modified),
            _parse_object_type(entry.type, entry.etag),
        )
        for entry in listing.object_list
    )
    return ListingPage(
        tuple(summaries), listing.object_list[-1].key if listing.is_truncated else ""
    )


class _OssCredentialsProvider:
    """Adapts a CredentialSource to oss2, which asks for credentials before each request."""

    def __init__(self, source: CredentialSource) -> None:
        self._source = source

    def get_credentials(self) -> OssCredentials:
        credentials = self._source.get()
        token = credentials.security_token or None
        return OssCredentials(credentials.access_key_id, credentials.access_key_secret, token)


@contextmanager
def translate_oss_errors(
    key: str, default_error_class: type[errors.FacescreenError] = errors.RequestRejectedError
) -> Iterator[None]:
    """Raise oss2's errors as ours, without a cause: theirs contain headers and strings to sign.
    `default_error_class` is the class for other error codes."""
    try:
        yield
    except oss2.exceptions.RequestError as error:
        cause = type(error.exception).__name__
        raise errors.ServiceUnavailableError(f"OSS can't be reached ({cause})") from None
    # A connection that breaks while a body is read; oss2 does not wrap these.
    except (RequestException, HTTPError) as error:
        cause = type(error).__name__
        raise errors.ServiceUnavailableError(f"OSS can't be reached ({cause})") from None
    except oss2.exceptions.OssError as error:
        if unreadable_code := _UNREADABLE_CODES.get(error.code):
            raise errors.ContentError(
                "OSS can't return the bytes", code=unreadable_code, request_id=error.request_id
            ) from None
        error_class = _get_error_class(error, default_error_class)
        message = (
            build_not_found_message(key)
            if error_class is errors.ObjectNotFoundError
            else f"OSS rejected the request: {error.message}"
        )
        raise error_class(message, code=error.code, request_id=error.request_id) from None


def _get_error_class(
    error: oss2.exceptions.OssError, default_error_class: type[errors.FacescreenError]
) -> type[errors.FacescreenError]:
    if error.code in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
        return errors.InvalidCredentialsError
    if error.code in ("InvalidSecurityToken", "SecurityTokenExpired", "RequestTimeTooSkewed"):
        return errors.CredentialsExpiredError
    if error.status >= 500 or error.status == 429:
        return errors.ServiceUnavailableError
    if error.status == 404 and error.code != "NoSuchBucket":
        return errors.ObjectNotFoundError
    by_status = {
        403: errors.AccessDeniedError,
        412: errors.ObjectChangedError,
        404: errors.InvalidSettingsError,
    }
    return by_status.get(error.status, default_error_class)


def build_version_params(ref: ObjectRef) -> dict[str, str]:
    """Return the query parameter that pins a request to the version, if `ref` has one."""
    return {"versionId": ref.version_id} if ref.version_id else {}


def _select_versions(
    page: oss2.models.ListObjectVersionsResult, ref: ObjectRef
) -> Iterator[ObjectRef]:
    for version in page.versions:
        if version.key == ref.key:
            etag = version.etag.strip('"')
            yield ObjectRef(ref.store, ref.bucket, ref.key, etag, version.versionid, version.size)


def _build_object_head(headers: Mapping[str, str]) -> ObjectHead:
    etag = headers.get("ETag", "").strip('"')
    size, tag_count = headers.get("Content-Length"), headers.get("x-oss-tagging-count")
    if size is None:
        raise errors.ServiceUnavailableError("OSS returned a response without Content-Length")
    version_id = headers.get("x-oss-version-id", "")
    return ObjectHead(
        etag=etag,
        size=int(size),
        last_modified=parse_http_date(headers.get("Last-Modified", "")),
        date=parse_http_date(headers.get("Date", "")),
        version_id=drop_null_version(version_id),
        is_null_version=version_id == NULL_VERSION,
        object_type=_parse_object_type(headers.get("x-oss-object-type", ""), etag),
        tag_count=None if tag_count is None else int(tag_count),
        # No header of OSS says whether an object is a replica.
    )


def _parse_object_type(text: str, etag: str) -> ObjectType:
    """Return the type. One that is missing or unknown counts as multipart, because its
    Last-Modified may be any time."""
    try:
        object_type = ObjectType(text)
    except ValueError:
        return ObjectType.MULTIPART
    return guess_object_type(etag) if object_type is ObjectType.NORMAL else object_type


def _read_body(response: oss2.models.GetObjectResult, length: int | None = None) -> bytes:
    """Read the body, or its first `length` bytes, as they are stored: requests would decode them by
    Content-Encoding. Raises ServiceUnavailableError if the body is shorter than `length`."""
    data: bytes = response.resp.response.raw.read(length, decode_content=False)
    if length is not None and len(data) != length:
        raise errors.ServiceUnavailableError("OSS returned fewer bytes than it announced")
    return data


def _to_datetime(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, timezone.utc)


def _build_bucket_origins(endpoint: str) -> tuple[str, ...]:
    """Return the origins of bucket URLs: an IP address is used as is, other hosts get the bucket as
    a subdomain."""
    parts = urlsplit(endpoint)
    if (parts.hostname or "").replace(".", "").isdigit():
        return (endpoint,)
    return (f"{parts.scheme}://*.{parts.netloc}",)


def _build_process_params(process: str) -> dict[str, str]:
    return {"x-oss-process": process} if process else {}


def _build_if_match_header(ref: ObjectRef) -> dict[str, str]:
    return {"If-Match": f'"{ref.etag}"'} if ref.etag else {}
