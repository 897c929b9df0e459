"""What a client does, without its I/O: each operation is a flow of steps that a client carries out.

A flow is a generator. It yields a step, is sent that step's result, and returns what the operation
gives. Whether a client blocks or not, the steps are the same.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, TypedDict, TypeVar
from urllib.parse import urlsplit

from facescreen import errors
from facescreen.clients.endpoints import PUBLIC_ENDPOINT, REGION, UPLOAD_ENDPOINT
from facescreen.deepfake.budget import UnlimitedBudget
from facescreen.deepfake.rate_limiter import LocalRateLimiter
from facescreen.deepfake.request import (
    AUTHORIZE_UPLOAD,
    DETECT,
    DETECT_STREAM,
    KEEP_ALIVE,
    build_detect_parameters,
    create_merchant_biz_id,
    sign_request,
)
from facescreen.deepfake.response import EMULATOR_HEADER, HttpResponse, parse_response
from facescreen.deepfake.upload import (
    Upload,
    check_upload_response,
    open_stream,
    parse_grant,
    rewind,
)
from facescreen.timing import Deadline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Required, Unpack

    from facescreen.clients.acs3 import SignedRequest
    from facescreen.clients.credentials import CredentialSource
    from facescreen.deepfake.budget import CallBudget
    from facescreen.deepfake.rate_limiter import RateLimiter
    from facescreen.deepfake.request import Action, DetectRequest
    from facescreen.deepfake.response import Detection

MIN_CALL_S = 1.0
"""With less time left than this, a call is not begun."""
UPLOAD_TIMEOUT_S = 30.0
_KEEP_ALIVE_TIMEOUT_S = 3.0
_INITIAL_BACKOFF_S, _MAX_BACKOFF_S = 0.25, 8.0

T = TypeVar("T")


@dataclass(frozen=True)
class Wait:
    """Sleep before the next step."""

    seconds: float


@dataclass(frozen=True)
class Send:
    """Send the request; wait no longer than `timeout_s` for its answer."""

    request: SignedRequest
    timeout_s: float


Step = Wait | Send | Upload
StepResult = HttpResponse | errors.TransientError | None
"""What came of a step: a response, the error that the transport met, or nothing of a Wait."""
Flow = Generator[Step, StepResult, T]


class ClientOptions(TypedDict, total=False):
    """How a client is set up."""

    scene_code: Required[str]
    """10 letters, digits or underscores, from the ID Verification console."""
    credentials: Required[CredentialSource]
    endpoint: str
    """PUBLIC_ENDPOINT by default; VPC_ENDPOINT inside Alibaba Cloud."""
    upload_endpoint: str
    image_timeout_s: float
    video_timeout_s: float
    """Seconds for one answer, 8 and 20 by default; the page asks for more than 3 for a video."""
    rate_limiter: RateLimiter
    """Ten evenly spaced calls a second by default: the quota of a whole account."""
    budget: CallBudget
    """How many calls may be paid for; by default any number."""
    merchant_prefix: str
    """Starts each MerchantBizId that is made here."""
    allow_emulator: bool
    """Take answers of a local stand-in of the service."""


class DetectFlow:
    """The operations of one client, each as a flow.

    A detection raises errors.ContentError where the service refuses the content,
    errors.TransientError (the last one met) when the time left is spent,
    errors.DailyLimitReachedError where the allowance lets no call through, and errors.OperatorError
    for the rest.
    """

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        self._scene_code = options["scene_code"]
        self._credentials = options["credentials"]
        self._endpoint = options.get("endpoint", PUBLIC_ENDPOINT)
        self._upload_endpoint = options.get("upload_endpoint", UPLOAD_ENDPOINT)
        self._timeouts_s = {
            "image": options.get("image_timeout_s", 8),
            "video": options.get("video_timeout_s", 20),
        }
        self._rate_limiter = options.get("rate_limiter") or LocalRateLimiter(10)
        self._budget = options.get("budget") or UnlimitedBudget()
        self._merchant_prefix = options.get("merchant_prefix", "fs")
        self._allow_emulator = options.get("allow_emulator", False)

    def detect(self, request: DetectRequest) -> Flow[Detection]:
        """DeepfakeDetectIntl, as the vendor's SDK calls it: FaceUrl is in the query."""
        if request.file is not None:
            raise errors.RequestRejectedError("a file is sent by DeepfakeDetectIntlStream alone")
        return self._call_with_retries(DETECT, request, self._get_deadline(request))

    def detect_stream(self, request: DetectRequest) -> Flow[Detection]:
        """DeepfakeDetectIntlStream: everything is in the body, and a file is uploaded first."""
        deadline, file_url = self._get_deadline(request), ""
        if request.file is not None:
            self._budget.check()  # before a face is sent that is not called for
            with open_stream(request.file) as stream:
                file_url = yield from self._upload_file(stream, deadline)
        return (yield from self._call_with_retries(DETECT_STREAM, request, deadline, file_url))

    def keep_alive(self) -> Flow[None]:
        """KeepaliveIntl: warms the connection, and meets a stand-in before anything is sent."""
        result = yield Send(self._sign(KEEP_ALIVE), _KEEP_ALIVE_TIMEOUT_S)
        self._verify_response(result, self._endpoint)

    def _call_with_retries(
        self, action: Action, request: DetectRequest, deadline: Deadline, file_url: str = ""
    ) -> Flow[Detection]:
        """Calls until an answer is final, or no time is left. Each attempt has a fresh
        date, nonce, presigned URL, and credentials."""
        biz_id = request.merchant_biz_id or create_merchant_biz_id(self._merchant_prefix)
        request = replace(request, merchant_biz_id=biz_id)
        retries = _OneTimeRetries()
        last: errors.TransientError = errors.ThrottledError(
            "no turn within the quota in the time left"
        )
        for attempt in itertools.count():
            self._budget.check()  # before a turn is taken that others could use
            slot_in_s = self._rate_limiter.reserve(deadline.left() - MIN_CALL_S)
            if slot_in_s is None:
                raise last
            starts_at = Deadline.after(slot_in_s)
            # Signed while waiting: a call that leaves late crowds the ones behind it.
            signed = self._sign(
                action, build_detect_parameters(request, self._scene_code, file_url)
            )
            permit = self._budget.reserve(slot_in_s)
            yield Wait(max(0.0, starts_at.left()))
            try:
                with permit:
                    timeout_s = min(self._timeouts_s[request.kind], deadline.left())
                    result = yield Send(signed, timeout_s)
                    return parse_response(self._verify_response(result, self._endpoint))
            except errors.TransientError as error:
                last = error
                backoff_s = _compute_backoff_s(error, attempt)
                if not retries.allow(error) or deadline.left() - backoff_s < MIN_CALL_S:
                    raise
            yield Wait(backoff_s)
        raise AssertionError("unreachable")

    def _upload_file(self, stream: IO[bytes], deadline: Deadline) -> Flow[str]:
        """Puts a file where the service finds it, under a fresh grant for each attempt; returns its
        URL for FaceFile."""
        for attempt in itertools.count():
            try:
                result = yield Send(self._sign_upload_authorization(), UPLOAD_TIMEOUT_S)
                grant = parse_grant(self._verify_response(result, self._upload_endpoint))
                rewind(stream, is_first_attempt=attempt == 0)
                result = yield Upload(grant.url, grant.fields, stream, UPLOAD_TIMEOUT_S)
                check_upload_response(_unwrap_response(result))
            except errors.TransientError as error:
                backoff_s = _compute_backoff_s(error, attempt)
                if deadline.left() - backoff_s < MIN_CALL_S:
                    raise
                yield Wait(backoff_s)
            else:
                return grant.file_url
        raise AssertionError("unreachable")

    def _get_deadline(self, request: DetectRequest) -> Deadline:
        return request.deadline or Deadline.after(3 * self._timeouts_s[request.kind])

    def _sign(self, action: Action, parameters: Sequence[tuple[str, str]] = ()) -> SignedRequest:
        return sign_request(action, self._endpoint, self._credentials.get(), parameters)

    def _sign_upload_authorization(self) -> SignedRequest:
        asked = [("Product", "Cloudauth-intl"), ("RegionId", REGION)]
        return sign_request(AUTHORIZE_UPLOAD, self._upload_endpoint, self._credentials.get(), asked)

    def _verify_response(self, result: StepResult, endpoint: str) -> HttpResponse:
        """What the service at `endpoint` answered. A stand-in's "low risk" must never pass for the
        real service's."""
        response = _unwrap_response(result)
        if EMULATOR_HEADER in response.headers and not self._allow_emulator:
            raise errors.EmulatorRefusedError(
                f"{urlsplit(endpoint).netloc} names itself a stand-in; "
                "set the endpoint to the real service's"
            )
        return response


