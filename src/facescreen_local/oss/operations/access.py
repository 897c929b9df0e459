"""Access control lists: an object's own; a bucket's is always private, and has no policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from facescreen_local.oss.context import Call, xml_response
from facescreen_local.oss.errors import OssError, invalid_argument, private
from facescreen_local.oss.headers import version_header
from facescreen_local.oss.metadata import OBJECT_ACL, acl_of
from facescreen_local.oss.store.contents import PRIVATE, PUBLIC_READ
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.protocol.xml_body import element


async def get_bucket_acl(call: Call) -> web.Response:
    """GET /bucket?acl."""
    call.store.buckets.get(call.bucket)
    return _policy(call, PRIVATE, {})


async def get_bucket_policy(call: Call) -> web.Response:
    """GET /bucket?policy: policies are for other accounts, and here is one alone."""
    call.store.buckets.get(call.bucket)
    raise OssError(404, "NoSuchBucketPolicy", "The bucket policy does not exist.")


async def get_object_acl(call: Call) -> web.Response:
    """GET /bucket/key?acl."""
    stored = call.store.objects.find(call.bucket, call.key, call.version_id)
    return _policy(call, stored.contents.metadata.acl, version_header(stored))


async def put_object_acl(call: Call) -> web.Response:
    """PUT /bucket/key?acl, with ``x-oss-object-acl``."""
    if OBJECT_ACL not in call.headers:
        raise invalid_argument(OBJECT_ACL, "", f"The header {OBJECT_ACL} is required.")
    acl = acl_of(call.headers)
    stored = call.store.objects.describe(
        call.bucket, call.key, call.version_id, lambda metadata: replace(metadata, acl=acl)
    )
    return web.Response(headers=version_header(stored))


def check_reader(call: Call, stored: StoredObject) -> None:
    """Someone who signs nothing reads what is public. Raises OssError AccessDenied."""
    if not call.signed and stored.contents.metadata.acl != PUBLIC_READ:
        raise private()


def _policy(call: Call, grant: str, headers: Mapping[str, str]) -> web.Response:
    granted = element("AccessControlList", element("Grant", grant))
    return xml_response(element("AccessControlPolicy", call.owner(), granted), headers)
