"""Credentials of a RAM role for a function on AWS, without a stored key.

AWS STS signs a token that names the function's role (outbound identity federation,
GetWebIdentityToken); Alibaba Cloud STS takes it for the RAM role's credentials
(AssumeRoleWithOIDC). Each half is documented by its cloud. UNCONFIRMED: the pair was never run on
the real ones.

What it needs: ``aws iam enable-outbound-web-identity-federation``, which tells the account's
issuer URL; in RAM an OIDC provider of that issuer, with the audience among its client IDs; and a
RAM role that trusts it where ``oidc:aud`` is the audience and ``oidc:sub`` the ARN of the
function's role.

Not by alibabacloud-credentials: it would put the token into the request line, wants it in a file,
and adds 14 MB and 0.3 s to a cold start (measured, beside httpx and boto3).
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from facescreen import errors
from facescreen.clients.credentials import Credentials
from facescreen.clients.refreshing_credentials import Lease, RenewedCredentials, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

_TOKEN_S = 300
"""AWS's default. It is used at once; the rest is for clocks that differ."""
_SESSION_S = 3600
"""The longest that every role allows."""
_RENEWED_BEFORE_S = 15 * 60
_ENDED_BEFORE_S = 60
"""A request that is signed now must still be fresh when it arrives."""
_TIMEOUT_S = 10.0
_SESSION_NAME = "facescreen"
_SERVICE = "Alibaba Cloud STS"
_DATE = "%Y-%m-%dT%H:%M:%SZ"
_OIDC = "AuthenticationFail.OIDCToken"
_REMEDIES = {
    f"{_OIDC}.AudienceNotMatch": "add ALIBABA_OIDC_AUDIENCE to the client IDs of the OIDC provider",
    f"{_OIDC}.Issuer": "the OIDC provider's issuer must be the account's IssuerUrl (aws iam "
    "get-outbound-web-identity-federation-info)",
    f"{_OIDC}.PublicKeyFingerprint": "fetch the fingerprint of the OIDC provider "
    "anew in the RAM console",
    _OIDC: "check the issuer URL and the fingerprint of the OIDC provider in the RAM console",
    "AuthenticationFail.NoPermission": "check ALIBABA_OIDC_PROVIDER_ARN, and that the trust policy "
    "of the role takes this provider, oidc:aud ALIBABA_OIDC_AUDIENCE and as oidc:sub the ARN of "
    "the function's role",
    "NoPermission": "check the trust policy of the role ALIBABA_ROLE_ARN",
    "EntityNotExist.Role": "there is no role ALIBABA_ROLE_ARN",
}
"""By what a code starts with, the longer ones first (Alibaba Cloud STS, "Error codes")."""
_AWS_REMEDIES = {
    "OutboundWebIdentityFederationDisabledException": "run aws iam "
    "enable-outbound-web-identity-federation in this account",
    "AccessDenied": "allow the function's role sts:GetWebIdentityToken for ALIBABA_OIDC_AUDIENCE",
    "SessionDurationEscalationException": "the function's own session ends within "
    f"{_TOKEN_S} seconds; a new instance has a new one",
}


class FederatedCredentials(RenewedCredentials):
    """Those of the RAM role `role_arn`, by a token of AWS for `audience` that the OIDC provider
    `oidc_provider_arn` vouches for. `sts_endpoint` is Alibaba Cloud's, a base URL."""

    def __init__(
        self,
        role_arn: str,
        oidc_provider_arn: str,
        audience: str,
        sts_endpoint: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(clock)
        self._role_arn = role_arn
        self._oidc_provider_arn = oidc_provider_arn
        self._audience = audience
        self._sts_endpoint = sts_endpoint

    def fetch(self) -> Lease:
        return _understand(self._assume_role(self._web_identity_token()))

    def _web_identity_token(self) -> str:
        from facescreen.clients.boto import translate_aws_errors

        with translate_aws_errors("AWS STS", refused(_AWS_REMEDIES)):
            answer = self._aws_sts.get_web_identity_token(
                Audience=[self._audience], SigningAlgorithm="RS256", DurationSeconds=_TOKEN_S
            )
            token: str = answer["WebIdentityToken"]
        return token

    @cached_property
    def _aws_sts(self) -> Any:
        import boto3

        from facescreen.clients.boto import connect

        client = connect(boto3.Session(), "sts", "")
        if hasattr(client, "get_web_identity_token"):
            return client
        raise errors.InvalidCredentialsError(
            f"boto3 {boto3.__version__} does not know GetWebIdentityToken: ship one of November "
            "2025 or later, or keep an AccessKey in Secrets Manager"
        )

    def _assume_role(self, token: str) -> httpx.Response:
        """Unsigned, for the token says who calls; it stands in the body, which nobody logs."""
        import httpx

        query = {
            "Action": "AssumeRoleWithOIDC",
            "Version": "2015-04-01",
            "Format": "JSON",
            "Timestamp": datetime.now(timezone.utc).strftime(_DATE),
        }
        form = {
            "RoleArn": self._role_arn,
            "OIDCProviderArn": self._oidc_provider_arn,
            "OIDCToken": token,
            "RoleSessionName": _SESSION_NAME,
            "DurationSeconds": str(_SESSION_S),
        }
        try:
            return httpx.post(self._sts_endpoint, params=query, data=form, timeout=_TIMEOUT_S)
        except httpx.HTTPError as error:
            met = type(error).__name__
            raise errors.ServiceUnavailableError(f"{_SERVICE} can't be reached ({met})") from None


def _understand(answer: httpx.Response) -> Lease:
    try:
        said = json.loads(answer.content)
        if answer.status_code != 200:
            raise _refusal(answer.status_code, said)
        given = said["Credentials"]
        key = given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"]
        ends = datetime.strptime(given["Expiration"], _DATE).replace(tzinfo=timezone.utc)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise errors.ServiceUnavailableError(
            f"{_SERVICE} answered HTTP {answer.status_code} with what is none of its answers"
        ) from None
    ends_at = ends.timestamp()
    return Lease(Credentials(*key), ends_at - _RENEWED_BEFORE_S, ends_at - _ENDED_BEFORE_S)


def _refusal(status: int, said: dict[str, Any]) -> errors.FacescreenError:
    code, message, request_id = (
        str(said.get(name, "")) for name in ("Code", "Message", "RequestId")
    )
    passing = status >= 500 or status == 429 or code.startswith("Throttling")
    kind = errors.ServiceUnavailableError if passing else errors.InvalidCredentialsError
    remedy = "" if passing else _remedy(code)
    text = "; ".join(filter(None, (f"{_SERVICE} refused: {message}", remedy)))
    return kind(text, code=code, request_id=request_id)


def _remedy(code: str) -> str:
    for prefix, remedy in _REMEDIES.items():
        if code.startswith(prefix):
            return remedy
    return "check ALIBABA_ROLE_ARN and ALIBABA_OIDC_PROVIDER_ARN"
