"""What a client can do, as courses of steps that it drives (see attempts): all but the I/O."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit

from facescreen import errors
from facescreen.clients.endpoints import PUBLIC_ENDPOINT, REGION, UPLOAD_ENDPOINT
from facescreen.deepfake.allowance import Unlimited
from facescreen.deepfake.answer import STAND_IN_HEADER, Detection, Reply, understand
from facescreen.deepfake.attempts import Course, Send, calls, received, uploads
from facescreen.deepfake.pace import Interval
from facescreen.deepfake.parameters import DetectParameters, new_merchant_biz_id
from facescreen.deepfake.request import (
    AUTHORIZE_UPLOAD,
    DETECT,
    DETECT_STREAM,
    KEEP_ALIVE,
    Action,
    sign_request,
)
from facescreen.deepfake.upload import permission
from facescreen.timing import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Required, Unpack

    from facescreen.clients.acs3 import SignedRequest
    from facescreen.clients.credentials import CredentialSource
    from facescreen.deepfake.allowance import Allowance
    from facescreen.deepfake.pace import Pace
    from facescreen.deepfake.upload import Permission

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
