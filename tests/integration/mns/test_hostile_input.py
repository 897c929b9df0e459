"""Signed requests with hostile content, and paths that MNS does not have."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from facescreen_local.mns.context import MAX_REQUEST_BYTES
from tests.integration.mns.conftest import MnsCloud
from tests.integration.mns.test_authentication import sign_headers, status_and_code

BOMB = b"""<!DOCTYPE Message [<!ENTITY a "0123456789"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Message><MessageBody>&b;</MessageBody></Message>"""
EXTERNAL_ENTITY = b"""<!DOCTYPE Message [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<Message><MessageBody>&a;</MessageBody></Message>"""


@pytest.fixture
def path(queue: Any) -> str:
    return f"/queues/{queue.queue_name}/messages"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (BOMB, "MalformedXML"),
        (EXTERNAL_ENTITY, "MalformedXML"),
        (BOMB.decode().encode("utf-16"), "MalformedXML"),
        (b"", "MalformedXML"),
        (b"<Message>", "MalformedXML"),
        (b"<Message>\xff</Message>", "MalformedXML"),
        (b"<Message><MessageBody>&#0;</MessageBody></Message>", "MalformedXML"),
        (b"<a>" * 100_000, "MalformedXML"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "InvalidArgument"),
        (b"<Queue/>", "InvalidArgument"),
        (b"<Message/>", "InvalidArgument"),
        (b"<Message><MessageBody/></Message>", "InvalidArgument"),
        (b"<Message><MessageBody>m<b>n</b></MessageBody></Message>", "InvalidArgument"),
        (
            b"<Message><MessageBody>m</MessageBody><MessageGroupId>g</MessageGroupId></Message>",
            "InvalidArgument",
        ),
        (b"<Messages><Message/><Other/></Messages>", "InvalidArgument"),
        (
            b"<Message><MessageBody>m</MessageBody><Priority>\xd9\xa1</Priority></Message>",
            "InvalidArgument",
        ),
        (
            b"<Message><MessageBody>m</MessageBody><DelaySeconds>"
            + b"9" * 5000
            + b"</DelaySeconds></Message>",
            "InvalidArgument",
        ),
    ],
)
def test_malformed_bodies_are_refused(
    account: Any, web: httpx.Client, path: str, body: bytes, code: str
) -> None:
    response = web.post(path, content=body, headers=sign_headers(account, "POST", path))
    assert status_and_code(response) == (400, code)
    assert web.get(path, headers=sign_headers(account, path=path)).status_code == 404


def test_a_request_that_is_too_large_is_refused(account: Any, web: httpx.Client, path: str) -> None:
    body = b"x" * (MAX_REQUEST_BYTES + 1)
    response = web.post(path, content=body, headers=sign_headers(account, "POST", path))
    assert status_and_code(response) == (400, "InvalidArgument")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("PATCH", "/queues"),
        ("PUT", "/queues/a/b/c"),
        ("POST", "/queues/a"),
        ("GET", "/topics/a/messages"),
        ("POST", "/topics/a/subscriptions/b/messages"),
        ("GET", "/queues/a//messages"),
        ("PUT", "/queues/a/messages?VisibilityTimeout=1"),
    ],
)
def test_unknown_paths_are_refused(account: Any, web: httpx.Client, method: str, path: str) -> None:
    response = web.request(method, path, headers=sign_headers(account, method, path))
    assert status_and_code(response) == (400, "InvalidRequestURL")


@pytest.mark.parametrize(
    ("request_line", "code"),
    [
        ("DELETE ", "MissingReceiptHandle"),
        ("PUT ?ReceiptHandle=x", "MissingVisibilityTimeout"),
        ("PUT ?ReceiptHandle=x&VisibilityTimeout=43201", "InvalidArgument"),
        ("PUT ?ReceiptHandle=x&VisibilityTimeout=-1", "InvalidArgument"),
        ("GET ?waitseconds=1e1", "InvalidArgument"),
        ("GET ?numOfMessages=%F0%9F%99%82", "InvalidArgument"),
    ],
)
def test_invalid_parameters_are_refused(
    account: Any, web: httpx.Client, path: str, request_line: str, code: str
) -> None:
    method, _, query = request_line.partition(" ")
    response = web.request(
        method, path + query, headers=sign_headers(account, method, path + query)
    )
    assert status_and_code(response) == (400, code)


def test_the_endpoint_of_a_subscription_can_not_be_changed(
    cloud: MnsCloud, account: Any, web: httpx.Client, queue: Any, topic: Any
) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name)
    path = f"/topics/{topic.topic_name}/subscriptions/s?metaoverride=true"
    body = b"<Subscription><Endpoint>http://127.0.0.1/</Endpoint></Subscription>"
    response = web.put(path, content=body, headers=sign_headers(account, "PUT", path))
    assert status_and_code(response) == (400, "InvalidArgument")


def test_errors_have_the_real_format(cloud: MnsCloud, account: Any, web: httpx.Client) -> None:
    response = web.get("/queues/none", headers=sign_headers(account, path="/queues/none"))
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    assert response.headers["x-mns-version"] == "2015-06-06"
    request_id = response.headers["x-mns-request-id"]
    assert response.text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Error xmlns="http://mns.aliyuncs.com/doc/v1/"><Code>QueueNotExist</Code>'
        "<Message>The queue name you provided is not exist.</Message>"
        f"<RequestId>{request_id}</RequestId><HostId>{cloud.service.url}</HostId></Error>"
    )
