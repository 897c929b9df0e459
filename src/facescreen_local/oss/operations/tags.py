"""The operations that read and replace an object's tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from facescreen_local.oss.body import receive_xml
from facescreen_local.oss.context import Call, xml_response
from facescreen_local.oss.headers import version_header
from facescreen_local.oss.tag_rules import checked_tags
from facescreen_local.protocol.xml_body import element, parse, text_of


async def get_object_tagging(call: Call) -> web.Response:
    """GET /bucket/key?tagging."""
    stored = call.store.objects.find(call.bucket, call.key, call.version_id)
    tags = [
        element("Tag", element("Key", key), element("Value", value))
        for key, value in stored.contents.metadata.tags.items()
    ]
    return xml_response(element("Tagging", element("TagSet", *tags)), version_header(stored))


async def put_object_tagging(call: Call) -> web.Response:
    """PUT /bucket/key?tagging: replaces the whole set, and touches nothing else."""
    root = parse(await receive_xml(call.request), "Tagging")
    pairs = [(text_of(tag, "Key"), text_of(tag, "Value")) for tag in root.iterfind("TagSet/Tag")]
    return _set_tags(call, checked_tags(pairs), status=200)


async def delete_object_tagging(call: Call) -> web.Response:
    """DELETE /bucket/key?tagging."""
    return _set_tags(call, {}, status=204)


def _set_tags(call: Call, tags: Mapping[str, str], status: int) -> web.Response:
    stored = call.store.objects.describe(
        call.bucket, call.key, call.version_id, lambda metadata: replace(metadata, tags=tags)
    )
    return web.Response(status=status, headers=version_header(stored))
