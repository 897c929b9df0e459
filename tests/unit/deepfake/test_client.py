"""Both clients, and what never shows of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import httpx
import pytest

from facescreen import errors
from facescreen.deepfake.client import AsyncDeepfakeClient, DeepfakeClient
from facescreen.deepfake.rate_limiter import LocalRateLimiter
from facescreen.deepfake.request import DetectRequest
from facescreen.model import Verdict
from tests.unit.deepfake.service import (
    BIZ_ID,
    KEY,
    URL,
    Service,
    client,
    code,
    detect,
    form,
    granted,
    stored,
    success,
)


def test_keep_alive() -> None:
    service = Service(code("Success"))
    with client(service) as it:
        it.keep_alive()
    assert service.asked[0].headers["x-acs-action"] == "KeepaliveIntl"


def test_a_stand_in_is_met_before_anything_is_sent() -> None:
    answer = code("Success")
    answer.headers["x-facescreen-stand-in"] = "local stand-in"
    with client(Service(answer)) as it, pytest.raises(errors.EmulatorRefusedError):
        it.keep_alive()


def test_a_request_is_sent_as_it_is_or_with_fields_changed() -> None:
    service = Service(success(), success())
    request = DetectRequest(url=URL, kind="video", merchant_biz_id=BIZ_ID)
    with client(service) as it:
        it.detect(request)
        it.detect_stream(request, kind="image")
    first, second = service.asked
    assert first.url.params["FaceInputType"] == "VIDEO"
    assert form(second)["FaceInputType"] == "IMAGE"
    assert first.url.params["MerchantBizId"] == form(second)["MerchantBizId"] == BIZ_ID


def test_a_request_shows_no_content() -> None:
    requests = [DetectRequest(url=URL), DetectRequest(base64="ZmFjZQ=="), DetectRequest(file=b"me")]
    for content in ("s1gn", "ZmFjZQ", "b'me'"):
        assert content not in repr(requests)


class Proxy(BaseHTTPRequestHandler):
    """Answers in the service's place, as a forward proxy that was asked for it."""

    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = success("1").content
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        return


def test_the_environments_proxy_carries_the_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.server_port}")
        try:
            with DeepfakeClient(
                scene_code="onboard_01", credentials=KEY, endpoint="http://service.example"
            ) as it:
                assert it.detect_stream(url=URL).verdict is Verdict.HIGH_RISK
        finally:
            server.shutdown()
            thread.join()
    assert Proxy.asked == ["http://service.example/"]


@pytest.mark.parametrize(
    "answer", [lambda: code("NoFaceDetected", 401), lambda: httpx.ReadTimeout(URL)]
)
def test_nothing_secret_shows(
    answer: Callable[[], httpx.Response | Exception], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service = Service(*[answer() for _ in range(9)])
    with pytest.raises(errors.FacescreenError) as raised:
        detect(service)
    shown = caplog.text + str(raised.value) + repr(raised.value) + repr(client(service).__dict__)
    assert "POST https://service.example/" in caplog.text or "ReadTimeout" in shown
    for secret in ("s1gn", "s3cr3tsecret", "CAIStoken", "LTAIkey"):
        assert secret not in shown


async def test_the_client_that_does_not_block_does_the_same() -> None:
    service = Service(
        code("Throttling.Api", 403), success(), httpx.ReadTimeout("slow"), success("1"),
        granted(), stored(), success(), code("Success"),
    )  # fmt: skip

    async def answer(request: httpx.Request) -> httpx.Response:
        if isinstance(request.stream, httpx.AsyncByteStream):
            await request.aread()
        return service(request)

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    options: Any = {
        "scene_code": "onboard_01",
        "credentials": KEY,
        "rate_limiter": LocalRateLimiter(1e9),
    }
    async with AsyncDeepfakeClient(http=http, **options) as it:
        assert (await it.detect(url=URL)).verdict is Verdict.LOW_RISK
        assert (await it.detect_stream(url=URL)).verdict is Verdict.HIGH_RISK
        assert (await it.detect_stream(file=b"x", kind="video")).verdict is Verdict.LOW_RISK
        await it.keep_alive()
    assert service.plan == []
