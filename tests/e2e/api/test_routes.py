"""Unknown paths and methods, and events that are not from an HTTP trigger."""

from __future__ import annotations

import io
import json

import httpx
import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions

from tests.support.cloud_client import LocalCloudClient

# The SDK calls datetime.utcnow, which Python deprecates since 3.12.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

ALLOWED_METHODS = {
    "/v1/screenings": "GET, POST",
    "/v1/objects": "GET",
    "/v1/counts": "GET",
    "/v1/health": "GET",
    "/openapi.json": "GET",
    "/": "GET",
}


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/", "/v2/objects", "/v1/objects/a", "/V1/health", "/../etc/passwd", "/<script>"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_a_404(
    method: str, path: str, api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    response = api.request(method, path)
    assert (response.status_code, response.json()["code"]) == (404, "NotFound")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "script" not in response.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for path, allowed in ALLOWED_METHODS.items()
        for method in ("POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
        if method not in allowed
    ],
)
def test_an_unsupported_method_is_a_405(
    method: str, path: str, api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    response = api.request(method, path)
    assert (response.status_code, response.headers["Allow"]) == (405, ALLOWED_METHODS[path])
    assert response.headers["Content-Type"] == "application/problem+json"
    assert method == "HEAD" or response.json()["code"] == "MethodNotAllowed"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"version": "v1", "rawPath": "/v1/health"}',
        b'{"rawPath": "/", "headers": [], "requestContext": {"http": {}}}',
    ],
)
def test_an_event_that_is_not_from_an_http_trigger_is_an_error(
    event: bytes, api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    """A caller who may invoke the function can send it any payload."""
    env = cloud_client.env
    sdk = Client(
        Config(
            access_key_id=env["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            access_key_secret=env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            endpoint=env["FC_ENDPOINT"].removeprefix("http://"),
            protocol="HTTP",
        )
    )
    response = sdk.invoke_function_with_options(
        "facescreen-http-api",
        models.InvokeFunctionRequest(body=io.BytesIO(event)),
        models.InvokeFunctionHeaders(),
        RuntimeOptions(),
    )
    failure = json.loads(response.body.read())
    assert failure["errorType"] == "BadEvent"
    assert failure["errorMessage"] == "the event is not an HTTP trigger's"
    assert api.get("/v1/health").json()["status"] == "ok"
