"""PutSymlink and GetSymlink."""

from __future__ import annotations

from urllib.parse import quote, unquote

from aiohttp import web

from facescreen_local.oss.context import OssRequestContext
from facescreen_local.oss.errors import OssError, invalid_argument_error
from facescreen_local.oss.headers import build_basic_headers, build_write_result_headers
from facescreen_local.oss.metadata import parse_metadata
from facescreen_local.oss.names import check_key
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.operations.storing import store_object
from facescreen_local.oss.store.contents import SYMLINK_TYPE, ObjectContents

SYMLINK_TARGET_HEADER = "x-oss-symlink-target"


@OPERATIONS.register("PUT", "/bucket/key", "symlink", name="PutSymlink")
async def put_symlink(context: OssRequestContext) -> web.Response:
    """Store a link to another object, which does not have to exist."""
    if SYMLINK_TARGET_HEADER not in context.headers:
        raise invalid_argument_error(
            SYMLINK_TARGET_HEADER, "", f"The header {SYMLINK_TARGET_HEADER} is required."
        )
    target = unquote(context.headers[SYMLINK_TARGET_HEADER], errors="surrogateescape")
    check_key(target)
    metadata = parse_metadata(context.headers)
    blob = context.store.blobs.create(target.encode())
    contents = ObjectContents(SYMLINK_TYPE, blob, blob.md5, metadata)
    stored = store_object(context, "PutSymlink", context.key, contents, context.headers)
    return web.Response(headers=build_write_result_headers(stored))


@OPERATIONS.register("GET", "/bucket/key", "symlink", name="GetSymlink")
async def get_symlink(context: OssRequestContext) -> web.Response:
    """Return the link's target in a header."""
    stored, file = context.store.objects.open(context.bucket, context.key, context.version_id)
    with file:
        if stored.contents.object_type != SYMLINK_TYPE:
            raise OssError(400, "NotSymlink", "The object is not symlink.")
        target = file.read()
    return web.Response(
        headers={**build_basic_headers(stored), SYMLINK_TARGET_HEADER: quote(target, safe="")}
    )
