"""The upload target on loopback: OSS's PostObject over TLS, as far as AuthorizeFileUpload needs."""

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

from facescreen_local.auth.account import Identity
from facescreen_local.auth.credentials import hmac_sha1
from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.limits import LARGEST
from facescreen_local.id_verification.store.files import UploadedFiles
from facescreen_local.id_verification.upload_errors import ERRORS, STATUS, to_refusal
from facescreen_local.protocol.body import write_chunks
from facescreen_local.protocol.certificate import ensure_certificate
from facescreen_local.protocol.post_object import PostSettings, build_post_response, read_post_form
from facescreen_local.protocol.post_policy import check_signature_v1, encode_policy
from facescreen_local.protocol.service import Service
from facescreen_local.protocol.xml_body import element_with_fields, serialize

MAX_FIELDS = 32
VALID_S = 15 * 60
"""How long a permission holds."""


class UploadService(Service):
    """Takes the files that it gave a permission for. `folder` holds its certificate, no file."""

    ca_file: Path
    """The authority that clients must trust; there once started."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        # With a key of its own: the real service hands out none of the account's either.
        self._identity = Identity.create()
        self._files = UploadedFiles()

    def permission(self) -> dict[str, Any]:
        """AuthorizeFileUpload's answer: where and how to put one file."""
        object_key = f"cloudauth-intl/{uuid.uuid4().hex}"
        conditions = [["eq", "$key", object_key], ["content-length-range", 1, LARGEST]]
        key, policy = self._identity.key, encode_policy(VALID_S, conditions)
        return {
            "AccessKeyId": key.access_key_id,
            "EncodedPolicy": policy,
            "Signature": hmac_sha1(key.access_key_secret, policy.encode()),
            "ObjectKey": object_key,
            # Clients post to https://<Bucket>.<Endpoint>/, so loopback's address is cut at its
            # first dot: Bucket 127, Endpoint 0.0.1:<port>.
            "Bucket": self._bucket,
            "Endpoint": self._host.removeprefix(f"{self._bucket}."),
            "UseAccelerate": False,
        }

    def file(self, url: str) -> bytes:
        """What was uploaded to `url`, FaceFile's ``http://<Bucket>.<Endpoint>/<ObjectKey>``: looked
        up here, not downloaded from anywhere. Raises IdVerificationError (InvalidParameter)."""
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

    def operation_name(self, request: web.BaseRequest) -> str:  # noqa: ARG002
        return "PostObject"

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        try:
            response = await self._post_object(request)
        except ERRORS as error:
            refusal = to_refusal(error)
            return self.error_response(400, refusal.code, str(refusal), request_id)
        return _finished(response, request_id)

    def error_response(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        fields = {"Code": code, "Message": message, "RequestId": request_id, "HostId": self._host}
        response = web.Response(
            status=STATUS.get(code, status),
            body=serialize(element_with_fields("Error", fields)),
            content_type="application/xml",
        )
        return _finished(response, request_id)

    @property
    def _host(self) -> str:
        return self.url.partition("://")[2]

    @property
    def _bucket(self) -> str:
        return self._host.partition(".")[0]

    async def _post_object(self, request: web.BaseRequest) -> web.Response:
        if (request.method, request.raw_path) != ("POST", "/"):
            text = "The specified method is not allowed against this resource."
            raise IdVerificationError("MethodNotAllowed", text)
        check_signature = partial(check_signature_v1, self._identity)
        settings = PostSettings(self._bucket, LARGEST, MAX_FIELDS, check_signature)
        posted = await read_post_form(request, settings)
        received = io.BytesIO()
        await write_chunks(posted.file, received)
        content = received.getvalue()
        self._files.put(posted.key, content)
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest().upper()
        result = {
            "Bucket": self._bucket,
            "Location": f"{self.url}/{posted.key}",
            "Key": posted.key,
            "ETag": f'"{md5}"',
        }
        return build_post_response(posted.fields, result, {})


def _finished(response: web.Response, request_id: str) -> web.Response:
    response.headers["x-oss-request-id"] = request_id
    # A TLS connection that a client leaves open would outlive the service: to end, it needs both.
    response.force_close()
    return response
