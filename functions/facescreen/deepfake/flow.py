"""What a client can do, as courses of steps that it drives (see attempts): all but the I/O."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypedDict, TypeVar
from urllib.parse import urlsplit

from facescreen import errors
from facescreen.clients.endpoints import PUBLIC_ENDPOINT, REGION, UPLOAD_ENDPOINT
from facescreen.deepfake.budget import Unlimited
from facescreen.deepfake.rate_limiter import Interval
from facescreen.deepfake.request import (
    AUTHORIZE_UPLOAD,
    DETECT,
    DETECT_STREAM,
    KEEP_ALIVE,
    Action,
    DetectParameters,
    new_merchant_biz_id,
    sign_request,
)
from facescreen.deepfake.response import STAND_IN_HEADER, Detection, Reply, understand
from facescreen.deepfake.upload import Upload, check_stored, permission, rewound
from facescreen.timing import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Required, Unpack

    from facescreen.clients.acs3 import SignedRequest
    from facescreen.clients.credentials import CredentialSource
    from facescreen.deepfake.budget import Allowance
    from facescreen.deepfake.rate_limiter import Pace
    from facescreen.deepfake.upload import Permission

SHORTEST_CALL_S = 1.0
"""With less time left than this, a call is not begun."""
UPLOAD_TIMEOUT_S = 30.0
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.25, 8.0
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
Came = Reply | errors.Passing | None
"""What came of a step: an answer, the error that the transport met, or nothing of a Wait."""
Course = Generator[Step, Came, T]


def calls(
    build: Callable[[], SignedRequest],
    read: Callable[[Reply], T],
    *,
    timeout_s: float,
    deadline: Deadline,
    pace: Pace,
    allowance: Allowance,
) -> Course[T]:
    """Calls until `read` makes something of an answer, or no time is left.

    `build` makes each request anew: fresh date, nonce, credentials and presigned URL. Raises what
    the service's Code stands for; of passing errors, the last one. Raises errors.Deferred where
    `allowance` lets no call through.
    """
    spent = _Spent()
    last: errors.Passing = errors.Throttled("no turn within the quota in the time left")
    for attempt in itertools.count():
        allowance.check()  # before a turn is taken that others could use
        turn = pace.reserve(deadline.left() - SHORTEST_CALL_S)
        if turn is None:
            raise last
        at = Deadline.after(turn)
        request = build()  # while waiting: a call that leaves late crowds the ones behind it
        permit = allowance.draw(turn)
        yield Wait(max(0.0, at.left()))
        try:
            with permit:
                return read(received((yield Send(request, min(timeout_s, deadline.left())))))
        except errors.Passing as error:
            last = error
            delay = _delay(error, attempt)
            if not spent.allows(error) or deadline.left() - delay < SHORTEST_CALL_S:
                raise
        yield Wait(delay)
    raise AssertionError("unreachable")


def uploads(
    authorize: Callable[[], SignedRequest],
    read: Callable[[Reply], Permission],
    file: IO[bytes],
    deadline: Deadline,
) -> Course[Permission]:
    """Puts a file where the service finds it, under a fresh permission for each attempt."""
    for attempt in itertools.count():
        try:
            granted = read(received((yield Send(authorize(), UPLOAD_TIMEOUT_S))))
            rewound(file, first=attempt == 0)
            came = yield Upload(granted.url, granted.fields, file, UPLOAD_TIMEOUT_S)
            check_stored(received(came))
        except errors.Passing as error:
            delay = _delay(error, attempt)
            if deadline.left() - delay < SHORTEST_CALL_S:
                raise
            yield Wait(delay)
        else:
            return granted
    raise AssertionError("unreachable")


@dataclass
class _Spent:
    """What is retried only once: each of these may mean that the last call was paid for, or that
    another can't help."""

    unanswered: bool = False
    expired: bool = False

    def allows(self, error: errors.Passing) -> bool:
        if isinstance(error, errors.NoAnswer):
            allowed, self.unanswered = not self.unanswered, True
            return allowed
        if isinstance(error, errors.CredentialsExpired):
            allowed, self.expired = not self.expired, True
            return allowed
        return True


def received(came: Came) -> Reply:
    """The answer to a Send. Raises what the transport met instead."""
    if isinstance(came, errors.Passing):
        raise came
    if came is None:
        raise TypeError("a Send must be answered with a Reply or an error")
    return came


def _delay(error: errors.Passing, attempt: int) -> float:
    """Full jitter over a doubling span; never less than what the service asked for."""
    span = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2**attempt)
    asked = error.retry_after_s if isinstance(error, errors.Throttled) else 0
    return asked + random.uniform(0, span)  # noqa: S311


_KEEP_ALIVE_TIMEOUT_S = 3.0


class Options(TypedDict, total=False):
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
    pace: Pace
    """Ten evenly spaced calls a second by default: the quota of a whole account."""
    allowance: Allowance
    """How many calls may be paid for; by default any number."""
    merchant_prefix: str
    """Starts each MerchantBizId that is made here."""
    allow_stand_in: bool
    """Take answers of a local stand-in of the service."""


