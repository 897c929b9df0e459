"""The same tests on the in-memory state, on OSS's appendable objects and on S3's conditional
writes."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from facescreen import errors
from facescreen.storage.ports import StateStore
from facescreen.testing.state_store import MemoryStateStore
from tests.contract.alibaba_services import ALIBABA_FIXTURES, SERVICE_FIXTURES, AlibabaServices
from tests.contract.aws_services import AwsServices
from tests.contract.object_writers import ObjectWriter
from tests.support.page_limits import limit_pages

StateAndKey = tuple["StateStore", str]
THREADS = 16


@pytest.fixture(params=["memory", *SERVICE_FIXTURES])
def state_and_key(request: pytest.FixtureRequest) -> Iterator[StateAndKey]:
    """A state store, and a key that doesn't exist in it yet."""
    if request.param == "memory":
        yield MemoryStateStore(), "ledger/a"
        return
    services = request.getfixturevalue(request.param)
    with services.object_writer(services.bucket) as object_writer:
        yield services.state(services.bucket), object_writer.ref("ledger/a").key


def test_a_missing_key_is_read_as_empty(state_and_key: StateAndKey) -> None:
    state, key = state_and_key
    assert state.read(key) == b""


def test_an_append_succeeds_only_at_the_current_length(state_and_key: StateAndKey) -> None:
    state, key = state_and_key
    assert state.append(key, 0, b"one\n")
    assert not state.append(key, 0, b"late\n")
    assert not state.append(key, 5, b"early\n")
    assert state.append(key, 4, b"two\n")
    assert state.read(key) == b"one\ntwo\n"


@pytest.mark.parametrize("position", [0, 4])
def test_of_concurrent_appends_exactly_one_succeeds(
    state_and_key: StateAndKey, position: int
) -> None:
    state, key = state_and_key
    if position:
        state.append(key, 0, b"." * position)
    start = threading.Barrier(THREADS)

    def race(number: int) -> bool:
        start.wait()
        return state.append(key, position, f"{number:x}\n".encode())

    with ThreadPoolExecutor(THREADS) as threads:
        results = sorted(threads.map(race, range(THREADS)))
    assert results == [False] * (THREADS - 1) + [True]
    assert len(state.read(key)) == position + 2


def test_names_are_listed_in_order_after_any_name(
    state_and_key: StateAndKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_pages(monkeypatch, max_objects=3)
    state, key = state_and_key
    unusual_names = ["1/a", "1/é +%", "2", "3/漢 🙂"]
    for name in unusual_names:
        state.append(f"{key}/{name}", 0, b"x")
    state.append(f"{key}-beside", 0, b"x")
    listed = [name.removeprefix(f"{key}/") for name in state.list_keys(f"{key}/", "")]
    assert listed == unusual_names
    assert list(state.list_keys(f"{key}/", f"{key}/10")) == [f"{key}/2", f"{key}/3/漢 🙂"]
    assert list(state.list_keys(f"{key}/none", "")) == []


@pytest.mark.parametrize("services", ALIBABA_FIXTURES, indirect=True)
def test_a_versioned_state_bucket_is_refused(
    services: AlibabaServices, versioned_writer: ObjectWriter
) -> None:
    ref = versioned_writer.ref("ledger/a")
    with pytest.raises(
        errors.InvalidSettingsError, match="STATE_BUCKET must be an unversioned bucket"
    ):
        services.state(ref.bucket).append(ref.key, 0, b"x")


def test_a_missing_state_bucket_is_an_invalid_setting(
    services: AlibabaServices | AwsServices,
) -> None:
    with pytest.raises(errors.InvalidSettingsError, match="NoSuchBucket"):
        services.state(f"facescreen-{uuid.uuid4().hex}").append("ledger/a", 0, b"x")
