"""One ``facescreen up`` for all the SDKs, known by its env file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.vendors.clients import Told
from tests.support.command import up
from tests.support.outside import Outside


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="session")
def told(folder: Path) -> Iterator[Told]:
    with up(folder) as told:
        yield told


@pytest.fixture(scope="session")
def outside(told: Told) -> Iterator[Outside]:
    """What tests look with at what an SDK brought about."""
    client = Outside(told)
    yield client
    client.close()


@pytest.fixture(scope="session")
def samples(told: Told, folder: Path) -> Path:
    return folder / "data" / "samples"


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """An object key of this test's own."""
    return f"{request.node.nodeid}.jpg"


@pytest.fixture
def event(key: str, outside: Outside, samples: Path) -> bytes:
    """The event of a flagged photo that no trigger has seen: s.yaml names no AppendObject."""
    outside.bucket.append_object(key, 0, (samples / "flagged.jpg").read_bytes())
    described = {"bucket": {"name": outside.bucket.bucket_name}, "object": {"key": key}}
    record = {"eventName": "ObjectCreated:PutObject", "oss": described}
    return json.dumps({"events": [record]}).encode()
