"""FC 2.0's InvokeFunction, with its SDK and with requests that must be refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import fc2
import httpx
import pytest

from facescreen_local.auth.account import AccessKey
from facescreen_local.background_loop import BackgroundLoop
from tests.integration.fc.running import RunningFc, run_fc_in_background

HANDLERS = """
    def handler(event, context):
        if event == b"fail":
            raise ValueError("told to")
        print(event)
        return event[::-1]
"""
PATH = "/2016-08-15/services/any/functions/screen/invocations"


@pytest.fixture(name="fc_and_loop")
def fixture_fc_and_loop(tmp_path: Path) -> Iterator[tuple[RunningFc, BackgroundLoop]]:
    with run_fc_in_background(tmp_path, HANDLERS) as fc_and_loop:
        yield fc_and_loop


def make_client(fc: RunningFc, key: AccessKey | None = None) -> Any:
    key = key or fc.local_account.key
    return fc2.Client(
        endpoint=fc.service.url,
        accessKeyID=key.access_key_id,
        accessKeySecret=key.access_key_secret,
        securityToken=key.security_token,
    )


@pytest.mark.parametrize(("service", "qualifier"), [("any", None), ("other", "LATEST")])
def test_the_sdk_invokes_under_any_service_name(
    fc_and_loop: tuple[RunningFc, BackgroundLoop], service: str, qualifier: str | None
) -> None:
    fc, _ = fc_and_loop
    response = make_client(fc).invoke_function(service, "screen", b"abc\x00", qualifier=qualifier)
    assert response.data == b"\x00cba"
    [invocation] = fc.functions.invocations
    assert response.headers["x-fc-request-id"] == invocation.request_id


def test_the_sdk_invokes_with_a_functions_temporary_key(
    fc_and_loop: tuple[RunningFc, BackgroundLoop],
) -> None:
    fc, _ = fc_and_loop
    sdk = make_client(fc, fc.local_account.issue_temporary_key())
    assert sdk.invoke_function("any", "screen", b"abc").data == b"cba"


def test_the_sdk_invokes_asynchronously(fc_and_loop: tuple[RunningFc, BackgroundLoop]) -> None:
    fc, loop = fc_and_loop
    headers = {"x-fc-invocation-type": "Async"}
    assert make_client(fc).invoke_function("any", "screen", b"abc", headers=headers).data == b""
    loop.run(fc.functions.wait_until_idle())
    assert fc.log == ["b'abc'"]


def test_the_sdk_sees_a_functions_error(fc_and_loop: tuple[RunningFc, BackgroundLoop]) -> None:
    fc, _ = fc_and_loop
    with pytest.raises(fc2.FcError) as caught:
        make_client(fc).invoke_function("any", "screen", b"fail")
    assert caught.value.status_code == 200
    assert json.loads(caught.value.message)["errorMessage"] == "told to"


@pytest.mark.parametrize(
    ("function", "qualifier", "invocation_type", "expected"),
    [
        ("absent", None, "Sync", (404, "FunctionNotFound")),
        ("screen", "v1", "Sync", (400, "InvalidArgument")),
        ("screen", None, "Later", (400, "InvalidArgument")),
        ("a/b", None, "Sync", (400, "PathNotSupported")),
    ],
)
def test_the_sdk_reads_our_errors(
    fc_and_loop: tuple[RunningFc, BackgroundLoop],
    function: str,
    qualifier: str | None,
    invocation_type: str,
    expected: tuple[int, str],
) -> None:
    fc, _ = fc_and_loop
    with pytest.raises(fc2.FcError) as caught:
        make_client(fc).invoke_function(
            "any",
            function,
            b"",
            headers={"x-fc-invocation-type": invocation_type},
            qualifier=qualifier,
        )
    assert (caught.value.status_code, caught.value.err_code) == expected
    assert caught.value.request_id != "unknown"


def test_the_sdk_reads_scripted_faults(fc_and_loop: tuple[RunningFc, BackgroundLoop]) -> None:
    fc, _ = fc_and_loop
    fc.service.behaviour = fc.service.behaviour.parse(
        {"faults": [{"operation": "InvokeFunction", "code": "Busy", "status": 429}]}
    )
    with pytest.raises(fc2.FcError) as caught:
        make_client(fc).invoke_function("any", "screen", b"abc")
    assert (caught.value.status_code, caught.value.err_code) == (429, "Busy")


def sign_headers(key: AccessKey, path: str = PATH, **overrides: str) -> dict[str, str]:
    """Sign as the documentation of FC 2.0 describes, independently of the code under test."""
    headers = {
        "content-type": "application/json",
        "date": datetime.now(timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "x-fc-trace-id": "t",
        **{name.replace("_", "-"): value for name, value in overrides.items()},
    }
    own = "".join(f"{n}:{headers[n]}\n" for n in sorted(headers) if n.startswith("x-fc-"))
    to_sign = f"POST\n\n{headers['content-type']}\n{headers['date']}\n{own}{path}".encode()
    digest = hmac.new(key.access_key_secret.encode(), to_sign, hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    return {**headers, "authorization": f"FC {key.access_key_id}:{signature}"}


def test_requests_with_an_invalid_signature_are_refused(
    fc_and_loop: tuple[RunningFc, BackgroundLoop],
) -> None:
    fc, _ = fc_and_loop
    key = fc.local_account.key
    good = sign_headers(key)
    old = datetime.now(timezone.utc) - timedelta(minutes=16)
    not_matching = (403, "SignatureNotMatch")
    with httpx.Client(base_url=fc.service.url) as http:

        def refusal(headers: Any, path: str = PATH) -> Any:
            response = http.post(path, content=b"abc", headers=headers)
            body = response.json()
            assert set(body) == {"ErrorCode", "ErrorMessage"}
            return response.status_code, body["ErrorCode"]

        assert http.post(PATH, content=b"abc", headers=good).content == b"cba"
        assert refusal({**good, "content-type": "text/plain"}) == not_matching
        assert refusal({**good, "x-fc-trace-id": "u"}) == not_matching
        assert refusal({**good, "x-fc-unsigned": b"\xff"}) == not_matching
        assert refusal(good, PATH.replace("any", "other")) == not_matching
        assert refusal({}) == (400, "MissingRequiredHeader")
        assert refusal({**good, "authorization": "FC a:b"}) == (400, "InvalidArgument")
        unknown = good["authorization"].replace(key.access_key_id, "LTAIunknown")
        assert refusal({**good, "authorization": unknown}) == (403, "InvalidAccessKeyID")
        token = sign_headers(key, x_fc_security_token="CAISx")
        assert refusal(token) == (403, "InvalidSecurityToken")
        late = old.strftime("%a, %d %b %Y %H:%M:%S GMT")
        assert refusal(sign_headers(key, date=late)) == (403, "RequestExpired")
        assert refusal(sign_headers(key, date="now")) == (400, "InvalidArgument")
        assert fc.statuses == ["ok"]
