"""The vendor's SDK, unmodified, pointed at a running service; and files for it to download."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from alibabacloud_cloudauth_intl20220809.client import Client
from alibabacloud_cloudauth_intl20220809.models import DeepfakeDetectIntlRequest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.models import Config

from infra.local.service import Service

if TYPE_CHECKING:
    from infra.local.cloudauth.server import CloudauthService
    from infra.local.identity import Key

# The SDK calls datetime.utcnow, which Python deprecates since 3.12.
ALLOW_SDK = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

MERCHANT_BIZ_ID = "e0c34a77f5ac40a5aa5e6ed20c000001"
GOOD = {
    "product_code": "FACE_DEEPFAKE",
    "scene_code": "scene_0001",
    "merchant_biz_id": MERCHANT_BIZ_ID,
}


class Files(Service):
    """Serves `content` by path; what is not there is a 404."""

    def __init__(self) -> None:
        super().__init__()
        self.content: dict[str, bytes] = {}
        self.asked: list[str] = []

    def put(self, path: str, content: bytes) -> str:
        """The URL at which `content` now lies; `path` as it is sent."""
        self.content[path] = content
        return self.url + path

    def operation(self, request: web.BaseRequest) -> str:
        return request.raw_path.partition("?")[0]

    async def answer(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        self.asked.append(request.raw_path)
        found = self.content.get(self.operation(request))
        return web.Response(status=404) if found is None else web.Response(body=found)

    def error(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        return web.Response(status=status)


@dataclass
class Sdk:
    """Calls `service` as the holder of `key`."""

    service: CloudauthService
    key: Key
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(
            Config(
                access_key_id=self.key.access_key_id,
                access_key_secret=self.key.access_key_secret,
                security_token=self.key.security_token or None,
                endpoint=self.service.url.partition("://")[2],
                protocol="http",
            )
        )

    def detect(self, **parameters: str) -> dict[str, Any]:
        """The answer's headers, status and body."""
        request = DeepfakeDetectIntlRequest(**{**GOOD, **parameters})
        answer: dict[str, Any] = self.client.deepfake_detect_intl(request).to_map()
        return answer

    def detect_async(self, **parameters: str) -> dict[str, Any]:
        """The same by the SDK's asynchronous client."""
        request = DeepfakeDetectIntlRequest(**{**GOOD, **parameters})
        answer: dict[str, Any] = asyncio.run(
            self.client.deepfake_detect_intl_async(request)
        ).to_map()
        return answer

    def refusal(self, **parameters: str) -> tuple[int, str]:
        """HTTP status and code of a call that must fail."""
        try:
            self.detect(**parameters)
        except AlibabaCloudException as error:
            return error.status_code, error.code
        raise AssertionError("the call was served")
