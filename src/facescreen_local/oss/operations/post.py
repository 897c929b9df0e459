"""PostObject: uploads an object with an HTML form."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from facescreen_local.oss.authentication import Authenticator
from facescreen_local.oss.body import MAX_OBJECT_BYTES
from facescreen_local.oss.context import OssRequestContext
from facescreen_local.oss.headers import build_write_result_headers
from facescreen_local.oss.metadata import parse_metadata
from facescreen_local.oss.names import check_key
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.operations.storing import store_object
from facescreen_local.oss.store.contents import NORMAL_TYPE, ObjectContents
from facescreen_local.protocol.body import write_chunks
from facescreen_local.protocol.operations import SignatureRequirement
from facescreen_local.protocol.post_object import PostSettings, build_post_response, read_post_form

MAX_FORM_FIELDS = 64


@OPERATIONS.register("POST", "/bucket", name="PostObject", signature=SignatureRequirement.IN_BODY)
async def post_object(context: OssRequestContext) -> web.Response:
    """Store a form's file, once its fields and its policy are checked."""
    context.store.buckets.get(context.bucket)
    authenticate_form = Authenticator(context.account, context.region).authenticate_form
    settings = PostSettings(context.bucket, MAX_OBJECT_BYTES, MAX_FORM_FIELDS, authenticate_form)
    posted_object = await read_post_form(context.request, settings)
    check_key(posted_object.key)
    metadata = parse_metadata(posted_object.fields)
    with context.store.blobs.open_writer() as writer:
        await write_chunks(posted_object.file, writer)
        blob = writer.finish()
    contents = ObjectContents(NORMAL_TYPE, blob, blob.md5, metadata)
    stored = store_object(context, "PostObject", posted_object.key, contents, posted_object.fields)
    result = {
        "Bucket": context.bucket,
        "Location": f"http://{context.request.host}/{context.bucket}/{quote(posted_object.key)}",
        "Key": posted_object.key,
        "ETag": f'"{contents.etag}"',
    }
    return build_post_response(posted_object.fields, result, build_write_result_headers(stored))
