"""When the client calls again, by what each Code means."""

from __future__ import annotations

import httpx
import pytest

from facescreen import errors
from facescreen.clients.credentials import Credentials
from facescreen.deepfake import flow
from facescreen.deepfake.rate_limiter import LocalRateLimiter
from facescreen.deepfake.request import DetectRequest
from facescreen.deepfake.response import HttpResponse
from facescreen.model import Verdict
from facescreen.timing import Deadline
from tests.unit.deepfake.service import KEY, URL, Service, code, detect, success

MANY = 99
"""As often as the time left allows."""


@pytest.mark.parametrize(
    ("name", "status", "error", "calls"),
    [
        ("NoFaceDetected", 401, errors.ContentError, 1),
        ("UnqualifiedPhoto", 401, errors.ContentError, 1),
        ("ToolargeImage", 401, errors.ContentError, 1),
        ("ToolargeImage", 200, errors.ContentError, 1),
        ("DataDuplication", 401, errors.RequestRejectedError, 1),
        ("MissingParameter", 400, errors.RequestRejectedError, 1),
        ("InvalidParameter", 400, errors.RequestRejectedError, 1),
        ("InvalidParameter.SceneCode", 400, errors.RequestRejectedError, 1),
        ("InvalidAction.NotFound", 404, errors.RequestRejectedError, 1),
        ("Forbidden.RAMUserAccessDenied", 403, errors.AccessDeniedError, 1),
        ("Forbidden.AccountAccessDenied", 403, errors.AccessDeniedError, 1),
        ("SignatureDoesNotMatch", 400, errors.InvalidCredentialsError, 1),
        ("InvalidAccessKeyId.NotFound", 404, errors.InvalidCredentialsError, 1),
        ("SomethingNew", 400, errors.OperatorError, 1),
        ("DownloadTimeout", 401, errors.SourceDownloadTimeoutError, MANY),
        ("Throttling.Api", 403, errors.ThrottledError, MANY),
        ("Throttling.User", 429, errors.ThrottledError, MANY),
        ("InternalError", 500, errors.ServiceUnavailableError, MANY),
        ("ServiceUnavailable", 503, errors.ServiceUnavailableError, MANY),
        ("ServiceUnavailableTemporary", 503, errors.ServiceUnavailableError, MANY),
        ("SignatureNonceUsed", 400, errors.ServiceUnavailableError, MANY),
        ("SomethingNew", 500, errors.ServiceUnavailableError, MANY),
        ("SomethingNew", 429, errors.ThrottledError, MANY),
        ("InvalidSecurityToken.Expired", 400, errors.CredentialsExpiredError, 2),
        ("InvalidTimeStamp.Expired", 400, errors.CredentialsExpiredError, 2),
    ],
)
def test_each_code_by_its_name_never_by_its_status(
    name: str,
    status: int,
    error: type[errors.FacescreenError],
    calls: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = iter([60.0] * 9 + [0.5] * 99)
    monkeypatch.setattr(Deadline, "left", lambda self: next(left))
    service = Service(*[code(name, status)] * 9)
    with pytest.raises(error) as raised:
        detect(service)
    assert type(raised.value) is error
    assert raised.value.code == name
    assert raised.value.request_id == "REQ-1"
    assert len(service.asked) == calls if calls < MANY else len(service.asked) > 2


def test_an_operator_is_told_what_to_do() -> None:
    service = Service(code("Forbidden.RAMUserAccessDenied", 403))
    with pytest.raises(
        errors.AccessDeniedError, match="grant the caller AliyunAntCloudAuthFullAccess"
    ):
        detect(service)


def test_passing_trouble_passes() -> None:
    service = Service(
        code("Throttling.Api", 403),
        httpx.ConnectError("refused"),
        httpx.Response(502, text="<html>"),
        httpx.Response(200, text="not json"),
        code("InternalError", 500),
        code("200", ResultObject={"Result": 0}),
    )
    assert detect(service).verdict is Verdict.LOW_RISK
    nonces = {request.headers["x-acs-signature-nonce"] for request in service.asked}
    assert len(nonces) == len(service.asked) == 6


@pytest.mark.parametrize(
    "failure",
    [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut"), httpx.ReadError("reset")],
)
def test_a_call_without_an_answer_is_repeated_once(failure: Exception) -> None:
    """It may have been served, and billed."""
    service = Service(failure, success())
    assert detect(service).verdict is Verdict.LOW_RISK
    service = Service(failure, failure, success())
    with pytest.raises(errors.ResponseTimeoutError):
        detect(service)
    assert len(service.asked) == 2


def test_credentials_that_end_in_the_middle_are_asked_for_anew() -> None:
    held = [Credentials("first", "s", "t1"), Credentials("second", "s", "t2")]

    class Renewed:
        def get(self) -> Credentials:
            return held.pop(0)

    service = Service(code("InvalidSecurityToken.Expired", 400), success())
    detect(service, credentials=Renewed())
    tokens = [request.headers["x-acs-security-token"] for request in service.asked]
    assert tokens == ["t1", "t2"]


def test_each_attempt_signs_a_fresh_url() -> None:
    urls = iter(["https://a.example/1", "https://a.example/2"])
    service = Service(code("DownloadTimeout", 401), success())
    detect(service, url=lambda: next(urls))
    sent = [request.url.params["FaceUrl"] for request in service.asked]
    assert sent == ["https://a.example/1", "https://a.example/2"]


def test_no_call_begins_without_time_for_it() -> None:
    service = Service()
    with pytest.raises(errors.ThrottledError):
        detect(service, deadline=Deadline.after(flow.MIN_CALL_S / 2))
    assert not service.asked


def test_the_wait_that_the_service_asks_for_is_kept() -> None:
    response = HttpResponse(403, {"x-acs-retry-after": "1500"}, b'{"Code": "Throttling.Api"}')
    calls = flow.DetectFlow(
        scene_code="onboard_01", credentials=KEY, rate_limiter=LocalRateLimiter(1e9)
    )
    steps = calls.detect(DetectRequest(url=URL))
    assert steps.send(None) == flow.Wait(0)
    assert isinstance(steps.send(None), flow.Send)
    wait = steps.send(response)
    assert isinstance(wait, flow.Wait)
    assert 1.5 <= wait.seconds <= 1.5 + 0.25


def test_redirects_are_not_followed() -> None:
    service = Service(*[httpx.Response(302, headers={"location": "https://evil.example"})] * 9)
    with pytest.raises(errors.TransientError):
        detect(service, deadline=Deadline.after(1.2))
    assert {request.url.host for request in service.asked} == {"service.example"}
