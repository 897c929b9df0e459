"""From a function's role on AWS to a signed call to ID Verification, without a stored key."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from facescreen.clients.oidc_credentials import OidcCredentials
from facescreen.deepfake.client import DeepfakeClient
from facescreen.errors import InvalidCredentialsError, ServiceUnavailableError
from facescreen.model import Verdict
from facescreen_local.auth.account import LocalAccount
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.protocol.faults import Behaviour, Fault
from facescreen_local.samples import make_samples
from tests.integration.sts.aws import AUDIENCE, FakeAwsSts
from tests.integration.sts.conftest import PROVIDER_ARN, ROLE_ARN
from tests.support.sts.server import StsService


class MovableClock:
    """The current time plus `ahead_s`."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def credentials(sts: StsService, aws: FakeAwsSts, clock: MovableClock) -> OidcCredentials:
    return OidcCredentials(ROLE_ARN, PROVIDER_ARN, AUDIENCE, sts.url, clock=clock)


@pytest.fixture
def cloudauth(
    loop: BackgroundLoop, local_account: LocalAccount, tmp_path: Path
) -> Iterator[IdVerificationService]:
    service = IdVerificationService(local_account, tmp_path)
    loop.run(service.start())
    yield service
    loop.run(service.stop())


def test_id_verification_accepts_the_federated_credentials(
    credentials: OidcCredentials,
    cloudauth: IdVerificationService,
    aws: FakeAwsSts,
    tmp_path: Path,
) -> None:
    samples = {sample.path.name: sample.path for sample in make_samples(tmp_path)}
    portrait = base64.b64encode(samples["portrait.jpg"].read_bytes()).decode()
    with DeepfakeClient(
        scene_code="local_0001",
        credentials=credentials,
        endpoint=cloudauth.url,
        allow_emulator=True,
    ) as client:
        verdicts = [client.detect(base64=portrait).verdict for _ in range(2)]
    assert verdicts == [Verdict.LOW_RISK] * 2
    [request] = aws.requests
    assert request["Audience.member.1"] == AUDIENCE
    assert request["SigningAlgorithm"] == "RS256"
    assert request["DurationSeconds"] == "300"


def test_threads_share_one_exchange(credentials: OidcCredentials, aws: FakeAwsSts) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: credentials.get(), range(32)))
    assert len(set(keys)) == 1
    assert len(aws.requests) == 1


def test_credentials_are_renewed_15_minutes_before_they_expire(
    credentials: OidcCredentials, clock: MovableClock
) -> None:
    first = credentials.get()
    clock.ahead_s = 44 * 60
    assert credentials.get() == first
    clock.ahead_s = 45 * 60
    assert credentials.get() != first


def test_the_old_credentials_are_used_until_they_expire_if_renewal_fails(
    credentials: OidcCredentials,
    clock: MovableClock,
    sts: StsService,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = credentials.get()
    sts.behaviour = Behaviour(faults=[Fault(code="InternalError", times=100)])
    clock.ahead_s = 58 * 60
    assert credentials.get() == first
    assert "the old ones are used: Unavailable" in caplog.text
    clock.ahead_s = 59 * 60 + 1
    with pytest.raises(ServiceUnavailableError, match="InternalError"):
        credentials.get()
    sts.behaviour = Behaviour()
    assert credentials.get() != first


def test_logs_and_errors_contain_no_secrets(
    credentials: OidcCredentials,
    sts: StsService,
    aws: FakeAwsSts,
    local_account: LocalAccount,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials.get()
    with pytest.raises(InvalidCredentialsError) as raised:
        OidcCredentials(f"{ROLE_ARN}-2", PROVIDER_ARN, AUDIENCE, sts.url).get()
    output = f"{caplog.text} {raised.value!r} {vars(credentials)}"
    assert "HTTP Request: POST" in output
    assert len(aws.signed_tokens) == 2
    issued = local_account.temporary_keys[-1]
    keys = (issued.access_key_id, issued.access_key_secret, issued.security_token)
    for secret in (*aws.signed_tokens, *keys, "s3cret", "t0ken"):
        assert secret not in output
