"""A request signed without an SDK, so that tests can break it in any way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import httpx

from facescreen.clients import acs3
from facescreen_local.auth.account import AccessKey


@dataclass
class RawRequest:
    """A KeepaliveIntl request, valid until a test changes it."""

    key: AccessKey
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    method: str = "POST"
    unsigned: tuple[str, ...] = ()

    def sign(self, nonce: str = "") -> dict[str, str]:
        now = datetime.now(timezone.utc)
        headers = {
            "host": httpx.URL(self.url).netloc.decode(),
            "x-acs-action": "KeepaliveIntl",
            "x-acs-version": "2022-08-09",
            "x-acs-date": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": nonce or now.isoformat(),
            "x-acs-content-sha256": acs3.hash_payload(self.body),
            **({"x-acs-security-token": token} if (token := self.key.security_token) else {}),
            **self.headers,
        }
        signed_headers = {
            name: value for name, value in headers.items() if name not in self.unsigned
        }
        canonical = acs3.build_canonical_request(
            self.method,
            "/",
            acs3.build_canonical_query(self.query),
            signed_headers,
            acs3.hash_payload(self.body),
        )
        value = acs3.compute_signature(self.key.access_key_secret, canonical)
        return {
            **headers,
            "authorization": acs3.build_authorization_header(
                self.key.access_key_id, signed_headers, value
            ),
        }

    def send(self, **request: Any) -> httpx.Response:
        defaults: dict[str, Any] = {
            "method": self.method,
            "url": self.url,
            "headers": self.sign(),
            "content": self.body,
            "params": self.query,
        }
        return httpx.request(**{**defaults, **request}, trust_env=False)


def assert_refused(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.json()["Code"]) == (status, code)
    assert response.json()["RequestId"]
    assert response.json()["HostId"] == response.request.url.netloc.decode()
