"""The OSS service: authenticates each request and hands it to its operation."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from facescreen_local.auth.account import Identity
from facescreen_local.oss import operations
from facescreen_local.oss.authentication import Authenticator, Signed
from facescreen_local.oss.context import RequestContext, check_readable
from facescreen_local.oss.errors import (
    ERRORS,
    OssError,
    not_implemented,
    private,
    to_oss_error,
)
from facescreen_local.oss.events import Change, Origin, event_record
from facescreen_local.oss.names import check_bucket_name
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.request import Target, target_of
from facescreen_local.oss.store import Store
from facescreen_local.oss.store.buckets import ENABLED
from facescreen_local.protocol.operations import Operation, SignatureRequirement, import_operations
from facescreen_local.protocol.service import LOOPBACK, Service
from facescreen_local.protocol.xml_body import element_with_fields, serialize

import_operations(operations)


class OssService(Service):
    """One account's buckets in one region, kept in the folder `data`.

    `on_event` gets the record of every change to an object, on the event loop, before the
    request that made the change is answered.
    """

    def __init__(
        self,
        identity: Identity,
        data: Path,
        region: str,
        on_event: Callable[[dict[str, Any]], None],
    ) -> None:
        super().__init__()
        self._identity = identity
        self._region = region
        self._on_event = on_event
        self._authenticator = Authenticator(identity, region)
        self._store = Store(data)

    def create_bucket(self, name: str, versioning: bool = False) -> None:
        """Makes sure that the bucket exists, and that it keeps versions if asked to."""
        check_bucket_name(name)
        self._store.buckets.create(name)
        if versioning:
            self._store.buckets.set_versioning(name, ENABLED)

    async def stop(self) -> None:
        """Stops for good: a new service on the same folder goes on where this one ended."""
        await super().stop()
        self._store.close()

    def operation_name(self, request: web.BaseRequest) -> str:
        """The API's name of what is asked."""
        return _operation(request, target_of(request.raw_path)).name

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        """The operation's answer, or its error."""
        try:
            response = await self._dispatch(request, request_id)
        except ERRORS as error:
            response = _refusal(to_oss_error(error), request.host, request_id)
        response.headers["x-oss-request-id"] = request_id
        return response

    def error_response(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        """An error in OSS's XML."""
        response = _refusal(OssError(status, code, message), LOOPBACK, request_id)
        response.headers["x-oss-request-id"] = request_id
        return response

    async def _dispatch(self, request: web.BaseRequest, request_id: str) -> web.Response:
        target = target_of(request.raw_path)
        operation = _operation(request, target)
        signed = self._authenticate(request, target, operation.signature)
        check_readable(target)
        origin = Origin(self._identity.account_id, self._region, request.remote or "", request_id)
        return await operation.perform(
            RequestContext(
                request=request,
                target=target,
                signed=signed,
                store=self._store,
                identity=self._identity,
                region=self._region,
                notify=partial(self._notify, origin),
            )
        )

    def _authenticate(
        self, request: web.BaseRequest, target: Target, signature: SignatureRequirement
    ) -> bool:
        """Whether the request is signed. Raises unless it is, or need not be."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        signed = signature is not SignatureRequirement.IN_BODY and self._authenticator.check(
            Signed(request.method, target, headers)
        )
        if signature is SignatureRequirement.REQUIRED and not signed:
            raise private()
        return signed

    def _notify(self, origin: Origin, change: Change) -> None:
        self._on_event(event_record(change, origin))


def _operation(request: web.BaseRequest, target: Target) -> Operation[RequestContext]:
    """What is asked; for what is not here, an operation that says so."""
    for subresource in target.subresources(request.headers, OPERATIONS.subresources):
        found = OPERATIONS.find(request.method, target.resource, subresource)
        if found is not None:
            return found
    name = "?".join(filter(None, (request.method, target.subresource)))
    return Operation(name, partial(_not_implemented, name))


async def _not_implemented(name: str, _: RequestContext) -> web.Response:
    raise not_implemented(name)


def _refusal(error: OssError, host: str, request_id: str) -> web.Response:
    if error.status == 304:
        return web.Response(status=304, headers=error.headers)
    body = _error_body(error, host, request_id)
    headers = {
        **error.headers,
        "Content-Type": "application/xml",
        # An answer to HEAD has no body: there the client finds here what is wrong.
        "x-oss-err": base64.b64encode(body).decode(),
    }
    return web.Response(status=error.status, body=body, headers=headers)


def _error_body(error: OssError, host: str, request_id: str) -> bytes:
    said = {
        "Code": error.code,
        "Message": error.message,
        "RequestId": request_id,
        "HostId": host,
        **error.details,
    }
    return serialize(element_with_fields("Error", said))
