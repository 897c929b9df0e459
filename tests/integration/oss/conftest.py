"""Fixtures: a running OSS service, and buckets of oss2."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import oss2
import pytest
import requests
from oss2.credentials import StaticCredentialsProvider

from facescreen_local.auth.account import AccessKey, LocalAccount
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.oss.service import OssService

REGION = "ap-southeast-1"
SIGNERS = {"v1": oss2.ProviderAuth, "v4": oss2.ProviderAuthV4}


@dataclass
class OssCloud:
    """The service, its account, and the events that it sent."""

    service: OssService
    local_account: LocalAccount
    session: oss2.Session
    events: list[dict[str, Any]] = field(default_factory=list)

    def bucket(self, name: str, signer: str = "v4", key: AccessKey | None = None) -> Any:
        """Return an oss2.Bucket, with `key` or the account's own key."""
        key = key or self.local_account.key
        provider = StaticCredentialsProvider(
            key.access_key_id, key.access_key_secret, key.security_token
        )
        return oss2.Bucket(
            SIGNERS[signer](provider),
            self.service.url,
            name,
            session=self.session,
            connect_timeout=10,
            region=REGION,
        )


def _read_to_end(response: requests.Response, **_: Any) -> None:
    """Read a response to its end: oss2 does not read errors and leaves connections open."""
    assert response.content is not None


@contextmanager
def run_oss(local_account: LocalAccount, data: Path) -> Iterator[OssCloud]:
    events: list[dict[str, Any]] = []
    session = oss2.Session()
    session.session.hooks["response"].append(_read_to_end)
    with BackgroundLoop() as loop:
        service = OssService(local_account, data, REGION, events.append)
        loop.run(service.start())
        try:
            yield OssCloud(service, local_account, session, events)
        finally:
            session.session.close()
            loop.run(service.stop())


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OssCloud]:
    with run_oss(LocalAccount.create(), tmp_path_factory.mktemp("oss")) as started:
        yield started


@pytest.fixture(params=list(SIGNERS))
def signer(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bucket(cloud: OssCloud, signer: str) -> Any:
    """A new bucket, in each signature version."""
    name = f"b-{uuid.uuid4().hex}"
    cloud.service.create_bucket(name)
    return cloud.bucket(name, signer)


@pytest.fixture
def bucket_with_key(cloud: OssCloud, bucket: Any, signer: str) -> Callable[[AccessKey], Any]:
    """Returns the same bucket with another key."""
    return lambda key: cloud.bucket(bucket.bucket_name, signer, key)


@pytest.fixture
def versioned(cloud: OssCloud, signer: str) -> Any:
    """A new versioned bucket."""
    name = f"v-{uuid.uuid4().hex}"
    cloud.service.create_bucket(name, versioning=True)
    return cloud.bucket(name, signer)


@pytest.fixture(scope="session")
def web(cloud: OssCloud) -> Iterator[httpx.Client]:
    """A client that does not sign requests."""
    with httpx.Client(base_url=cloud.service.url, timeout=10, verify=False) as client:  # noqa: S501
        yield client
