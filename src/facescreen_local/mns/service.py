"""The MNS service: authenticates each request and calls its operation."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from facescreen_local.auth.account import LocalAccount
from facescreen_local.mns import attributes, operations
from facescreen_local.mns.attributes import MnsAttribute
from facescreen_local.mns.authentication import API_VERSION, authenticate, check_content_md5
from facescreen_local.mns.broker import MessageBroker, OutgoingMessage
from facescreen_local.mns.context import MAX_REQUEST_BYTES, MnsRequestContext, xml_response
from facescreen_local.mns.errors import REQUEST_ERRORS, invalid_url_error, to_mns_error
from facescreen_local.mns.operations import OPERATIONS
from facescreen_local.mns.operations.kinds import QUEUE_KIND, SUBSCRIPTION_KIND, TOPIC_KIND
from facescreen_local.mns.request import MnsRequestTarget, parse_target
from facescreen_local.mns.store.resources import (
    QUEUE_COLLECTION,
    TOPIC_COLLECTION,
    subscription_collection,
)
from facescreen_local.protocol.body import read_body
from facescreen_local.protocol.operations import Operation, import_operations
from facescreen_local.protocol.service import Service
from facescreen_local.protocol.xml_body import element_with_fields

import_operations(operations)


class MnsService(Service):
    """One account's queues and topics in one region, kept in the folder `data`."""

    def __init__(self, account: LocalAccount, data: Path, region: str) -> None:
        super().__init__()
        self._account = account
        self._broker = MessageBroker(data, account.account_id, region)

    def create_queue(self, name: str, **settings: int) -> None:
        """Create the queue, or update it, with these attributes (``VisibilityTimeout=5``).

        Raises MnsError.
        """
        QUEUE_KIND.check_name(name)
        self._create_or_update(QUEUE_COLLECTION, name, attributes.QUEUE_ATTRIBUTES, settings)

    def create_topic(self, name: str) -> None:
        """Create the topic unless it exists. Raises MnsError."""
        TOPIC_KIND.check_name(name)
        self._create_or_update(TOPIC_COLLECTION, name, attributes.TOPIC_ATTRIBUTES, {})

    def subscribe(
        self,
        topic: str,
        subscription: str,
        queue: str,
        notify_format: str = "SIMPLIFIED",
        filter_tag: str = "",
    ) -> None:
        """Subscribe the queue to the topic, or update the subscription. Raises MnsError."""
        self._broker.get_topic(topic)
        self._broker.get_queue(queue)
        SUBSCRIPTION_KIND.check_name(subscription)
        settings = {
            "Endpoint": self._broker.build_queue_endpoint(queue),
            "NotifyContentFormat": notify_format,
            "FilterTag": filter_tag,
        }
        self._create_or_update(
            subscription_collection(topic),
            subscription,
            attributes.SUBSCRIPTION_ATTRIBUTES,
            settings,
        )

    async def send(self, queue: str, body: bytes) -> None:
        """Send a message to a queue in Base64, as an SDK does. Raises MnsError."""
        self._broker.send(queue, [OutgoingMessage(base64.b64encode(body).decode())])

    async def publish(self, topic: str, body: bytes) -> None:
        """Publish a message without a tag, in Base64 like Base64TopicMessage. Raises MnsError."""
        self._broker.publish(topic, base64.b64encode(body).decode())

    async def stop(self) -> None:
        """Stop the service. A new one on the same folder continues where this one ended."""
        self._broker.end_long_polls()
        await super().stop()
        self._broker.close()

    def get_operation_name(self, request: web.BaseRequest) -> str:
        """The API's name for the operation; for an unknown one, its method and path pattern.

        Only the body distinguishes a batch from a single message, so both are SendMessage here.
        """
        target = parse_target(request.raw_path)
        operation = _find_operation(request.method, target)
        return operation.name if operation else f"{request.method} {target.resource}"

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        """Return the operation's response or its error response."""
        try:
            response = await self._dispatch(request)
        except REQUEST_ERRORS as raised:
            error = to_mns_error(raised)
            return self.build_error_response(error.status, error.code, error.message, request_id)
        response.headers.update(_build_common_headers(request_id))
        return response

    def build_error_response(
        self, status: int, code: str, message: str, request_id: str
    ) -> web.Response:
        """An error response in MNS's XML."""
        fields = {"Code": code, "Message": message, "RequestId": request_id, "HostId": self.url}
        response = xml_response(element_with_fields("Error", fields), status)
        response.headers.update(_build_common_headers(request_id))
        return response

    async def _dispatch(self, request: web.BaseRequest) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        authenticate(self._account, request.method, request.raw_path, headers)
        target = parse_target(request.raw_path)
        operation = _find_operation(request.method, target)
        if operation is None:
            raise invalid_url_error()
        body = await read_body(request, MAX_REQUEST_BYTES)
        check_content_md5(headers, body)
        return await operation.perform(
            MnsRequestContext(
                target, headers, body, self._broker, self.url, lambda: _is_connected(request)
            )
        )

    def _create_or_update(
        self,
        collection: str,
        name: str,
        known: tuple[MnsAttribute, ...],
        settings: Mapping[str, int | str],
    ) -> None:
        texts = {attribute: str(value) for attribute, value in settings.items()}
        existing = self._broker.resources.create(
            collection, name, attributes.parse_with_defaults(known, texts)
        )
        if existing is not None:
            self._broker.resources.update(
                collection, name, attributes.parse_attributes(known, texts)
            )


def _find_operation(method: str, target: MnsRequestTarget) -> Operation[MnsRequestContext] | None:
    return OPERATIONS.find(
        method, target.resource, target.find_subresource(OPERATIONS.subresources)
    )


def _is_connected(request: web.BaseRequest) -> bool:
    return request.transport is not None and not request.transport.is_closing()


def _build_common_headers(request_id: str) -> dict[str, str]:
    return {"x-mns-request-id": request_id, "x-mns-version": API_VERSION}
