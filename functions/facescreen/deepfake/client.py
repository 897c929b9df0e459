"""Clients of the FACE_DEEPFAKE API: a blocking one, and one for asyncio.

with DeepfakeClient(scene_code="onboard_01", credentials=Credentials("LTAI…", "…")) as client:
    client.detect(url="https://…presigned…").verdict
    client.detect_stream(file="clip.mp4", kind="video").verdict
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import httpx

from facescreen import errors
from facescreen.deepfake.flow import DetectFlow, WaitStep
from facescreen.deepfake.request import DetectRequest
from facescreen.deepfake.response import HttpResponse
from facescreen.deepfake.upload import UploadStep

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from facescreen.deepfake.flow import ClientOptions, Flow, FlowStep, SendStep, StepResult
    from facescreen.deepfake.request import DetectRequestFields
    from facescreen.deepfake.response import Detection

_CONNECT_TIMEOUT_S = 3.0

T = TypeVar("T")


class DeepfakeClient:
    """Calls the service within the quota, and retries by error code while time is left.

    The keyword arguments are those of ClientOptions. Pass what to screen as a DetectRequest, or as
    its fields. `http` is your own httpx.Client, with the proxies, certificates and limits that you
    need. Share one client, because it keeps a connection pool, and close it. It is safe to use from
    several threads.
    """

    def __init__(
        self, *, http: httpx.Client | None = None, **options: Unpack[ClientOptions]
    ) -> None:
        self._flow = DetectFlow(**options)
        self._http = http or httpx.Client()

    def detect(
        self, request: DetectRequest | None = None, **fields: Unpack[DetectRequestFields]
    ) -> Detection:
        """Call DeepfakeDetectIntl with a URL or Base64. For the errors see DetectFlow."""
        return self._run_flow(self._flow.detect(_build_request(request, fields)))

    def detect_stream(
        self, request: DetectRequest | None = None, **fields: Unpack[DetectRequestFields]
    ) -> Detection:
        """Call DeepfakeDetectIntlStream with a URL, Base64 or a file. For the errors see
        DetectFlow."""
        return self._run_flow(self._flow.detect_stream(_build_request(request, fields)))

    def keep_alive(self) -> None:
        """Warm the connection (KeepaliveIntl). Raises errors.TransientError if that fails, and
        errors.EmulatorRefusedError."""
        self._run_flow(self._flow.keep_alive())

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> DeepfakeClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run_flow(self, flow: Flow[T]) -> T:
        with closing(flow):
            result: StepResult = None
            while True:
                try:
                    step = flow.send(result)
                except StopIteration as done:
                    value: T = done.value
                    return value
                result = self._execute_step(step)

    def _execute_step(self, step: FlowStep) -> StepResult:
        if isinstance(step, WaitStep):
            time.sleep(step.seconds)
            return None
        try:
            return _to_response(self._http.send(_build_http_request(self._http, step)))
        except httpx.TransportError as error:
            return _to_transient_error(step, error)


class AsyncDeepfakeClient:
    """DeepfakeClient for asyncio, with coroutines as methods. `http` is an httpx.AsyncClient."""

    def __init__(
        self, *, http: httpx.AsyncClient | None = None, **options: Unpack[ClientOptions]
    ) -> None:
        self._flow = DetectFlow(**options)
        self._http = http or httpx.AsyncClient()

    async def detect(
        self, request: DetectRequest | None = None, **fields: Unpack[DetectRequestFields]
    ) -> Detection:
        return await self._run_flow(self._flow.detect(_build_request(request, fields)))

    async def detect_stream(
        self, request: DetectRequest | None = None, **fields: Unpack[DetectRequestFields]
    ) -> Detection:
        return await self._run_flow(self._flow.detect_stream(_build_request(request, fields)))

    async def keep_alive(self) -> None:
        await self._run_flow(self._flow.keep_alive())

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> AsyncDeepfakeClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _run_flow(self, flow: Flow[T]) -> T:
        with closing(flow):
            result: StepResult = None
            while True:
                try:
                    step = flow.send(result)
                except StopIteration as done:
                    value: T = done.value
                    return value
                result = await self._execute_step(step)

    async def _execute_step(self, step: FlowStep) -> StepResult:
        if isinstance(step, WaitStep):
            await asyncio.sleep(step.seconds)
            return None
        try:
            return _to_response(await self._http.send(_build_http_request(self._http, step)))
        except httpx.TransportError as error:
            return _to_transient_error(step, error)


def _build_request(request: DetectRequest | None, fields: DetectRequestFields) -> DetectRequest:
    """Return `request` with `fields` changed, or a new one of `fields` alone."""
    return DetectRequest(**fields) if request is None else replace(request, **fields)


def _build_http_request(
    http: httpx.Client | httpx.AsyncClient, step: SendStep | UploadStep
) -> httpx.Request:
    timeout = httpx.Timeout(step.timeout_s, connect=min(_CONNECT_TIMEOUT_S, step.timeout_s))
    if isinstance(step, UploadStep):
        return http.build_request(
            "POST", step.url, data=dict(step.fields), files={"file": step.file}, timeout=timeout
        )
    signed = step.request
    return http.build_request(
        signed.method,
        signed.url,
        headers=dict(signed.headers),
        content=signed.body,
        timeout=timeout,
    )


def _to_response(response: httpx.Response) -> HttpResponse:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HttpResponse(response.status_code, headers, response.content)


def _to_transient_error(
    step: SendStep | UploadStep, error: httpx.TransportError
) -> errors.TransientError:
    """Convert a transport error. httpx's own message is left out: it may hold a URL."""
    host = urlsplit(step.url if isinstance(step, UploadStep) else step.request.url).netloc
    error_type = type(error).__name__
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)):
        return errors.ServiceUnavailableError(f"no connection to {host} ({error_type})")
    return errors.ResponseTimeoutError(f"no response from {host} ({error_type})")


class _RemoveQueryFilter(logging.Filter):
    """Removes queries from the URLs that httpx logs at INFO. They may hold a presigned URL."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg
                for arg in record.args
            )
        return True


logging.getLogger("httpx").addFilter(_RemoveQueryFilter())
