"""Which code means what (face-deepfake.txt, "Status codes"; id-verification-api.md).

Decided by `Code`, never by HTTP status: 401 is "no face" here, not "log in again".
"""

from __future__ import annotations

from facescreen import errors

SUCCESS = frozenset({"Success", "200"})

_EXACT: dict[str, type[errors.FacescreenError]] = {
    "NoFaceDetected": errors.ContentFault,
    "UnqualifiedPhoto": errors.ContentFault,
    "ToolargeImage": errors.ContentFault,
    "DownloadTimeout": errors.SourceTimedOut,
    "InternalError": errors.Unavailable,
    "SignatureNonceUsed": errors.Unavailable,
    "InvalidTimeStamp.Expired": errors.CredentialsExpired,
    "SignatureDoesNotMatch": errors.BadCredentials,
    "IncompleteSignature": errors.BadCredentials,
    "DataDuplication": errors.BadRequest,
}

_BY_PREFIX: tuple[tuple[str, type[errors.FacescreenError]], ...] = (
    ("Throttling", errors.Throttled),
    ("ServiceUnavailable", errors.Unavailable),
    ("InvalidSecurityToken", errors.CredentialsExpired),
    ("InvalidAccessKeyId", errors.BadCredentials),
    ("Forbidden", errors.AccessRefused),
    ("MissingParameter", errors.BadRequest),
    ("InvalidParameter", errors.BadRequest),
    ("InvalidAction", errors.BadRequest),
    ("InvalidVersion", errors.BadRequest),
    ("Missing", errors.BadRequest),
)


REMEDIES = {
    "Forbidden.RAMUserAccessDenied": "grant the caller AliyunAntCloudAuthFullAccess",
    "Forbidden.AccountAccessDenied": "activate ID Verification, and settle overdue payments",
    "MissingParameter": "check SCENE_CODE",
    "InvalidParameter": "check SCENE_CODE",
    "SignatureDoesNotMatch": "check the AccessKey secret",
    "InvalidAccessKeyId.NotFound": "check the AccessKey ID, and that the endpoint is the account's",
}
"""What an operator should do, by code (face-deepfake.txt, "Status codes")."""


def classify(code: str, http_status: int) -> type[errors.FacescreenError]:
    """The error that `code` stands for; the status decides only where the code is unknown."""
    if code in _EXACT:
        return _EXACT[code]
    for prefix, kind in _BY_PREFIX:
        if code.startswith(prefix):
            return kind
    if http_status == 429:
        return errors.Throttled
    return errors.Unavailable if http_status >= 500 or not code else errors.OperatorFault
