"""The same tests on the fake state and on OSS's appendable objects, local and live."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING

import pytest

from facescreen import errors
from facescreen.storage.oss import OssState
from tests.contract.objects import OssObjects
from tests.contract.place import REAL
from tests.fakes import MemoryState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.storage import StateStore
    from tests.contract.place import Place

Kept = tuple["StateStore", str]


def real(place: Place, bucket: str) -> OssState:
    settings = place.settings
    return OssState(
        place.credentials, endpoint=settings.oss_endpoint, region=settings.oss_region, bucket=bucket
    )


@pytest.fixture(params=["fake", *REAL])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    """A state, and a key of which nothing stands in it yet."""
    if request.param == "fake":
        yield MemoryState(), "ledger/a"
        return
    place = request.getfixturevalue(request.param)
    with OssObjects(place, place.bucket) as objects:
        yield real(place, place.bucket), objects.ref("ledger/a").key


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


def test_of_many_appends_at_one_instant_one_is_done(kept: Kept) -> None:
    state, key = kept
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


def test_names_are_listed_in_order_from_any_point(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facescreen.storage.oss._MOST_LISTED", 3)
    state, key = kept
    odd = ["1/a", "1/é +%", "2", "3/漢 🙂"]
    for name in odd:
        state.append(f"{key}/{name}", 0, b"x")
    state.append(f"{key}-beside", 0, b"x")
    listed = [name.removeprefix(f"{key}/") for name in state.names(f"{key}/", "")]
    assert listed == odd
    assert list(state.names(f"{key}/", f"{key}/10")) == [f"{key}/2", f"{key}/3/漢 🙂"]
    assert list(state.names(f"{key}/none", "")) == []


def test_a_versioned_state_bucket_is_refused(place: Place, versioned: OssObjects) -> None:
    ref = versioned.ref("ledger/a")
    with pytest.raises(errors.BadSettings, match="STATE_BUCKET must be an unversioned bucket"):
        real(place, ref.bucket).append(ref.key, 0, b"x")


def test_a_missing_state_bucket_is_named(place: Place) -> None:
    with pytest.raises(errors.BadSettings, match="NoSuchBucket"):
        real(place, f"facescreen-{uuid.uuid4().hex}").append("ledger/a", 0, b"x")
