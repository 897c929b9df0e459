"""How a command connects to a deployment."""

from __future__ import annotations

import pytest
from click import UsageError

from facescreen.clients.credentials import Credentials
from facescreen.clients.endpoints import PUBLIC_ENDPOINT, UPLOAD_AUTHORIZATION_ENDPOINT
from facescreen_cli.deployment import SCREENING_SETTINGS, connect_platform

LOCAL_ENDPOINT = "http://127.0.0.1:8080"
OWN_CREDENTIALS = Credentials("id", "secret")


@pytest.mark.parametrize("store", ["oss", "s3"])
@pytest.mark.parametrize(
    ("environment", "cloudauth", "upload"),
    [
        ({}, PUBLIC_ENDPOINT, UPLOAD_AUTHORIZATION_ENDPOINT),
        ({"CLOUDAUTH_ENDPOINT": "a.example"}, "https://a.example", UPLOAD_AUTHORIZATION_ENDPOINT),
        ({"CLOUDAUTH_ENDPOINT": LOCAL_ENDPOINT}, LOCAL_ENDPOINT, LOCAL_ENDPOINT),
        ({"CLOUDAUTH_ENDPOINT": " "}, PUBLIC_ENDPOINT, UPLOAD_AUTHORIZATION_ENDPOINT),
        (
            {"CLOUDAUTH_ENDPOINT": LOCAL_ENDPOINT, "CLOUDAUTH_UPLOAD_ENDPOINT": "u.example"},
            LOCAL_ENDPOINT,
            "https://u.example",
        ),
    ],
)
def test_endpoints_default_to_the_public_ones(
    store: str, environment: dict[str, str], cloudauth: str, upload: str
) -> None:
    settings, platform = connect_platform(store, environment, OWN_CREDENTIALS)
    assert (platform.cloudauth_endpoint, settings.upload_endpoint) == (cloudauth, upload)
    assert settings.local == (cloudauth == LOCAL_ENDPOINT)
    assert platform.credentials is OWN_CREDENTIALS


@pytest.mark.parametrize("endpoint", ["http://a.example", "http://[::1"])
def test_an_invalid_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(UsageError, match="CLOUDAUTH_ENDPOINT must be an https endpoint"):
        connect_platform("oss", {"CLOUDAUTH_ENDPOINT": endpoint}, OWN_CREDENTIALS)


@pytest.mark.parametrize("store", ["oss", "s3"])
def test_only_the_settings_that_a_command_needs_are_required(store: str) -> None:
    connect_platform(store, {"QUARANTINE": "move"}, OWN_CREDENTIALS)
    with pytest.raises(UsageError, match="STATE_BUCKET must be"):
        connect_platform(store, {}, OWN_CREDENTIALS, needs=["STATE_BUCKET"])
    with pytest.raises(UsageError, match=r"SCENE_CODE must be .* STATE_BUCKET must be .* exactly"):
        connect_platform(store, {}, OWN_CREDENTIALS, needs=SCREENING_SETTINGS)
