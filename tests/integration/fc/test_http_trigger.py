"""HTTP triggers end to end: with a real function, and requests that do not reach it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
from alibabacloud_tea_openapi.utils import Utils
from darabonba.request import DaraRequest

from facescreen_local.auth.account import AccessKey
from facescreen_local.fc.http_trigger.service import HttpTriggerService
from tests.integration.fc.running import RunningFc, run_fc

ECHO = "def handler(event, context): return event"
ANSWER = """
    def handler(event, context):
        print("called")
        return {"statusCode": 201, "headers": {"X-Own": "1", "Date": "never"}, "body": "made"}
"""


@asynccontextmanager
async def http_trigger(
    folder: Path, handlers: str, auth_type: str = "anonymous", **props: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, RunningFc, HttpTriggerService]]:
    trigger = {
        "triggerName": "http",
        "triggerType": "http",
        "triggerConfig": {"authType": auth_type, "methods": ["GET", "HEAD", "POST"]},
    }
    async with run_fc(folder, handlers, triggers=[trigger], **props) as fc:
        service = HttpTriggerService(fc.local_account, fc.functions)
        await service.start()
        try:
            async with httpx.AsyncClient(base_url=service.url, timeout=20) as http:
                yield http, fc, service
        finally:
            await service.stop()


async def test_the_function_gets_the_request_as_documented(tmp_path: Path) -> None:
    async with http_trigger(tmp_path, ECHO) as (http, fc, _):
        response = await http.post(
            "/v1/gr%C3%BC%C3%9Fe%2F?p=v1&p=v2&q=%2B&empty",
            content=b"Hello FC!",
            headers=[("X-Mixed-Case", "a"), ("X-Mixed-Case", "b"), ("User-Agent", "test")],
        )
        event = response.json()
        [invocation] = fc.functions.invocations
        assert (invocation.trigger, invocation.request_id) == (
            "http",
            response.headers["x-fc-request-id"],
        )
        context = event.pop("requestContext")
        headers = event.pop("headers")
        assert event == {
            "version": "v1",
            "rawPath": "/v1/gr%C3%BC%C3%9Fe%2F",
            "body": "Hello FC!",
            "isBase64Encoded": False,
            "queryParameters": {"p": "v1,v2", "q": "+", "empty": ""},
        }
        assert (headers["X-Mixed-Case"], headers["Content-Length"]) == ("a,b", "9")
        epoch = int(context.pop("timeEpoch")) / 1000
        assert abs(time.time() - epoch) < 10
        formatted = datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert context.pop("time") == formatted
        host = http.base_url.netloc.decode()
        assert context == {
            "accountId": fc.local_account.account_id,
            "domainName": host,
            "domainPrefix": "127",
            "requestId": invocation.request_id,
            "http": {
                "method": "POST",
                "path": "/v1/grüße/",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "test",
            },
        }


@pytest.mark.parametrize(
    ("content_type", "body", "expected", "encoded"),
    [
        ("image/jpeg", b"\xff\xd8", "/9g=", True),
        ("image/jpeg", b"ASCII", "QVNDSUk=", True),
        ("application/json; charset=utf-8", b'{"a": 1}', '{"a": 1}', False),
        ("application/problem+json", b"{}", "{}", False),
        ("text/plain", b"\xff", "/w==", True),
        ("text/plain", "grü".encode(), "grü", False),
    ],
)
async def test_a_binary_body_is_base64(
    tmp_path: Path, content_type: str, body: bytes, expected: str, encoded: bool
) -> None:
    async with http_trigger(tmp_path, ECHO) as (http, _, _):
        headers = {"content-type": content_type, "content-encoding": "gzip"}
        event = (await http.post("/", content=body, headers=headers)).json()
        assert (event["body"], event["isBase64Encoded"]) == (expected, encoded)


async def test_the_caller_gets_the_functions_response(tmp_path: Path) -> None:
    async with http_trigger(tmp_path, ANSWER) as (http, _, _):
        response = await http.get("/")
        assert (response.status_code, response.text, response.headers["x-own"]) == (
            201,
            "made",
            "1",
        )
        assert response.headers["date"] != "never"
        response = await http.head("/")
        assert (response.status_code, response.content, response.headers["content-length"]) == (
            201,
            b"",
            "4",
        )


async def test_a_functions_error_is_a_502(tmp_path: Path) -> None:
    handlers = "def handler(event, context): raise KeyError('oops')"
    async with http_trigger(tmp_path, handlers) as (http, fc, _):
        response = await http.get("/")
        assert (response.status_code, response.json()["errorType"]) == (502, "KeyError")
        assert response.headers["x-fc-error-type"] == "UnhandledInvocationError"
        # The platform does not retry a synchronous call.
        assert fc.statuses == ["error"]


async def test_a_malformed_response_is_a_502_with_the_reason(tmp_path: Path) -> None:
    handlers = "def handler(event, context): return {'statusCode': '200'}"
    async with http_trigger(tmp_path, handlers) as (http, _, _):
        response = await http.get("/")
        assert response.status_code == 502
        assert response.json() == {
            "RequestId": response.headers["x-fc-request-id"],
            "Code": "BadResponse",
            "Message": "the function's response: statusCode must be a number from 200 to 599",
        }


async def test_requests_beyond_the_limits_are_refused(tmp_path: Path) -> None:
    async with http_trigger(tmp_path, ANSWER) as (http, fc, _):

        async def refusal(method: str = "POST", path: str = "/", **sent: Any) -> Any:
            response = await http.request(method, path, **sent)
            return response.status_code, response.json()["Code"]

        assert await refusal("DELETE") == (405, "MethodNotAllowed")
        assert await refusal(path="/" + "a" * 4096) == (400, "InvalidArgument")
        large = {"x-a": "a" * 5000, "x-b": "b" * 5000}
        assert await refusal(headers=large) == (400, "InvalidArgument")
        assert fc.statuses == []


async def test_a_body_that_is_too_large_is_refused_without_reading_it(tmp_path: Path) -> None:
    async with http_trigger(tmp_path, ANSWER) as (http, fc, _):
        for framing in ("Content-Length: 33554433", "Transfer-Encoding: chunked"):
            reader, writer = await open_connection(http)
            writer.write(f"POST / HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n".encode())
            if "chunked" in framing:
                writer.write(b"2000001\r\n" + bytes(0x2000001))
            assert b" 413 " in await asyncio.wait_for(reader.readline(), 5)
            writer.close()
        assert fc.statuses == []


async def test_a_slow_body_blocks_neither_an_instance_nor_the_service(tmp_path: Path) -> None:
    limit = {"reservedConcurrency": 1}
    async with http_trigger(tmp_path, ANSWER, concurrencyConfig=limit) as (http, _, service):
        _, writer = await open_connection(http)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab")
        await writer.drain()
        assert (await http.get("/")).status_code == 201
        started_at = time.monotonic()
        await service.stop()
        assert time.monotonic() - started_at < 5
        writer.close()


async def test_a_request_with_expect_100_continue_is_accepted(tmp_path: Path) -> None:
    async with http_trigger(tmp_path, ANSWER) as (http, _, _):
        reader, writer = await open_connection(http)
        head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        writer.write(head.encode())
        assert b" 100 " in await asyncio.wait_for(reader.readline(), 5)
        await reader.readline()
        writer.write(b"ab")
        assert b" 201 " in await asyncio.wait_for(reader.readline(), 5)
        writer.close()


async def test_a_busy_function_is_a_429(tmp_path: Path) -> None:
    handlers = "import time\ndef handler(event, context): print('in'); time.sleep(1)"
    limit = {"reservedConcurrency": 1}
    async with http_trigger(tmp_path, handlers, concurrencyConfig=limit) as (http, _, _):
        answers = await asyncio.gather(http.get("/"), http.get("/"))
        assert sorted(response.status_code for response in answers) == [200, 429]


def sign_headers(
    key: AccessKey, method: str, path: str, query: dict[str, str], **overrides: str
) -> dict[str, str]:
    """Sign as the vendor's page on signed HTTP triggers describes, with the vendor's code."""
    headers = {
        "x-acs-date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-security-token": key.security_token,
        **{name.replace("_", "-"): value for name, value in overrides.items()},
    }
    request = DaraRequest()
    request.method = method
    request.pathname = path.replace("$", "%24")
    request.headers = headers
    request.query = query
    headers["authorization"] = Utils.get_authorization(
        request, "ACS3-HMAC-SHA256", "", key.access_key_id, key.access_key_secret
    )
    return headers


async def test_the_vendors_signature_is_accepted(tmp_path: Path) -> None:
    async with http_trigger(tmp_path, ANSWER, "function") as (http, fc, _):
        for key in (fc.local_account.key, fc.local_account.issue_temporary_key()):
            headers = sign_headers(key, "POST", "/a/$b", {"foo": "b r"})
            response = await http.post("/a/$b?foo=b%20r", content=b"any", headers=headers)
            assert response.status_code == 201
        # The format of JavaScript and Java.
        date = datetime.now(timezone.utc).isoformat()[:23] + "Z"
        headers = sign_headers(fc.local_account.key, "GET", "/", {}, x_acs_date=date)
        assert (await http.get("/", headers=headers)).status_code == 201


async def test_requests_with_an_invalid_signature_are_refused(tmp_path: Path) -> None:
    async with http_trigger(tmp_path, ANSWER, "function") as (http, fc, _):
        key = fc.local_account.key
        good = sign_headers(key, "GET", "/a", {"b": "c"})
        old = datetime.now(timezone.utc) - timedelta(minutes=16)

        async def refusal(headers: Any, path: str = "/a?b=c", method: str = "GET") -> Any:
            response = await http.request(method, path, headers=headers)
            assert key.access_key_secret not in response.text
            return response.status_code, response.json()["Code"]

        not_matching = (403, "SignatureNotMatch")
        assert await refusal({}) == (400, "MissingRequiredHeader")
        assert await refusal({"x-acs-date": good["x-acs-date"]}) == (400, "InvalidArgument")
        assert await refusal(good, "/a?b=d") == not_matching
        assert await refusal(good, "/b?b=c") == not_matching
        assert await refusal(good, method="POST") == not_matching
        assert await refusal({**good, "x-acs-unsigned": "1"}) == not_matching
        late = sign_headers(
            key, "GET", "/a", {"b": "c"}, x_acs_date=old.strftime("%Y-%m-%dT%H:%M:%SZ")
        )
        assert await refusal(late) == (403, "RequestExpired")
        token = sign_headers(key, "GET", "/a", {"b": "c"}, x_acs_security_token="CAISx")
        assert await refusal(token) == (403, "InvalidSecurityToken")
        assert fc.statuses == []
        assert (await http.get("/a?b=c", headers=good)).status_code == 201


async def test_a_signed_hash_of_the_body_is_checked(tmp_path: Path) -> None:
    async with http_trigger(tmp_path, ANSWER, "function") as (http, fc, _):
        request = DaraRequest()
        request.method, request.pathname, request.query = "POST", "/", {}
        hashed = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        date = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        request.headers = {"x-acs-date": date, "x-acs-content-sha256": hashed}
        key = fc.local_account.key
        request.headers["authorization"] = Utils.get_authorization(
            request, "ACS3-HMAC-SHA256", hashed, key.access_key_id, key.access_key_secret
        )
        answers = [await http.post("/", content=c, headers=request.headers) for c in ("abc", "x")]
        assert [response.status_code for response in answers] == [201, 403]


async def open_connection(
    http: httpx.AsyncClient,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(http.base_url.host, http.base_url.port)
