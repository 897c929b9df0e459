"""The client's logic without its I/O. Each operation is a flow: steps that a client executes.

A flow is a generator. It yields a step, receives that step's result, and returns the result of the
operation. The steps are the same for blocking and asynchronous clients.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, TypedDict, TypeVar
from urllib.parse import urlsplit

from facescreen import errors
from facescreen.clients.endpoints import (
    ID_VERIFICATION_REGION,
    PUBLIC_ENDPOINT,
    UPLOAD_AUTHORIZATION_ENDPOINT,
)
from facescreen.deepfake.budget import UnlimitedBudget
from facescreen.deepfake.rate_limiter import LocalRateLimiter
from facescreen.deepfake.request import (
    AUTHORIZE_UPLOAD_ACTION,
    DETECT_ACTION,
    DETECT_STREAM_ACTION,
    KEEP_ALIVE_ACTION,
    build_detect_parameters,
    create_merchant_biz_id,
    sign_request,
)
from facescreen.deepfake.response import EMULATOR_HEADER, HttpResponse, parse_response
from facescreen.deepfake.upload import (
    UploadStep,
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
    from facescreen.deepfake.request import ApiAction, DetectRequest
    from facescreen.deepfake.response import Detection

MIN_TIME_LEFT_TO_CALL_S = 1.0
"""With less time left than this, no call is started."""
_MIN_TIME_LEFT_TO_SEND_S = MIN_TIME_LEFT_TO_CALL_S / 2
"""With less time left than this, a call that was started is not sent."""
UPLOAD_TIMEOUT_S = 30.0
_KEEP_ALIVE_TIMEOUT_S = 3.0
_INITIAL_BACKOFF_S, _MAX_BACKOFF_S = 0.25, 8.0

T = TypeVar("T")


@dataclass(frozen=True)
class WaitStep:
    """Sleep before the next step."""

    seconds: float


@dataclass(frozen=True)
class SendStep:
    """Send the request, and wait at most `timeout_s` for the response."""

    request: SignedRequest
    timeout_s: float


FlowStep = WaitStep | SendStep | UploadStep
StepResult = HttpResponse | errors.TransientError | None
"""The result of a step: a response, the transport error, or None after a WaitStep."""
Flow = Generator[FlowStep, StepResult, T]


class ClientOptions(TypedDict, total=False):
    """The options of a client."""

    scene_code: Required[str]
    """10 letters, digits or underscores, from the ID Verification console."""
    credentials: Required[CredentialSource]
    endpoint: str
    """PUBLIC_ENDPOINT by default; VPC_ENDPOINT inside Alibaba Cloud."""
    upload_endpoint: str
    image_timeout_s: float
    video_timeout_s: float
    """Seconds to wait for one response, by default 8 and 20. The service asks for more than 3
    for a video."""
    rate_limiter: RateLimiter
    """Ten evenly spaced calls a second by default: the quota of a whole account."""
    budget: CallBudget
    """How many calls may be paid for; unlimited by default."""
    merchant_prefix: str
    """The prefix of every MerchantBizId that the client creates."""
    allow_emulator: bool
    """Accept responses of a local emulator of the service."""


class DetectFlow:
    """The operations of one client, each as a flow.

    A detection raises errors.ContentError if the service rejects the content, the last
    errors.TransientError when the time is up, errors.DailyLimitReachedError if the budget is
    exhausted, and errors.OperatorError otherwise.
    """

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        """Raises TypeError for an unknown option: a misspelled budget must not mean no budget."""
        if unknown := sorted(options.keys() - ClientOptions.__annotations__.keys()):
            raise TypeError(f"unknown client options: {', '.join(unknown)}")
        self._scene_code = options["scene_code"]
        self._credentials = options["credentials"]
        self._endpoint = options.get("endpoint", PUBLIC_ENDPOINT)
        self._upload_endpoint = options.get("upload_endpoint", UPLOAD_AUTHORIZATION_ENDPOINT)
        self._timeouts_s = {
            "image": options.get("image_timeout_s", 8),
            "video": options.get("video_timeout_s", 20),
        }
        self._rate_limiter = options.get("rate_limiter") or LocalRateLimiter(10)
        self._budget = options.get("budget") or UnlimitedBudget()
        self._merchant_prefix = options.get("merchant_prefix", "fs")
        self._allow_emulator = options.get("allow_emulator", False)

    def detect(self, request: DetectRequest) -> Flow[Detection]:
        """Call DeepfakeDetectIntl as the vendor's SDK does: FaceUrl is in the query."""
        if request.file is not None:
            raise errors.RequestRejectedError(
                "DeepfakeDetectIntl takes no file; use DeepfakeDetectIntlStream"
            )
        return self._call_with_retries(DETECT_ACTION, request, self._get_deadline(request))

    def detect_stream(self, request: DetectRequest) -> Flow[Detection]:
        """Call DeepfakeDetectIntlStream: all parameters are in the body, and a file is uploaded
        first."""
        deadline, file_url = self._get_deadline(request), ""
        if request.file is not None:
            self._budget.check()  # before uploading a face that would not be screened
            with open_stream(request.file) as stream:
                file_url = yield from self._upload_file(stream, deadline)
        return (
            yield from self._call_with_retries(DETECT_STREAM_ACTION, request, deadline, file_url)
        )

    def keep_alive(self) -> Flow[None]:
        """Call KeepaliveIntl: warms the connection, and detects an emulator before any content
        is sent."""
        result = yield SendStep(self._sign_request(KEEP_ALIVE_ACTION), _KEEP_ALIVE_TIMEOUT_S)
        self._unwrap_verified_response(result, self._endpoint)

    def _call_with_retries(
        self, action: ApiAction, request: DetectRequest, deadline: Deadline, file_url: str = ""
    ) -> Flow[Detection]:
        """Call until a response is final or no time is left. Each attempt has a new date, nonce,
        presigned URL and credentials."""
        biz_id = request.merchant_biz_id or create_merchant_biz_id(self._merchant_prefix)
        request = replace(request, merchant_biz_id=biz_id)
        retries = _OneTimeRetries()
        last_error: errors.TransientError = errors.ThrottledError(
            "no slot within the quota in the time left"
        )
        for attempt in itertools.count():
            self._budget.check()  # before taking a slot that others could use
            slot_delay_s = self._rate_limiter.reserve(
                deadline.remaining_s() - MIN_TIME_LEFT_TO_CALL_S
            )
            if slot_delay_s is None:
                raise last_error

            starts_at = Deadline.after(slot_delay_s)
            # Sign before waiting: a late call would come too close to the next one.
            signed = self._sign_request(
                action, build_detect_parameters(request, self._scene_code, file_url)
            )
            permit = self._budget.reserve(slot_delay_s)
            yield WaitStep(max(0.0, starts_at.remaining_s()))
            try:
                with permit:
                    remaining_s = deadline.remaining_s()
                    # The reservations are requests too, and may have been slow.
                    if remaining_s < _MIN_TIME_LEFT_TO_SEND_S:
                        raise errors.ThrottledError("the slot came too late for the time left")
                    timeout_s = min(self._timeouts_s[request.kind], remaining_s)
                    result = yield SendStep(signed, timeout_s)
                    return parse_response(self._unwrap_verified_response(result, self._endpoint))
            except errors.TransientError as error:
                last_error = error
                backoff_s = _compute_backoff_s(error, attempt)
                if (
                    not retries.use_retry(error)
                    or deadline.remaining_s() - backoff_s < MIN_TIME_LEFT_TO_CALL_S
                ):
                    raise
            yield WaitStep(backoff_s)
        raise AssertionError("unreachable")

    def _upload_file(self, stream: IO[bytes], deadline: Deadline) -> Flow[str]:
        """Upload a file to where the service reads it, with a new grant for each attempt.
        Returns the file's URL for FaceFile."""
        for attempt in itertools.count():
            try:
                result = yield SendStep(self._sign_upload_authorization(), UPLOAD_TIMEOUT_S)
                grant = parse_grant(self._unwrap_verified_response(result, self._upload_endpoint))
                rewind(stream, must_succeed=attempt > 0)
                result = yield UploadStep(grant.upload_url, grant.fields, stream, UPLOAD_TIMEOUT_S)
                check_upload_response(_unwrap_response(result))
            except errors.TransientError as error:
                backoff_s = _compute_backoff_s(error, attempt)
                if deadline.remaining_s() - backoff_s < MIN_TIME_LEFT_TO_CALL_S:
                    raise
                yield WaitStep(backoff_s)
            else:
                return grant.file_url
        raise AssertionError("unreachable")

    def _get_deadline(self, request: DetectRequest) -> Deadline:
        return request.deadline or Deadline.after(3 * self._timeouts_s[request.kind])

    def _sign_request(
        self, action: ApiAction, parameters: Sequence[tuple[str, str]] = ()
    ) -> SignedRequest:
        return sign_request(action, self._endpoint, self._credentials.get(), parameters)

    def _sign_upload_authorization(self) -> SignedRequest:
        parameters = [("Product", "Cloudauth-intl"), ("RegionId", ID_VERIFICATION_REGION)]
        return sign_request(
            AUTHORIZE_UPLOAD_ACTION, self._upload_endpoint, self._credentials.get(), parameters
        )

    def _unwrap_verified_response(self, result: StepResult, endpoint: str) -> HttpResponse:
        """Return the response of `endpoint`. Raises EmulatorRefusedError for an emulator, whose
        "low risk" must never pass for the real service's."""
        response = _unwrap_response(result)
        if EMULATOR_HEADER in response.headers and not self._allow_emulator:
            raise errors.EmulatorRefusedError(
                f"{urlsplit(endpoint).netloc} is an emulator of the service; "
                "set the endpoint to the real service"
            )
        return response


