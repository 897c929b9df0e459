"""The client: what leaves it, what each Code means, when it calls again."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facescreen import errors
from facescreen.credentials import Credentials
from facescreen.deadline import Deadline
from facescreen.deepfake import attempts
from facescreen.deepfake.answer import Reply, understand
from facescreen.deepfake.client import AsyncDeepfakeClient, DeepfakeClient
from facescreen.deepfake.pace import Interval
from facescreen.outcome import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = Credentials("LTAIkey", "s3cr3tsecret", "CAIStoken")
URL = "https://selfies.oss.example/a.jpg?x-oss-signature=s1gn&x-oss-credential=LTAIkey"
BIZ_ID = "fs" + "0" * 30
MANY = 99
"""As often as the time left allows."""


def code(name: str, status: int = 200, **more: Any) -> httpx.Response:
    body = {"Code": name, "Message": f"see {URL}", "RequestId": "REQ-1", **more}
    return httpx.Response(status, json=body)


def success(result: object = "0", **more: Any) -> httpx.Response:
    found = {"Result": result, "TransactionId": "TX-1", **more}
    return code("Success", ResultObject=found)


class Service:
    """Answers what comes next in its plan, and keeps what it was asked."""

    def __init__(self, *plan: httpx.Response | Exception) -> None:
        self.plan = list(plan)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.plan.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(seconds: float) -> None:
        return

    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr("asyncio.sleep", at_once)


def client(service: Service, **more: Any) -> DeepfakeClient:
    return DeepfakeClient(
        scene_code="onboard_01",
        credentials=KEY,
        endpoint="https://service.example",
        pace=Interval(1e9),
        http=httpx.Client(transport=httpx.MockTransport(service)),
        **more,
    )


def detect(service: Service, **more: Any) -> Any:
    with client(service) as it:
        return it.detect(**{"url": URL, "merchant_biz_id": BIZ_ID, **more})


def test_one_call_as_the_vendors_sdk_makes_it() -> None:
    service = Service(success("1", RiskTag="SuspectDeepForgery,SuspectTemple",
                              RiskScore={"SuspectDeepForgery": "0.96"}))  # fmt: skip
    detection = detect(service, kind="video")
    (request,) = service.asked
    assert request.method == "POST"
    assert request.url.path == "/"
    assert dict(request.url.params) == {
        "FaceInputType": "VIDEO",
        "FaceUrl": URL,
        "MerchantBizId": BIZ_ID,
        "ProductCode": "FACE_DEEPFAKE",
        "SceneCode": "onboard_01",
    }
    assert request.headers["x-acs-action"] == "DeepfakeDetectIntl"
    assert request.headers["x-acs-security-token"] == "CAIStoken"
    assert request.content == b""
    assert detection.verdict is Verdict.HIGH_RISK
    assert detection.risk_tags == ("SuspectDeepForgery", "SuspectTemple")
    assert detection.risk_scores == {"SuspectDeepForgery": 0.96}
    assert (detection.request_id, detection.transaction_id) == ("REQ-1", "TX-1")


def test_base64_goes_in_the_body() -> None:
    service = Service(success())
    detect(service, url="", base64="/9j/AA==")
    (request,) = service.asked
    assert request.content == b"FaceBase64=%2F9j%2FAA%3D%3D"
    assert "FaceUrl" not in request.url.params


def test_without_an_id_one_is_made() -> None:
    service = Service(success(), success())
    for _ in range(2):
        detect(service, merchant_biz_id="")
    made = [request.url.params["MerchantBizId"] for request in service.asked]
    assert all(re.fullmatch("fs[A-Za-z0-9]{30}", one) for one in made)
    assert made[0] != made[1]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"merchant_biz_id": "short"}, "MerchantBizId must be 32 letters or digits"),
        ({"kind": "audio"}, "FaceInputType must be image or video"),
        ({"base64": "AAAA"}, "exactly one of FaceUrl, FaceBase64 and FaceFile"),
        ({"url": ""}, "exactly one of FaceUrl, FaceBase64 and FaceFile"),
        ({"url": "", "base64": "*"}, "FaceBase64 is not Base64"),
        ({"url": "", "base64": "é"}, "FaceBase64 is not Base64"),
        ({"url": "", "base64": "AAAA", "kind": "video"}, "a video can't be sent in Base64"),
        (
            {"url": "", "base64": base64.b64encode(bytes(1024 * 1024 + 1)).decode()},
            "an image in Base64 may have 1048576 bytes, this one has 1048577",
        ),
        ({"url": "ftp://x/y"}, "FaceUrl must be an http or https URL"),
        ({"url": "https:///a"}, "FaceUrl must be an http or https URL"),
        ({"url": "https://["}, "FaceUrl is not a URL"),
        ({"url": "https://x/" + "a" * 9000}, "FaceUrl must be percent-encoded"),
        ({"url": "https://x/é"}, "FaceUrl must be percent-encoded"),
    ],
)
def test_a_bad_parameter_never_leaves(parameters: dict[str, Any], says: str) -> None:
    service = Service()
    with pytest.raises(errors.BadRequest, match=says):
        detect(service, **parameters)
    assert not service.asked


def test_a_bad_scene_code_never_leaves() -> None:
    service = Service()
    http = httpx.Client(transport=httpx.MockTransport(service))
    it = DeepfakeClient(scene_code="nine_char", credentials=KEY, http=http)
    with it, pytest.raises(errors.BadRequest, match="SceneCode must be 10"):
        it.detect(url=URL)


@pytest.mark.parametrize(
    ("name", "status", "error", "calls"),
    [
        ("NoFaceDetected", 401, errors.ContentFault, 1),
        ("UnqualifiedPhoto", 401, errors.ContentFault, 1),
        ("ToolargeImage", 401, errors.ContentFault, 1),
        ("ToolargeImage", 200, errors.ContentFault, 1),
        ("DataDuplication", 401, errors.BadRequest, 1),
        ("MissingParameter", 400, errors.BadRequest, 1),
        ("InvalidParameter", 400, errors.BadRequest, 1),
        ("InvalidParameter.SceneCode", 400, errors.BadRequest, 1),
        ("InvalidAction.NotFound", 404, errors.BadRequest, 1),
        ("Forbidden.RAMUserAccessDenied", 403, errors.AccessRefused, 1),
        ("Forbidden.AccountAccessDenied", 403, errors.AccessRefused, 1),
        ("SignatureDoesNotMatch", 400, errors.BadCredentials, 1),
        ("InvalidAccessKeyId.NotFound", 404, errors.BadCredentials, 1),
        ("SomethingNew", 400, errors.OperatorFault, 1),
        ("DownloadTimeout", 401, errors.SourceTimedOut, MANY),
        ("Throttling.Api", 403, errors.Throttled, MANY),
        ("Throttling.User", 429, errors.Throttled, MANY),
        ("InternalError", 500, errors.Unavailable, MANY),
        ("ServiceUnavailable", 503, errors.Unavailable, MANY),
        ("ServiceUnavailableTemporary", 503, errors.Unavailable, MANY),
        ("SignatureNonceUsed", 400, errors.Unavailable, MANY),
        ("SomethingNew", 500, errors.Unavailable, MANY),
        ("SomethingNew", 429, errors.Throttled, MANY),
        ("InvalidSecurityToken.Expired", 400, errors.CredentialsExpired, 2),
        ("InvalidTimeStamp.Expired", 400, errors.CredentialsExpired, 2),
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
    with pytest.raises(errors.AccessRefused, match="grant the caller AliyunAntCloudAuthFullAccess"):
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
    with pytest.raises(errors.NoAnswer):
        detect(service)
    assert len(service.asked) == 2


def test_each_attempt_signs_a_fresh_url() -> None:
    urls = iter(["https://a.example/1", "https://a.example/2"])
    service = Service(code("DownloadTimeout", 401), success())
    detect(service, url=lambda: next(urls))
    sent = [request.url.params["FaceUrl"] for request in service.asked]
    assert sent == ["https://a.example/1", "https://a.example/2"]


def test_no_call_begins_without_time_for_it() -> None:
    service = Service()
    with pytest.raises(errors.Throttled):
        detect(service, deadline=Deadline.after(attempts.SHORTEST_CALL_S / 2))
    assert not service.asked


def test_the_wait_that_the_service_asks_for_is_kept() -> None:
    reply = Reply(403, {"x-acs-retry-after": "1500"}, b'{"Code": "Throttling.Api"}')
    steps = attempts.calls(
        lambda: None,  # type: ignore[arg-type, return-value]
        understand,
        8,
        Deadline.after(60),
        Interval(1e9),
    )
    assert steps.send(None) == attempts.Wait(0)
    assert isinstance(steps.send(None), attempts.Send)
    wait = steps.send(reply)
    assert isinstance(wait, attempts.Wait)
    assert 1.5 <= wait.seconds <= 1.5 + 0.25


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        ("0", Verdict.LOW_RISK),
        (0, Verdict.LOW_RISK),
        ("1", Verdict.HIGH_RISK),
        ("2", Verdict.SUSPICIOUS),
        ("3", Verdict.FAILED),
        (None, Verdict.FAILED),
        ("", Verdict.FAILED),
    ],
)
def test_the_verdict_is_the_result_and_nothing_else(result: object, verdict: Verdict) -> None:
    service = Service(success(result, RiskScore={"SuspectDeepForgery": 0.99}))
    assert detect(service).verdict is verdict


def test_a_paid_answer_without_a_result_is_not_paid_for_again() -> None:
    service = Service(code("Success"), success())
    assert detect(service).verdict is Verdict.FAILED
    assert len(service.asked) == 1


def test_scores_are_read_leniently() -> None:
    scores = {"A": "0.96", "B": 0.5, "C": "high", "D": None, "E": "nan", "F": "Infinity"}
    detection = detect(Service(success("1", RiskScore=scores, RiskTag=["A", " B "])))
    assert detection.risk_scores == {"A": 0.96, "B": 0.5}
    assert detection.risk_tags == ("A", "B")


def test_a_stand_in_is_refused_unless_the_deployment_is_local() -> None:
    answer = success()
    answer.headers["x-facescreen-stand-in"] = "local stand-in: not a forgery detector"
    with pytest.raises(errors.StandInRefused, match="names itself a stand-in"):
        detect(Service(answer))
    with client(Service(answer), allow_stand_in=True) as it:
        assert it.detect(url=URL).stand_in == "local stand-in: not a forgery detector"


def test_redirects_are_not_followed() -> None:
    service = Service(*[httpx.Response(302, headers={"location": "https://evil.example"})] * 9)
    with pytest.raises(errors.Passing):
        detect(service, deadline=Deadline.after(1.2))
    assert {request.url.host for request in service.asked} == {"service.example"}


def test_keep_alive() -> None:
    service = Service(code("Success"))
    with client(service) as it:
        it.keep_alive()
    assert service.asked[0].headers["x-acs-action"] == "KeepaliveIntl"


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


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["Code", "Message", "ResultObject", "Result", "RiskTag", "RiskScore", "RequestId"]
            ),
            inner,
        )
    ),
)


@given(st.integers(100, 599), st.binary() | json_values.map(lambda v: json.dumps(v).encode()))
def test_any_answer_is_a_detection_or_one_of_our_errors(status: int, body: bytes) -> None:
    with contextlib.suppress(errors.FacescreenError):
        understand(Reply(status, {}, body))


PERMISSION = {
    "AccessKeyId": "LTAIupload",
    "EncodedPolicy": "p0licy",
    "Signature": "upl0ads1gn",
    "ObjectKey": "verify/1.jpg",
    "Bucket": "bkt",
    "Endpoint": "oss.example",
    "UseAccelerate": False,
}


def granted() -> httpx.Response:
    return httpx.Response(200, json=PERMISSION)


def stored() -> httpx.Response:
    return httpx.Response(201, text="<PostResponse/>")


def form(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.content.decode()))


def test_stream_keeps_everything_out_of_the_request_line() -> None:
    service = Service(success())
    with client(service) as it:
        it.detect_stream(url=URL, merchant_biz_id=BIZ_ID)
    (request,) = service.asked
    assert request.headers["x-acs-action"] == "DeepfakeDetectIntlStream"
    assert request.url.query == b""
    assert form(request) == {
        "FaceInputType": "IMAGE",
        "FaceUrl": URL,
        "MerchantBizId": BIZ_ID,
        "ProductCode": "FACE_DEEPFAKE",
        "SceneCode": "onboard_01",
    }


@pytest.mark.parametrize("given", ["bytes", "path", "text path", "stream", "unseekable"])
def test_a_file_is_uploaded_first(given: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"the clip")
    files: dict[str, Any] = {
        "bytes": b"the clip",
        "path": path,
        "text path": str(path),
        "stream": io.BytesIO(b"the clip"),
        "unseekable": Unseekable(b"the clip"),
    }
    service = Service(granted(), stored(), success("1", RiskTag="SuspectRemake"))
    with client(service) as it:
        detection = it.detect_stream(file=files[given], kind="video", merchant_biz_id=BIZ_ID)
    assert detection.risk_tags == ("SuspectRemake",)
    authorize, upload, detect = service.asked
    assert authorize.method == "GET"
    assert authorize.url.host == "openplatform.aliyuncs.com"
    assert dict(authorize.url.params) == {
        "Product": "Cloudauth-intl",
        "RegionId": "ap-southeast-1",
    }
    assert upload.url == "https://bkt.oss.example/"
    posted = upload.read()
    for part in (b"LTAIupload", b"p0licy", b"upl0ads1gn", b"verify/1.jpg", b"201", b"the clip"):
        assert part in posted
    assert posted.index(b'name="key"') < posted.index(b'name="file"')
    assert form(detect)["FaceFile"] == "http://bkt.oss.example/verify/1.jpg"


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


def test_an_upload_that_failed_is_made_again_from_the_start() -> None:
    service = Service(
        httpx.ConnectError("down"), granted(), httpx.Response(503), granted(), stored(), success()
    )
    with client(service) as it:
        it.detect_stream(file=b"the clip", kind="video")
    uploads = [request for request in service.asked if request.url.host == "bkt.oss.example"]
    assert [b"the clip" in upload.read() for upload in uploads] == [True, True]


@pytest.mark.parametrize(
    ("plan", "file", "left_s", "error"),
    [
        ([granted(), httpx.Response(503), granted()], Unseekable(b"x"), 30, errors.BadRequest),
        ([granted(), httpx.Response(400)], b"x", 30, errors.OperatorFault),
        ([httpx.Response(200, json={"Bucket": "b"})] * 9, b"x", 1, errors.Unavailable),
        ([httpx.Response(200, text="no json")] * 9, b"x", 1, errors.Unavailable),
    ],
)
def test_an_upload_that_fails_for_good(
    plan: list[httpx.Response], file: Any, left_s: float, error: type[Exception]
) -> None:
    with client(Service(*plan)) as it, pytest.raises(error):
        it.detect_stream(file=file, deadline=Deadline.after(left_s))


def test_a_file_and_a_url_exclude_each_other() -> None:
    with client(Service()) as it, pytest.raises(errors.BadRequest, match="exactly one"):
        it.detect_stream(file=b"x", url=URL)


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
    options: Any = {"scene_code": "onboard_01", "credentials": KEY, "pace": Interval(1e9)}
    async with AsyncDeepfakeClient(http=http, **options) as it:
        assert (await it.detect(url=URL)).verdict is Verdict.LOW_RISK
        assert (await it.detect_stream(url=URL)).verdict is Verdict.HIGH_RISK
        assert (await it.detect_stream(file=b"x", kind="video")).verdict is Verdict.LOW_RISK
        await it.keep_alive()
    assert service.plan == []
