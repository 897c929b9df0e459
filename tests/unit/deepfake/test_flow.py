"""When the client retries, by the Code of the response."""

from __future__ import annotations

from time import sleep

import httpx
import pytest

from facescreen import errors
from facescreen.clients.credentials import Credentials
from facescreen.deepfake import flow
from facescreen.deepfake.budget import BudgetPermit, UnlimitedBudget
from facescreen.deepfake.rate_limiter import LocalRateLimiter
from facescreen.deepfake.request import DetectRequest
from facescreen.deepfake.response import HttpResponse
from facescreen.model import Verdict
from facescreen.timing import Deadline
from tests.unit.deepfake.stub_service import (
    KEY,
    URL,
    StubService,
    code_response,
    detect_once,
    success_response,
)

MANY_CALLS = 99
"""As often as the remaining time allows."""


@pytest.mark.parametrize(
    ("name", "status", "error", "call_count"),
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
        ("DownloadTimeout", 401, errors.SourceDownloadTimeoutError, MANY_CALLS),
        ("Throttling.Api", 403, errors.ThrottledError, MANY_CALLS),
        ("Throttling.User", 429, errors.ThrottledError, MANY_CALLS),
        ("InternalError", 500, errors.ServiceUnavailableError, MANY_CALLS),
        ("ServiceUnavailable", 503, errors.ServiceUnavailableError, MANY_CALLS),
        ("ServiceUnavailableTemporary", 503, errors.ServiceUnavailableError, MANY_CALLS),
        ("SignatureNonceUsed", 400, errors.ServiceUnavailableError, MANY_CALLS),
        ("SomethingNew", 500, errors.ServiceUnavailableError, MANY_CALLS),
        ("SomethingNew", 429, errors.ThrottledError, MANY_CALLS),
        ("InvalidSecurityToken.Expired", 400, errors.CredentialsExpiredError, 2),
        ("InvalidTimeStamp.Expired", 400, errors.CredentialsExpiredError, 2),
    ],
)
def test_errors_are_mapped_by_code_not_by_status(
    name: str,
    status: int,
    error: type[errors.FacescreenError],
    call_count: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds_left = iter([60.0] * 9 + [0.5] * 99)
    monkeypatch.setattr(Deadline, "remaining_s", lambda self: next(seconds_left))
    service = StubService(*[code_response(name, status)] * 9)
    with pytest.raises(error) as raised:
        detect_once(service)
    assert type(raised.value) is error
    assert raised.value.code == name
    assert raised.value.request_id == "REQ-1"
    assert (
        len(service.requests) == call_count
        if call_count < MANY_CALLS
        else len(service.requests) > 2
    )


def test_the_error_tells_the_operator_what_to_do() -> None:
    service = StubService(code_response("Forbidden.RAMUserAccessDenied", 403))
    with pytest.raises(
        errors.AccessDeniedError, match="grant the caller AliyunAntCloudAuthFullAccess"
    ):
        detect_once(service)


def test_transient_errors_are_retried() -> None:
    service = StubService(
        code_response("Throttling.Api", 403),
        httpx.ConnectError("refused"),
        httpx.Response(502, text="<html>"),
        httpx.Response(200, text="not json"),
        code_response("InternalError", 500),
        code_response("200", ResultObject={"Result": 0}),
    )
    assert detect_once(service).verdict is Verdict.LOW_RISK
    nonces = {request.headers["x-acs-signature-nonce"] for request in service.requests}
    assert len(nonces) == len(service.requests) == 6


@pytest.mark.parametrize(
    "failure",
    [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut"), httpx.ReadError("reset")],
)
def test_a_call_without_a_response_is_repeated_once(failure: Exception) -> None:
    """The call may have been served and billed."""
    service = StubService(failure, success_response())
    assert detect_once(service).verdict is Verdict.LOW_RISK
    service = StubService(failure, failure, success_response())
    with pytest.raises(errors.ResponseTimeoutError):
        detect_once(service)
    assert len(service.requests) == 2


def test_expired_credentials_are_fetched_again() -> None:
    credentials_left = [Credentials("first", "s", "t1"), Credentials("second", "s", "t2")]

    class RenewingSource:
        def get(self) -> Credentials:
            return credentials_left.pop(0)

    service = StubService(code_response("InvalidSecurityToken.Expired", 400), success_response())
    detect_once(service, credentials=RenewingSource())
    tokens = [request.headers["x-acs-security-token"] for request in service.requests]
    assert tokens == ["t1", "t2"]


def test_each_attempt_uses_a_new_presigned_url() -> None:
    urls = iter(["https://a.example/1", "https://a.example/2"])
    service = StubService(code_response("DownloadTimeout", 401), success_response())
    detect_once(service, url=lambda: next(urls))
    face_urls = [request.url.params["FaceUrl"] for request in service.requests]
    assert face_urls == ["https://a.example/1", "https://a.example/2"]


def test_no_call_is_sent_without_enough_time_left() -> None:
    service = StubService()
    with pytest.raises(errors.ThrottledError):
        detect_once(service, deadline=Deadline.after(flow.MIN_TIME_LEFT_TO_CALL_S / 2))
    assert not service.requests


def test_a_call_whose_reservation_took_all_the_time_is_not_sent_and_not_counted() -> None:
    released = []

    class SlowBudget(UnlimitedBudget):
        def reserve(self, starts_in_s: float) -> BudgetPermit:
            sleep(0.7)
            return BudgetPermit(lambda: None, lambda: released.append(starts_in_s))

    detect_flow = flow.DetectFlow(
        scene_code="onboard_01",
        credentials=KEY,
        rate_limiter=LocalRateLimiter(1e9),
        budget=SlowBudget(),
    )
    deadline = Deadline.after(flow.MIN_TIME_LEFT_TO_CALL_S + 0.1)
    steps = detect_flow.detect(DetectRequest(url=URL, deadline=deadline))
    assert steps.send(None) == flow.WaitStep(0)
    with pytest.raises(errors.ThrottledError):
        steps.send(None)
    assert len(released) == 1


def test_the_retry_delay_of_the_service_is_respected() -> None:
    response = HttpResponse(403, {"x-acs-retry-after": "1500"}, b'{"Code": "Throttling.Api"}')
    detect_flow = flow.DetectFlow(
        scene_code="onboard_01", credentials=KEY, rate_limiter=LocalRateLimiter(1e9)
    )
    steps = detect_flow.detect(DetectRequest(url=URL))
    assert steps.send(None) == flow.WaitStep(0)
    assert isinstance(steps.send(None), flow.SendStep)
    wait = steps.send(response)
    assert isinstance(wait, flow.WaitStep)
    assert 1.5 <= wait.seconds <= 1.5 + 0.25


def test_redirects_are_not_followed() -> None:
    service = StubService(*[httpx.Response(302, headers={"location": "https://evil.example"})] * 9)
    with pytest.raises(errors.TransientError):
        detect_once(service, deadline=Deadline.after(1.2))
    assert {request.url.host for request in service.requests} == {"service.example"}
