"""What either cloud refuses, as it reaches the operator: the code, and what to check."""

from __future__ import annotations

import pytest

from facescreen.clients.oidc_credentials import FederatedCredentials
from facescreen.errors import FacescreenError, InvalidCredentialsError, ServiceUnavailableError
from facescreen_local.protocol.faults import Behaviour, Fault
from tests.integration.sts.aws import AUDIENCE, AwsSts
from tests.integration.sts.conftest import CLOSED_ROLE_ARN, PROVIDER_ARN, ROLE_ARN
from tests.support.sts.server import StsService


def refusal(
    sts: StsService,
    *,
    role_arn: str = ROLE_ARN,
    oidc_provider_arn: str = PROVIDER_ARN,
    audience: str = AUDIENCE,
) -> FacescreenError:
    with pytest.raises(FacescreenError) as raised:
        FederatedCredentials(role_arn, oidc_provider_arn, audience, sts.url).get()
    return raised.value


@pytest.mark.parametrize(
    ("changed", "code", "check"),
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
def test_alibaba_cloud_refuses(
    changed: dict[str, str], code: str, check: str, sts: StsService, aws: AwsSts
) -> None:
    found = refusal(sts, **changed)
    assert isinstance(found, InvalidCredentialsError)
    assert found.code == code
    assert found.request_id
    assert check in str(found)


@pytest.mark.parametrize(
    ("code", "check"),
    [
        ("AuthenticationFail.OIDCToken.IssuerNotMatch", "the account's IssuerUrl"),
        ("AuthenticationFail.OIDCToken.IssuerConfigurationBroken", "the account's IssuerUrl"),
        (
            "AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch",
            "the fingerprint of the OIDC provider anew",
        ),
        ("AuthenticationFail.OIDCToken.InvalidSignature", "the issuer URL and the fingerprint"),
        ("NoPermission", "the trust policy"),
    ],
)
def test_each_code_says_what_to_check(code: str, check: str, sts: StsService, aws: AwsSts) -> None:
    sts.behaviour = Behaviour(faults=[Fault(code=code, status=401)])
    found = refusal(sts)
    assert isinstance(found, InvalidCredentialsError)
    assert check in str(found)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(code="Throttling.User", status=400),
        Fault(code="InternalError"),
        Fault(reset=True),
    ],
    ids=["throttled", "unwell", "no answer"],
)
def test_what_may_pass_is_for_a_retry(fault: Fault, sts: StsService, aws: AwsSts) -> None:
    sts.behaviour = Behaviour(faults=[fault])
    assert isinstance(refusal(sts), ServiceUnavailableError)


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
def test_aws_refuses(code: str, check: str, sts: StsService, aws: AwsSts) -> None:
    aws.behaviour = Behaviour(faults=[Fault(code=code, status=403)])
    found = refusal(sts)
    assert isinstance(found, InvalidCredentialsError)
    assert found.code == code
    assert check in str(found)