@dataclass
class _OneTimeRetries:
    """What is retried only once: each of these may mean that the last call was paid for, or that
    another can't help."""

    timed_out: bool = False
    credentials_expired: bool = False

    def allow(self, error: errors.TransientError) -> bool:
        """Whether there may be another attempt after `error`; notes that there was this one."""
        if isinstance(error, errors.ResponseTimeoutError):
            allowed, self.timed_out = not self.timed_out, True
            return allowed
        if isinstance(error, errors.CredentialsExpiredError):
            allowed, self.credentials_expired = not self.credentials_expired, True
            return allowed
        return True


def _unwrap_response(result: StepResult) -> HttpResponse:
    """The response to a Send or an Upload. Raises what the transport met instead."""
    if isinstance(result, errors.TransientError):
        raise result
    if result is None:
        raise TypeError("a Send must be answered with an HttpResponse or an error")
    return result


def _compute_backoff_s(error: errors.TransientError, attempt: int) -> float:
    """Full jitter over a doubling span; never less than what the service asked for."""
    span = min(_MAX_BACKOFF_S, _INITIAL_BACKOFF_S * 2**attempt)
    asked = error.retry_after_s if isinstance(error, errors.ThrottledError) else 0
    return asked + random.uniform(0, span)  # noqa: S311
