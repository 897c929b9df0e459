"""PostObject: stores the file of a form whose signed policy allows it.

OSS's buckets and the upload target of ID Verification are two settings of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDict

from facescreen_local.protocol.body import read_chunks
from facescreen_local.protocol.form import MAX_FIELD_BYTES, Form
from facescreen_local.protocol.post_policy import check_policy, required_field
from facescreen_local.protocol.xml_body import document, record


@dataclass(frozen=True)
class PostSettings:
    """What differs from bucket to bucket."""

    bucket: str
    max_file_bytes: int
    max_fields: int
    check_signature: Callable[[Mapping[str, str]], None]
    """Raises unless the form's fields hold a policy and a good signature of it."""


@dataclass(frozen=True)
class PostedObject:
    """What a form wants stored, and is allowed to: the bytes of `file` are still to be read."""

    key: str
    fields: CIMultiDict[str]
    file: AsyncIterator[bytes]


async def read_post(request: web.BaseRequest, settings: PostSettings) -> PostedObject:
    """Reads a form up to its file. Raises the errors of `body`, `form` and `post_policy`."""
    # A field's headers may be as long as the field.
    max_bytes = settings.max_file_bytes + 2 * settings.max_fields * MAX_FIELD_BYTES
    content_type = request.headers.get("Content-Type", "")
    form = Form(content_type, read_chunks(request, max_bytes), settings.max_fields)
    fields = await form.fields()
    _settle_content_type(fields, form)
    settings.check_signature(fields)
    key = required_field(fields, "key")
    known = {name.lower(): value for name, value in fields.items()}
    allowed = check_policy(fields["policy"], {**known, "bucket": settings.bucket})
    return PostedObject(
        key=key.replace("${filename}", form.filename or ""),
        fields=fields,
        file=form.file(allowed),
    )


def post_response(
    fields: Mapping[str, str], result: Mapping[str, str], headers: Mapping[str, str]
) -> web.Response:
    """The answer that the form asks for where all went well; `result` is what a 201 tells."""
    redirect = fields.get("success_action_redirect", "")
    if redirect.isprintable() and redirect.startswith(("http://", "https://")):
        return web.Response(status=303, headers={**headers, "Location": redirect})
    status = fields.get("success_action_status")
    if status != "201":
        return web.Response(status=200 if status == "200" else 204, headers=headers)
    body = document(record("PostResponse", result))
    return web.Response(
        status=201, body=body, headers={**headers, "Content-Type": "application/xml"}
    )


def _settle_content_type(fields: CIMultiDict[str], form: Form) -> None:
    """``x-oss-content-type`` comes first, then what the file's own part says, then the field."""
    found = fields.get("x-oss-content-type") or form.content_type
    if found:
        fields["Content-Type"] = found
