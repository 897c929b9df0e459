"""The three places that contract tests of real adapters run in."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from facescreen_local.auth.account import Identity
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.mns.service import MnsService
from facescreen_local.oss.service import OssService
from tests.contract.aws import AwsPlace, served
from tests.contract.objects import Objects
from tests.contract.place import REAL, Place

REGION = "ap-southeast-1"


@pytest.fixture(scope="session")
def loop() -> Iterator[BackgroundLoop]:
    with BackgroundLoop() as loop:
        yield loop


@pytest.fixture(scope="session")
def identity() -> Identity:
    return Identity.create()


@pytest.fixture(scope="session")
def oss(
    loop: BackgroundLoop, identity: Identity, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OssService]:
    service = OssService(identity, tmp_path_factory.mktemp("oss"), REGION, lambda record: None)
    service.create_bucket("facescreen-state")
    service.create_bucket("versioned", versioning=True)
    loop.run(service.start())
    yield service
    loop.run(service.stop())


@pytest.fixture(scope="session")
def mns(
    loop: BackgroundLoop, identity: Identity, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MnsService]:
    service = MnsService(identity, tmp_path_factory.mktemp("mns"), REGION)
    service.create_topic("verdicts")
    for queue in ("subscribed", "flagged"):
        service.create_queue(queue)
    service.subscribe("verdicts", "all", "subscribed")
    service.subscribe("verdicts", "flagged", "flagged", filter_tag="high_risk")
    loop.run(service.start())
    yield service
    loop.run(service.stop())


@pytest.fixture(scope="session")
def cloudauth(
    loop: BackgroundLoop, identity: Identity, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[IdVerificationService]:
    service = IdVerificationService(identity, tmp_path_factory.mktemp("cloudauth"))
    loop.run(service.start())
    yield service
    loop.run(service.stop())


@pytest.fixture(scope="session")
def local(
    identity: Identity, oss: OssService, mns: MnsService, cloudauth: IdVerificationService
) -> Place:
    """The local services, with temporary credentials, as a function holds them."""
    key = identity.issue_temporary_key()
    return Place.from_env(
        {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token,
            "STATE_BUCKET": "facescreen-state",
            "VERSIONED_BUCKET": "versioned",
            "OSS_ENDPOINT": oss.url,
            "MNS_ENDPOINT": mns.url,
            "MNS_TOPIC": "verdicts",
            "MNS_QUEUE": "subscribed",
            "SCENE_CODE": "local_0001",
            "CLOUDAUTH_ENDPOINT": cloudauth.url,
            "FACESCREEN_LOCAL": "true",
        }
    )


@pytest.fixture(scope="session")
def live() -> Place:
    """The account that the environment names."""
    return Place.from_env(os.environ)


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsPlace]:
    with served() as place:
        yield place


@pytest.fixture(params=REAL)
def place(request: pytest.FixtureRequest) -> Place | AwsPlace:
    """Each of them in turn."""
    found: Place | AwsPlace = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def objects(place: Place | AwsPlace) -> Iterator[Objects]:
    with place.objects(place.bucket) as made:
        yield made


@pytest.fixture
def versioned(place: Place | AwsPlace) -> Iterator[Objects]:
    if not place.versioned_bucket:
        pytest.skip("VERSIONED_BUCKET is not set")
    with place.objects(place.versioned_bucket) as made:
        yield made
