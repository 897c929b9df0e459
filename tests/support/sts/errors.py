"""The service's errors, by code."""

from __future__ import annotations

STATUS_BY_CODE = {
    "AuthenticationFail.NoPermission": 401,
    "AuthenticationFail.OIDCToken.AudienceNotMatch": 401,
    "AuthenticationFail.OIDCToken.Expired": 401,
    "AuthenticationFail.OIDCToken.Invalid": 401,
    "AuthenticationFail.OIDCToken.InvalidSignature": 401,
    "AuthenticationFail.OIDCToken.IssuerNotMatch": 401,
    "EntityNotExist.Role": 404,
    "InvalidAction.NotFound": 404,
    "InvalidParameter.DurationSeconds": 400,
    "InvalidParameter.RoleArn": 400,
    "InvalidParameter.RoleSessionName": 400,
}
"""HTTP status of each code that the emulator returns (Alibaba Cloud STS, "Error codes")."""


class StsError(Exception):
    """A request is refused. The message goes to the caller, so it holds no token or key."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
