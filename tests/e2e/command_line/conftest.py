"""The commands against one local cloud."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from facescreen_local.cloud import LocalCloud
from tests.support.command import FACESCREEN, user_environment
from tests.support.leaks import FORBIDDEN
from tests.support.outside import Outside, running

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalCloud, Outside]]:
    with running(tmp_path_factory.mktemp("cloud")) as both:
        yield both


@pytest.fixture(scope="module")
def cloud(both: tuple[LocalCloud, Outside]) -> LocalCloud:
    return both[0]


@pytest.fixture
def outside(both: tuple[LocalCloud, Outside]) -> Outside:
    both[1].admin.post("/reset")
    return both[1]


@pytest.fixture
def facescreen(cloud: LocalCloud, outside: Outside) -> Command:
    """Runs the command line, and searches what it says for secrets."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [FACESCREEN, *map(str, arguments)],
            env=user_environment(outside.told, **environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said = done.stdout + done.stderr
        assert not FORBIDDEN.search(said)
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
