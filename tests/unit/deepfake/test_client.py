"""Both clients, and the secrets that they never show."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import httpx
import pytest

from facescreen import errors
from facescreen.deepfake.budget import UnlimitedBudget
from facescreen.deepfake.client import AsyncDeepfakeClient, DeepfakeClient
from facescreen.deepfake.rate_limiter import LocalRateLimiter
from facescreen.deepfake.request import DetectRequest
from facescreen.model import Verdict
from tests.unit.deepfake.stub_service import (
    BIZ_ID,
    KEY,
    URL,
    StubService,
    code_response,
    create_client,
    detect_once,
    grant_response,
    parse_form,
    success_response,
    upload_response,
)


def test_keep_alive_calls_its_operation() -> None:
    service = StubService(code_response("Success"))
    with create_client(service) as deepfake_client:
        deepfake_client.keep_alive()
    assert service.requests[0].headers["x-acs-action"] == "KeepaliveIntl"


def test_keep_alive_detects_an_emulator() -> None:
    response = code_response("Success")
    response.headers["x-facescreen-stand-in"] = "local stand-in"
    with (
        create_client(StubService(response)) as deepfake_client,
        pytest.raises(errors.EmulatorRefusedError),
    ):
        deepfake_client.keep_alive()


@pytest.mark.parametrize("client_class", [DeepfakeClient, AsyncDeepfakeClient])
def test_an_unknown_option_is_refused(client_class: Callable[..., object]) -> None:
    """Version 0.1.0 called the budget `allowance`. Without an error it would not be applied."""
    with pytest.raises(TypeError, match="unknown client options: allowance"):
        client_class(scene_code="onboard_01", credentials=KEY, allowance=UnlimitedBudget())


def test_a_request_is_sent_unchanged_or_with_changed_fields() -> None:
    service = StubService(success_response(), success_response())
    request = DetectRequest(url=URL, kind="video", merchant_biz_id=BIZ_ID)
    with create_client(service) as deepfake_client:
        deepfake_client.detect(request)
        deepfake_client.detect_stream(request, kind="image")
    first, second = service.requests
    assert first.url.params["FaceInputType"] == "VIDEO"
    assert parse_form(second)["FaceInputType"] == "IMAGE"
    assert first.url.params["MerchantBizId"] == parse_form(second)["MerchantBizId"] == BIZ_ID


def test_the_repr_of_a_request_has_no_content() -> None:
    requests = [DetectRequest(url=URL), DetectRequest(base64="ZmFjZQ=="), DetectRequest(file=b"me")]
    for content in ("s1gn", "ZmFjZQ", "b'me'"):
        assert content not in repr(requests)


class StubProxy(BaseHTTPRequestHandler):
    """A forward proxy that answers in place of the service."""

    targets: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.targets.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        response = success_response("1").content
        self.send_response(200)
        self.send_header("Content-Length", str(len(response)))
        self.end_headers()
        self.wfile.write(response)

    def log_message(self, format: str, *args: Any) -> None:
        return


def test_calls_go_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), StubProxy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.server_port}")
        try:
            with DeepfakeClient(
                scene_code="onboard_01", credentials=KEY, endpoint="http://service.example"
            ) as deepfake_client:
                assert deepfake_client.detect_stream(url=URL).verdict is Verdict.HIGH_RISK
        finally:
            server.shutdown()
            thread.join()
    assert StubProxy.targets == ["http://service.example/"]


@pytest.mark.parametrize(
    "response", [lambda: code_response("NoFaceDetected", 401), lambda: httpx.ReadTimeout(URL)]
)
def test_no_secret_is_logged_or_shown_in_an_error(
    response: Callable[[], httpx.Response | Exception], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service = StubService(*[response() for _ in range(9)])
    with pytest.raises(errors.FacescreenError) as raised:
        detect_once(service)
    output = (
        caplog.text + str(raised.value) + repr(raised.value) + repr(create_client(service).__dict__)
    )
    assert "POST https://service.example/" in caplog.text or "ReadTimeout" in output
    for secret in ("s1gn", "s3cr3tsecret", "CAIStoken", "LTAIkey"):
        assert secret not in output


async def test_the_async_client_does_the_same() -> None:
    service = StubService(
        code_response("Throttling.Api", 403),
        success_response(),
        httpx.ReadTimeout("slow"),
        success_response("1"),
        grant_response(),
        upload_response(),
        success_response(),
        code_response("Success"),
    )

    async def respond(request: httpx.Request) -> httpx.Response:
        if isinstance(request.stream, httpx.AsyncByteStream):
            await request.aread()
        return service(request)

    http = httpx.AsyncClient(transport=httpx.MockTransport(respond))
    options: Any = {
        "scene_code": "onboard_01",
        "credentials": KEY,
        "rate_limiter": LocalRateLimiter(1e9),
    }
    async with AsyncDeepfakeClient(http=http, **options) as deepfake_client:
        assert (await deepfake_client.detect(url=URL)).verdict is Verdict.LOW_RISK
        assert (await deepfake_client.detect_stream(url=URL)).verdict is Verdict.HIGH_RISK
        assert (
            await deepfake_client.detect_stream(file=b"x", kind="video")
        ).verdict is Verdict.LOW_RISK
        await deepfake_client.keep_alive()
    assert service.responses == []
