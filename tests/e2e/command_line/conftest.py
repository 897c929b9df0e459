"""The commands against one local cloud."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from facescreen_local.cloud import LocalCloud
from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.command import FACESCREEN, user_environment
from tests.support.leaks import FORBIDDEN_PATTERN

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    with run_local_cloud(tmp_path_factory.mktemp("cloud")) as both:
        yield both


@pytest.fixture(scope="module")
def cloud(both: tuple[LocalCloud, LocalCloudClient]) -> LocalCloud:
    return both[0]


@pytest.fixture
def cloud_client(both: tuple[LocalCloud, LocalCloudClient]) -> LocalCloudClient:
    both[1].admin.post("/reset")
    return both[1]


@pytest.fixture
def facescreen(cloud: LocalCloud, cloud_client: LocalCloudClient) -> Command:
    """Runs the command line, and searches what it says for secrets."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [FACESCREEN, *map(str, arguments)],
            env=user_environment(cloud_client.env, **environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said = done.stdout + done.stderr
        assert not FORBIDDEN_PATTERN.search(said)
        assert cloud.identity.key.access_key_secret not in said
        assert cloud.identity.key.access_key_id not in said
        assert "Traceback" not in said
        return done

    return run


@pytest.fixture
def screen(facescreen: Command) -> Command:
    """``facescreen screen``."""
    return partial(facescreen, "screen")


@pytest.fixture
def doctor(facescreen: Command) -> Command:
    """``facescreen doctor``."""
    return partial(facescreen, "doctor")
