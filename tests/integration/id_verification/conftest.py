"""Fixtures: a running service, a file server, and the SDK."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from facescreen_local.auth.account import LocalAccount
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.id_verification.media.faces import FaceDetector
from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.protocol.faults import Behaviour
from facescreen_local.samples import SampleFile, make_samples
from tests.integration.id_verification.raw_request import RawRequest
from tests.integration.id_verification.sdk_client import FileServer, SdkCaller


@pytest.fixture(scope="package")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SampleFile]:
    """The samples by file name."""
    made = make_samples(tmp_path_factory.mktemp("samples"))
    return {sample.path.name: sample for sample in made}


@pytest.fixture(scope="package")
def portrait(samples: dict[str, SampleFile]) -> bytes:
    return samples["portrait.jpg"].path.read_bytes()


@pytest.fixture(scope="package")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture(scope="package")
def local_account() -> LocalAccount:
    return LocalAccount.create()


@pytest.fixture(scope="package")
def loop() -> Iterator[BackgroundLoop]:
    with BackgroundLoop() as loop:
        yield loop


@pytest.fixture(scope="package")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cloudauth")


@pytest.fixture(scope="package")
def running_service(
    loop: BackgroundLoop, local_account: LocalAccount, data: Path
) -> Iterator[IdVerificationService]:
    service = IdVerificationService(local_account, data, download_timeout_s=0.5)
    loop.run(service.start())
    yield service
    loop.run(service.stop())


@pytest.fixture
def service(running_service: IdVerificationService) -> Iterator[IdVerificationService]:
    """The service with default behaviour and without the calls of earlier tests."""
    running_service.reset()
    yield running_service
    running_service.behaviour = Behaviour()


@pytest.fixture
def files(loop: BackgroundLoop) -> Iterator[FileServer]:
    files = FileServer()
    loop.run(files.start())
    yield files
    loop.run(files.stop())


@pytest.fixture
def sdk(service: IdVerificationService, local_account: LocalAccount) -> SdkCaller:
    """The SDK with the account's long-lived key."""
    return SdkCaller(service, local_account.key)


@pytest.fixture
def raw_request(service: IdVerificationService, local_account: LocalAccount) -> RawRequest:
    return RawRequest(local_account.key, service.url)
