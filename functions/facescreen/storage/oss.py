"""OSS, all three ports, on oss2: V4 signatures, temporary credentials, two endpoints."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import oss2
from oss2.credentials import Credentials as OssCredentials
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from facescreen import errors
from facescreen.model import ObjectHead
from facescreen.storage.keys import is_url_safe, not_found_message, real_version
from facescreen.storage.ports import MOST_LISTED, Listed, Page, objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.clients.credentials import CredentialSource
    from facescreen.model import ObjectRef

# Upright by EXIF, shorter side 720, quality 80, JPEG (face-deepfake.txt, Images: "scale the
# shorter side to 720 pixels and use a compression ratio of 0.8").
CONVERSION = "image/auto-orient,1/resize,s_720/quality,q_80/format,jpg"
THUMBNAIL = "image/auto-orient,1/resize,m_lfit,w_320,h_320/format,jpg"
_TIMEOUT_S = 5
_MAX_CONNECTIONS = 32
"""Kept open: as many as threads that read tags for a report."""
# An instance that was frozen finds its kept connections dead; one more try opens a new one.
_RETRIES = Retry(total=2, status=0, allowed_methods=None, backoff_factor=0.1)
# Its DEBUG lines hold headers and presigned URLs.
logging.getLogger("oss2").setLevel(logging.WARNING)


class OssStore:
    """The port ObjectStore. Our I/O goes to `endpoint`, presigned URLs name `public_endpoint`."""

    name = "oss"
    listing_action = "oss:ListObjects"
    converts = True

    def __init__(
        self, credentials: CredentialSource, *, endpoint: str, public_endpoint: str, region: str
    ) -> None:
        self.public_origins = _origins(public_endpoint)
        """Where presigned URLs lie."""
        self._buckets = _Buckets(credentials, endpoint, region)
        self._public_buckets = _Buckets(credentials, public_endpoint, region)

    def head(self, ref: ObjectRef) -> ObjectHead:
        with oss_errors(ref.key):
            headers = (
                self._buckets.get(ref.bucket).head_object(ref.key, params=version_of(ref)).headers
            )
        return ObjectHead(
            etag=headers.get("ETag", "").strip('"'),
            size=int(headers.get("Content-Length", 0)),
            last_modified=headers.get("Last-Modified", ""),
            version_id=real_version(headers.get("x-oss-version-id", "")),
            checksum=headers.get("x-oss-hash-crc64ecma", ""),
        )

    def read(self, ref: ObjectRef, start: int, length: int) -> bytes:
        # Without the first, a range that ends past the end makes OSS send the whole object.
        headers = {"x-oss-range-behavior": "standard", **_only_if(ref)}
        with oss_errors(ref.key):
            try:
                found = self._buckets.get(ref.bucket).get_object(
                    ref.key, (start, start + length - 1), headers, params=version_of(ref)
                )
                data: bytes = found.read()
            except oss2.exceptions.ServerError as error:
                if error.status != 416:
                    raise
                data = b""
        return data

    def download(self, ref: ObjectRef, *, convert: bool) -> bytes:
        with oss_errors(ref.key):
            data: bytes = (
                self._buckets.get(ref.bucket)
                .get_object(
                    ref.key,
                    headers=_only_if(ref),
                    params={**version_of(ref), **_process(CONVERSION if convert else "")},
                )
                .read()
            )
        return data

    def tags(self, ref: ObjectRef) -> dict[str, str]:
        with oss_errors(ref.key):
            found = self._buckets.get(ref.bucket).get_object_tagging(
                ref.key, params=version_of(ref)
            )
        return dict(found.tag_set.tagging_rule)

    def replace_tags(self, ref: ObjectRef, tags: dict[str, str]) -> None:
        rule = oss2.models.TaggingRule()
        for key, value in tags.items():
            rule.add(key, value)
        tagging = oss2.models.Tagging(rule)
        with oss_errors(ref.key, refused=errors.TagsRefusedError):
            self._buckets.get(ref.bucket).put_object_tagging(
                ref.key, tagging, params=version_of(ref)
            )

    def presign(self, ref: ObjectRef, seconds: int, *, convert: bool) -> str:
        return self._signed(ref, seconds, CONVERSION if convert else "")

    def thumbnail(self, ref: ObjectRef, seconds: int) -> str:
        return self._signed(ref, seconds, THUMBNAIL)

    def page(self, bucket: str, prefix: str, after: str) -> Page:
        return _page(self._buckets.get(bucket), prefix, after)

    def _signed(self, ref: ObjectRef, seconds: int, process: str) -> str:
        with oss_errors(ref.key):
            url: str = self._public_buckets.get(ref.bucket).sign_url(
                "GET",
                ref.key,
                seconds,
                params={**version_of(ref), **_process(process)},
                slash_safe=is_url_safe(ref.key),
            )
        return url


class OssQuarantineStore(OssStore):
    """The port QuarantineStore, for the buckets of one region: OSS copies to no other."""

    def copy(self, ref: ObjectRef, to: ObjectRef, *, only_new: bool) -> None:
        headers = {
            "x-oss-copy-source-if-match": ref.etag,
            "x-oss-metadata-directive": "COPY",
            "x-oss-tagging-directive": "COPY",
            "x-oss-forbid-overwrite": str(only_new).lower(),
        }
        with oss_errors(ref.key):
            try:
                self._buckets.get(to.bucket).copy_object(
                    ref.bucket, ref.key, to.key, headers, params=version_of(ref)
                )
            except oss2.exceptions.ServerError as error:
                if error.code != "FileAlreadyExists":
                    raise
                raise errors.ObjectChangedError("an object stands there already") from None

    def delete(self, ref: ObjectRef) -> None:
        with oss_errors(ref.key):
            self._buckets.get(ref.bucket).delete_object(ref.key, params=version_of(ref))

    def acl(self, ref: ObjectRef) -> str:
        with oss_errors(ref.key):
            found = self._buckets.get(ref.bucket).get_object_acl(ref.key, params=version_of(ref))
        return str(found.acl)

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        with oss_errors(ref.key):
            self._buckets.get(ref.bucket).put_object_acl(ref.key, acl, params=version_of(ref))


class OssState:
    """The port StateStore, on appendable objects of one unversioned bucket.

    AppendObject is compare-and-swap by its nature: the position must be the length. Of
    x-oss-forbid-overwrite it is not certain that two writers at one instant never both pass.
    """

    def __init__(
        self, credentials: CredentialSource, *, endpoint: str, region: str, bucket: str
    ) -> None:
        self._bucket = _Buckets(credentials, endpoint, region).get(bucket)

    def read(self, key: str) -> bytes:
        try:
            with oss_errors(key):
                data: bytes = self._bucket.get_object(key).read()
        except errors.ObjectNotFoundError:
            return b""
        return data

    def append(self, key: str, position: int, data: bytes) -> bool:
        with oss_errors(key):
            try:
                appended = self._bucket.append_object(key, position, data)
            except oss2.exceptions.PositionNotEqualToLength:
                return False
        if real_version(appended.headers.get("x-oss-version-id", "")):
            raise errors.InvalidSettingsError(
                "STATE_BUCKET must be an unversioned bucket; this one is not"
            )
        return True

    def names(self, prefix: str, after: str) -> Iterator[str]:
        for found in objects(partial(_page, self._bucket, prefix), after):
            yield found.key


class _Buckets:
    """oss2's Bucket objects of one endpoint, on one pool of connections."""

    def __init__(self, credentials: CredentialSource, endpoint: str, region: str) -> None:
        auth = oss2.ProviderAuthV4(_Provider(credentials))
        adapter = HTTPAdapter(max_retries=_RETRIES, pool_maxsize=_MAX_CONNECTIONS)
        session = oss2.Session(adapter=adapter)

        def make(name: str) -> oss2.Bucket:
            return oss2.Bucket(
                auth,
                endpoint,
                name,
                region=region,
                session=session,
                connect_timeout=_TIMEOUT_S,
                # Computed in pure Python, and compared with nothing that is done here.
                enable_crc=False,
            )

        self._make = lru_cache(maxsize=32)(make)

    def get(self, name: str) -> oss2.Bucket:
        try:
            return self._make(name)
        except oss2.exceptions.ClientError:
            raise errors.InvalidEventError("the bucket's name is not one that OSS allows") from None


