"""The HTTP trigger of a local cloud with a short time limit, for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from facescreen_local.cloud import LocalCloud
from tests.e2e.api import response_leaks
from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.samples import sample_files

SETTINGS = {"HTTP_LONGEST_SECONDS": "5"}


@pytest.fixture(scope="module")
def running_cloud(cloud_folder: Path) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    with run_local_cloud(cloud_folder, **SETTINGS) as cloud_and_client:
        yield cloud_and_client


@pytest.fixture(scope="module")
def files(cloud: LocalCloud) -> dict[str, bytes]:
    """The samples' bytes by file name."""
    return sample_files(cloud)


@pytest.fixture(scope="module")
def api(running_cloud: tuple[LocalCloud, LocalCloudClient]) -> Iterator[httpx.Client]:
    """A client of the trigger that searches every response for secrets."""
    cloud, cloud_client = running_cloud

    def search(response: httpx.Response) -> None:
        response.read()
        assert response_leaks.find(response, cloud) == []

    url, hooks = cloud_client.env["HTTP_TRIGGER_URL"], {"response": [search]}
    with httpx.Client(base_url=url, timeout=60, event_hooks=hooks) as client:
        yield client
