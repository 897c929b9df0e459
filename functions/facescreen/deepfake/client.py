"""Clients of the FACE_DEEPFAKE API, one that blocks and one that doesn't.

with DeepfakeClient(scene_code="onboard_01", credentials=Credentials("LTAI…", "…")) as client:
    client.detect(url="https://…presigned…").verdict
    client.detect_stream(file="clip.mp4", kind="video").verdict
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import httpx

from facescreen import errors
from facescreen.deepfake.flow import Came, Course, Courses, Send, Wait
from facescreen.deepfake.response import Detection, Reply
from facescreen.deepfake.upload import Upload, opened

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from facescreen.deepfake.flow import Content, Options
    from facescreen.deepfake.upload import File

_CONNECT_TIMEOUT_S = 3.0

T = TypeVar("T")


class DeepfakeClient:
    """Calls with retries by Code inside the time left, paced to the quota.

    `http` is an httpx.Client of your own, with proxies, certificates and limits as you like them.
    Share a client, for it keeps one connection pool, and close it. Safe to use from several
    threads.
    """

    def __init__(self, *, http: httpx.Client | None = None, **options: Unpack[Options]) -> None:
        self._courses = Courses(**options)
        self._http = http or httpx.Client()

    def detect(self, **content: Unpack[Content]) -> Detection:
        """DeepfakeDetectIntl, of a URL or Base64. Errors: see Courses."""
        return self._run(self._courses.detection(**content))

    def detect_stream(self, *, file: File | None = None, **content: Unpack[Content]) -> Detection:
        """DeepfakeDetectIntlStream, of a URL, Base64 or a file. Errors: see Courses."""
        if file is None:
            return self._run(self._courses.stream_detection(**content))
        with opened(file) as stream:
            return self._run(self._courses.file_detection(stream, **content))

    def keep_alive(self) -> None:
        """Warms the connection (KeepaliveIntl). Raises errors.Passing when that fails, and
        errors.StandInRefused."""
        self._run(self._courses.keeping_alive())

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> DeepfakeClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, course: Course[T]) -> T:
        came: Came = None
        while True:
            try:
                step = course.send(came)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Wait):
                time.sleep(step.seconds)
                came = None
                continue
            try:
                came = _reply(self._http.send(_request(self._http, step)))
            except httpx.TransportError as error:
                came = _failure(step, error)


class AsyncDeepfakeClient:
    """DeepfakeClient for asyncio; `http` is an httpx.AsyncClient."""

    def __init__(
        self, *, http: httpx.AsyncClient | None = None, **options: Unpack[Options]
    ) -> None:
        self._courses = Courses(**options)
        self._http = http or httpx.AsyncClient()

    async def detect(self, **content: Unpack[Content]) -> Detection:
        """DeepfakeDetectIntl, of a URL or Base64. Errors: see Courses."""
        return await self._run(self._courses.detection(**content))

    async def detect_stream(
        self, *, file: File | None = None, **content: Unpack[Content]
    ) -> Detection:
        """DeepfakeDetectIntlStream, of a URL, Base64 or a file. Errors: see Courses."""
        if file is None:
            return await self._run(self._courses.stream_detection(**content))
        with opened(file) as stream:
            return await self._run(self._courses.file_detection(stream, **content))

    async def keep_alive(self) -> None:
        """Warms the connection (KeepaliveIntl). Raises errors.Passing when that fails, and
        errors.StandInRefused."""
        await self._run(self._courses.keeping_alive())

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncDeepfakeClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _run(self, course: Course[T]) -> T:
        came: Came = None
        while True:
            try:
                step = course.send(came)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Wait):
                await asyncio.sleep(step.seconds)
                came = None
                continue
            try:
                came = _reply(await self._http.send(_request(self._http, step)))
            except httpx.TransportError as error:
                came = _failure(step, error)


def _request(http: httpx.Client | httpx.AsyncClient, step: Send | Upload) -> httpx.Request:
    timeout = httpx.Timeout(step.timeout_s, connect=min(_CONNECT_TIMEOUT_S, step.timeout_s))
    if isinstance(step, Upload):
        return http.build_request(
            "POST", step.url, data=dict(step.fields), files={"file": step.file}, timeout=timeout
        )
    sent = step.request
    return http.build_request(
        sent.method, sent.url, headers=dict(sent.headers), content=sent.body, timeout=timeout
    )


def _reply(answer: httpx.Response) -> Reply:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Reply(answer.status_code, headers, answer.content)


def _failure(step: Send | Upload, error: httpx.TransportError) -> errors.Passing:
    """What became of a request without an answer. httpx's own text stays behind."""
    host = urlsplit(step.url if isinstance(step, Upload) else step.request.url).netloc
    met = type(error).__name__
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)):
        return errors.Unavailable(f"no connection to {host} ({met})")
    return errors.NoAnswer(f"no answer from {host} ({met})")


class _WithoutQuery(logging.Filter):
    """httpx logs each request's URL at INFO, and ours may hold a presigned one."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg
                for arg in record.args
            )
        return True


logging.getLogger("httpx").addFilter(_WithoutQuery())
