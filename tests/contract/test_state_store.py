"""The same tests on the fake state, on OSS's appendable objects, and on S3's conditional writes."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from facescreen import errors
from facescreen.storage.ports import StateStore
from facescreen.testing.stores import MemoryState
from tests.contract.aws import AwsPlace
from tests.contract.objects import Objects
from tests.contract.place import ALIBABA, REAL, Place

Kept = tuple["StateStore", str]
RACERS = 16


@pytest.fixture(params=["fake", *REAL])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    """A state, and a key of which nothing stands in it yet."""
    if request.param == "fake":
        yield MemoryState(), "ledger/a"
        return
    place = request.getfixturevalue(request.param)
    with place.objects(place.bucket) as objects:
        yield place.state(place.bucket), objects.ref("ledger/a").key


def test_what_is_not_there_is_empty(kept: Kept) -> None:
    state, key = kept
    assert state.read(key) == b""


def test_an_append_goes_where_the_length_is(kept: Kept) -> None:
    state, key = kept
    assert state.append(key, 0, b"one\n")
    assert not state.append(key, 0, b"late\n")
    assert not state.append(key, 5, b"early\n")
    assert state.append(key, 4, b"two\n")
    assert state.read(key) == b"one\ntwo\n"


@pytest.mark.parametrize("position", [0, 4])
def test_of_many_appends_at_one_instant_one_is_done(kept: Kept, position: int) -> None:
    state, key = kept
    if position:
        state.append(key, 0, b"." * position)
    start = threading.Barrier(RACERS)

    def race(number: int) -> bool:
        start.wait()
        return state.append(key, position, f"{number:x}\n".encode())

    with ThreadPoolExecutor(RACERS) as racers:
        done = sorted(racers.map(race, range(RACERS)))
    assert done == [False] * (RACERS - 1) + [True]
    assert len(state.read(key)) == position + 2


def test_names_are_listed_in_order_from_any_point(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    for store in ("oss", "s3"):
        monkeypatch.setattr(f"facescreen.storage.{store}.MAX_LISTED_OBJECTS", 3)
    state, key = kept
    odd = ["1/a", "1/é +%", "2", "3/漢 🙂"]
    for name in odd:
        state.append(f"{key}/{name}", 0, b"x")
    state.append(f"{key}-beside", 0, b"x")
    listed = [name.removeprefix(f"{key}/") for name in state.list_names(f"{key}/", "")]
    assert listed == odd
    assert list(state.list_names(f"{key}/", f"{key}/10")) == [f"{key}/2", f"{key}/3/漢 🙂"]
    assert list(state.list_names(f"{key}/none", "")) == []


@pytest.mark.parametrize("place", ALIBABA, indirect=True)
def test_a_versioned_state_bucket_is_refused(place: Place, versioned: Objects) -> None:
    ref = versioned.ref("ledger/a")
    with pytest.raises(
        errors.InvalidSettingsError, match="STATE_BUCKET must be an unversioned bucket"
    ):
        place.state(ref.bucket).append(ref.key, 0, b"x")


def test_a_missing_state_bucket_is_named(place: Place | AwsPlace) -> None:
    with pytest.raises(errors.InvalidSettingsError, match="NoSuchBucket"):
        place.state(f"facescreen-{uuid.uuid4().hex}").append("ledger/a", 0, b"x")
