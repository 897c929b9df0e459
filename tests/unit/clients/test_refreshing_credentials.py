"""When credentials are fetched, and which are used when a fetch fails."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.clients.refreshing_credentials import CredentialLease, RefreshingCredentials
from facescreen.errors import InvalidCredentialsError


class ScriptedCredentials(RefreshingCredentials):
    """Credentials that are renewed after 100 seconds and expire after 1000."""

    def __init__(self) -> None:
        super().__init__(lambda: self.now)
        self.now = 0.0
        self.fetch_count = 0
        self.fails = False

    def fetch(self) -> CredentialLease:
        self.fetch_count += 1
        if self.fails:
            raise InvalidCredentialsError("the reason, with s3cret in it")
        key = Credentials(f"LTAI{self.fetch_count}", "s3cret")
        return CredentialLease(key, self.now + 100, self.now + 1000)

    def key_id_at(self, now: float) -> str:
        self.now = now
        return self.get().access_key_id


def test_credentials_are_kept_until_their_renewal_is_due() -> None:
    credentials = ScriptedCredentials()
    assert [credentials.key_id_at(now) for now in (0, 99, 100, 199, 200)] == [
        "LTAI1",
        "LTAI1",
        "LTAI2",
        "LTAI2",
        "LTAI3",
    ]


def test_a_failed_fetch_keeps_the_old_credentials_and_its_reason_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    credentials = ScriptedCredentials()
    credentials.key_id_at(0)
    credentials.fails = True
    assert credentials.key_id_at(999) == "LTAI1"
    assert "BadCredentials" in caplog.text
    assert "s3cret" not in caplog.text
    with pytest.raises(InvalidCredentialsError, match="the reason"):
        credentials.key_id_at(1059)


def test_a_failed_fetch_is_retried_after_a_minute() -> None:
    credentials = ScriptedCredentials()
    credentials.key_id_at(0)
    credentials.fails = True
    for now in (100, 101, 159):
        assert credentials.key_id_at(now) == "LTAI1"
    assert credentials.fetch_count == 2
    credentials.fails = False
    assert credentials.key_id_at(160) == "LTAI3"


def test_a_failed_first_fetch_raises() -> None:
    credentials = ScriptedCredentials()
    credentials.fails = True
    with pytest.raises(InvalidCredentialsError):
        credentials.key_id_at(0)
    credentials.fails = False
    assert credentials.key_id_at(0) == "LTAI2"


def test_one_thread_fetches_for_all_threads() -> None:
    credentials, barrier = ScriptedCredentials(), threading.Barrier(8)

    def get(_: int) -> str:
        barrier.wait()
        return credentials.get().access_key_id

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(get, range(8))) == {"LTAI1"}
    assert credentials.fetch_count == 1
