"""Fixtures: a running MNS service, and queues and topics of the vendor's SDK."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from facescreen_local.auth.account import AccessKey, LocalAccount
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.mns.service import MnsService
from facescreen_local.mns.store.clock import now_ms
from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.queue import QueueMeta
from mns.topic import TopicMeta

REGION = "ap-southeast-1"


@dataclass
class MnsCloud:
    """The service, its account, and its event loop."""

    service: MnsService
    local_account: LocalAccount
    loop: BackgroundLoop

    @contextmanager
    def account(self, key: AccessKey | None = None) -> Iterator[Any]:
        """Yield an mns.account.Account with a new connection. `key` replaces the account's key."""
        key = key or self.local_account.key
        account = Account(
            self.service.url, key.access_key_id, key.access_key_secret, key.security_token
        )
        try:
            yield account
        finally:
            account.mns_client.close_connection()


@contextmanager
def run_mns(local_account: LocalAccount, data: Path) -> Iterator[MnsCloud]:
    with BackgroundLoop() as loop:
        service = MnsService(local_account, data, REGION)
        loop.run(service.start())
        try:
            yield MnsCloud(service, local_account, loop)
        finally:
            loop.run(service.stop())


@contextmanager
def raises_mns_error(code: str) -> Iterator[None]:
    """Expect an MNSServerException with this code."""
    with pytest.raises(MNSServerException) as raised:
        yield
    assert raised.value.type == code
    assert raised.value.request_id
    assert raised.value.host_id


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MnsCloud]:
    with run_mns(LocalAccount.create(), tmp_path_factory.mktemp("mns")) as started:
        yield started


@pytest.fixture
def account(cloud: MnsCloud) -> Iterator[Any]:
    with cloud.account() as account:
        yield account


@pytest.fixture
def queue(account: Any) -> Any:
    """A new queue."""
    queue = account.get_queue(f"q-{uuid.uuid4().hex}")
    queue.create(QueueMeta())
    return queue


@pytest.fixture
def topic(account: Any) -> Any:
    """A new topic."""
    topic = account.get_topic(f"t-{uuid.uuid4().hex}")
    topic.create(TopicMeta())
    return topic


@pytest.fixture
def advance_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Advance the service's clock, so that messages become visible or expire."""

    def shift(seconds: float) -> None:
        moved = round(seconds * 1000)
        monkeypatch.setattr("facescreen_local.mns.store.messages.now_ms", lambda: now_ms() + moved)
        monkeypatch.setattr("facescreen_local.mns.broker.now_ms", lambda: now_ms() + moved)

    return shift


@pytest.fixture(scope="session")
def web(cloud: MnsCloud) -> Iterator[httpx.Client]:
    """A client that does not sign requests."""
    with httpx.Client(base_url=cloud.service.url, timeout=10) as client:
        yield client
