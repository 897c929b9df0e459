"""Where ID Verification listens, for the command line."""

from __future__ import annotations

import pytest

from facescreen.clients.endpoints import PUBLIC_ENDPOINT, UPLOAD_ENDPOINT
from facescreen.errors import BadSettings
from facescreen_cli.credentials import Endpoints

LOCAL = "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("environment", "given", "cloudauth", "upload"),
    [
        ({}, "", PUBLIC_ENDPOINT, UPLOAD_ENDPOINT),
        ({"CLOUDAUTH_ENDPOINT": "a.example"}, "", "https://a.example", UPLOAD_ENDPOINT),
        ({"CLOUDAUTH_ENDPOINT": "a.example"}, "b.example", "https://b.example", UPLOAD_ENDPOINT),
        ({}, LOCAL, LOCAL, LOCAL),
        ({"CLOUDAUTH_UPLOAD_ENDPOINT": "u.example"}, LOCAL, LOCAL, "https://u.example"),
    ],
)
def test_endpoints(environment: dict[str, str], given: str, cloudauth: str, upload: str) -> None:
    endpoints = Endpoints.from_env(environment, given)
    assert endpoints == Endpoints(cloudauth, upload)
    assert endpoints.is_local == (cloudauth == LOCAL)


def test_a_plain_one_elsewhere_is_refused() -> None:
    with pytest.raises(BadSettings, match="CLOUDAUTH_ENDPOINT must be an https endpoint"):
        Endpoints.from_env({}, "http://a.example")
