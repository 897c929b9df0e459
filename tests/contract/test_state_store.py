"""The same tests on the fake state and on OSS's appendable objects."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING

import pytest

from facescreen import errors
from facescreen.storage.oss import OssState
from tests.fakes import MemoryState

if TYPE_CHECKING:
    from facescreen.credentials import Credentials
    from facescreen.storage import StateStore
    from infra.local.oss.server import OssService


@pytest.fixture(params=["fake", "oss"])
def state(request: pytest.FixtureRequest) -> StateStore:
    if request.param == "fake":
        return MemoryState()
    return real(
        request.getfixturevalue("oss"), request.getfixturevalue("temporary"), "facescreen-state"
    )


def real(oss: OssService, credentials: Credentials, bucket: str) -> OssState:
    return OssState(credentials, endpoint=oss.url, region="ap-southeast-1", bucket=bucket)


@pytest.fixture
def key() -> str:
    return f"ledger/{uuid.uuid4().hex}"


def test_what_is_not_there_is_empty(state: StateStore, key: str) -> None:
    assert state.read(key) == b""


def test_an_append_goes_where_the_length_is(state: StateStore, key: str) -> None:
    assert state.append(key, 0, b"one\n")
    assert not state.append(key, 0, b"late\n")
    assert not state.append(key, 5, b"early\n")
    assert state.append(key, 4, b"two\n")
    assert state.read(key) == b"one\ntwo\n"


def test_of_many_appends_at_one_instant_one_is_done(state: StateStore, key: str) -> None:
    done: list[bool] = []
    start = threading.Barrier(6)

    def race(number: int) -> None:
        start.wait()
        done.append(state.append(key, 0, f"{number}\n".encode()))

    racers = [threading.Thread(target=race, args=[number]) for number in range(6)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(done) == [False] * 5 + [True]
    assert len(state.read(key)) == 2


def test_a_versioned_state_bucket_is_refused(
    oss: OssService, temporary: Credentials, key: str
) -> None:
    with pytest.raises(errors.BadSettings, match="STATE_BUCKET must be an unversioned bucket"):
        real(oss, temporary, "versioned").append(key, 0, b"x")


def test_a_missing_state_bucket_is_named(oss: OssService, temporary: Credentials, key: str) -> None:
    with pytest.raises(errors.BadSettings, match="NoSuchBucket"):
        real(oss, temporary, "no-such-bucket").append(key, 0, b"x")
