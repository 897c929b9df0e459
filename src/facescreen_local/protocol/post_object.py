"""PostObject: reads a form with a file and a signed policy that allows the upload.

OSS's buckets and the upload target of ID Verification use it with different settings.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDict

from facescreen_local.protocol.body import read_chunks
from facescreen_local.protocol.form import MAX_FIELD_BYTES, MultipartForm
from facescreen_local.protocol.post_policy import check_policy, require_field
from facescreen_local.protocol.xml_body import element_with_fields, serialize


@dataclass(frozen=True)
class PostSettings:
    """What differs between the buckets that accept forms."""

    bucket: str
    max_file_bytes: int
    max_fields: int
    check_signature: Callable[[Mapping[str, str]], None]
    """Raises unless the form's fields contain a policy and its valid signature."""


@dataclass(frozen=True)
class PostedObject:
    """What a form uploads, once its policy is checked. The bytes of `file` are still unread."""

    key: str
    fields: CIMultiDict[str]
    file: AsyncIterator[bytes]


async def read_post_form(request: web.BaseRequest, settings: PostSettings) -> PostedObject:
    """Read a form up to its file and check its policy.

    Raises the errors of `body`, `form` and `post_policy`.
    """
    # A field's headers can be as long as the field.
    max_bytes = settings.max_file_bytes + 2 * settings.max_fields * MAX_FIELD_BYTES
    content_type = request.headers.get("Content-Type", "")
    form = MultipartForm(content_type, read_chunks(request, max_bytes), settings.max_fields)
    fields = await form.read_fields()
    _set_content_type(fields, form)
    settings.check_signature(fields)
    key = require_field(fields, "key")
    lowercase_fields = {name.lower(): value for name, value in fields.items()}
    allowed = check_policy(fields["policy"], {**lowercase_fields, "bucket": settings.bucket})
    return PostedObject(
        key=key.replace("${filename}", form.filename or ""),
        fields=fields,
        file=form.read_file(allowed),
    )


def build_post_response(
    fields: Mapping[str, str], result: Mapping[str, str], headers: Mapping[str, str]
) -> web.Response:
    """Return the response that the form asks for on success; `result` is the body of a 201."""
    redirect = fields.get("success_action_redirect", "")
    if redirect.isprintable() and redirect.startswith(("http://", "https://")):
        return web.Response(status=303, headers={**headers, "Location": redirect})
    status = fields.get("success_action_status")
    if status != "201":
        return web.Response(status=200 if status == "200" else 204, headers=headers)
    body = serialize(element_with_fields("PostResponse", result))
    return web.Response(
        status=201, body=body, headers={**headers, "Content-Type": "application/xml"}
    )


def _set_content_type(fields: CIMultiDict[str], form: MultipartForm) -> None:
    """Set Content-Type from ``x-oss-content-type``, else from the file's part, else leave it."""
    content_type = fields.get("x-oss-content-type") or form.content_type
    if content_type:
        fields["Content-Type"] = content_type
