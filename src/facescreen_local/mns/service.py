"""The MNS service: authenticates each request and hands it to its operation."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from facescreen_local.auth.account import Identity
from facescreen_local.mns import attributes, operations
from facescreen_local.mns.attributes import Attribute
from facescreen_local.mns.authentication import VERSION, check_body, check_sender
from facescreen_local.mns.bus import Bus, Draft
from facescreen_local.mns.context import LARGEST_REQUEST, RequestContext, xml_response
from facescreen_local.mns.errors import ERRORS, invalid_url, to_mns_error
from facescreen_local.mns.operations import OPERATIONS
from facescreen_local.mns.operations.kinds import QUEUE, SUBSCRIPTION, TOPIC
from facescreen_local.mns.request import Target, target_of
from facescreen_local.mns.store.resources import QUEUES, TOPICS, subscriptions_of
from facescreen_local.protocol.body import read_body
from facescreen_local.protocol.operations import Operation, load
from facescreen_local.protocol.service import Service
from facescreen_local.protocol.xml_body import record

load(operations)


class MnsService(Service):
    """One account's queues and topics in one region, kept in the folder `data`."""

    def __init__(self, identity: Identity, data: Path, region: str) -> None:
        super().__init__()
        self._identity = identity
        self._bus = Bus(data, identity.account_id, region)

    def create_queue(self, name: str, **settings: int) -> None:
        """Makes sure that the queue exists, with these attributes (``VisibilityTimeout=5``).

        Raises MnsError.
        """
        QUEUE.check_name(name)
        self._ensure(QUEUES, name, attributes.QUEUE, settings)

    def create_topic(self, name: str) -> None:
        """Makes sure that the topic exists. Raises MnsError."""
        TOPIC.check_name(name)
        self._ensure(TOPICS, name, attributes.TOPIC, {})

    def subscribe(
        self,
        topic: str,
        subscription: str,
        queue: str,
        notify_format: str = "SIMPLIFIED",
        filter_tag: str = "",
    ) -> None:
        """Makes sure that the queue gets the topic's messages. Raises MnsError."""
        self._bus.topic(topic)
        self._bus.queue(queue)
        SUBSCRIPTION.check_name(subscription)
        settings = {
            "Endpoint": self._bus.endpoint(queue),
            "NotifyContentFormat": notify_format,
            "FilterTag": filter_tag,
        }
        self._ensure(subscriptions_of(topic), subscription, attributes.SUBSCRIPTION, settings)

    async def send(self, queue: str, body: bytes) -> None:
        """Puts a message into a queue, as an SDK would: in Base64. Raises MnsError."""
        self._bus.send(queue, [Draft(base64.b64encode(body).decode())])

    async def publish(self, topic: str, body: bytes) -> None:
        """Publishes a message without a tag, as Base64TopicMessage would. Raises MnsError."""
        self._bus.publish(topic, base64.b64encode(body).decode())

    async def stop(self) -> None:
        """Stops for good: a new service on the same folder goes on where this one ended."""
        self._bus.end_polls()
        await super().stop()
        self._bus.close()

    def operation(self, request: web.BaseRequest) -> str:
        """The API's name; method and shape of the path for what MNS does not have.

        A batch is told from a single message by its body only: both are SendMessage here.
        """
        target = target_of(request.raw_path)
        found = _find(request.method, target)
        return found.name if found else f"{request.method} {target.resource}"

    async def answer(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        """The operation's answer, or its error."""
        try:
            response = await self._operate(request)
        except ERRORS as raised:
            error = to_mns_error(raised)
            return self.error(error.status, error.code, error.message, request_id)
        response.headers.update(_common_headers(request_id))
        return response

    def error(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        """An error in MNS's XML."""
        said = {"Code": code, "Message": message, "RequestId": request_id, "HostId": self.url}
        response = xml_response(record("Error", said), status)
        response.headers.update(_common_headers(request_id))
        return response

    async def _operate(self, request: web.BaseRequest) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        check_sender(self._identity, request.method, request.raw_path, headers)
        target = target_of(request.raw_path)
        operation = _find(request.method, target)
        if operation is None:
            raise invalid_url()
        body = await read_body(request, LARGEST_REQUEST)
        check_body(headers, body)
        return await operation.perform(
            RequestContext(target, headers, body, self._bus, self.url, lambda: _connected(request))
        )

    def _ensure(
        self,
        collection: str,
        name: str,
        known: tuple[Attribute, ...],
        settings: Mapping[str, int | str],
    ) -> None:
        texts = {attribute: str(value) for attribute, value in settings.items()}
        kept = self._bus.resources.create(collection, name, attributes.complete(known, texts))
        if kept is not None:
            self._bus.resources.change(collection, name, attributes.given(known, texts))


def _find(method: str, target: Target) -> Operation[RequestContext] | None:
    return OPERATIONS.find(method, target.resource, target.subresource(OPERATIONS.subresources))


def _connected(request: web.BaseRequest) -> bool:
    return request.transport is not None and not request.transport.is_closing()


def _common_headers(request_id: str) -> dict[str, str]:
    return {"x-mns-request-id": request_id, "x-mns-version": VERSION}
