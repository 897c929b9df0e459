"""The vendor's SDK, connected to a running service, and a server of files to download."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import IO, Any

import pytest
from aiohttp import web
from alibabacloud_cloudauth_intl20220809 import models
from alibabacloud_cloudauth_intl20220809.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.models import Config
from darabonba.runtime import RuntimeOptions

from facescreen_local.auth.account import AccessKey
from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.protocol.service import Service

# The SDK calls datetime.utcnow, which Python deprecates since 3.12.
ALLOW_SDK = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

OPERATIONS = ("DeepfakeDetectIntl", "DeepfakeDetectIntlStream")
MERCHANT_BIZ_ID = "e0c34a77f5ac40a5aa5e6ed20c000001"
GOOD = {
    "product_code": "FACE_DEEPFAKE",
    "scene_code": "scene_0001",
    "merchant_biz_id": MERCHANT_BIZ_ID,
}


class FileServer(Service):
    """Serves `content` by path. Other paths are a 404."""

    def __init__(self) -> None:
        super().__init__()
        self.content: dict[str, bytes] = {}
        self.requested_paths: list[str] = []

    def put(self, path: str, content: bytes) -> str:
        """Serve `content` at `path`, which must be URL-encoded, and return its URL."""
        self.content[path] = content
        return self.url + path

    def get_operation_name(self, request: web.BaseRequest) -> str:
        return request.raw_path.partition("?")[0]

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        self.requested_paths.append(request.raw_path)
        content = self.content.get(self.get_operation_name(request))
        return web.Response(status=404) if content is None else web.Response(body=content)

    def build_error_response(
        self, status: int, code: str, message: str, request_id: str
    ) -> web.Response:
        return web.Response(status=status)


@dataclass
class SdkCaller:
    """Calls an operation of `service` with `key`."""

    service: IdVerificationService
    key: AccessKey
    operation: str = "DeepfakeDetectIntl"
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        host = self.service.url.partition("://")[2]
        self.client = Client(
            Config(
                access_key_id=self.key.access_key_id,
                access_key_secret=self.key.access_key_secret,
                security_token=self.key.security_token or None,
                endpoint=host,
                protocol="http",
                region_id="ap-southeast-1",
                ca=str(self.service.ca_file),
            )
        )
        # The SDK ignores open_platform_endpoint in its Config.
        self.client._open_platform_endpoint = host

    def detect(self, **parameters: str) -> dict[str, Any]:
        """Call the operation and return the response's headers, status and body."""
        response: dict[str, Any] = self._method()(self._request(parameters)).to_map()
        return response

    def detect_async(self, **parameters: str) -> dict[str, Any]:
        """The same by the SDK's asynchronous client."""
        pending = self._method("_async")(self._request(parameters))
        response: dict[str, Any] = asyncio.run(pending).to_map()
        return response

    def upload(self, file: IO[bytes], **parameters: str) -> dict[str, Any]:
        """Return the response of the SDK's "advance" call, which uploads `file` first."""
        pending = self.client.deepfake_detect_intl_stream_advance(
            _advance_request(file, parameters), RuntimeOptions()
        )
        response: dict[str, Any] = pending.to_map()
        return response

    def upload_async(self, file: IO[bytes], **parameters: str) -> dict[str, Any]:
        """The same by the SDK's asynchronous client."""
        pending = self.client.deepfake_detect_intl_stream_advance_async(
            _advance_request(file, parameters), RuntimeOptions()
        )
        response: dict[str, Any] = asyncio.run(pending).to_map()
        return response

    def refusal(self, **parameters: str) -> tuple[int, str]:
        """Return HTTP status and code of a call that must fail."""
        try:
            self.detect(**parameters)
        except AlibabaCloudException as error:
            return error.status_code, error.code
        raise AssertionError("the call was served")

    def _request(self, parameters: dict[str, str]) -> Any:
        return getattr(models, f"{self.operation}Request")(**{**GOOD, **parameters})

    def _method(self, suffix: str = "") -> Any:
        streamed = "_stream" if self.operation.endswith("Stream") else ""
        return getattr(self.client, f"deepfake_detect_intl{streamed}{suffix}")


def _advance_request(file: IO[bytes], parameters: dict[str, str]) -> Any:
    fields = {**GOOD, **parameters, "face_file_object": file}
    return models.DeepfakeDetectIntlStreamAdvanceRequest(**fields)
