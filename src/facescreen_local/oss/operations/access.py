"""Access control lists of objects. A bucket is always private and has no policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from facescreen_local.oss.context import OssRequestContext, xml_response
from facescreen_local.oss.errors import (
    OssError,
    invalid_argument_error,
    unsigned_access_denied_error,
)
from facescreen_local.oss.headers import build_version_header
from facescreen_local.oss.metadata import OBJECT_ACL_HEADER, parse_acl
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.store.contents import PRIVATE_ACL, PUBLIC_READ_ACL
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.protocol.xml_body import element


@OPERATIONS.register("GET", "/bucket", "acl", name="GetBucketAcl")
async def get_bucket_acl(context: OssRequestContext) -> web.Response:
    """Return the bucket's ACL, which is always private."""
    context.store.buckets.get(context.bucket)
    return _build_acl_response(context, PRIVATE_ACL, {})


@OPERATIONS.register("GET", "/bucket", "policy", name="GetBucketPolicy")
async def get_bucket_policy(context: OssRequestContext) -> web.Response:
    """Return 404: the only account has no need of bucket policies."""
    context.store.buckets.get(context.bucket)
    raise OssError(404, "NoSuchBucketPolicy", "The bucket policy does not exist.")


@OPERATIONS.register("GET", "/bucket/key", "acl", name="GetObjectACL")
async def get_object_acl(context: OssRequestContext) -> web.Response:
    """Return the object's own ACL."""
    stored = context.store.objects.find(context.bucket, context.key, context.version_id)
    return _build_acl_response(context, stored.contents.metadata.acl, build_version_header(stored))


@OPERATIONS.register("PUT", "/bucket/key", "acl", name="PutObjectACL")
async def put_object_acl(context: OssRequestContext) -> web.Response:
    """Set the object's ACL to ``x-oss-object-acl``. This moves Last-Modified, though no byte
    changes and no event is raised."""
    if OBJECT_ACL_HEADER not in context.headers:
        raise invalid_argument_error(
            OBJECT_ACL_HEADER, "", f"The header {OBJECT_ACL_HEADER} is required."
        )
    acl = parse_acl(context.headers)

    def change(stored: StoredObject) -> StoredObject:
        changed = stored.with_metadata(replace(stored.contents.metadata, acl=acl))
        if context.behaviour.acl_last_modified == "kept" and stored.contents.size:
            return changed
        return replace(changed, modified=context.date_write())

    stored = context.store.objects.update(context.bucket, context.key, context.version_id, change)
    return web.Response(headers=build_version_header(stored))


def check_read_access(context: OssRequestContext, stored: StoredObject) -> None:
    """Check that an unsigned request reads a public object only. Raises OssError AccessDenied."""
    if not context.signed and stored.contents.metadata.acl != PUBLIC_READ_ACL:
        raise unsigned_access_denied_error()


def _build_acl_response(
    context: OssRequestContext, grant: str, headers: Mapping[str, str]
) -> web.Response:
    granted = element("AccessControlList", element("Grant", grant))
    return xml_response(element("AccessControlPolicy", context.owner_element(), granted), headers)
