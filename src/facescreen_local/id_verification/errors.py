"""What the service and the gateway before it refuse, by code."""

from __future__ import annotations

SERVICE_STATUS = {
    "MissingParameter": 400,
    "InvalidParameter": 400,
    "NoFaceDetected": 401,
    "UnqualifiedPhoto": 401,
    "ToolargeImage": 401,
    "DataDuplication": 401,
    "DownloadTimeout": 401,
    "Forbidden.RAMUserAccessDenied": 403,
    "Forbidden.AccountAccessDenied": 403,
    "Throttling.Api": 403,
    "InternalError": 500,
}
"""HTTP status of each code (face-deepfake.txt, "Status codes")."""

GATEWAY_STATUS = {
    "IncompleteSignature": 400,
    "InvalidAccessKeyId.NotFound": 404,
    "InvalidAction.NotFound": 404,
    "InvalidSecurityToken.MismatchWithAccessKey": 400,
    "InvalidTimeStamp.Expired": 400,
    "InvalidTimeStamp.Format": 400,
    "SignatureDoesNotMatch": 400,
    "SignatureNonceUsed": 400,
}
"""HTTP status of the codes of Alibaba Cloud's API gateway that this stand-in gives."""


class Refusal(Exception):
    """A request is not served. The text goes to the caller: no URL, key or token in it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