class Content(TypedDict, total=False):
    """What to screen, and how long that may take."""

    url: str | Callable[[], str]
    """A URL that the service can download, or what makes a fresh one for each attempt."""
    base64: str
    """An image of at most 1 MB in Base64."""
    kind: str
    """``image`` (the default) or ``video``."""
    merchant_biz_id: str
    """32 letters or digits; by default a random one."""
    deadline: Deadline
    """When to give up; by default three time-outs from now."""


class Courses:
    """One deployment's courses. All of them raise errors.ContentFault where the service refuses
    the content, errors.Passing when the time left is spent, errors.OperatorFault for the rest."""

    def __init__(self, **options: Unpack[Options]) -> None:
        self._scene_code = options["scene_code"]
        self._credentials = options["credentials"]
        self._endpoint = options.get("endpoint", PUBLIC_ENDPOINT)
        self._upload_endpoint = options.get("upload_endpoint", UPLOAD_ENDPOINT)
        image_timeout_s = options.get("image_timeout_s", 8)
        self._timeouts = {"image": image_timeout_s, "video": options.get("video_timeout_s", 20)}
        self._pace = options.get("pace") or Interval(10)
        self._allowance = options.get("allowance") or Unlimited()
        self._merchant_prefix = options.get("merchant_prefix", "fs")
        self._allow_stand_in = options.get("allow_stand_in", False)

    def detection(self, **content: Unpack[Content]) -> Course[Detection]:
        """DeepfakeDetectIntl, as the vendor's SDK calls it: FaceUrl stands in the query."""
        return self._detection(DETECT, content)

    def stream_detection(self, **content: Unpack[Content]) -> Course[Detection]:
        """DeepfakeDetectIntlStream, of a URL or Base64: everything stands in the body."""
        return self._detection(DETECT_STREAM, content)

    def file_detection(self, file: IO[bytes], **content: Unpack[Content]) -> Course[Detection]:
        """DeepfakeDetectIntlStream of a file, which is uploaded first."""
        if content.get("url") or content.get("base64"):
            raise errors.BadRequest("give exactly one of FaceUrl, FaceBase64 and FaceFile")
        self._allowance.check()  # before a face is sent that is not called for
        content.setdefault("deadline", self._deadline(content))
        granted = yield from uploads(
            self._authorization, self._permission, file, content["deadline"]
        )
        return (yield from self._detection(DETECT_STREAM, content, granted.file_url))

    def keeping_alive(self) -> Course[None]:
        """KeepaliveIntl: warms the connection, and meets a stand-in before anything is sent."""
        came = yield Send(self._sign(KEEP_ALIVE, []), _KEEP_ALIVE_TIMEOUT_S)
        self._genuine(received(came), self._endpoint)

    def _detection(self, action: Action, content: Content, file_url: str = "") -> Course[Detection]:
        url = content.get("url", "")
        kind = content.get("kind", "image")
        biz_id = content.get("merchant_biz_id") or new_merchant_biz_id(self._merchant_prefix)

        def build() -> SignedRequest:
            fresh = url() if callable(url) else url
            inline = content.get("base64", "")
            parameters = DetectParameters(self._scene_code, biz_id, kind, fresh, inline, file_url)
            return self._sign(action, parameters.pairs)

        deadline = content.get("deadline") or self._deadline(content)
        return calls(
            build,
            self._understand,
            timeout_s=self._timeout_s(kind),
            deadline=deadline,
            pace=self._pace,
            allowance=self._allowance,
        )

    def _timeout_s(self, kind: str) -> float:
        return self._timeouts.get(kind, self._timeouts["image"])

    def _deadline(self, content: Content) -> Deadline:
        return Deadline.after(3 * self._timeout_s(content.get("kind", "image")))

    def _sign(self, action: Action, parameters: list[tuple[str, str]]) -> SignedRequest:
        return sign_request(action, self._endpoint, self._credentials.get(), parameters)

    def _authorization(self) -> SignedRequest:
        asked = [("Product", "Cloudauth-intl"), ("RegionId", REGION)]
        return sign_request(AUTHORIZE_UPLOAD, self._upload_endpoint, self._credentials.get(), asked)

    def _understand(self, reply: Reply) -> Detection:
        return understand(self._genuine(reply, self._endpoint))

    def _permission(self, reply: Reply) -> Permission:
        return permission(self._genuine(reply, self._upload_endpoint))

    def _genuine(self, reply: Reply, endpoint: str) -> Reply:
        """A stand-in's "low risk" must never pass for the real service's."""
        if STAND_IN_HEADER in reply.headers and not self._allow_stand_in:
            raise errors.StandInRefused(
                f"{urlsplit(endpoint).netloc} names itself a stand-in; "
                "set the endpoint to the real service's"
            )
        return reply
