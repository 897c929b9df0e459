"""An operation of the API, as a signed request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from facescreen.clients.acs3 import Call, sign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facescreen.clients.acs3 import SignedRequest
    from facescreen.clients.credentials import Credentials


@dataclass(frozen=True)
class Action:
    """An operation of an RPC-style API."""

    name: str
    version: str
    method: str = "POST"
    in_query: bool = False
    """Parameters go in the query, all but FaceBase64, as the vendor's SDK sends them."""


DETECT = Action("DeepfakeDetectIntl", "2022-08-09", in_query=True)
DETECT_STREAM = Action("DeepfakeDetectIntlStream", "2022-08-09")
KEEP_ALIVE = Action("KeepaliveIntl", "2022-08-09")
AUTHORIZE_UPLOAD = Action("AuthorizeFileUpload", "2019-12-19", "GET", in_query=True)


def sign_request(
    action: Action,
    endpoint: str,
    credentials: Credentials,
    parameters: Sequence[tuple[str, str]] = (),
) -> SignedRequest:
    """Signs for `endpoint` (``https://host[:port]``)."""
    query = [pair for pair in parameters if action.in_query and pair[0] != "FaceBase64"]
    body = urlencode([pair for pair in parameters if pair not in query]).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    call = Call(action.name, action.version, action.method, query=query, headers=headers, body=body)
    return sign(call, endpoint, credentials)
