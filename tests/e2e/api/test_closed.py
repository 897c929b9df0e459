"""Access: signed requests by default, bearer tokens by a setting, other origins if listed."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import httpx
import pytest

from facescreen_local.auth.account import AccessKey
from tests.integration.fc.test_http_trigger import sign_headers
from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.unit.http.test_auth import key_set, token

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
TOKENS = {
    "HTTP_AUTH": "anonymous",
    "JWT_JWKS": key_set(),
    "JWT_ISSUER": "https://login.example",
    "JWT_AUDIENCE": "facescreen",
}


def get(cloud_client: LocalCloudClient, path: str, **headers: str) -> httpx.Response:
    return httpx.get(cloud_client.env["HTTP_TRIGGER_URL"] + path, headers=headers, timeout=60)


def test_requests_must_be_signed_by_default(tmp_path: Path) -> None:
    with run_local_cloud(tmp_path, HTTP_AUTH="function") as (cloud, cloud_client):
        assert get(cloud_client, "/v1/health").status_code in (400, 403)
        key = cloud.account.issue_temporary_key()
        headers = sign_headers(key, "GET", "/v1/counts", {"hours": "1"})
        assert get(cloud_client, "/v1/counts?hours=1", **headers).status_code == 200
        wrong_key = AccessKey(key.access_key_id, "wrong", key.security_token)
        headers = sign_headers(wrong_key, "GET", "/v1/health", {})
        assert get(cloud_client, "/v1/health", **headers).status_code == 403


def test_bearer_tokens_are_accepted_if_configured(tmp_path: Path) -> None:
    with run_local_cloud(tmp_path, **TOKENS) as (_, cloud_client):
        response = get(cloud_client, "/v1/objects")
        assert (response.status_code, response.json()["code"]) == (401, "Unauthorized")
        assert response.headers["WWW-Authenticate"] == "Bearer"
        good = {"Authorization": f"Bearer {token()}"}
        assert get(cloud_client, "/v1/objects", **good).status_code == 200
        for path in ("/", "/v1/health", "/openapi.json"):
            assert get(cloud_client, path).status_code == 200
        check_callers_have_their_own_idempotency_keys(cloud_client)
        not_utf8 = httpx.Headers([(b"Authorization", b"Bearer \x80.a.b")])
        response = httpx.get(cloud_client.env["HTTP_TRIGGER_URL"] + "/v1/objects", headers=not_utf8)
        assert (response.status_code, response.json()["code"]) == (401, "Unauthorized")


def check_callers_have_their_own_idempotency_keys(cloud_client: LocalCloudClient) -> None:
    """Two callers send the same key, one of them with two tokens."""

    def screen(data: bytes, **claims: str) -> bool:
        headers = {"Idempotency-Key": "case-1", "Authorization": f"Bearer {token(**claims)}"}
        url = cloud_client.env["HTTP_TRIGGER_URL"] + "/v1/screenings"
        body = {"base64": base64.b64encode(data).decode()}
        response = httpx.post(url, json=body, headers=headers, timeout=60)
        # It is not a picture, which costs nothing, or the key is refused.
        assert response.status_code == 422
        return bool(response.json()["code"] == "IdempotencyKeyReused")

    assert not screen(b"1", sub="alice")
    assert not screen(b"2", sub="bob")
    assert screen(b"2", sub="alice", jti="another token")


def test_only_listed_origins_are_allowed(tmp_path: Path) -> None:
    origin: dict[str, Any] = {"Origin": "https://kyc.example"}
    with run_local_cloud(tmp_path, CORS_ORIGINS="https://kyc.example") as (_, cloud_client):
        allowed = get(cloud_client, "/v1/health", **origin)
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://kyc.example"
        other = get(cloud_client, "/v1/health", Origin="https://evil.example")
        assert "Access-Control-Allow-Origin" not in other.headers


def test_no_other_origin_is_allowed_by_default(
    api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    response = api.get("/v1/health", headers={"Origin": "https://kyc.example"})
    assert "Access-Control-Allow-Origin" not in response.headers
