"""PutSymlink and GetSymlink."""

from __future__ import annotations

from urllib.parse import quote, unquote

from aiohttp import web

from facescreen_local.oss.conditions import overwrite_rule
from facescreen_local.oss.context import RequestContext
from facescreen_local.oss.errors import OssError, invalid_argument
from facescreen_local.oss.events import created
from facescreen_local.oss.headers import basic_headers, written_headers
from facescreen_local.oss.metadata import metadata_of
from facescreen_local.oss.names import check_key
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.store.contents import SYMLINK, Contents

TARGET = "x-oss-symlink-target"


@OPERATIONS.register("PUT", "/bucket/key", "symlink", name="PutSymlink")
async def put_symlink(context: RequestContext) -> web.Response:
    """Store a link to another object. Nobody looks whether that exists."""
    if TARGET not in context.headers:
        raise invalid_argument(TARGET, "", f"The header {TARGET} is required.")
    target = unquote(context.headers[TARGET], errors="surrogateescape")
    check_key(target)
    metadata, may_overwrite = metadata_of(context.headers), overwrite_rule(context.headers)
    blob = context.store.blobs.of(target.encode())
    contents = Contents(SYMLINK, blob, blob.md5, metadata)
    written = context.store.objects.put(context.bucket, context.key, contents, may_overwrite)
    context.notify(created("PutSymlink", context.bucket, written))
    return web.Response(headers=written_headers(written.stored))


@OPERATIONS.register("GET", "/bucket/key", "symlink", name="GetSymlink")
async def get_symlink(context: RequestContext) -> web.Response:
    """Return what the link leads to, in a header."""
    stored, file = context.store.objects.open(context.bucket, context.key, context.version_id)
    with file:
        if stored.contents.kind != SYMLINK:
            raise OssError(400, "NotSymlink", "The object is not symlink.")
        target = file.read()
    return web.Response(headers={**basic_headers(stored), TARGET: quote(target, safe="")})
