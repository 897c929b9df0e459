"""The local cloud, whole, as most tests here use it. A folder may run it with other settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from facescreen_local.cloud import LocalCloud
from tests.support import leaks
from tests.support.cloud_client import LocalCloudClient, run_local_cloud


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="module")
def running_cloud(data: Path) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    with run_local_cloud(data) as both:
        yield both


@pytest.fixture(scope="module")
def cloud(running_cloud: tuple[LocalCloud, LocalCloudClient]) -> LocalCloud:
    """One cloud for all tests of a file."""
    return running_cloud[0]


@pytest.fixture
def cloud_client(
    running_cloud: tuple[LocalCloud, LocalCloudClient], data: Path
) -> Iterator[LocalCloudClient]:
    """A client; after each test, all that was written anywhere is searched for secrets."""
    cloud, client = running_cloud
    client.admin.post("/reset")
    yield client
    client.admin.post("/reset")
    client.wait_until_idle()
    assert leaks.find_leaks(cloud, data, client) == []
