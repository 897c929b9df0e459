"""Operations on buckets."""

from __future__ import annotations

import time
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.body import receive_xml
from facescreen_local.oss.context import Call, xml_response
from facescreen_local.oss.errors import malformed_xml, not_implemented
from facescreen_local.oss.headers import xml_time
from facescreen_local.oss.names import check_bucket_name
from facescreen_local.oss.store.buckets import ENABLED, SUSPENDED, Bucket
from facescreen_local.oss.store.contents import PRIVATE
from facescreen_local.protocol.xml_body import element, parse, text_of

_MOST_BUCKETS = 1000


async def list_buckets(call: Call) -> web.Response:
    """GET /."""
    prefix, marker = call.parameter("prefix"), call.parameter("marker")
    limit = call.number("max-keys", 1, _MOST_BUCKETS, default=100)
    following = [
        bucket
        for bucket in call.store.buckets.all()
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
        call.owner(),
        element("Buckets", *(element("Bucket", *_described(call, each)) for each in page)),
    )
    return xml_response(root)


async def put_bucket(call: Call) -> web.Response:
    """PUT /bucket. Its owner may repeat it."""
    check_bucket_name(call.bucket)
    acl = call.headers.get("x-oss-acl", PRIVATE)
    if acl != PRIVATE:
        raise not_implemented(f"x-oss-acl: {acl}")
    call.store.buckets.create(call.bucket)
    return web.Response(headers={"Location": f"/{call.bucket}"})


async def delete_bucket(call: Call) -> web.Response:
    """DELETE /bucket."""
    call.store.buckets.delete(call.bucket)
    return web.Response(status=204)


async def get_bucket_info(call: Call) -> web.Response:
    """GET /bucket?bucketInfo."""
    bucket = call.store.buckets.get(call.bucket)
    said = [*_described(call, bucket), call.owner()]
    said.append(element("AccessControlList", element("Grant", PRIVATE)))
    said.append(element("DataRedundancyType", "LRS"))
    if bucket.versioning:
        said.append(element("Versioning", bucket.versioning))
    return xml_response(element("BucketInfo", element("Bucket", *said)))


async def get_bucket_location(call: Call) -> web.Response:
    """GET /bucket?location."""
    call.store.buckets.get(call.bucket)
    return xml_response(element("LocationConstraint", f"oss-{call.region}"))


async def get_bucket_stat(call: Call) -> web.Response:
    """GET /bucket?stat. OSS takes an hour to count; this is what there is now."""
    stat = call.store.buckets.stat(call.bucket)
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
    said = (element(name, str(count)) for name, count in counts.items())
    return xml_response(element("BucketStat", *said))


async def get_bucket_versioning(call: Call) -> web.Response:
    """GET /bucket?versioning."""
    bucket = call.store.buckets.get(call.bucket)
    status = [element("Status", bucket.versioning)] if bucket.versioning else []
    return xml_response(element("VersioningConfiguration", *status))


async def put_bucket_versioning(call: Call) -> web.Response:
    """PUT /bucket?versioning."""
    root = parse(await receive_xml(call.request), "VersioningConfiguration")
    status = text_of(root, "Status")
    if status not in (ENABLED, SUSPENDED):
        raise malformed_xml()
    call.store.buckets.set_versioning(call.bucket, status)
    return web.Response()


def _described(call: Call, bucket: Bucket) -> list[Element]:
    return [
        element("Name", bucket.name),
        element("CreationDate", xml_time(bucket.created)),
        element("Location", f"oss-{call.region}"),
        element("Region", call.region),
        element("StorageClass", "Standard"),
        element("ExtranetEndpoint", call.request.host),
        element("IntranetEndpoint", call.request.host),
    ]
