"""From a function's role on AWS to a signed call of ID Verification, without a stored key."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from facescreen.clients.oidc_credentials import FederatedCredentials
from facescreen.deepfake.client import DeepfakeClient
from facescreen.errors import InvalidCredentialsError, ServiceUnavailableError
from facescreen.model import Verdict
from facescreen_local.auth.account import Identity
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.protocol.faults import Behaviour, Fault
from facescreen_local.samples import make_samples
from tests.integration.sts.aws import AUDIENCE, AwsSts
from tests.integration.sts.conftest import PROVIDER_ARN, ROLE_ARN
from tests.support.sts.server import StsService


class Clock:
    """The wall's, until moved."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def federated(sts: StsService, aws: AwsSts, clock: Clock) -> FederatedCredentials:
    return FederatedCredentials(ROLE_ARN, PROVIDER_ARN, AUDIENCE, sts.url, clock=clock)


@pytest.fixture
def cloudauth(
    loop: BackgroundLoop, identity: Identity, tmp_path: Path
) -> Iterator[IdVerificationService]:
    service = IdVerificationService(identity, tmp_path)
    loop.run(service.start())
    yield service
    loop.run(service.stop())


def test_id_verification_takes_what_the_chain_gives(
    federated: FederatedCredentials, cloudauth: IdVerificationService, aws: AwsSts, tmp_path: Path
) -> None:
    samples = {sample.path.name: sample.path for sample in make_samples(tmp_path)}
    portrait = base64.b64encode(samples["portrait.jpg"].read_bytes()).decode()
    with DeepfakeClient(
        scene_code="local_0001",
        credentials=federated,
        endpoint=cloudauth.url,
        allow_emulator=True,
    ) as client:
        found = [client.detect(base64=portrait).verdict for _ in range(2)]
    assert found == [Verdict.LOW_RISK] * 2
    [asked] = aws.asked
    assert asked["Audience.member.1"] == AUDIENCE
    assert asked["SigningAlgorithm"] == "RS256"
    assert asked["DurationSeconds"] == "300"


def test_threads_share_one_exchange(federated: FederatedCredentials, aws: AwsSts) -> None:
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda _: federated.get(), range(32)))
    assert len(set(got)) == 1
    assert len(aws.asked) == 1


def test_they_are_renewed_a_quarter_of_an_hour_before_their_end(
    federated: FederatedCredentials, clock: Clock
) -> None:
    first = federated.get()
    clock.ahead_s = 44 * 60
    assert federated.get() == first
    clock.ahead_s = 45 * 60
    assert federated.get() != first


def test_the_old_ones_serve_to_their_end_where_renewal_fails(
    federated: FederatedCredentials,
    clock: Clock,
    sts: StsService,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = federated.get()
    sts.behaviour = Behaviour(faults=[Fault(code="InternalError", times=100)])
    clock.ahead_s = 58 * 60
    assert federated.get() == first
    assert "the old ones serve: Unavailable" in caplog.text
    clock.ahead_s = 59 * 60 + 1
    with pytest.raises(ServiceUnavailableError, match="InternalError"):
        federated.get()
    sts.behaviour = Behaviour()
    assert federated.get() != first


def test_neither_a_log_nor_an_error_holds_what_must_stay_secret(
    federated: FederatedCredentials,
    sts: StsService,
    aws: AwsSts,
    identity: Identity,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    federated.get()
    with pytest.raises(InvalidCredentialsError) as raised:
        FederatedCredentials(f"{ROLE_ARN}-2", PROVIDER_ARN, AUDIENCE, sts.url).get()
    seen = f"{caplog.text} {raised.value!r} {vars(federated)}"
    assert "HTTP Request: POST" in seen
    assert len(aws.signed) == 2
    issued = identity.temporary_keys[-1]
    keys = (issued.access_key_id, issued.access_key_secret, issued.security_token)
    for secret in (*aws.signed, *keys, "s3cret", "t0ken"):
        assert secret not in seen
