"""Errors of either cloud as the operator sees them: the code, and what to check."""

from __future__ import annotations

import pytest

from facescreen.clients.oidc_credentials import OidcCredentials
from facescreen.errors import FacescreenError, InvalidCredentialsError, ServiceUnavailableError
from facescreen_local.protocol.faults import Behaviour, Fault
from tests.integration.sts.aws import AUDIENCE, FakeAwsSts
from tests.integration.sts.conftest import CLOSED_ROLE_ARN, PROVIDER_ARN, ROLE_ARN
from tests.support.sts.server import StsService


def credentials_error(
    sts: StsService,
    *,
    role_arn: str = ROLE_ARN,
    oidc_provider_arn: str = PROVIDER_ARN,
    audience: str = AUDIENCE,
) -> FacescreenError:
    with pytest.raises(FacescreenError) as raised:
        OidcCredentials(role_arn, oidc_provider_arn, audience, sts.url).get()
    return raised.value


@pytest.mark.parametrize(
    ("overrides", "code", "check"),
    [
        (
            {"audience": "api.example.com"},
            "AuthenticationFail.OIDCToken.AudienceNotMatch",
            "ALIBABA_OIDC_AUDIENCE to the client IDs",
        ),
        ({"role_arn": CLOSED_ROLE_ARN}, "AuthenticationFail.NoPermission", "oidc:sub"),
        ({"oidc_provider_arn": "acs:ram::1:x"}, "AuthenticationFail.NoPermission", "PROVIDER_ARN"),
        ({"role_arn": f"{ROLE_ARN}-2"}, "EntityNotExist.Role", "no role ALIBABA_ROLE_ARN"),
        ({"role_arn": "facescreen"}, "InvalidParameter.RoleArn", "check ALIBABA_ROLE_ARN"),
    ],
)
def test_alibaba_clouds_refusals_say_what_to_check(
    overrides: dict[str, str], code: str, check: str, sts: StsService, aws: FakeAwsSts
) -> None:
    error = credentials_error(sts, **overrides)
    assert isinstance(error, InvalidCredentialsError)
    assert error.code == code
    assert error.request_id
    assert check in str(error)


@pytest.mark.parametrize(
    ("code", "check"),
    [
        ("AuthenticationFail.OIDCToken.IssuerNotMatch", "the account's IssuerUrl"),
        ("AuthenticationFail.OIDCToken.IssuerConfigurationBroken", "the account's IssuerUrl"),
        (
            "AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch",
            "the fingerprint of the OIDC provider again",
        ),
        ("AuthenticationFail.OIDCToken.InvalidSignature", "the issuer URL and the fingerprint"),
        ("NoPermission", "the trust policy"),
    ],
)
def test_each_code_says_what_to_check(
    code: str, check: str, sts: StsService, aws: FakeAwsSts
) -> None:
    sts.behaviour = Behaviour(faults=[Fault(code=code, status=401)])
    error = credentials_error(sts)
    assert isinstance(error, InvalidCredentialsError)
    assert check in str(error)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(code="Throttling.User", status=400),
        Fault(code="InternalError"),
        Fault(reset=True),
    ],
    ids=["throttled", "unwell", "no answer"],
)
def test_transient_errors_are_for_a_retry(fault: Fault, sts: StsService, aws: FakeAwsSts) -> None:
    sts.behaviour = Behaviour(faults=[fault])
    assert isinstance(credentials_error(sts), ServiceUnavailableError)


@pytest.mark.parametrize(
    ("code", "check"),
    [
        (
            "OutboundWebIdentityFederationDisabledException",
            "aws iam enable-outbound-web-identity-federation",
        ),
        ("AccessDenied", "sts:GetWebIdentityToken"),
        ("SessionDurationEscalationException", "a new instance"),
    ],
)
def test_aws_refusals_say_what_to_check(
    code: str, check: str, sts: StsService, aws: FakeAwsSts
) -> None:
    aws.behaviour = Behaviour(faults=[Fault(code=code, status=403)])
    error = credentials_error(sts)
    assert isinstance(error, InvalidCredentialsError)
    assert error.code == code
    assert check in str(error)
