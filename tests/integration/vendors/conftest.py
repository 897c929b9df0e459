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
def cloud_client(env: Env) -> Iterator[LocalCloudClient]:
    """A client with which tests check the effects of an SDK's calls."""
    client = LocalCloudClient(env)
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
def event(key: str, cloud_client: LocalCloudClient, samples: Path) -> bytes:
    """The event of a flagged photo that raised no trigger: s.yaml does not list AppendObject."""
    cloud_client.bucket.append_object(key, 0, (samples / "flagged.jpg").read_bytes())
    described = {"bucket": {"name": cloud_client.bucket.bucket_name}, "object": {"key": key}}
    record = {"eventName": "ObjectCreated:PutObject", "oss": described}
    return json.dumps({"events": [record]}).encode()
