"""InvokeFunction over HTTP: the vendor's SDK, unmodified, and requests that must be refused."""

from __future__ import annotations

import io
import json
import secrets
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions

from facescreen.clients import acs3
from facescreen_local.auth.account import AccessKey
from tests.integration.fc.running import Running, in_background

# The SDK's own, from Python 3.12 on.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

ECHO = """
    def handler(event, context):
        if event == b"fail":
            raise ValueError("told to")
        print(event)
        return event[::-1]
"""
PATH = "/2023-03-30/functions/screen/invocations"


def client(running: Running, key: AccessKey | None = None) -> Client:
    key = key or running.identity.key
    return Client(
        Config(
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            security_token=key.security_token or None,
            endpoint=running.service.url.removeprefix("http://"),
            protocol="HTTP",
        )
    )


def invoke(sdk: Client, body: bytes, name: str = "screen", kind: str | None = None) -> Any:
    return sdk.invoke_function_with_options(
        name,
        models.InvokeFunctionRequest(body=io.BytesIO(body)),
        models.InvokeFunctionHeaders(x_fc_invocation_type=kind),
        RuntimeOptions(),
    )


def test_the_sdk_invokes_and_gets_the_result(tmp_path: Path) -> None:
    with in_background(tmp_path, ECHO) as (started, _):
        answer = invoke(client(started), b"abc\x00")
        assert (answer.status_code, answer.body.read()) == (200, b"\x00cba")
        [invocation] = started.functions.invocations
        assert invocation.trigger == "api"
        assert answer.headers["x-fc-request-id"] == invocation.request_id


def test_the_sdk_invokes_with_a_functions_own_token(tmp_path: Path) -> None:
    with in_background(tmp_path, ECHO) as (started, _):
        token = started.identity.issue_temporary_key()
        assert invoke(client(started, token), b"abc").body.read() == b"cba"


def test_the_sdk_sees_a_functions_error(tmp_path: Path) -> None:
    with in_background(tmp_path, ECHO) as (started, _):
        answer = invoke(client(started), b"fail")
        assert answer.status_code == 200
        assert answer.headers["x-fc-error-type"] == "UnhandledInvocationError"
        assert json.loads(answer.body.read())["errorMessage"] == "told to"
        # A synchronous call is its caller's to retry.
        assert started.statuses == ["error"]


def test_the_sdk_invokes_asynchronously(tmp_path: Path) -> None:
    with in_background(tmp_path, ECHO) as (started, loop):
        answer = invoke(client(started), b"abc", kind="Async")
        assert (answer.status_code, answer.body.read()) == (202, b"")
        assert invoke(client(started), b"fail", kind="Async").status_code == 202
        loop.run(started.functions.wait_until_idle())
        assert started.log == ["b'abc'"]
        assert sorted(started.statuses) == ["error", "error", "ok"]
        assert [dead["requestPayload"] for dead in started.dead.records] == ["fail"]


@pytest.mark.parametrize(
    ("name", "body", "kind", "told"),
    [
        ("absent", b"", None, (404, "FunctionNotFound")),
        ("a/b%2F c", b"", None, (404, "FunctionNotFound")),
        ("screen", b"", "Later", (400, "InvalidArgument")),
        ("screen", bytes(128 * 1024 + 1), "Async", (400, "EntityTooLarge")),
    ],
)
def test_the_sdk_reads_our_errors(
    tmp_path: Path, name: str, body: bytes, kind: str | None, told: tuple[int, str]
) -> None:
    with in_background(tmp_path, ECHO) as (started, _), pytest.raises(ClientException) as caught:
        invoke(client(started), body, name, kind)
    assert (caught.value.status_code, caught.value.code) == told
    assert caught.value.request_id


def test_the_sdk_is_throttled_when_every_instance_is_busy(tmp_path: Path) -> None:
    handlers = "import time\ndef handler(event, context): time.sleep(30)"
    limit = {"reservedConcurrency": 1}
    with in_background(tmp_path, handlers, concurrencyConfig=limit) as (started, _):
        invoke(client(started), b"", kind="Async")
        with pytest.raises(ClientException) as caught:
            invoke(client(started), b"")
    assert (caught.value.status_code, caught.value.code) == (429, "ResourceExhausted")


def signed(
    key: AccessKey, url: str, body: bytes, query: str = "", **changed: str
) -> dict[str, str]:
    headers = {
        "host": url.removeprefix("http://"),
        "x-acs-content-sha256": acs3.payload_hash(body),
        "x-acs-date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": secrets.token_hex(8),
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    canonical = acs3.canonical_request(
        "POST", PATH, query, headers, headers["x-acs-content-sha256"]
    )
    claimed = acs3.signature(key.access_key_secret, canonical)
    headers["authorization"] = acs3.authorization(key.access_key_id, list(headers), claimed)
    return headers


def test_requests_that_are_not_rightly_signed_are_refused(tmp_path: Path) -> None:
    with (
        in_background(tmp_path, ECHO) as (started, _),
        httpx.Client(base_url=started.service.url) as http,
    ):
        key, url = started.identity.key, started.service.url

        def refusal(headers: Any, path: str = PATH, method: str = "POST") -> Any:
            answer = http.request(method, path, content=b"abc", headers=headers)
            told = answer.json()
            assert set(told) == {"RequestId", "Code", "Message"}
            assert key.access_key_secret not in answer.text
            return answer.status_code, told["Code"]

        good = signed(key, url, b"abc")
        assert http.post(PATH, content=b"abc", headers=good).content == b"cba"
        assert refusal(good) == (400, "SignatureNonceUsed")
        not_matching = (403, "SignatureNotMatch")
        assert refusal(signed(key, url, b"other")) == not_matching
        assert refusal({**good, "x-acs-signature-nonce": "m"}) == not_matching
        assert refusal({**good, "x-acs-unsigned": "1"}) == not_matching
        assert refusal(good, PATH + "?qualifier=LATEST") == not_matching
        assert refusal({**good, "x-acs-signature-nonce": b"\xff"}) == not_matching
        assert refusal({}) == (400, "MissingRequiredHeader")
        assert refusal({**good, "authorization": "FC a:b"}) == (400, "InvalidArgument")
        unknown = good["authorization"].replace(key.access_key_id, "LTAIunknown")
        assert refusal({**good, "authorization": unknown}) == (403, "InvalidAccessKeyID")
        token = signed(key, url, b"abc", x_acs_security_token="CAISx")
        assert refusal(token) == (403, "InvalidSecurityToken")
        old = (datetime.now(timezone.utc) - timedelta(minutes=16)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert refusal(signed(key, url, b"abc", x_acs_date=old)) == (403, "RequestExpired")
        assert refusal(signed(key, url, b"abc", x_acs_date="now")) == (400, "InvalidArgument")
        assert refusal(good, "/2023-03-30/functions") == (400, "PathNotSupported")
        assert refusal(good, method="PUT") == (400, "PathNotSupported")
        elsewhere = signed(key, url, b"abc", "qualifier=v1")
        assert refusal(elsewhere, PATH + "?qualifier=v1") == (400, "InvalidArgument")
        assert started.statuses == ["ok"]