def _page(bucket: oss2.Bucket, prefix: str, after: str) -> Page:
    with oss_errors(prefix):
        listed = bucket.list_objects_v2(prefix, start_after=after, max_keys=MOST_LISTED)
    found = (
        Listed(one.key, one.etag.strip('"'), one.size, _moment(one.last_modified))
        for one in listed.object_list
        if one.type != "Symlink"
    )
    return Page(tuple(found), listed.object_list[-1].key if listed.is_truncated else "")


class _Provider:
    """Our credentials, as oss2 asks for them before each request."""

    def __init__(self, source: CredentialSource) -> None:
        self._source = source

    def get_credentials(self) -> OssCredentials:
        now = self._source.get()
        token = now.security_token or None
        return OssCredentials(now.access_key_id, now.access_key_secret, token)


@contextmanager
def oss_errors(
    key: str, refused: type[errors.FacescreenError] = errors.RequestRejectedError
) -> Iterator[None]:
    """oss2's errors as ours. Theirs stay behind: they hold headers and strings to sign."""
    try:
        yield
    except oss2.exceptions.RequestError as error:
        cause = type(error.exception).__name__
        raise errors.ServiceUnavailableError(f"OSS can't be reached ({cause})") from None
    except oss2.exceptions.OssError as error:
        kind = _kind(error, refused)
        message = (
            not_found_message(key)
            if kind is errors.ObjectNotFoundError
            else f"OSS refused: {error.message}"
        )
        raise kind(message, code=error.code, request_id=error.request_id) from None


def _kind(
    error: oss2.exceptions.OssError, refused: type[errors.FacescreenError]
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
    return by_status.get(error.status, refused)


def version_of(ref: ObjectRef) -> dict[str, str]:
    """The parameter that pins a request to a version, if one is named."""
    return {"versionId": ref.version_id} if ref.version_id else {}


def _moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, timezone.utc)


def _origins(endpoint: str) -> tuple[str, ...]:
    """An IP address serves every bucket itself; any other host, each below a name of its own."""
    parts = urlsplit(endpoint)
    if (parts.hostname or "").replace(".", "").isdigit():
        return (endpoint,)
    return (f"{parts.scheme}://*.{parts.netloc}",)


def _process(process: str) -> dict[str, str]:
    return {"x-oss-process": process} if process else {}


def _only_if(ref: ObjectRef) -> dict[str, str]:
    return {"If-Match": f'"{ref.etag}"'} if ref.etag else {}
