"""A service that answers by a plan, and a client of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import httpx

from facescreen.clients.credentials import Credentials, CredentialSource
from facescreen.deepfake.client import DeepfakeClient
from facescreen.deepfake.rate_limiter import LocalRateLimiter
from facescreen.deepfake.response import Detection

BIZ_ID = "fs" + "0" * 30
KEY = Credentials("LTAIkey", "s3cr3tsecret", "CAIStoken")
URL = "https://selfies.oss.example/a.jpg?x-oss-signature=s1gn&x-oss-credential=LTAIkey"


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


def client(
    service: Service, credentials: CredentialSource = KEY, *, allow_stand_in: bool = False
) -> DeepfakeClient:
    return DeepfakeClient(
        scene_code="onboard_01",
        credentials=credentials,
        endpoint="https://service.example",
        rate_limiter=LocalRateLimiter(1e9),
        http=httpx.Client(transport=httpx.MockTransport(service)),
        allow_emulator=allow_stand_in,
    )


def form(request: httpx.Request) -> dict[str, str]:
    """The fields of a request's body."""
    return dict(parse_qsl(request.content.decode()))


def detect(service: Service, credentials: CredentialSource = KEY, **more: Any) -> Detection:
    with client(service, credentials) as it:
        return it.detect(**{"url": URL, "merchant_biz_id": BIZ_ID, **more})
