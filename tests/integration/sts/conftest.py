"""Both clouds' STS, and an account of Alibaba Cloud that trusts AWS's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from facescreen_local.auth.account import Identity
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.protocol.faults import Behaviour
from tests.integration.sts.aws import AUDIENCE, ENVIRONMENT, ISSUER, ROLE, AwsSts
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
def identity() -> Identity:
    return Identity.create()


@pytest.fixture(scope="package")
def aws_running(loop: BackgroundLoop) -> Iterator[AwsSts]:
    service = AwsSts()
    loop.run(service.start())
    yield service
    loop.run(service.stop())


@pytest.fixture(scope="package")
def sts_running(
    loop: BackgroundLoop, identity: Identity, aws_running: AwsSts
) -> Iterator[StsService]:
    provider = OidcProvider(PROVIDER_ARN, ISSUER, (AUDIENCE, "another"), aws_running.keys)
    roles = Role(ROLE_ARN, PROVIDER_ARN, ROLE), Role(CLOSED_ROLE_ARN, PROVIDER_ARN, f"{ROLE}-2")
    service = StsService(identity, provider, *roles)
    loop.run(service.start())
    yield service
    loop.run(service.stop())


@pytest.fixture
def aws(aws_running: AwsSts, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsSts]:
    """Where boto3 finds it, with a function's credentials."""
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL_STS": aws_running.url}.items():
        monkeypatch.setenv(name, value)
    aws_running.asked.clear()
    aws_running.signed.clear()
    yield aws_running
    aws_running.behaviour = Behaviour()


@pytest.fixture
def sts(sts_running: StsService) -> Iterator[StsService]:
    yield sts_running
    sts_running.behaviour = Behaviour()
