"""Fixtures: one ``facescreen up`` for all SDKs, accessed through its env file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.vendors.clients import Env
from tests.support.cloud_client import LocalCloudClient
from tests.support.command import facescreen_up


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="session")
def env(folder: Path) -> Iterator[Env]:
    with facescreen_up(folder) as env:
        yield env


@pytest.fixture(scope="session")
def cloud_client(env: Env, folder: Path) -> Iterator[LocalCloudClient]:
    """A client with which tests check the effects of an SDK's calls."""
    client = LocalCloudClient(env, verdicts_file=folder / "data" / "verdicts.json")
    yield client
    client.close()


@pytest.fixture(scope="session")
def unwatched_client(env: Env, folder: Path) -> Iterator[LocalCloudClient]:
    """A client of a bucket without a trigger."""
    unwatched = {**env, "OSS_BUCKET": "unwatched"}
    client = LocalCloudClient(unwatched, verdicts_file=folder / "data" / "verdicts.json")
    client.bucket.create_bucket()
    yield client
    client.close()


@pytest.fixture(scope="session")
def samples(env: Env, folder: Path) -> Path:
    return folder / "data" / "samples"


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """An object key unique to this test."""
    return f"{request.node.nodeid}.jpg"


@pytest.fixture
def event(key: str, unwatched_client: LocalCloudClient, samples: Path) -> bytes:
    """The event of a flagged photo that raised no trigger."""
    unwatched_client.put(key, (samples / "flagged.jpg").read_bytes())
    described = {"bucket": {"name": unwatched_client.bucket.bucket_name}, "object": {"key": key}}
    record = {"eventName": "ObjectCreated:PutObject", "oss": described}
    return json.dumps({"events": [record]}).encode()
