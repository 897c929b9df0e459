"""Operations on buckets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aiohttp import web

from ..body import receive_xml
from ..call import xml_response
from ..errors import OssError, malformed_xml
from ..headers import xml_time
from ..markup import element, parse, text_of
from ..store.buckets import ENABLED, SUSPENDED

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ..call import Call
    from ..store.buckets import Bucket

_NAME = re.compile("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def check_bucket_name(name: str) -> None:
    """Raises OssError InvalidBucketName."""
    if not _NAME.fullmatch(name):
        text = "The specified bucket is not valid."
        raise OssError(400, "InvalidBucketName", text, {"BucketName": name})


async def list_buckets(call: Call) -> web.Response:
    """GET /."""
    listed = [element("Bucket", *_described(call, each)) for each in call.store.buckets.all()]
    root = element(
        "ListAllMyBucketsResult",
        _owner(call),
        element("Buckets", *listed),
    )
    return xml_response(root)


async def put_bucket(call: Call) -> web.Response:
    """PUT /bucket. Its owner may repeat it."""
    check_bucket_name(call.bucket)
    call.store.buckets.create(call.bucket)
    return web.Response(headers={"Location": f"/{call.bucket}"})


async def delete_bucket(call: Call) -> web.Response:
    """DELETE /bucket."""
    call.store.buckets.delete(call.bucket)
    return web.Response(status=204)


async def get_bucket_info(call: Call) -> web.Response:
    """GET /bucket?bucketInfo."""
    bucket = call.store.buckets.get(call.bucket)
    said = [*_described(call, bucket), _owner(call)]
    said.append(element("AccessControlList", element("Grant", "private")))
    said.append(element("DataRedundancyType", "LRS"))
    if bucket.versioning:
        said.append(element("Versioning", bucket.versioning))
    return xml_response(element("BucketInfo", element("Bucket", *said)))


async def get_bucket_location(call: Call) -> web.Response:
    """GET /bucket?location."""
    call.store.buckets.get(call.bucket)
    return xml_response(element("LocationConstraint", f"oss-{call.region}"))


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


def _owner(call: Call) -> Element:
    account = call.account_id
    return element("Owner", element("ID", account), element("DisplayName", account))
