"""InvokeFunction over HTTP, with the vendor's SDK and with requests that must be refused."""

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
from darabonba.runtime import RuntimeOptions

from facescreen.clients import acs3
from facescreen_local.auth.account import AccessKey
from tests.integration.fc.client import make_client
from tests.integration.fc.running import run_fc_in_background

# The SDK calls datetime.utcnow, which Python deprecates since 3.12.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

ECHO = """
    def handler(event, context):
        if event == b"fail":
            raise ValueError("told to")
        print(event)
        return event[::-1]
"""
PATH = "/2023-03-30/functions/screen/invocations"


def invoke(
    sdk: Client, body: bytes, name: str = "screen", invocation_type: str | None = None
) -> Any:
    return sdk.invoke_function_with_options(
        name,
        models.InvokeFunctionRequest(body=io.BytesIO(body)),
        models.InvokeFunctionHeaders(x_fc_invocation_type=invocation_type),
        RuntimeOptions(),
    )


def test_the_sdk_invokes_and_gets_the_result(tmp_path: Path) -> None:
    with run_fc_in_background(tmp_path, ECHO) as (fc, _):
        response = invoke(make_client(fc), b"abc\x00")
        assert (response.status_code, response.body.read()) == (200, b"\x00cba")
        [invocation] = fc.functions.invocations
        assert invocation.trigger == "api"
        assert response.headers["x-fc-request-id"] == invocation.request_id


def test_the_sdk_invokes_with_a_functions_temporary_key(tmp_path: Path) -> None:
    with run_fc_in_background(tmp_path, ECHO) as (fc, _):
        token = fc.local_account.issue_temporary_key()
        assert invoke(make_client(fc, token), b"abc").body.read() == b"cba"


def test_the_sdk_sees_a_functions_error(tmp_path: Path) -> None:
    with run_fc_in_background(tmp_path, ECHO) as (fc, _):
        response = invoke(make_client(fc), b"fail")
        assert response.status_code == 200
        assert response.headers["x-fc-error-type"] == "UnhandledInvocationError"
        assert json.loads(response.body.read())["errorMessage"] == "told to"
        # The platform does not retry a synchronous call.
        assert fc.statuses == ["error"]


def test_the_sdk_invokes_asynchronously(tmp_path: Path) -> None:
    with run_fc_in_background(tmp_path, ECHO) as (fc, loop):
        response = invoke(make_client(fc), b"abc", invocation_type="Async")
        assert (response.status_code, response.body.read()) == (202, b"")
        assert invoke(make_client(fc), b"fail", invocation_type="Async").status_code == 202
        loop.run(fc.functions.wait_until_idle())
        assert fc.log == ["b'abc'"]
        assert sorted(fc.statuses) == ["error", "error", "ok"]
        assert [record["requestPayload"] for record in fc.dead_letters.records] == ["fail"]


@pytest.mark.parametrize(
    ("name", "body", "invocation_type", "expected"),
    [
        ("absent", b"", None, (404, "FunctionNotFound")),
        ("a/b%2F c", b"", None, (404, "FunctionNotFound")),
        ("screen", b"", "Later", (400, "InvalidArgument")),
        ("screen", bytes(128 * 1024 + 1), "Async", (400, "EntityTooLarge")),
    ],
)
def test_the_sdk_reads_our_errors(
    tmp_path: Path, name: str, body: bytes, invocation_type: str | None, expected: tuple[int, str]
) -> None:
    with run_fc_in_background(tmp_path, ECHO) as (fc, _), pytest.raises(ClientException) as caught:
        invoke(make_client(fc), body, name, invocation_type)
    assert (caught.value.status_code, caught.value.code) == expected
    assert caught.value.request_id


def test_the_sdk_is_throttled_when_every_instance_is_busy(tmp_path: Path) -> None:
    handlers = "import time\ndef handler(event, context): time.sleep(30)"
    limit = {"reservedConcurrency": 1}
    with run_fc_in_background(tmp_path, handlers, concurrencyConfig=limit) as (fc, _):
        invoke(make_client(fc), b"", invocation_type="Async")
        with pytest.raises(ClientException) as caught:
            invoke(make_client(fc), b"")
    assert (caught.value.status_code, caught.value.code) == (429, "ResourceExhausted")


def sign_headers(
    key: AccessKey, url: str, body: bytes, query: str = "", **overrides: str
) -> dict[str, str]:
    headers = {
        "host": url.removeprefix("http://"),
        "x-acs-content-sha256": acs3.hash_payload(body),
        "x-acs-date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": secrets.token_hex(8),
        **{name.replace("_", "-"): value for name, value in overrides.items()},
    }
    canonical = acs3.build_canonical_request(
        "POST", PATH, query, headers, headers["x-acs-content-sha256"]
    )
    signature = acs3.compute_signature(key.access_key_secret, canonical)
    headers["authorization"] = acs3.build_authorization_header(
        key.access_key_id, list(headers), signature
    )
    return headers


def test_requests_with_an_invalid_signature_are_refused(tmp_path: Path) -> None:
    with (
        run_fc_in_background(tmp_path, ECHO) as (fc, _),
        httpx.Client(base_url=fc.service.url) as http,
    ):
        key, url = fc.local_account.key, fc.service.url

        def refusal(headers: Any, path: str = PATH, method: str = "POST") -> Any:
            response = http.request(method, path, content=b"abc", headers=headers)
            body = response.json()
            assert set(body) == {"RequestId", "Code", "Message"}
            assert key.access_key_secret not in response.text
            return response.status_code, body["Code"]

        good = sign_headers(key, url, b"abc")
        assert http.post(PATH, content=b"abc", headers=good).content == b"cba"
        assert refusal(good) == (400, "SignatureNonceUsed")
        not_matching = (403, "SignatureNotMatch")
        assert refusal(sign_headers(key, url, b"other")) == not_matching
        assert refusal({**good, "x-acs-signature-nonce": "m"}) == not_matching
        assert refusal({**good, "x-acs-unsigned": "1"}) == not_matching
        assert refusal(good, PATH + "?qualifier=LATEST") == not_matching
        assert refusal({**good, "x-acs-signature-nonce": b"\xff"}) == not_matching
        assert refusal({}) == (400, "MissingRequiredHeader")
        assert refusal({**good, "authorization": "FC a:b"}) == (400, "InvalidArgument")
        unknown = good["authorization"].replace(key.access_key_id, "LTAIunknown")
        assert refusal({**good, "authorization": unknown}) == (403, "InvalidAccessKeyID")
        token = sign_headers(key, url, b"abc", x_acs_security_token="CAISx")
        assert refusal(token) == (403, "InvalidSecurityToken")
        old = (datetime.now(timezone.utc) - timedelta(minutes=16)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert refusal(sign_headers(key, url, b"abc", x_acs_date=old)) == (403, "RequestExpired")
        assert refusal(sign_headers(key, url, b"abc", x_acs_date="now")) == (400, "InvalidArgument")
        assert refusal(good, "/2023-03-30/functions") == (400, "PathNotSupported")
        assert refusal(good, method="PUT") == (400, "PathNotSupported")
        elsewhere = sign_headers(key, url, b"abc", "qualifier=v1")
        assert refusal(elsewhere, PATH + "?qualifier=v1") == (400, "InvalidArgument")
        assert fc.statuses == ["ok"]
