"""The services that the contract tests of real adapters run on: local, live, and moto."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from facescreen_local.auth.account import LocalAccount
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.mns.service import MnsService
from facescreen_local.oss.service import OssService
from tests.contract.alibaba_services import SERVICE_FIXTURES, AlibabaServices
from tests.contract.aws_services import AwsServices, run_aws_services
from tests.contract.object_stores import STORES, StoreAndWriter, create_memory_store
from tests.contract.object_writers import MemoryObjectWriter, ObjectWriter

REGION = "ap-southeast-1"


@pytest.fixture(scope="session")
def loop() -> Iterator[BackgroundLoop]:
    with BackgroundLoop() as loop:
        yield loop


@pytest.fixture(scope="session")
def local_account() -> LocalAccount:
    return LocalAccount.create()


@pytest.fixture(scope="session")
def oss(
    loop: BackgroundLoop, local_account: LocalAccount, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OssService]:
    service = OssService(local_account, tmp_path_factory.mktemp("oss"), REGION, lambda record: None)
    service.create_bucket("facescreen-state")
    service.create_bucket("versioned", versioning=True)
    loop.run(service.start())
    yield service
    loop.run(service.stop())


@pytest.fixture(scope="session")
def mns(
    loop: BackgroundLoop, local_account: LocalAccount, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MnsService]:
    service = MnsService(local_account, tmp_path_factory.mktemp("mns"), REGION)
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
    loop: BackgroundLoop, local_account: LocalAccount, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[IdVerificationService]:
    service = IdVerificationService(local_account, tmp_path_factory.mktemp("cloudauth"))
    loop.run(service.start())
    yield service
    loop.run(service.stop())


@pytest.fixture(scope="session")
def local(
    local_account: LocalAccount, oss: OssService, mns: MnsService, cloudauth: IdVerificationService
) -> AlibabaServices:
    """The local services, with temporary credentials like those of a function."""
    key = local_account.issue_temporary_key()
    return AlibabaServices.from_env(
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
def live() -> AlibabaServices:
    """The account that the environment names, for live tests."""
    return AlibabaServices.from_env(os.environ)


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsServices]:
    with run_aws_services() as services:
        yield services


@pytest.fixture(params=SERVICE_FIXTURES)
def services(request: pytest.FixtureRequest) -> AlibabaServices | AwsServices:
    """Each of the services in turn."""
    fixture_value: AlibabaServices | AwsServices = request.getfixturevalue(request.param)
    return fixture_value


@pytest.fixture
def object_writer(services: AlibabaServices | AwsServices) -> Iterator[ObjectWriter]:
    with services.object_writer(services.bucket) as object_writer:
        yield object_writer


@pytest.fixture
def versioned_writer(services: AlibabaServices | AwsServices) -> Iterator[ObjectWriter]:
    if not services.versioned_bucket:
        pytest.skip("VERSIONED_BUCKET is not set")
    with services.object_writer(services.versioned_bucket) as object_writer:
        yield object_writer


@pytest.fixture(params=STORES)
def store_and_writer(request: pytest.FixtureRequest) -> Iterator[StoreAndWriter]:
    """Each store with an unversioned bucket."""
    if request.param.startswith("memory-"):
        memory_store = create_memory_store(request.param)
        yield memory_store, MemoryObjectWriter(memory_store)
        return
    services = request.getfixturevalue(request.param)
    with services.object_writer(services.bucket) as object_writer:
        yield services.store(), object_writer


@pytest.fixture(params=STORES)
def versioned_store_and_writer(request: pytest.FixtureRequest) -> Iterator[StoreAndWriter]:
    """Each store with a versioned bucket."""
    if request.param.startswith("memory-"):
        memory_store = create_memory_store(request.param, versioned=True)
        yield memory_store, MemoryObjectWriter(memory_store)
        return
    services = request.getfixturevalue(request.param)
    if not services.versioned_bucket:
        pytest.skip("VERSIONED_BUCKET is not set")
    with services.object_writer(services.versioned_bucket) as object_writer:
        yield services.store(), object_writer
