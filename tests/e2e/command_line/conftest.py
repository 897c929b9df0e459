"""Fixtures: the commands, run against one local cloud."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from facescreen_local.cloud import LocalCloud
from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.command import FACESCREEN, user_environment
from tests.support.leaks import FORBIDDEN_PATTERN

RunCommand = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def cloud_and_client(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    with run_local_cloud(tmp_path_factory.mktemp("cloud")) as cloud_and_client:
        yield cloud_and_client


@pytest.fixture(scope="module")
def cloud(cloud_and_client: tuple[LocalCloud, LocalCloudClient]) -> LocalCloud:
    return cloud_and_client[0]


@pytest.fixture
def cloud_client(cloud_and_client: tuple[LocalCloud, LocalCloudClient]) -> LocalCloudClient:
    cloud_and_client[1].admin.post("/reset")
    return cloud_and_client[1]


@pytest.fixture
def facescreen(cloud: LocalCloud, cloud_client: LocalCloudClient) -> RunCommand:
    """Run the command line, and check its output for secrets."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [FACESCREEN, *map(str, arguments)],
            env=user_environment(cloud_client.env, **environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        output = result.stdout + result.stderr
        assert not FORBIDDEN_PATTERN.search(output)
        assert cloud.account.key.access_key_secret not in output
        assert cloud.account.key.access_key_id not in output
        assert "Traceback" not in output
        return result

    return run


@pytest.fixture
def screen(facescreen: RunCommand) -> RunCommand:
    """``facescreen screen``."""
    return partial(facescreen, "screen")


@pytest.fixture
def doctor(facescreen: RunCommand) -> RunCommand:
    """``facescreen doctor``."""
    return partial(facescreen, "doctor")
