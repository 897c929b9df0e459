"""Responses that neither cloud should send, and a boto3 that is too old."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import botocore
import pytest

from facescreen.clients.credentials import Credentials
from facescreen.clients.oidc_credentials import OidcCredentials
from facescreen.errors import FacescreenError, InvalidCredentialsError, ServiceUnavailableError
from tests.support.stub_server import StubResponse, stub_server

TOKEN = f"{'h' * 40}.{'c' * 200}.{'s' * 342}"
AWS_TOKEN_RESPONSE = (
    f"<R><GetWebIdentityTokenResult><WebIdentityToken>{TOKEN}</WebIdentityToken>"
    "</GetWebIdentityTokenResult></R>"
).encode()
KEY = {
    "AccessKeyId": "STS.1",
    "AccessKeySecret": "s3cret",
    "SecurityToken": "CAIS",
    "Expiration": "2026-11-23T05:00:00Z",
}


@pytest.fixture(autouse=True)
def function_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAFACESCREEN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def get_error(
    monkeypatch: pytest.MonkeyPatch, aws: StubResponse, alibaba: StubResponse
) -> FacescreenError:
    with stub_server(aws=aws, alibaba=alibaba) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"{server.url}/aws")
        source = OidcCredentials("role", "provider", "audience", f"{server.url}/alibaba/")
        with pytest.raises(FacescreenError) as raised:
            source.get()
    return raised.value


def without(name: str) -> bytes:
    return json.dumps({"Credentials": {n: v for n, v in KEY.items() if n != name}}).encode()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>s3cret</html>"),
        (200, b"[" * 5000),
        (200, b"[]"),
        (200, b'{"Credentials": null}'),
        *((200, without(name)) for name in KEY),
        (200, json.dumps({"Credentials": {**KEY, "Expiration": "s3cret"}}).encode()),
        (200, json.dumps({"Credentials": {**KEY, "Expiration": 1}}).encode()),
        (302, b""),
        (403, b"<html>a proxy's</html>"),
        (502, b'["s3cret"]'),
    ],
)
def test_a_response_that_alibaba_cloud_never_sends(
    status: int, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = get_error(monkeypatch, (200, AWS_TOKEN_RESPONSE), (status, body))
    assert type(error) is ServiceUnavailableError
    assert f"HTTP {status}" in str(error)
    assert "s3cret" not in str(error)


def test_no_request_line_holds_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"Credentials": KEY}).encode()
    with stub_server(aws=(200, AWS_TOKEN_RESPONSE), alibaba=(200, body)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"{server.url}/aws")
        source = OidcCredentials("role", "provider", "audience", f"{server.url}/alibaba/")
        assert source.get() == Credentials("STS.1", "s3cret", "CAIS")
    assert [line.partition("?")[0] for line in server.requests] == [
        "POST /aws HTTP/1.1",
        "POST /alibaba/",
    ]
    assert TOKEN not in "".join(server.requests)


def test_an_error_response_with_the_token_is_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    body: dict[str, Any] = {"Code": f"Invalid {TOKEN}", "Message": f"no {TOKEN}", "RequestId": 7}
    error = get_error(monkeypatch, (200, AWS_TOKEN_RESPONSE), (400, json.dumps(body).encode()))
    assert type(error) is InvalidCredentialsError
    for part in TOKEN.split(".")[1:]:
        assert part not in str(error)


def test_a_response_that_aws_never_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    error = get_error(monkeypatch, (200, b"<R><Result/></R>"), (200, b""))
    assert type(error) is ServiceUnavailableError


def test_a_boto3_that_is_too_old_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model_folder = Path(botocore.__file__).parent / "data" / "sts" / "2011-06-15"
    newer_model = shutil.copytree(model_folder, tmp_path / "sts" / "2011-06-16")
    model = json.loads(gzip.decompress((newer_model / "service-2.json.gz").read_bytes()))
    del model["operations"]["GetWebIdentityToken"]
    (newer_model / "service-2.json").write_text(json.dumps(model))
    (newer_model / "service-2.json.gz").unlink()
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    error = get_error(monkeypatch, (200, AWS_TOKEN_RESPONSE), (200, b""))
    assert type(error) is InvalidCredentialsError
    assert "does not support GetWebIdentityToken" in str(error)
