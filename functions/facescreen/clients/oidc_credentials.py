"""Credentials of a RAM role for a function on AWS, without a stored key.

AWS STS signs a token for the function's role (outbound identity federation, GetWebIdentityToken).
Alibaba Cloud STS exchanges it for the RAM role's credentials (AssumeRoleWithOIDC). Each cloud
documents its half. UNCONFIRMED: the two have not been run together on the real services.

Requires ``aws iam enable-outbound-web-identity-federation``, which returns the account's issuer
URL; an OIDC provider in RAM for that issuer, with the audience among its client IDs; and a RAM role
that trusts the provider if ``oidc:aud`` is the audience and ``oidc:sub`` is the ARN of the
function's role.

alibabacloud-credentials is not used: it puts the token into the request line, needs it in a file,
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
from facescreen.clients.refreshing_credentials import (
    CredentialLease,
    RefreshingCredentials,
    create_credentials_error_translator,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

_TOKEN_LIFETIME_S = 300
"""AWS's default. The token is used at once; the rest allows for clock differences."""
_SESSION_LIFETIME_S = 3600
"""The longest that every role allows."""
_REFRESH_MARGIN_S = 15 * 60
_EXPIRY_MARGIN_S = 60
"""A request that is signed now must still be valid when it arrives."""
_TIMEOUT_S = 10.0
_SESSION_NAME = "facescreen"
_SERVICE_NAME = "Alibaba Cloud STS"
_DATE_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_OIDC_CODE_PREFIX = "AuthenticationFail.OIDCToken"
_REMEDIES_BY_CODE_PREFIX = {
    f"{_OIDC_CODE_PREFIX}.AudienceNotMatch": "add ALIBABA_OIDC_AUDIENCE to the client IDs of the "
    "OIDC provider",
    f"{_OIDC_CODE_PREFIX}.Issuer": "the OIDC provider's issuer must be the account's IssuerUrl "
    "(aws iam get-outbound-web-identity-federation-info)",
    f"{_OIDC_CODE_PREFIX}.PublicKeyFingerprint": "fetch the fingerprint of the OIDC provider "
    "again in the RAM console",
    _OIDC_CODE_PREFIX: "check the issuer URL and the fingerprint of the OIDC provider in the "
    "RAM console",
    "AuthenticationFail.NoPermission": "check ALIBABA_OIDC_PROVIDER_ARN, and that the trust policy "
    "of the role allows this provider, oidc:aud ALIBABA_OIDC_AUDIENCE and as oidc:sub the ARN of "
    "the function's role",
    "NoPermission": "check the trust policy of the role ALIBABA_ROLE_ARN",
    "EntityNotExist.Role": "there is no role ALIBABA_ROLE_ARN",
}
"""By the start of the error code, longer ones first (Alibaba Cloud STS, "Error codes")."""
_AWS_REMEDIES_BY_CODE = {
    "OutboundWebIdentityFederationDisabledException": "run aws iam "
    "enable-outbound-web-identity-federation in this account",
    "AccessDenied": "allow the function's role sts:GetWebIdentityToken for ALIBABA_OIDC_AUDIENCE",
    "SessionDurationEscalationException": "the function's own session ends within "
    f"{_TOKEN_LIFETIME_S} seconds; a new instance has a new one",
}


class OidcCredentials(RefreshingCredentials):
    """Credentials of the RAM role `role_arn`, for an AWS token with `audience` that the OIDC
    provider `oidc_provider_arn` accepts. `sts_endpoint` is the base URL of Alibaba Cloud's STS."""

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

    def fetch(self) -> CredentialLease:
        return _parse_response(self._assume_role(self._get_web_identity_token()))

    def _get_web_identity_token(self) -> str:
        from facescreen.clients.boto import translate_aws_errors

        with translate_aws_errors(
            "AWS STS", create_credentials_error_translator(_AWS_REMEDIES_BY_CODE)
        ):
            response = self._aws_sts_client.get_web_identity_token(
                Audience=[self._audience],
                SigningAlgorithm="RS256",
                DurationSeconds=_TOKEN_LIFETIME_S,
            )
            token: str = response["WebIdentityToken"]
        return token

    @cached_property
    def _aws_sts_client(self) -> Any:
        import boto3

        from facescreen.clients.boto import create_client

        client = create_client(boto3.Session(), "sts", "")
        if hasattr(client, "get_web_identity_token"):
            return client
        raise errors.InvalidCredentialsError(
            f"boto3 {boto3.__version__} does not support GetWebIdentityToken: package a version "
            "of November 2025 or later, or keep an AccessKey in Secrets Manager"
        )

    def _assume_role(self, token: str) -> httpx.Response:
        """Send the request unsigned: the token identifies the caller. It is in the body, which is
        not logged."""
        import httpx

        query = {
            "Action": "AssumeRoleWithOIDC",
            "Version": "2015-04-01",
            "Format": "JSON",
            "Timestamp": datetime.now(timezone.utc).strftime(_DATE_FORMAT),
        }
        form = {
            "RoleArn": self._role_arn,
            "OIDCProviderArn": self._oidc_provider_arn,
            "OIDCToken": token,
            "RoleSessionName": _SESSION_NAME,
            "DurationSeconds": str(_SESSION_LIFETIME_S),
        }
        try:
            return httpx.post(self._sts_endpoint, params=query, data=form, timeout=_TIMEOUT_S)
        except httpx.HTTPError as error:
            cause = type(error).__name__
            raise errors.ServiceUnavailableError(
                f"{_SERVICE_NAME} can't be reached ({cause})"
            ) from None


def _parse_response(response: httpx.Response) -> CredentialLease:
    try:
        body = json.loads(response.content)
        if response.status_code != 200:
            raise _to_error(response.status_code, body)
        fields = body["Credentials"]
        keys = fields["AccessKeyId"], fields["AccessKeySecret"], fields["SecurityToken"]
        expiration = datetime.strptime(fields["Expiration"], _DATE_FORMAT).replace(
            tzinfo=timezone.utc
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise errors.ServiceUnavailableError(
            f"{_SERVICE_NAME} returned a response that can't be parsed "
            f"(HTTP {response.status_code})"
        ) from None
    expiration_time = expiration.timestamp()
    return CredentialLease(
        Credentials(*keys), expiration_time - _REFRESH_MARGIN_S, expiration_time - _EXPIRY_MARGIN_S
    )


def _to_error(status: int, body: dict[str, Any]) -> errors.FacescreenError:
    code, message, request_id = (
        str(body.get(name, "")) for name in ("Code", "Message", "RequestId")
    )
    is_transient = status >= 500 or status == 429 or code.startswith("Throttling")
    error_class = errors.ServiceUnavailableError if is_transient else errors.InvalidCredentialsError
    remedy = "" if is_transient else _find_remedy(code)
    text = "; ".join(filter(None, (f"{_SERVICE_NAME} rejected the request: {message}", remedy)))
    return error_class(text, code=code, request_id=request_id)


def _find_remedy(code: str) -> str:
    for prefix, remedy in _REMEDIES_BY_CODE_PREFIX.items():
        if code.startswith(prefix):
            return remedy
    return "check ALIBABA_ROLE_ARN and ALIBABA_OIDC_PROVIDER_ARN"
