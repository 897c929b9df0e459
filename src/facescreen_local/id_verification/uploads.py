"""The upload target on loopback: OSS's PostObject over TLS, as AuthorizeFileUpload needs it."""

from __future__ import annotations

import asyncio
import hashlib
import io
import socket
import ssl
import uuid
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from facescreen_local.auth.account import LocalAccount
from facescreen_local.auth.credentials import hmac_sha1
from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.limits import MAX_MEDIA_BYTES
from facescreen_local.id_verification.store.files import UploadedFiles
from facescreen_local.id_verification.upload_errors import (
    REQUEST_ERRORS,
    STATUS_BY_CODE,
    to_upload_error,
)
from facescreen_local.protocol.body import write_chunks
from facescreen_local.protocol.certificate import ensure_certificate
from facescreen_local.protocol.post_object import PostSettings, build_post_response, read_post_form
from facescreen_local.protocol.post_policy import check_signature_v1, encode_policy
from facescreen_local.protocol.service import Service
from facescreen_local.protocol.xml_body import element_with_fields, serialize

MAX_FORM_FIELDS = 32
GRANT_VALIDITY_S = 15 * 60
"""How long an upload grant is valid."""


class UploadService(Service):
    """Accepts the files that it issued a grant for. `folder` contains its certificate, no files."""

    ca_file: Path
    """The CA certificate that clients must trust; exists once started."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        # It has its own key: the real service does not hand out the account's keys either.
        self._account = LocalAccount.create()
        self._files = UploadedFiles()

    def issue_upload_grant(self) -> dict[str, Any]:
        """Return AuthorizeFileUpload's result: where and how to upload one file."""
        object_key = f"cloudauth-intl/{uuid.uuid4().hex}"
        conditions = [["eq", "$key", object_key], ["content-length-range", 1, MAX_MEDIA_BYTES]]
        key, policy = self._account.key, encode_policy(GRANT_VALIDITY_S, conditions)
        return {
            "AccessKeyId": key.access_key_id,
            "EncodedPolicy": policy,
            "Signature": hmac_sha1(key.access_key_secret, policy.encode()),
            "ObjectKey": object_key,
            # Clients post to https://<Bucket>.<Endpoint>/, so the loopback address is split at its
            # first dot: Bucket 127, Endpoint 0.0.1:<port>.
            "Bucket": self._bucket_name,
            "Endpoint": self._host.removeprefix(f"{self._bucket_name}."),
            "UseAccelerate": False,
        }

    def find_file(self, url: str) -> bytes:
        """Return the upload that FaceFile names: ``http://<Bucket>.<Endpoint>/<ObjectKey>``.

        The file is in memory; nothing is downloaded. Raises IdVerificationError (InvalidParameter).
        """
        host, _, key = url.removeprefix("http://").partition("/")
        content = self._files.get(key) if host == self._host else None
        if content is None:
            raise IdVerificationError(
                "InvalidParameter", "FaceFile is invalid: no file was uploaded there."
            )
        return content

    async def start(self, port_or_socket: int | socket.socket = 0) -> None:
        self.ca_file, server = await asyncio.to_thread(ensure_certificate, self._folder)
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(server)
        await super().start(port_or_socket)

    def get_operation_name(self, request: web.BaseRequest) -> str:  # noqa: ARG002
        return "PostObject"

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        try:
            response = await self._post_object(request)
        except REQUEST_ERRORS as error:
            upload_error = to_upload_error(error)
            return self.build_error_response(400, upload_error.code, str(upload_error), request_id)
        return _set_request_id_and_force_close(response, request_id)

    def build_error_response(
        self, status: int, code: str, message: str, request_id: str
    ) -> web.Response:
        fields = {"Code": code, "Message": message, "RequestId": request_id, "HostId": self._host}
        response = web.Response(
            status=STATUS_BY_CODE.get(code, status),
            body=serialize(element_with_fields("Error", fields)),
            content_type="application/xml",
        )
        return _set_request_id_and_force_close(response, request_id)

    @property
    def _host(self) -> str:
        return self.url.partition("://")[2]

    @property
    def _bucket_name(self) -> str:
        return self._host.partition(".")[0]

    async def _post_object(self, request: web.BaseRequest) -> web.Response:
        if (request.method, request.raw_path) != ("POST", "/"):
            message = "The specified method is not allowed against this resource."
            raise IdVerificationError("MethodNotAllowed", message)
        check_signature = partial(check_signature_v1, self._account)
        settings = PostSettings(
            self._bucket_name, MAX_MEDIA_BYTES, MAX_FORM_FIELDS, check_signature
        )
        posted_object = await read_post_form(request, settings)
        buffer = io.BytesIO()
        await write_chunks(posted_object.file, buffer)
        content = buffer.getvalue()
        self._files.put(posted_object.key, content)
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest().upper()
        result = {
            "Bucket": self._bucket_name,
            "Location": f"{self.url}/{posted_object.key}",
            "Key": posted_object.key,
            "ETag": f'"{md5}"',
        }
        return build_post_response(posted_object.fields, result, {})


def _set_request_id_and_force_close(response: web.Response, request_id: str) -> web.Response:
    response.headers["x-oss-request-id"] = request_id
    # A TLS connection that the client leaves open would outlive the service, because both sides
    # must close it.
    response.force_close()
    return response
