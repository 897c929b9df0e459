"""Access control lists: an object's own; a bucket's is always private, and has no policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from facescreen_local.oss.context import RequestContext, xml_response
from facescreen_local.oss.errors import OssError, invalid_argument, private
from facescreen_local.oss.headers import version_header
from facescreen_local.oss.metadata import OBJECT_ACL, acl_of
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.store.contents import PRIVATE, PUBLIC_READ
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.protocol.xml_body import element


@OPERATIONS.register("GET", "/bucket", "acl", name="GetBucketAcl")
async def get_bucket_acl(context: RequestContext) -> web.Response:
    """Return the bucket's access, which is always private."""
    context.store.buckets.get(context.bucket)
    return _policy(context, PRIVATE, {})


@OPERATIONS.register("GET", "/bucket", "policy", name="GetBucketPolicy")
async def get_bucket_policy(context: RequestContext) -> web.Response:
    """Refuse: policies are for other accounts, and here is one alone."""
    context.store.buckets.get(context.bucket)
    raise OssError(404, "NoSuchBucketPolicy", "The bucket policy does not exist.")


@OPERATIONS.register("GET", "/bucket/key", "acl", name="GetObjectACL")
async def get_object_acl(context: RequestContext) -> web.Response:
    """Return the access that the object itself grants."""
    stored = context.store.objects.find(context.bucket, context.key, context.version_id)
    return _policy(context, stored.contents.metadata.acl, version_header(stored))


@OPERATIONS.register("PUT", "/bucket/key", "acl", name="PutObjectACL")
async def put_object_acl(context: RequestContext) -> web.Response:
    """Set the access that the object grants to ``x-oss-object-acl``."""
    if OBJECT_ACL not in context.headers:
        raise invalid_argument(OBJECT_ACL, "", f"The header {OBJECT_ACL} is required.")
    acl = acl_of(context.headers)
    stored = context.store.objects.describe(
        context.bucket, context.key, context.version_id, lambda metadata: replace(metadata, acl=acl)
    )
    return web.Response(headers=version_header(stored))


def check_reader(context: RequestContext, stored: StoredObject) -> None:
    """Someone who signs nothing reads what is public. Raises OssError AccessDenied."""
    if not context.signed and stored.contents.metadata.acl != PUBLIC_READ:
        raise private()


def _policy(context: RequestContext, grant: str, headers: Mapping[str, str]) -> web.Response:
    granted = element("AccessControlList", element("Grant", grant))
    return xml_response(element("AccessControlPolicy", context.owner(), granted), headers)