@dataclass
class _OneTimeRetries:
    """Limits some errors to one retry: after them the last call may have been paid for, or
    another call is unlikely to help."""

    has_timed_out: bool = False
    have_credentials_expired: bool = False

    def use_retry(self, error: errors.TransientError) -> bool:
        """Use one of the retries that are allowed after `error`. Returns False if none is left."""
        if isinstance(error, errors.ResponseTimeoutError):
            is_allowed, self.has_timed_out = not self.has_timed_out, True
            return is_allowed
        if isinstance(error, errors.CredentialsExpiredError):
            is_allowed, self.have_credentials_expired = not self.have_credentials_expired, True
            return is_allowed
        return True


def _unwrap_response(result: StepResult) -> HttpResponse:
    """Return the response to a SendStep or an UploadStep. Raises the transport error if there is
    none."""
    if isinstance(result, errors.TransientError):
        raise result
    if result is None:
        raise TypeError("the result of a SendStep must be an HttpResponse or an error")
    return result


def _compute_backoff_s(error: errors.TransientError, attempt: int) -> float:
    """Compute an exponential backoff with full jitter, added to what the service asked for."""
    max_jitter_s = min(_MAX_BACKOFF_S, _INITIAL_BACKOFF_S * 2**attempt)
    retry_after_s = error.retry_after_s if isinstance(error, errors.ThrottledError) else 0
    return retry_after_s + random.uniform(0, max_jitter_s)  # noqa: S311
