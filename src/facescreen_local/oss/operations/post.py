"""PostObject: an object out of an HTML form."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web
from multidict import CIMultiDict

from facescreen_local.oss.authentication import Authenticator, required_field
from facescreen_local.oss.body import MAX_OBJECT_BYTES
from facescreen_local.oss.conditions import overwrite_rule
from facescreen_local.oss.context import Call, xml_response
from facescreen_local.oss.events import created
from facescreen_local.oss.headers import written_headers
from facescreen_local.oss.metadata import metadata_of
from facescreen_local.oss.names import check_key
from facescreen_local.oss.store.contents import NORMAL, Contents
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.protocol.body import read_chunks, write_chunks
from facescreen_local.protocol.form import LONGEST_FIELD, MOST_FIELDS, Form
from facescreen_local.protocol.post_policy import check_policy
from facescreen_local.protocol.xml_body import element

_LARGEST_FORM = MAX_OBJECT_BYTES + 2 * MOST_FIELDS * LONGEST_FIELD


async def post_object(call: Call) -> web.Response:
    """POST /bucket. Nothing of the file is kept before its form is found good."""
    call.store.buckets.get(call.bucket)
    content_type = call.headers.get("Content-Type", "")
    form = Form(content_type, read_chunks(call.request, _LARGEST_FORM))
    fields = await form.fields()
    _settle_content_type(fields, form)
    Authenticator(call.identity, call.region).check_form(fields)
    allowed = check_policy(fields["policy"], {**_lower(fields), "bucket": call.bucket})
    key = required_field(fields, "key").replace("${filename}", form.filename or "")
    check_key(key)
    metadata = metadata_of(fields)
    with call.store.blobs.writer() as writer:
        await write_chunks(form.file(allowed), writer)
        blob = writer.finish()
    contents = Contents(NORMAL, blob, blob.md5, metadata)
    written = call.store.objects.put(call.bucket, key, contents, overwrite_rule(fields))
    call.notify(created("PostObject", call.bucket, written))
    return _answer(call, fields, written.stored)


def _settle_content_type(fields: CIMultiDict[str], form: Form) -> None:
    """``x-oss-content-type`` comes first, then what the file's own part says, then the field."""
    found = fields.get("x-oss-content-type") or form.content_type
    if found:
        fields["Content-Type"] = found


def _lower(fields: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in fields.items()}


def _answer(call: Call, fields: Mapping[str, str], stored: StoredObject) -> web.Response:
    """What the form wants to be answered with when all went well."""
    said = written_headers(stored)
    wanted = fields.get("success_action_redirect", "")
    if wanted.isprintable() and wanted.startswith(("http://", "https://")):
        return web.Response(status=303, headers={**said, "Location": wanted})
    status = fields.get("success_action_status", "204")
    if status != "201":
        return web.Response(status=200 if status == "200" else 204, headers=said)
    told = {
        "Bucket": call.bucket,
        "Location": f"http://{call.request.host}/{call.bucket}/{quote(stored.key)}",
        "Key": stored.key,
        "ETag": f'"{stored.contents.etag}"',
    }
    root = element("PostResponse", *(element(name, text) for name, text in told.items()))
    response = xml_response(root, said)
    response.set_status(201)
    return response
