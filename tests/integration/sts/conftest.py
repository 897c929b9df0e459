"""Fixtures: the STS of both clouds, and an Alibaba Cloud account that trusts AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from facescreen_local.auth.account import LocalAccount
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.protocol.faults import Behaviour
from tests.integration.sts.aws import AUDIENCE, AWS_ROLE_ARN, ENVIRONMENT, ISSUER, FakeAwsSts
from tests.support.sts.server import StsService
from tests.support.sts.trust import OidcProvider, Role

PROVIDER_ARN = "acs:ram::1234567890123456:oidc-provider/aws"
ROLE_ARN = "acs:ram::1234567890123456:role/facescreen"
CLOSED_ROLE_ARN = "acs:ram::1234567890123456:role/for-another-function"


@pytest.fixture(scope="package")
def loop() -> Iterator[BackgroundLoop]:
    with BackgroundLoop() as loop:
        yield loop


@pytest.fixture(scope="package")
def local_account() -> LocalAccount:
    return LocalAccount.create()


@pytest.fixture(scope="package")
def running_aws(loop: BackgroundLoop) -> Iterator[FakeAwsSts]:
    service = FakeAwsSts()
    loop.run(service.start())
    yield service
    loop.run(service.stop())


@pytest.fixture(scope="package")
def running_sts(
    loop: BackgroundLoop, local_account: LocalAccount, running_aws: FakeAwsSts
) -> Iterator[StsService]:
    provider = OidcProvider(PROVIDER_ARN, ISSUER, (AUDIENCE, "another"), running_aws.keys)
    roles = (
        Role(ROLE_ARN, PROVIDER_ARN, AWS_ROLE_ARN),
        Role(CLOSED_ROLE_ARN, PROVIDER_ARN, f"{AWS_ROLE_ARN}-2"),
    )
    service = StsService(local_account, provider, *roles)
    loop.run(service.start())
    yield service
    loop.run(service.stop())


@pytest.fixture
def aws(running_aws: FakeAwsSts, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAwsSts]:
    """The fake AWS STS, configured in boto3's environment with a function's credentials."""
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL_STS": running_aws.url}.items():
        monkeypatch.setenv(name, value)
    running_aws.requests.clear()
    running_aws.signed_tokens.clear()
    yield running_aws
    running_aws.behaviour = Behaviour()


@pytest.fixture
def sts(running_sts: StsService) -> Iterator[StsService]:
    yield running_sts
    running_sts.behaviour = Behaviour()
