"""Fixtures of a whole local cloud. A conftest can replace `running_cloud` to change settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from facescreen_local.cloud import LocalCloud
from tests.support import leaks
from tests.support.cloud_client import LocalCloudClient, run_local_cloud


@pytest.fixture(scope="module")
def cloud_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="module")
def running_cloud(cloud_folder: Path) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    with run_local_cloud(cloud_folder) as cloud_and_client:
        yield cloud_and_client


@pytest.fixture(scope="module")
def cloud(running_cloud: tuple[LocalCloud, LocalCloudClient]) -> LocalCloud:
    """One local cloud for all tests of a file."""
    return running_cloud[0]


@pytest.fixture
def cloud_client(
    running_cloud: tuple[LocalCloud, LocalCloudClient], cloud_folder: Path
) -> Iterator[LocalCloudClient]:
    """A client of the local cloud. After each test everything written is searched for secrets."""
    cloud, client = running_cloud
    client.admin.post("/reset")
    yield client
    client.admin.post("/reset")
    client.wait_until_idle()
    assert leaks.find_leaks(cloud, cloud_folder, client) == []
