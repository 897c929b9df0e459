"""The upload target on loopback: OSS's PostObject over TLS, as far as AuthorizeFileUpload needs."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import uuid
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from aiohttp import web

from facescreen_local.id_verification.errors import Refusal
from facescreen_local.id_verification.store.files import UploadedFiles
from facescreen_local.id_verification.uploads_form import Form
from facescreen_local.id_verification.uploads_policy import PostPolicies
from facescreen_local.protocol.certificate import ensure_certificate
from facescreen_local.protocol.service import Service

STATUS = {
    "AccessDenied": 403,
    "EntityTooLarge": 400,
    "EntityTooSmall": 400,
    "FieldItemTooLong": 400,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "MalformedPOSTRequest": 400,
    "MethodNotAllowed": 405,
    "RequestIsNotMultiPartContent": 400,
    "SignatureDoesNotMatch": 403,
}
"""HTTP status of the codes that OSS gives to forms."""


class UploadService(Service):
    """Takes the files that it gave a permission for. `folder` holds its certificate, no file."""

    ca_file: Path
    """The authority that clients must trust; there once started."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._policies = PostPolicies()
        self._files = UploadedFiles()

    def permission(self) -> dict[str, Any]:
        """AuthorizeFileUpload's answer: where and how to put one file."""
        # Clients post to https://<Bucket>.<Endpoint>/, so loopback's address is cut at its first
        # dot: Bucket 127, Endpoint 0.0.1:<port>.
        bucket, _, endpoint = self._host.partition(".")
        return {
            **self._policies.issue(f"cloudauth-intl/{uuid.uuid4().hex}"),
            "Bucket": bucket,
            "Endpoint": endpoint,
            "UseAccelerate": False,
        }

    def file(self, url: str) -> bytes:
        """What was uploaded to `url`, FaceFile's ``http://<Bucket>.<Endpoint>/<ObjectKey>``: looked
        up here, not downloaded from anywhere. Raises Refusal (InvalidParameter)."""
        host, _, key = url.removeprefix("http://").partition("/")
        content = self._files.get(key) if host == self._host else None
        if content is None:
            raise Refusal("InvalidParameter", "FaceFile is invalid: no file was uploaded there.")
        return content

    async def start(self, at: int | socket.socket = 0) -> None:
        self.ca_file, server = await asyncio.to_thread(ensure_certificate, self._folder)
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(server)
        await super().start(at)

    def operation(self, request: web.BaseRequest) -> str:  # noqa: ARG002
        return "PostObject"

    async def answer(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        try:
            return await self._stored(request, request_id)
        except Refusal as refusal:
            return self.error(400, refusal.code, str(refusal), request_id)

    def error(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        told = {"Code": code, "Message": message, "RequestId": request_id, "HostId": self._host}
        return _xml(STATUS.get(code, status), "Error", told, request_id)

    @property
    def _host(self) -> str:
        return self.url.partition("://")[2]

    async def _stored(self, request: web.BaseRequest, request_id: str) -> web.Response:
        if (request.method, request.raw_path) != ("POST", "/"):
            text = "The specified method is not allowed against this resource."
            raise Refusal("MethodNotAllowed", text)
        form = Form(request)
        fields = await form.fields()
        allowed = self._policies.check(fields)
        content = await form.file(allowed.smallest, allowed.largest)
        self._files.put(allowed.key, content)
        if fields.get("success_action_status") != "201":
            return _response(204, request_id)
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest().upper()
        told = {
            "Bucket": self._host.partition(".")[0],
            "Location": f"{self.url}/{allowed.key}",
            "Key": allowed.key,
            "ETag": f'"{md5}"',
        }
        return _xml(201, "PostResponse", told, request_id)


def _xml(status: int, root: str, told: dict[str, str], request_id: str) -> web.Response:
    document = ElementTree.Element(root)
    for name, text in told.items():
        ElementTree.SubElement(document, name).text = text
    response = _response(status, request_id)
    response.body = ElementTree.tostring(document, "utf-8", xml_declaration=True)
    response.content_type = "application/xml"
    return response


def _response(status: int, request_id: str) -> web.Response:
    response = web.Response(status=status, headers={"x-oss-request-id": request_id})
    # A TLS connection that a client leaves open would outlive the service: to end, it needs both.
    response.force_close()
    return response
