"""The operations that read and replace an object's tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from facescreen_local.oss.body import receive_xml
from facescreen_local.oss.context import OssRequestContext, xml_response
from facescreen_local.oss.headers import build_version_header
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.tag_rules import validate_tags
from facescreen_local.protocol.xml_body import child_text, element, parse_xml


@OPERATIONS.register("GET", "/bucket/key", "tagging", name="GetObjectTagging")
async def get_object_tagging(context: OssRequestContext) -> web.Response:
    """Return the object's tags."""
    stored = context.store.objects.find(context.bucket, context.key, context.version_id)
    tags = [
        element("Tag", element("Key", key), element("Value", value))
        for key, value in stored.contents.metadata.tags.items()
    ]
    return xml_response(element("Tagging", element("TagSet", *tags)), build_version_header(stored))


@OPERATIONS.register("PUT", "/bucket/key", "tagging", name="PutObjectTagging")
async def put_object_tagging(context: OssRequestContext) -> web.Response:
    """Replace all the object's tags."""
    root = parse_xml(await receive_xml(context.request), "Tagging")
    pairs = [
        (child_text(tag, "Key"), child_text(tag, "Value")) for tag in root.iterfind("TagSet/Tag")
    ]
    return _set_tags(context, validate_tags(pairs), status=200)


@OPERATIONS.register("DELETE", "/bucket/key", "tagging", name="DeleteObjectTagging")
async def delete_object_tagging(context: OssRequestContext) -> web.Response:
    """Remove all the object's tags."""
    return _set_tags(context, {}, status=204)


def _set_tags(context: OssRequestContext, tags: Mapping[str, str], status: int) -> web.Response:
    stored = context.store.objects.update(
        context.bucket,
        context.key,
        context.version_id,
        lambda stored: stored.with_metadata(replace(stored.contents.metadata, tags=tags)),
    )
    return web.Response(status=status, headers=build_version_header(stored))
