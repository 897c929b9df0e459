"""PostObject: an object out of an HTML form."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from facescreen_local.oss.authentication import Authenticator
from facescreen_local.oss.body import MAX_OBJECT_BYTES
from facescreen_local.oss.conditions import overwrite_rule
from facescreen_local.oss.context import Call
from facescreen_local.oss.events import created
from facescreen_local.oss.headers import written_headers
from facescreen_local.oss.metadata import metadata_of
from facescreen_local.oss.names import check_key
from facescreen_local.oss.store.contents import NORMAL, Contents
from facescreen_local.protocol.body import write_chunks
from facescreen_local.protocol.post_object import PostSettings, post_response, read_post

MAX_FIELDS = 64


async def post_object(call: Call) -> web.Response:
    """POST /bucket. Nothing of the file is kept before its form is found good."""
    call.store.buckets.get(call.bucket)
    check_form = Authenticator(call.identity, call.region).check_form
    settings = PostSettings(call.bucket, MAX_OBJECT_BYTES, MAX_FIELDS, check_form)
    posted = await read_post(call.request, settings)
    check_key(posted.key)
    metadata = metadata_of(posted.fields)
    with call.store.blobs.writer() as writer:
        await write_chunks(posted.file, writer)
        blob = writer.finish()
    contents = Contents(NORMAL, blob, blob.md5, metadata)
    may_overwrite = overwrite_rule(posted.fields)
    written = call.store.objects.put(call.bucket, posted.key, contents, may_overwrite)
    call.notify(created("PostObject", call.bucket, written))
    result = {
        "Bucket": call.bucket,
        "Location": f"http://{call.request.host}/{call.bucket}/{quote(posted.key)}",
        "Key": posted.key,
        "ETag": f'"{contents.etag}"',
    }
    return post_response(posted.fields, result, written_headers(written.stored))
