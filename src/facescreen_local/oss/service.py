"""The OSS service: authenticates each request and calls its operation."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from facescreen_local.auth.account import LocalAccount
from facescreen_local.oss import operations
from facescreen_local.oss.authentication import Authenticator, SignedRequestParts
from facescreen_local.oss.context import OssRequestContext, check_target
from facescreen_local.oss.errors import (
    REQUEST_ERRORS,
    OssError,
    not_implemented_error,
    to_oss_error,
    unsigned_access_denied_error,
)
from facescreen_local.oss.events import ChangeOrigin, ObjectChange, build_event_record
from facescreen_local.oss.names import check_bucket_name
from facescreen_local.oss.nodes import Node, choose_node
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.request import OssRequestTarget, parse_target
from facescreen_local.oss.store import Store
from facescreen_local.oss.store.buckets import VERSIONING_ENABLED
from facescreen_local.protocol.operations import Operation, SignatureRequirement, import_operations
from facescreen_local.protocol.service import LOOPBACK_ADDRESS, Service
from facescreen_local.protocol.xml_body import element_with_fields, serialize

import_operations(operations)


class OssService(Service):
    """One account's buckets in one region, kept in the folder `data`.

    `on_event` is called on the event loop with the record of every change to an object, before the
    response to the request that made the change.
    """

    def __init__(
        self,
        account: LocalAccount,
        data: Path,
        region: str,
        on_event: Callable[[dict[str, Any]], None],
    ) -> None:
        super().__init__()
        self._account = account
        self._region = region
        self._on_event = on_event
        self._authenticator = Authenticator(account, region)
        self._store = Store(data)

    def create_bucket(self, name: str, versioning: bool = False) -> None:
        """Create the bucket unless it exists, and enable versioning if `versioning` is set."""
        check_bucket_name(name)
        self._store.buckets.create(name, int(time.time()))
        if versioning:
            self._store.buckets.set_versioning(name, VERSIONING_ENABLED)

    async def stop(self) -> None:
        """Stop the service. A new one on the same folder continues where this one ended."""
        await super().stop()
        self._store.close()

    def get_operation_name(self, request: web.BaseRequest) -> str:
        """The API's name for the operation."""
        return _find_operation(request, parse_target(request.raw_path)).name

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        """Return the operation's response or its error response."""
        node = self._choose_node(request.path)
        try:
            response = await self._dispatch(request, request_id, node)
        except REQUEST_ERRORS as error:
            response = _build_error_response(to_oss_error(error), request.host, request_id)
        return _sign_off(response, request_id, node)

    def build_error_response(
        self, status: int, code: str, message: str, request_id: str
    ) -> web.Response:
        """An error response in OSS's XML."""
        response = _build_error_response(
            OssError(status, code, message), LOOPBACK_ADDRESS, request_id
        )
        return _sign_off(response, request_id, self._choose_node(request_id))

    def _choose_node(self, path: str) -> Node:
        draws = self.behaviour.start_draws("node", path)
        return choose_node(draws, self.behaviour.clock_skew_ms / 1000)

    async def _dispatch(
        self, request: web.BaseRequest, request_id: str, node: Node
    ) -> web.Response:
        started_at = node.now()
        target = parse_target(request.raw_path)
        operation = _find_operation(request, target)
        signed = self._authenticate(request, target, operation.signature)
        check_target(target)
        origin = ChangeOrigin(
            self._account.account_id, self._region, request.remote or "", request_id, node
        )
        return await operation.perform(
            OssRequestContext(
                request=request,
                target=target,
                signed=signed,
                store=self._store,
                account=self._account,
                region=self._region,
                node=node,
                started_at=started_at,
                behaviour=self.behaviour,
                notify=partial(self._notify, origin),
            )
        )

    def _authenticate(
        self, request: web.BaseRequest, target: OssRequestTarget, signature: SignatureRequirement
    ) -> bool:
        """Return whether the request is signed. Raises OssError if it must be and is not."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        signed = signature is not SignatureRequirement.IN_BODY and self._authenticator.authenticate(
            SignedRequestParts(request.method, target, headers)
        )
        if signature is SignatureRequirement.REQUIRED and not signed:
            raise unsigned_access_denied_error()
        return signed

    def _notify(self, origin: ChangeOrigin, change: ObjectChange) -> None:
        self._on_event(build_event_record(change, origin))


def _find_operation(
    request: web.BaseRequest, target: OssRequestTarget
) -> Operation[OssRequestContext]:
    """Return the requested operation; for an unknown one, an operation that raises an error."""
    for subresource in target.find_subresources(request.headers, OPERATIONS.subresources):
        operation = OPERATIONS.find(request.method, target.resource, subresource)
        if operation is not None:
            return operation
    name = "?".join(filter(None, (request.method, target.subresource)))
    return Operation(name, partial(_not_implemented, name))


async def _not_implemented(name: str, _: OssRequestContext) -> web.Response:
    raise not_implemented_error(name)


def _sign_off(response: web.Response, request_id: str, node: Node) -> web.Response:
    """Return the response with the headers that every response has. Its date is the node's."""
    response.headers["x-oss-request-id"] = request_id
    response.headers["Date"] = formatdate(node.now(), usegmt=True)
    return response


def _build_error_response(error: OssError, host: str, request_id: str) -> web.Response:
    if error.status == 304:
        return web.Response(status=304, headers=error.headers)
    body = _build_error_body(error, host, request_id)
    headers = {
        **error.headers,
        "Content-Type": "application/xml",
        # A response to HEAD has no body, so clients read the error from this header.
        "x-oss-err": base64.b64encode(body).decode(),
    }
    return web.Response(status=error.status, body=body, headers=headers)


def _build_error_body(error: OssError, host: str, request_id: str) -> bytes:
    fields = {
        "Code": error.code,
        "Message": error.message,
        "RequestId": request_id,
        "HostId": host,
        **error.details,
    }
    return serialize(element_with_fields("Error", fields))
