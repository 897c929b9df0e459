"""Operations on buckets."""

from __future__ import annotations

import time
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.body import receive_xml
from facescreen_local.oss.context import RequestContext, xml_response
from facescreen_local.oss.errors import malformed_xml, not_implemented
from facescreen_local.oss.headers import xml_time
from facescreen_local.oss.names import check_bucket_name
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.store.buckets import ENABLED, SUSPENDED, Bucket
from facescreen_local.oss.store.contents import PRIVATE
from facescreen_local.protocol.xml_body import child_text, element, element_with_fields, parse_xml

_MOST_BUCKETS = 1000


@OPERATIONS.register("GET", "/", name="ListBuckets")
async def list_buckets(context: RequestContext) -> web.Response:
    """List the account's buckets by name, page by page."""
    prefix, marker = context.parameter("prefix"), context.parameter("marker")
    limit = context.number("max-keys", 1, _MOST_BUCKETS, default=100)
    following = [
        bucket
        for bucket in context.store.buckets.all()
        if bucket.name.startswith(prefix) and bucket.name > marker
    ]
    page, truncated = following[:limit], len(following) > limit
    root = element(
        "ListAllMyBucketsResult",
        element("Prefix", prefix),
        element("Marker", marker),
        element("MaxKeys", str(limit)),
        element("IsTruncated", str(truncated).lower()),
        element("NextMarker", page[-1].name if truncated else ""),
        context.owner(),
        element("Buckets", *(element("Bucket", *_described(context, each)) for each in page)),
    )
    return xml_response(root)


@OPERATIONS.register("PUT", "/bucket", name="PutBucket")
async def put_bucket(context: RequestContext) -> web.Response:
    """Create the bucket. Its owner may repeat it."""
    check_bucket_name(context.bucket)
    acl = context.headers.get("x-oss-acl", PRIVATE)
    if acl != PRIVATE:
        raise not_implemented(f"x-oss-acl: {acl}")
    context.store.buckets.create(context.bucket)
    return web.Response(headers={"Location": f"/{context.bucket}"})


@OPERATIONS.register("DELETE", "/bucket", name="DeleteBucket")
async def delete_bucket(context: RequestContext) -> web.Response:
    """Delete the bucket, which must be empty."""
    context.store.buckets.delete(context.bucket)
    return web.Response(status=204)


@OPERATIONS.register("GET", "/bucket", "bucketInfo", name="GetBucketInfo")
async def get_bucket_info(context: RequestContext) -> web.Response:
    """Describe the bucket: its place, its owner, its versioning."""
    bucket = context.store.buckets.get(context.bucket)
    said = [*_described(context, bucket), context.owner()]
    said.append(element("AccessControlList", element("Grant", PRIVATE)))
    said.append(element("DataRedundancyType", "LRS"))
    if bucket.versioning:
        said.append(element("Versioning", bucket.versioning))
    return xml_response(element("BucketInfo", element("Bucket", *said)))


@OPERATIONS.register("GET", "/bucket", "location", name="GetBucketLocation")
async def get_bucket_location(context: RequestContext) -> web.Response:
    """Return the bucket's region."""
    context.store.buckets.get(context.bucket)
    return xml_response(element("LocationConstraint", f"oss-{context.region}"))


@OPERATIONS.register("GET", "/bucket", "stat", name="GetBucketStat")
async def get_bucket_stat(context: RequestContext) -> web.Response:
    """Count what the bucket holds now. OSS takes an hour to count."""
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
async def get_bucket_versioning(context: RequestContext) -> web.Response:
    """Return whether the bucket keeps versions: no Status means that it was never set."""
    bucket = context.store.buckets.get(context.bucket)
    status = [element("Status", bucket.versioning)] if bucket.versioning else []
    return xml_response(element("VersioningConfiguration", *status))


@OPERATIONS.register("PUT", "/bucket", "versioning", name="PutBucketVersioning")
async def put_bucket_versioning(context: RequestContext) -> web.Response:
    """Enable or suspend versioning."""
    root = parse_xml(await receive_xml(context.request), "VersioningConfiguration")
    status = child_text(root, "Status")
    if status not in (ENABLED, SUSPENDED):
        raise malformed_xml()
    context.store.buckets.set_versioning(context.bucket, status)
    return web.Response()


def _described(context: RequestContext, bucket: Bucket) -> list[Element]:
    return [
        element("Name", bucket.name),
        element("CreationDate", xml_time(bucket.created)),
        element("Location", f"oss-{context.region}"),
        element("Region", context.region),
        element("StorageClass", "Standard"),
        element("ExtranetEndpoint", context.request.host),
        element("IntranetEndpoint", context.request.host),
    ]
