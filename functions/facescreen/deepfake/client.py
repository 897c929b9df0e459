"""A client of the FACE_DEEPFAKE API.

client = DeepfakeClient(scene_code="onboard_01", credentials=Credentials("LTAI…", "…"))
client.detect(url="https://…presigned…").verdict
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import httpx

from .. import errors
from ..deadline import Deadline
from .answer import STAND_IN_HEADER, Detection, Reply
from .attempts import Send, course
from .pace import Interval, Pace
from .parameters import DetectParameters, new_merchant_biz_id
from .request import SignedRequest, sign_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from ..credentials import CredentialSource

PUBLIC_ENDPOINT = "https://cloudauth-intl.ap-southeast-1.aliyuncs.com"
VPC_ENDPOINT = "https://cloudauth-intl-vpc.ap-southeast-1.aliyuncs.com"
_CONNECT_TIMEOUT_S = 3.0


class DeepfakeClient:
    """Calls DeepfakeDetectIntl with retries by Code inside the time left, paced to the quota.

    It keeps one connection pool; share it and close it. Safe to use from several threads.
    """

    def __init__(
        self,
        *,
        scene_code: str,
        credentials: CredentialSource,
        endpoint: str = PUBLIC_ENDPOINT,
        image_timeout_s: float = 8,
        video_timeout_s: float = 20,
        pace: Pace | None = None,
        merchant_prefix: str = "fs",
        allow_stand_in: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._scene_code = scene_code
        self._credentials = credentials
        self._timeouts = {"image": image_timeout_s, "video": video_timeout_s}
        self._pace = pace or Interval(10)
        self._merchant_prefix = merchant_prefix
        self._allow_stand_in = allow_stand_in
        self._http = httpx.Client(base_url=endpoint, transport=transport)
        self._host = self._http.base_url.netloc.decode()

    def detect(
        self,
        *,
        url: str | Callable[[], str] = "",
        base64: str = "",
        kind: str = "image",
        merchant_biz_id: str = "",
        deadline: Deadline | None = None,
    ) -> Detection:
        """Screens one image or video, by URL (or what makes a fresh one) or in Base64.

        `kind` is ``image`` or ``video``. Raises errors.ContentFault where the service refuses the
        content, errors.Passing when the time left is spent, errors.OperatorFault for the rest.
        """
        biz_id = merchant_biz_id or new_merchant_biz_id(self._merchant_prefix)

        def build() -> SignedRequest:
            fresh = url() if callable(url) else url
            parameters = DetectParameters(self._scene_code, biz_id, kind, fresh, base64)
            return self._sign("DeepfakeDetectIntl", parameters.query, parameters.form)

        timeout_s = self._timeouts.get(kind, self._timeouts["image"])
        steps = course(build, timeout_s, deadline or Deadline.after(3 * timeout_s), self._pace)
        came: Reply | errors.Passing | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as done:
                detection: Detection = done.value
                return detection
            if isinstance(step, Send):
                came = self._send(step)
            else:
                time.sleep(step.seconds)
                came = None

    def keep_alive(self) -> None:
        """Warms the connection (KeepaliveIntl). Raises errors.Passing when that fails."""
        came = self._send(Send(self._sign("KeepaliveIntl", [], []), _CONNECT_TIMEOUT_S))
        if isinstance(came, errors.Passing):
            raise came

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> DeepfakeClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _sign(
        self, action: str, query: list[tuple[str, str]], form: list[tuple[str, str]]
    ) -> SignedRequest:
        return sign_request(action, self._host, self._credentials.get(), query=query, form=form)

    def _send(self, step: Send) -> Reply | errors.Passing:
        """Sends, and gives back the answer or what became of it. httpx's texts stay behind."""
        request = self._http.build_request(
            "POST",
            f"/?{step.request.query}",
            headers=dict(step.request.headers),
            content=step.request.body,
            timeout=httpx.Timeout(step.timeout_s, connect=min(_CONNECT_TIMEOUT_S, step.timeout_s)),
        )
        try:
            answer = self._http.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return errors.Unavailable(f"no connection to {self._host} ({type(error).__name__})")
        except httpx.TransportError as error:
            return errors.NoAnswer(f"no answer from {self._host} ({type(error).__name__})")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        self._admit(headers)
        return Reply(answer.status_code, headers, answer.content)

    def _admit(self, headers: Mapping[str, str]) -> None:
        """A stand-in's "low risk" must never pass for the real service's."""
        if STAND_IN_HEADER in headers and not self._allow_stand_in:
            raise errors.StandInRefused(
                f"{self._host} names itself a stand-in; set CLOUDAUTH_ENDPOINT to the real service"
            )


class _WithoutQuery(logging.Filter):
    """httpx logs each request's URL at INFO, and ours holds a presigned one."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg
                for arg in record.args
            )
        return True


logging.getLogger("httpx").addFilter(_WithoutQuery())
