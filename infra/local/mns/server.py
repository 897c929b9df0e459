"""MNS on loopback: its XML over HTTP, as the vendor's SDK speaks it."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from infra.local.service import Service

from . import markup, signature
from .queues import LARGEST_BATCH, LONGEST_WAIT_S, Queues, checked, described, number
from .refusal import Refusal
from .store import Store
from .topics import Topics

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.identity import Identity

_NAME = r"([A-Za-z][A-Za-z0-9-]{0,254})"
_RESOURCES = {
    "Queue": re.compile(rf"/queues/{_NAME}"),
    "Message": re.compile(rf"/queues/{_NAME}/messages"),
    "Topic": re.compile(rf"/topics/{_NAME}"),
    "Publication": re.compile(rf"/topics/{_NAME}/messages"),
    "Subscription": re.compile(rf"/topics/{_NAME}/subscriptions/{_NAME}"),
}
_LARGEST_BODY = 2 * 1024 * 1024
"""Room for a batch of 16 messages of 64 KB, escaped."""


class MnsService(Service):
    """Queues, topics, and subscriptions of queues."""

    def __init__(self, identity: Identity, data: Path, region: str) -> None:
        super().__init__()
        data.mkdir(parents=True, exist_ok=True)
        self._identity = identity
        self._region = region
        self._store = Store(data / "mns.sqlite")
        self._queues = Queues(self._store)
        self._topics = Topics(self._store, self._queues, identity.account_id)

    def create_queue(self, name: str, **attributes: int) -> None:
        """Makes a queue unless it is there; attributes by their XML names."""
        self._queues.create(name, {key: str(value) for key, value in attributes.items()})

    def create_topic(self, name: str) -> None:
        """Makes a topic unless it is there."""
        self._topics.create(name, {})

    def subscribe(
        self,
        topic: str,
        subscription: str,
        queue: str,
        notify_format: str = "SIMPLIFIED",
        filter_tag: str = "",
    ) -> None:
        """Subscribes a queue to a topic, unless it is already."""
        endpoint = f"acs:mns:{self._region}:{self._identity.account_id}:queues/{queue}"
        given = {"Endpoint": endpoint, "NotifyContentFormat": notify_format}
        self._topics.subscribe(topic, subscription, {**given, "FilterTag": filter_tag})

    async def send(self, queue: str, body: bytes) -> None:
        """Appends a message, in Base64, as the vendor's SDKs do by default."""
        self._queues.send(queue, {"MessageBody": base64.b64encode(body).decode()})

    async def publish(self, topic: str, body: bytes) -> None:
        """Publishes a message, in Base64."""
        self._topics.publish(topic, {"MessageBody": base64.b64encode(body).decode()})

    async def stop(self) -> None:
        await super().stop()
        self._store.close()

    def operation(self, request: web.BaseRequest) -> str:
        """The API's name: SendMessage, ReceiveMessage, PublishMessage…"""
        kind, _ = _resource(request)
        named = {
            ("POST", "Message"): "SendMessage",
            ("GET", "Message"): "ReceiveMessage",
            ("DELETE", "Message"): "DeleteMessage",
            ("PUT", "Message"): "ChangeMessageVisibility",
            ("POST", "Publication"): "PublishMessage",
            ("PUT", "Subscription"): "Subscribe",
            ("DELETE", "Subscription"): "Unsubscribe",
        }
        verbs = {"PUT": "Create", "GET": "Get", "DELETE": "Delete"}
        plain = verbs.get(request.method, request.method) + kind
        return named.get((request.method, kind), plain)

    async def answer(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            body = await _body(request)
            signature.check(self._identity, request.method, headers, request.raw_path)
            answered = await self._perform(request, body)
        except Refusal as refusal:
            return self.error(refusal.status, refusal.code, refusal.message, request_id)
        answered.headers["x-mns-request-id"] = request_id
        answered.headers["x-mns-version"] = "2015-06-06"
        return answered

    def error(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        told = {"Code": code, "Message": message, "RequestId": request_id, "HostId": self.url}
        return _xml(markup.element("Error", told), status)

    async def _perform(self, request: web.BaseRequest, body: bytes) -> web.Response:
        kind, names = _resource(request)
        if kind == "Queue":
            return self._queue(request, names[0], body)
        if kind == "Message":
            return await self._message(request, names[0], body)
        if kind == "Topic":
            return self._topic(request, names[0], body)
        if kind == "Subscription":
            return self._subscription(request, names[0], names[1], body)
        if (kind, request.method) == ("Publication", "POST"):
            told = self._topics.publish(names[0], markup.read(body, "Message"))
            return _xml(markup.element("Message", told), 201)
        raise _no_such_operation()

    def _queue(self, request: web.BaseRequest, name: str, body: bytes) -> web.Response:
        if request.method == "PUT":
            given = markup.read(body, "Queue")
            if _query(request).get("metaoverride") == "true":
                self._queues.change(name, given)
                return web.Response(status=204)
            return self._created(request, self._queues.create(name, given))
        if request.method == "GET":
            return _xml(self._queues.attributes(name))
        if request.method == "DELETE":
            self._queues.delete(name)
            return web.Response(status=204)
        raise _no_such_operation()

    def _topic(self, request: web.BaseRequest, name: str, body: bytes) -> web.Response:
        if request.method == "PUT":
            return self._created(request, self._topics.create(name, markup.read(body, "Topic")))
        if request.method == "GET":
            return _xml(self._topics.attributes(name))
        if request.method == "DELETE":
            self._topics.delete(name)
            return web.Response(status=204)
        raise _no_such_operation()

    def _subscription(
        self, request: web.BaseRequest, topic: str, name: str, body: bytes
    ) -> web.Response:
        if request.method == "PUT":
            given = markup.read(body, "Subscription")
            return self._created(request, self._topics.subscribe(topic, name, given))
        if request.method == "GET":
            return _xml(self._topics.subscription(topic, name))
        if request.method == "DELETE":
            self._topics.unsubscribe(topic, name)
            return web.Response(status=204)
        raise _no_such_operation()

    async def _message(self, request: web.BaseRequest, name: str, body: bytes) -> web.Response:
        if request.method == "POST":
            return self._sent(name, body)
        if request.method == "GET":
            return await self._received(name, _query(request))
        if request.method == "DELETE":
            return self._removed(name, _query(request), body)
        if request.method == "PUT":
            query = _query(request)
            visibility_s = number(query, "VisibilityTimeout", 30, 43_200, least=1)
            return _xml(self._queues.hide(name, query.get("ReceiptHandle", ""), visibility_s))
        raise _no_such_operation()

    def _sent(self, name: str, body: bytes) -> web.Response:
        if b"<Messages" not in body[:256]:
            told = self._queues.send(name, markup.read(body, "Message"))
            return _xml(markup.element("Message", told), 201)
        batch = markup.read_list(body, "Messages", "Message")
        if not 0 < len(batch) <= LARGEST_BATCH:
            raise Refusal(400, "InvalidArgument", f"A batch has 1 to {LARGEST_BATCH} messages.")
        return _xml(
            markup.listed("Messages", "Message", [self._queues.send(name, one) for one in batch]),
            201,
        )

    async def _received(self, name: str, query: dict[str, str]) -> web.Response:
        most = number(query, "numOfMessages", 1, LARGEST_BATCH, least=1)
        if query.get("peekonly") == "true":
            told = [described(one, received=False) for one in self._queues.peek(name, most)]
        else:
            asked = "waitseconds" in query
            wait_s = number(query, "waitseconds", 0, LONGEST_WAIT_S) if asked else None
            told = [described(one) for one in await self._queues.receive(name, most, wait_s)]
        if "numOfMessages" in query:
            return _xml(markup.listed("Messages", "Message", told))
        return _xml(markup.element("Message", told[0]))

    def _removed(self, name: str, query: dict[str, str], body: bytes) -> web.Response:
        if not body:
            self._queues.remove(name, query.get("ReceiptHandle", ""))
            return web.Response(status=204)
        batch = [one[""] for one in markup.read_list(body, "ReceiptHandles", "ReceiptHandle")]
        if not 0 < len(batch) <= LARGEST_BATCH:
            raise Refusal(400, "InvalidArgument", f"A batch has 1 to {LARGEST_BATCH} receipts.")
        failures = checked(self._queues.remove, name, batch)
        if failures:
            return _xml(markup.listed("Errors", "Error", failures), 404)
        return web.Response(status=204)

    def _created(self, request: web.BaseRequest, fresh: bool) -> web.Response:
        location = self.url + request.raw_path
        return web.Response(status=201 if fresh else 204, headers={"Location": location})


def _resource(request: web.BaseRequest) -> tuple[str, tuple[str, ...]]:
    """What the path names: a kind, and the names in it."""
    path = unquote(request.raw_path.partition("?")[0])
    for kind, form in _RESOURCES.items():
        if found := form.fullmatch(path):
            return kind, found.groups()
    return "Unknown", ()


def _query(request: web.BaseRequest) -> dict[str, str]:
    return dict(parse_qsl(request.raw_path.partition("?")[2], keep_blank_values=True))


async def _body(request: web.BaseRequest) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise Refusal(400, "MessageBodyTooLong", "The request is too large.")
    return bytes(body)


def _xml(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="text/xml", charset="utf-8")


def _no_such_operation() -> Refusal:
    return Refusal(400, "InvalidRequestURL", "There is no such operation here.")
