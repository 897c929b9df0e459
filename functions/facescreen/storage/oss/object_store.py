"""ObjectStore on OSS. Requests go to one endpoint, presigned URLs name another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import oss2

from facescreen import errors
from facescreen.model import ObjectHead, ObjectRef, ObjectType
from facescreen.storage.heads import build_late_request_error, check_metadata
from facescreen.storage.keys import has_url_safe_segments
from facescreen.storage.oss.client import BucketCache, list_page
from facescreen.storage.oss.errors import translate_conversion_errors, translate_oss_errors
from facescreen.storage.oss.responses import (
    build_object_head,
    read_body,
    read_metadata,
    select_versions,
)
from facescreen.storage.ports import (
    FIRST_BYTES,
    MAX_OBJECTS_PER_PAGE,
    MAX_VERSION_PAGES,
    FetchedObject,
    ListingPage,
)

if TYPE_CHECKING:
    from facescreen.clients.credentials import CredentialSource

# Upright by EXIF, shorter side 720, quality 80, JPEG (face-deepfake.txt, Images: "scale the
# shorter side to 720 pixels and use a compression ratio of 0.8").
CONVERSION_PROCESS_PARAM = "image/auto-orient,1/resize,s_720/quality,q_80/format,jpg"
THUMBNAIL_PROCESS_PARAM = "image/auto-orient,1/resize,m_lfit,w_320,h_320/format,jpg"


class OssStore:
    """ObjectStore on OSS. Requests go to `endpoint`; presigned URLs use `public_endpoint`."""

    name = "oss"
    list_permission = "oss:ListObjects"
    can_convert = True

    def __init__(
        self, credentials: CredentialSource, *, endpoint: str, public_endpoint: str, region: str
    ) -> None:
        self.public_origins = _build_bucket_origins(public_endpoint)
        self._buckets = BucketCache(credentials, endpoint, region)
        self._public_buckets = BucketCache(credentials, public_endpoint, region)

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
                check_metadata(read_metadata(response.headers))
                head = build_object_head(response.headers)
                length = head.size if head.size <= max_bytes else min(head.size, FIRST_BYTES)
                return FetchedObject(head, read_body(response, length))

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
                return read_body(response)

    def convert(self, ref: ObjectRef) -> bytes:
        params = {**build_version_params(ref), **_build_process_params(CONVERSION_PROCESS_PARAM)}
        with translate_conversion_errors(ref.key):
            response = self._buckets.get(ref.bucket).get_object(
                ref.key, headers=_build_if_match_header(ref), params=params
            )
            with response:
                return read_body(response)

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
        return list_page(self._buckets.get(bucket), prefix, after)

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
            versions += select_versions(page, ref)
            key_marker, version_marker = page.next_key_marker, page.next_versionid_marker
            if not page.is_truncated or key_marker != ref.key:
                break
        return versions

    def _request_head(self, ref: ObjectRef) -> ObjectHead:
        with translate_oss_errors(ref.key):
            response = self._buckets.get(ref.bucket).head_object(
                ref.key, params=build_version_params(ref)
            )
        return build_object_head(response.headers)

    def _request_symlink_head(self, ref: ObjectRef) -> ObjectHead:
        """Return the head of a symlink that shows no object. GetObjectMeta doesn't follow it."""
        with translate_oss_errors(ref.key):
            response = self._buckets.get(ref.bucket).get_object_meta(
                ref.key, params=build_version_params(ref)
            )
        return replace(build_object_head(response.headers), object_type=ObjectType.SYMLINK)

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


def build_version_params(ref: ObjectRef) -> dict[str, str]:
    """Return the query parameter that pins a request to the version, if `ref` has one."""
    return {"versionId": ref.version_id} if ref.version_id else {}


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
