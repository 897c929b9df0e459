"""The local services that contract tests of real adapters run against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facescreen.credentials import Credentials
from infra.local.background import Background
from infra.local.identity import Identity
from infra.local.mns.server import MnsService
from infra.local.oss.server import OssService

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "ap-southeast-1"


@pytest.fixture(scope="session")
def loop() -> Iterator[Background]:
    with Background() as loop:
        yield loop


@pytest.fixture(scope="session")
def identity() -> Identity:
    return Identity.fresh()


@pytest.fixture(scope="session")
def temporary(identity: Identity) -> Credentials:
    """As a function holds them: with a security token."""
    key = identity.issue_token()
    return Credentials(key.access_key_id, key.access_key_secret, key.security_token)


@pytest.fixture(scope="session")
def oss(
    loop: Background, identity: Identity, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OssService]:
    service = OssService(identity, tmp_path_factory.mktemp("oss"), REGION, lambda record: None)
    service.create_bucket("selfies")
    service.create_bucket("facescreen-state")
    service.create_bucket("versioned", versioning=True)
    loop.run(service.start())
    yield service
    loop.run(service.stop())


@pytest.fixture(scope="session")
def mns(
    loop: Background, identity: Identity, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MnsService]:
    service = MnsService(identity, tmp_path_factory.mktemp("mns"), REGION)
    service.create_topic("verdicts")
    for queue in ("subscribed", "flagged", "direct"):
        service.create_queue(queue)
    service.subscribe("verdicts", "all", "subscribed")
    service.subscribe("verdicts", "flagged", "flagged", filter_tag="high_risk")
    loop.run(service.start())
    yield service
    loop.run(service.stop())
