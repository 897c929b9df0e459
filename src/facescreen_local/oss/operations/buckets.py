"""Operations on buckets."""

from __future__ import annotations

import time
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.body import receive_xml
from facescreen_local.oss.context import OssRequestContext, xml_response
from facescreen_local.oss.errors import malformed_xml_error, not_implemented_error
from facescreen_local.oss.headers import format_xml_time
from facescreen_local.oss.names import check_bucket_name
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.store.buckets import (
    VERSIONING_ENABLED,
    VERSIONING_SUSPENDED,
    StoredBucket,
)
from facescreen_local.oss.store.contents import PRIVATE_ACL
from facescreen_local.protocol.xml_body import child_text, element, element_with_fields, parse_xml

_MAX_PAGE_SIZE = 1000


@OPERATIONS.register("GET", "/", name="ListBuckets")
async def list_buckets(context: OssRequestContext) -> web.Response:
    """List the account's buckets by name, one page at a time."""
    prefix, marker = context.get_parameter("prefix"), context.get_parameter("marker")
    limit = context.get_integer_parameter("max-keys", 1, _MAX_PAGE_SIZE, default=100)
    matching = [
        bucket
        for bucket in context.store.buckets.list_all()
        if bucket.name.startswith(prefix) and bucket.name > marker
    ]
    page, truncated = matching[:limit], len(matching) > limit
    root = element(
        "ListAllMyBucketsResult",
        element("Prefix", prefix),
        element("Marker", marker),
        element("MaxKeys", str(limit)),
        element("IsTruncated", str(truncated).lower()),
        element("NextMarker", page[-1].name if truncated else ""),
        context.owner_element(),
        element(
            "Buckets", *(element("Bucket", *_bucket_elements(context, bucket)) for bucket in page)
        ),
    )
    return xml_response(root)


@OPERATIONS.register("PUT", "/bucket", name="PutBucket")
async def put_bucket(context: OssRequestContext) -> web.Response:
    """Create the bucket, unless it exists."""
    check_bucket_name(context.bucket)
    acl = context.headers.get("x-oss-acl", PRIVATE_ACL)
    if acl != PRIVATE_ACL:
        raise not_implemented_error(f"x-oss-acl: {acl}")
    context.store.buckets.create(context.bucket, int(context.node.now()))
    return web.Response(headers={"Location": f"/{context.bucket}"})


@OPERATIONS.register("DELETE", "/bucket", name="DeleteBucket")
async def delete_bucket(context: OssRequestContext) -> web.Response:
    """Delete the bucket, which must be empty."""
    context.store.buckets.delete(context.bucket)
    return web.Response(status=204)


@OPERATIONS.register("GET", "/bucket", "bucketInfo", name="GetBucketInfo")
async def get_bucket_info(context: OssRequestContext) -> web.Response:
    """Describe the bucket: its location, owner and versioning."""
    bucket = context.store.buckets.get(context.bucket)
    elements = [*_bucket_elements(context, bucket), context.owner_element()]
    elements.append(element("AccessControlList", element("Grant", PRIVATE_ACL)))
    elements.append(element("DataRedundancyType", "LRS"))
    if bucket.versioning:
        elements.append(element("Versioning", bucket.versioning))
    return xml_response(element("BucketInfo", element("Bucket", *elements)))


@OPERATIONS.register("GET", "/bucket", "location", name="GetBucketLocation")
async def get_bucket_location(context: OssRequestContext) -> web.Response:
    """Return the bucket's region."""
    context.store.buckets.get(context.bucket)
    return xml_response(element("LocationConstraint", f"oss-{context.region}"))


@OPERATIONS.register("GET", "/bucket", "stat", name="GetBucketStat")
async def get_bucket_stat(context: OssRequestContext) -> web.Response:
    """Count the bucket's content now. OSS's counts are up to an hour old."""
    stat = context.store.buckets.stat(context.bucket)
    counts = {
        "Storage": stat.storage,
        "ObjectCount": stat.objects,
        "MultipartUploadCount": stat.uploads,
        "MultipartPartCount": stat.parts,
        "LiveChannelCount": 0,
        "LastModifiedTime": int(time.time()),
        "StandardStorage": stat.storage,
        "StandardObjectCount": stat.objects,
        "DeleteMarkerCount": stat.delete_markers,
    }
    return xml_response(element_with_fields("BucketStat", counts))


@OPERATIONS.register("GET", "/bucket", "versioning", name="GetBucketVersioning")
async def get_bucket_versioning(context: OssRequestContext) -> web.Response:
    """Return the bucket's versioning, without a Status if it was never set."""
    bucket = context.store.buckets.get(context.bucket)
    status = [element("Status", bucket.versioning)] if bucket.versioning else []
    return xml_response(element("VersioningConfiguration", *status))


@OPERATIONS.register("PUT", "/bucket", "versioning", name="PutBucketVersioning")
async def put_bucket_versioning(context: OssRequestContext) -> web.Response:
    """Enable or suspend versioning."""
    root = parse_xml(await receive_xml(context.request), "VersioningConfiguration")
    status = child_text(root, "Status")
    if status not in (VERSIONING_ENABLED, VERSIONING_SUSPENDED):
        raise malformed_xml_error()
    context.store.buckets.set_versioning(context.bucket, status)
    return web.Response()


def _bucket_elements(context: OssRequestContext, bucket: StoredBucket) -> list[Element]:
    return [
        element("Name", bucket.name),
        element("CreationDate", format_xml_time(bucket.created)),
        element("Location", f"oss-{context.region}"),
        element("Region", context.region),
        element("StorageClass", "Standard"),
        element("ExtranetEndpoint", context.request.host),
        element("IntranetEndpoint", context.request.host),
    ]
