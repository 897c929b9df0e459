"""Answers that neither cloud should give, and a boto3 that is too old."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import botocore
import pytest

from facescreen.clients.credentials import Credentials
from facescreen.clients.oidc_credentials import FederatedCredentials
from facescreen.errors import FacescreenError, InvalidCredentialsError, ServiceUnavailableError
from tests.support.stub_server import StubResponse, stub_server

TOKEN = f"{'h' * 40}.{'c' * 200}.{'s' * 342}"
SIGNED = (
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
def function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAFACESCREEN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def refusal(
    monkeypatch: pytest.MonkeyPatch, aws: StubResponse, alibaba: StubResponse
) -> FacescreenError:
    with stub_server(aws=aws, alibaba=alibaba) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"{server.url}/aws")
        source = FederatedCredentials("role", "provider", "audience", f"{server.url}/alibaba/")
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
def test_what_is_no_answer_of_alibaba_cloud(
    status: int, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = refusal(monkeypatch, (200, SIGNED), (status, body))
    assert type(found) is ServiceUnavailableError
    assert f"HTTP {status}" in str(found)
    assert "s3cret" not in str(found)


def test_the_token_stands_in_no_request_line(monkeypatch: pytest.MonkeyPatch) -> None:
    given = json.dumps({"Credentials": KEY}).encode()
    with stub_server(aws=(200, SIGNED), alibaba=(200, given)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"{server.url}/aws")
        source = FederatedCredentials("role", "provider", "audience", f"{server.url}/alibaba/")
        assert source.get() == Credentials("STS.1", "s3cret", "CAIS")
    assert [line.partition("?")[0] for line in server.requests] == [
        "POST /aws HTTP/1.1",
        "POST /alibaba/",
    ]
    assert TOKEN not in "".join(server.requests)


def test_a_refusal_that_repeats_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, Any] = {"Code": f"Invalid {TOKEN}", "Message": f"no {TOKEN}", "RequestId": 7}
    found = refusal(monkeypatch, (200, SIGNED), (400, json.dumps(said).encode()))
    assert type(found) is InvalidCredentialsError
    for part in TOKEN.split(".")[1:]:
        assert part not in str(found)


def test_what_is_no_answer_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    found = refusal(monkeypatch, (200, b"<R><Result/></R>"), (200, b""))
    assert type(found) is ServiceUnavailableError


def test_a_boto3_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = Path(botocore.__file__).parent / "data" / "sts" / "2011-06-15"
    older = shutil.copytree(known, tmp_path / "sts" / "2011-06-16")
    model = json.loads(gzip.decompress((older / "service-2.json.gz").read_bytes()))
    del model["operations"]["GetWebIdentityToken"]
    (older / "service-2.json").write_text(json.dumps(model))
    (older / "service-2.json.gz").unlink()
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    found = refusal(monkeypatch, (200, SIGNED), (200, b""))
    assert type(found) is InvalidCredentialsError
    assert "does not know GetWebIdentityToken" in str(found)
