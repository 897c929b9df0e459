"""A scripted service, and a client of it."""

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


def code_response(name: str, status: int = 200, **fields: Any) -> httpx.Response:
    body = {"Code": name, "Message": f"see {URL}", "RequestId": "REQ-1", **fields}
    return httpx.Response(status, json=body)


def success_response(result: object = "0", **fields: Any) -> httpx.Response:
    result_object = {"Result": result, "TransactionId": "TX-1", **fields}
    return code_response("Success", ResultObject=result_object)


class StubService:
    """Returns or raises the next of `responses`, and records the requests."""

    def __init__(self, *responses: httpx.Response | Exception) -> None:
        self.responses = list(responses)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self.responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return response


UPLOAD_GRANT = {
    "AccessKeyId": "LTAIupload",
    "EncodedPolicy": "p0licy",
    "Signature": "upl0ads1gn",
    "ObjectKey": "verify/1.jpg",
    "Bucket": "bkt",
    "Endpoint": "oss.example",
    "UseAccelerate": False,
}


def grant_response() -> httpx.Response:
    return httpx.Response(200, json=UPLOAD_GRANT)


def upload_response() -> httpx.Response:
    return httpx.Response(201, text="<PostResponse/>")


def create_client(
    service: StubService, credentials: CredentialSource = KEY, *, allow_emulator: bool = False
) -> DeepfakeClient:
    return DeepfakeClient(
        scene_code="onboard_01",
        credentials=credentials,
        endpoint="https://service.example",
        rate_limiter=LocalRateLimiter(1e9),
        http=httpx.Client(transport=httpx.MockTransport(service)),
        allow_emulator=allow_emulator,
    )


def parse_form(request: httpx.Request) -> dict[str, str]:
    """Parse the form fields of a request's body."""
    return dict(parse_qsl(request.content.decode()))


def detect_once(
    service: StubService, credentials: CredentialSource = KEY, **fields: Any
) -> Detection:
    with create_client(service, credentials) as deepfake_client:
        return deepfake_client.detect(**{"url": URL, "merchant_biz_id": BIZ_ID, **fields})
