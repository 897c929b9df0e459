"""Last-Modified and Date: whole seconds, by the clocks of several nodes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from threading import Event
from typing import Any

import httpx
import oss2
import pytest
from oss2.models import PartInfo

from facescreen_local.protocol.faults import Behaviour
from tests.integration.oss.conftest import OssCloud
from tests.integration.oss.test_tags import make_tagging, read_tags

START = 1_800_000_000.75


class Clock:
    """The time of nodes, without skew unless `behave` sets one. `was_read` is set when a node reads
    it."""

    def __init__(self, set_behaviour: Callable[..., None]) -> None:
        self.now = START
        self.was_read = Event()
        self._set_behaviour = set_behaviour
        self.behave()

    def behave(self, clock_skew_ms: float = 0, **fields: object) -> None:
        self._set_behaviour(clock_skew_ms=clock_skew_ms, **fields)

    def time(self) -> float:
        self.was_read.set()
        return self.now


@pytest.fixture
def signer() -> str:
    return "v4"


@pytest.fixture
def behave(cloud: OssCloud) -> Iterator[Callable[..., None]]:
    """Sets the service's behaviour."""

    def set_behaviour(**fields: object) -> None:
        cloud.service.behaviour = Behaviour.parse(fields)

    yield set_behaviour
    cloud.service.behaviour = Behaviour()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, behave: Callable[..., None]) -> Clock:
    clock = Clock(behave)
    monkeypatch.setattr("facescreen_local.oss.nodes.time", clock)
    return clock


def _last_modified(bucket: Any, key: str = "k") -> int:
    return int(bucket.head_object(key).last_modified)


def _date(response: Any) -> float:
    return parsedate_to_datetime(response.headers["Date"]).timestamp()


def test_two_writes_within_a_second_have_the_same_last_modified(bucket: Any, clock: Clock) -> None:
    first = bucket.put_object("k", b"first")
    before = bucket.head_object("k")
    clock.now += 0.2
    second = bucket.put_object("k", b"second")
    after = bucket.head_object("k")
    assert first.etag != second.etag
    assert before.last_modified == after.last_modified == int(START)
    unmodified = {"If-Unmodified-Since": before.headers["Last-Modified"]}
    assert bucket.get_object("k", headers=unmodified).read() == b"second"


def test_every_response_shows_whole_seconds(bucket: Any, clock: Clock) -> None:
    del clock
    bucket.put_object("k", b"bytes")
    shown = [
        bucket.head_object("k").last_modified,
        bucket.get_object("k").last_modified,
        bucket.get_object_meta("k").last_modified,
        bucket.list_objects().object_list[0].last_modified,
        bucket.list_objects_v2().object_list[0].last_modified,
        bucket.list_object_versions().versions[0].last_modified,
    ]
    assert shown == [int(START)] * len(shown)
    listing = bucket._do("GET", bucket.bucket_name, "").read().decode()
    copied = bucket.copy_object(bucket.bucket_name, "k", "copy").resp.response.text
    for xml in (listing, copied):
        assert "<LastModified>2027-01-15T08:00:00.000Z</LastModified>" in xml


def test_nodes_clocks_differ_by_less_than_a_second(bucket: Any, clock: Clock) -> None:
    """Two nodes can show different seconds at one instant, but no node is a second ahead."""
    clock.behave(clock_skew_ms=Behaviour().clock_skew_ms)
    assert 2 * Behaviour().clock_skew_ms < 1000
    bucket.put_object("k", b"bytes")
    dates = {_date(bucket.head_object("k")) for _ in range(40)}
    assert dates == {int(START), int(START) + 1}
    written = set()
    for _ in range(40):
        bucket.put_object("k", b"bytes")
        written.add(_last_modified(bucket))
    assert written == dates


