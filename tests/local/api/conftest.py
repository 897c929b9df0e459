"""The HTTP trigger of a running local cloud, for all tests of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.local.pipeline import leaks
from tests.local.pipeline.outside import Outside, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.cloud import LocalCloud


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="module")
def running_cloud(data: Path) -> Iterator[tuple[LocalCloud, Outside]]:
    with running(data, HTTP_LONGEST_SECONDS="5") as both:
        yield both


@pytest.fixture
def outside(running_cloud: tuple[LocalCloud, Outside], data: Path) -> Iterator[Outside]:
    """A client of the cloud; after each test all that was written is searched for secrets."""
    cloud, client = running_cloud
    client.admin.post("/reset")
    yield client
    client.admin.post("/reset")
    client.settled()
    assert leaks.find(cloud, data, client) == []


@pytest.fixture(scope="module")
def files(running_cloud: tuple[LocalCloud, Outside]) -> dict[str, bytes]:
    """The samples by their file names."""
    samples = running_cloud[0].samples()
    return {sample.path.name: sample.path.read_bytes() for sample in samples}


@pytest.fixture(scope="module")
def api(running_cloud: tuple[LocalCloud, Outside]) -> Iterator[httpx.Client]:
    url = running_cloud[1].told["HTTP_TRIGGER_URL"]
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client
