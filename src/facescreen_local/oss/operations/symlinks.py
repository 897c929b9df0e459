"""PutSymlink and GetSymlink."""

from __future__ import annotations

from urllib.parse import quote, unquote

from aiohttp import web

from facescreen_local.oss.conditions import overwrite_rule
from facescreen_local.oss.context import Call
from facescreen_local.oss.errors import OssError, invalid_argument
from facescreen_local.oss.events import created
from facescreen_local.oss.headers import basic_headers, written_headers
from facescreen_local.oss.metadata import metadata_of
from facescreen_local.oss.names import check_key
from facescreen_local.oss.store.contents import SYMLINK, Contents

TARGET = "x-oss-symlink-target"


async def put_symlink(call: Call) -> web.Response:
    """PUT /bucket/key?symlink. Nobody looks whether the target exists."""
    if TARGET not in call.headers:
        raise invalid_argument(TARGET, "", f"The header {TARGET} is required.")
    target = unquote(call.headers[TARGET], errors="surrogateescape")
    check_key(target)
    metadata, may_overwrite = metadata_of(call.headers), overwrite_rule(call.headers)
    blob = call.store.blobs.of(target.encode())
    contents = Contents(SYMLINK, blob, blob.md5, metadata)
    written = call.store.objects.put(call.bucket, call.key, contents, may_overwrite)
    call.notify(created("PutSymlink", call.bucket, written))
    return web.Response(headers=written_headers(written.stored))


async def get_symlink(call: Call) -> web.Response:
    """GET /bucket/key?symlink."""
    stored, file = call.store.objects.open(call.bucket, call.key, call.version_id)
    with file:
        if stored.contents.kind != SYMLINK:
            raise OssError(400, "NotSymlink", "The object is not symlink.")
        target = file.read()
    return web.Response(headers={**basic_headers(stored), TARGET: quote(target, safe="")})
