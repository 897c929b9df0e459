"""Fixtures: functions to run, and the event loop that serves them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import boto3
import pytest

from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.samples.photographs import load_portrait
from tests.e2e.aws import leaks
from tests.e2e.aws.cloud import AwsCloud, run_cloud
from tests.e2e.aws.configuration import REGION, FunctionConfiguration
from tests.e2e.aws.function import LambdaFunction
from tests.e2e.aws.package import build_packages, make_managed_runtime
from tests.support.moto_server import moto_server

TOYS = Path(__file__).with_name("toys")


class MakeToyFunction(Protocol):
    """Make a function from a handler in toys.py."""

    def __call__(self, handler: str, **settings: Any) -> LambdaFunction: ...


class DeployFunction(Protocol):
    """Deploy a handler (object_created by default) with settings that override the cloud's."""

    def __call__(self, handler: str = ..., /, **settings: str) -> LambdaFunction: ...


@pytest.fixture(scope="session")
def loop() -> Iterator[BackgroundLoop]:
    with BackgroundLoop() as loop:
        yield loop


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "function.log"


@pytest.fixture
def make_toy_function(loop: BackgroundLoop, log: Path) -> Iterator[MakeToyFunction]:
    with ExitStack() as running:

        def make(handler: str, **settings: Any) -> LambdaFunction:
            configuration = FunctionConfiguration("toy", f"toys.{handler}", TOYS, **settings)
            return running.enter_context(LambdaFunction(configuration, loop, log))

        yield make


@pytest.fixture(scope="session")
def sqs() -> Iterator[Any]:
    """An SQS client of a server that has no queues yet."""
    with moto_server() as endpoint:
        yield boto3.client(
            "sqs",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="AKIDADMIN",
            aws_secret_access_key="secret",
        )


@pytest.fixture(scope="module")
def cloud(loop: BackgroundLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsCloud]:
    """One cloud for all tests of a file."""
    with run_cloud(loop, tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_packages(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_managed_runtime(tmp_path_factory.mktemp("lambda") / "runtime")


@pytest.fixture(scope="module")
def deploy(
    loop: BackgroundLoop,
    cloud: AwsCloud,
    package: Path,
    runtime: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DeployFunction]:
    """Deploy functions. At the end, search everything that they wrote for secrets."""
    log = tmp_path_factory.mktemp("functions") / "log"
    deployed: list[FunctionConfiguration] = []
    with ExitStack() as running:

        def make(handler: str = "object_created.handler", /, **settings: str) -> LambdaFunction:
            module = handler.partition(".")[0]
            configuration = FunctionConfiguration(
                module.replace("_", "-"),
                handler,
                package / module,
                cloud.environment(**settings),
                timeout_s=cloud.visibility_s,
                memory_mb=512,
                runtime=runtime,
            )
            deployed.append(configuration)
            return running.enter_context(LambdaFunction(configuration, loop, log))

        yield make
    assert leaks.find(cloud, log, deployed) == []


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A portrait that the service accepts unchanged."""
    jpeg = io.BytesIO()
    load_portrait().save(jpeg, "JPEG", quality=90)
    return jpeg.getvalue()
