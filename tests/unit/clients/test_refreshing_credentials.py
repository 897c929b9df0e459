"""When credentials are fetched, and what serves when they can't be."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.clients.refreshing_credentials import Lease, RenewedCredentials
from facescreen.errors import InvalidCredentialsError


class Planned(RenewedCredentials):
    """To be renewed after 100 seconds, at their end after 1000."""

    def __init__(self) -> None:
        super().__init__(lambda: self.now)
        self.now = 0.0
        self.fetched = 0
        self.broken = False

    def fetch(self) -> Lease:
        self.fetched += 1
        if self.broken:
            raise InvalidCredentialsError("the reason, with s3cret in it")
        key = Credentials(f"LTAI{self.fetched}", "s3cret")
        return Lease(key, self.now + 100, self.now + 1000)

    def at(self, now: float) -> str:
        self.now = now
        return self.get().access_key_id


def test_they_are_kept_until_their_renewal_is_due() -> None:
    planned = Planned()
    assert [planned.at(now) for now in (0, 99, 100, 199, 200)] == [
        "LTAI1",
        "LTAI1",
        "LTAI2",
        "LTAI2",
        "LTAI3",
    ]


def test_old_ones_outlive_a_fetch_that_fails_and_its_reason_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    planned = Planned()
    planned.at(0)
    planned.broken = True
    assert planned.at(999) == "LTAI1"
    assert "BadCredentials" in caplog.text
    assert "s3cret" not in caplog.text
    with pytest.raises(InvalidCredentialsError, match="the reason"):
        planned.at(1059)


def test_a_fetch_that_fails_is_tried_again_a_minute_later() -> None:
    planned = Planned()
    planned.at(0)
    planned.broken = True
    for now in (100, 101, 159):
        assert planned.at(now) == "LTAI1"
    assert planned.fetched == 2
    planned.broken = False
    assert planned.at(160) == "LTAI3"


def test_the_first_ones_must_come() -> None:
    planned = Planned()
    planned.broken = True
    with pytest.raises(InvalidCredentialsError):
        planned.at(0)
    planned.broken = False
    assert planned.at(0) == "LTAI2"


def test_one_thread_fetches_for_all() -> None:
    planned, together = Planned(), threading.Barrier(8)

    def get(_: int) -> str:
        together.wait()
        return planned.get().access_key_id

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(get, range(8))) == {"LTAI1"}
    assert planned.fetched == 1
