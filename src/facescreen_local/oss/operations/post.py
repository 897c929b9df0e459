"""PostObject: an object out of an HTML form."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from facescreen_local.oss.authentication import Authenticator
from facescreen_local.oss.body import MAX_OBJECT_BYTES
from facescreen_local.oss.conditions import overwrite_rule
from facescreen_local.oss.context import RequestContext
from facescreen_local.oss.events import created
from facescreen_local.oss.headers import written_headers
from facescreen_local.oss.metadata import metadata_of
from facescreen_local.oss.names import check_key
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.store.contents import NORMAL, Contents
from facescreen_local.protocol.body import write_chunks
from facescreen_local.protocol.operations import SignatureRequirement
from facescreen_local.protocol.post_object import PostSettings, build_post_response, read_post_form

MAX_FIELDS = 64


@OPERATIONS.register("POST", "/bucket", name="PostObject", signature=SignatureRequirement.IN_BODY)
async def post_object(context: RequestContext) -> web.Response:
    """Store a form's file. Nothing of it is kept before the form is found good."""
    context.store.buckets.get(context.bucket)
    check_form = Authenticator(context.identity, context.region).check_form
    settings = PostSettings(context.bucket, MAX_OBJECT_BYTES, MAX_FIELDS, check_form)
    posted = await read_post_form(context.request, settings)
    check_key(posted.key)
    metadata = metadata_of(posted.fields)
    with context.store.blobs.writer() as writer:
        await write_chunks(posted.file, writer)
        blob = writer.finish()
    contents = Contents(NORMAL, blob, blob.md5, metadata)
    may_overwrite = overwrite_rule(posted.fields)
    written = context.store.objects.put(context.bucket, posted.key, contents, may_overwrite)
    context.notify(created("PostObject", context.bucket, written))
    result = {
        "Bucket": context.bucket,
        "Location": f"http://{context.request.host}/{context.bucket}/{quote(posted.key)}",
        "Key": posted.key,
        "ETag": f'"{contents.etag}"',
    }
    return build_post_response(posted.fields, result, written_headers(written.stored))