def test_date_is_the_answering_nodes_and_last_modified_the_writing_nodes(
    bucket: Any, clock: Clock
) -> None:
    clock.behave(clock_skew_ms=60_000)
    clocks = {int(START + offset) for offset in (-60, -20, 20, 60)}
    bucket.put_object("k", b"bytes")
    heads = [bucket.head_object("k") for _ in range(40)]
    assert {_date(head) for head in heads} == clocks
    [written] = {head.last_modified for head in heads}
    assert written in clocks
    with pytest.raises(oss2.exceptions.NotFound) as raised:
        bucket.head_object("none")
    assert parsedate_to_datetime(raised.value.headers["Date"]).timestamp() in clocks


def test_a_seed_chooses_the_same_nodes(bucket: Any, behave: Callable[..., None]) -> None:
    def offsets(seed: int) -> list[int]:
        behave(clock_skew_ms=3_600_000, seed=seed)
        return [
            round((_date(bucket.put_object("k", b"bytes").resp.response) - time.time()) / 60)
            for _ in range(20)
        ]

    assert offsets(1) == offsets(1) != offsets(2)


def test_a_tagging_leaves_last_modified(bucket: Any, clock: Clock) -> None:
    bucket.put_object("k", b"bytes")
    clock.now += 10
    bucket.put_object_tagging("k", make_tagging({"a": "1"}))
    bucket.delete_object_tagging("k")
    assert _last_modified(bucket) == int(START)


@pytest.mark.parametrize(("reading", "body"), [("moved", b"x"), ("kept", b"x"), ("kept", b"")])
def test_an_acl_moves_last_modified_without_an_event(
    cloud: OssCloud,
    bucket: Any,
    clock: Clock,
    reading: str,
    body: bytes,
) -> None:
    clock.behave(acl_last_modified=reading)
    etag = bucket.put_object("k", body, headers={"x-oss-tagging": "a=1"}).etag
    events = len(cloud.events)
    clock.now += 10
    bucket.put_object_acl("k", oss2.OBJECT_ACL_PRIVATE)
    moves = reading == "moved" or not body
    assert _last_modified(bucket) == int(START) + (10 if moves else 0)
    assert bucket.head_object("k").etag == etag
    assert read_tags(bucket, "k") == {"a": "1"}
    assert len(cloud.events) == events


@pytest.mark.parametrize(("reading", "moved_s"), [("initiated", 0), ("completed", 10)])
def test_a_multipart_object_has_the_date_of_its_initiation_or_completion(
    bucket: Any, clock: Clock, reading: str, moved_s: int
) -> None:
    """An initiation date can lie before that of the object that the upload replaces."""
    clock.behave(multipart_last_modified=reading)
    upload = bucket.init_multipart_upload("k").upload_id
    clock.now += 5
    bucket.put_object("k", b"replaced")
    clock.now += 5
    part = bucket.upload_part("k", upload, 1, b"bytes")
    completed = bucket.complete_multipart_upload("k", upload, [PartInfo(1, part.etag)])
    head = bucket.head_object("k")
    assert (head.object_type, head.etag) == ("Multipart", completed.etag)
    assert head.last_modified == int(START) + moved_s


@pytest.mark.parametrize(("reading", "moved_s"), [("started", 0), ("finished", 10)])
def test_a_slow_put_has_the_date_of_its_start_or_end(
    bucket: Any, web: httpx.Client, clock: Clock, reading: str, moved_s: int
) -> None:
    clock.behave(put_last_modified=reading)

    def send_slowly() -> Iterator[bytes]:
        yield b"by"
        assert clock.was_read.wait(10)
        clock.now += 10
        yield b"tes"

    url = bucket.sign_url("PUT", "k", 60, headers={"Content-Type": "image/jpeg"})
    headers = {"Content-Type": "image/jpeg", "Content-Length": "5"}
    assert web.put(url, content=send_slowly(), headers=headers).status_code == 200
    assert bucket.get_object("k").read() == b"bytes"
    assert _last_modified(bucket) == int(START) + moved_s
