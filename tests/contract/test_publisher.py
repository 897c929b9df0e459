"""MNS, local and live, by the vendor's SDK at both ends, and what goes wrong on the way."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from mns.account import Account
from mns.mns_exception import MNSServerException

from facescreen import errors
from facescreen.credentials import Credentials
from facescreen.messages.mns import MnsPublisher
from infra.local.behaviour import Behaviour, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.mns.server import MnsService
    from tests.contract.place import Place

LONGEST_WAY_S = 30
"""From a topic to its queue."""
MESSAGE = {"data": {"verdict": "low_risk", "object": {"key": "a.jpg"}}}


def publisher(place: Place, key: Credentials | None = None, **target: str) -> closing[MnsPublisher]:
    endpoint = place.settings.mns_endpoint
    return closing(MnsPublisher(key or place.credentials, endpoint=endpoint, **target))


class Inbox:
    """The messages of one test in a queue; those of others are left there."""

    def __init__(self, place: Place, queue: str) -> None:
        key = place.credentials
        self._account = Account(
            place.settings.mns_endpoint,
            key.access_key_id,
            key.access_key_secret,
            key.security_token,
        )
        self._queue = self._account.get_queue(queue)
        self._test = uuid.uuid4().hex
        self._made = self._received = 0

    def message(self, verdict: str = "low_risk") -> dict[str, Any]:
        """A new one, to be published."""
        self._made += 1
        key = f"{self._test}/{self._made} é 🙂 \x01<&>.jpg"
        return {"data": {"verdict": verdict, "object": {"key": key}}}

    def receive(self, count: int) -> list[dict[str, Any]]:
        """The next `count`, in the order of their making."""
        found: list[dict[str, Any]] = []
        ends = time.monotonic() + LONGEST_WAY_S
        while len(found) < count:
            assert time.monotonic() < ends, f"{len(found)} of {count} messages came"
            found += self._next()
        self._received += count
        return sorted(found, key=lambda message: str(message["data"]["object"]["key"]))

    def close(self) -> None:
        """Deletes what is left of them, if any may be."""
        while self._received < self._made and self._next():
            pass
        self._account.mns_client.close_connection()

    def _next(self) -> list[dict[str, Any]]:
        try:
            received = self._queue.receive_message(wait_seconds=1)
        except MNSServerException as error:
            if error.type != "MessageNotExist":
                raise
            return []
        if self._test.encode() not in received.message_body:
            return []
        self._queue.delete_message(received.receipt_handle)
        return [json.loads(received.message_body)]


@pytest.fixture
def inbox(place: Place) -> Iterator[Inbox]:
    with closing(Inbox(place, place.queue)) as made:
        yield made


def test_a_topics_message_reaches_its_queue(place: Place, inbox: Inbox) -> None:
    sent = [inbox.message(), inbox.message("high_risk")]
    with publisher(place, topic=place.settings.mns_topic) as made:
        for message in sent:
            made.publish(message)
    assert inbox.receive(2) == sent


def test_a_queues_message(place: Place, inbox: Inbox) -> None:
    message = inbox.message()
    with publisher(place, queue=place.queue) as made:
        made.publish(message)
    assert inbox.receive(1) == [message]


def test_a_missing_topic_is_the_settings_matter(place: Place) -> None:
    with (
        publisher(place, topic=f"facescreen-{uuid.uuid4().hex}") as made,
        pytest.raises(errors.BadSettings),
    ):
        made.publish(MESSAGE)


def test_a_wrong_secret_does_not_show(place: Place) -> None:
    key = replace(place.credentials, access_key_secret="wr0ngsecret")
    with (
        publisher(place, key, topic=place.settings.mns_topic) as made,
        pytest.raises(errors.BadCredentials) as raised,
    ):
        made.publish(MESSAGE)
    assert "wr0ng" not in str(raised.value)
    assert key.access_key_id not in str(raised.value)


def test_a_subscription_filters_by_verdict(local: Place) -> None:
    with (
        closing(Inbox(local, "flagged")) as flagged,
        publisher(local, topic=local.settings.mns_topic) as made,
    ):
        made.publish(flagged.message("low_risk"))
        message = flagged.message("high_risk")
        made.publish(message)
        assert flagged.receive(1) == [message]


def test_a_connection_that_died_meanwhile_is_opened_anew(local: Place, mns: MnsService) -> None:
    with closing(Inbox(local, local.queue)) as inbox, publisher(local, queue=local.queue) as made:
        message = inbox.message()
        mns.behaviour = Behaviour(faults=[Fault(reset=True)])
        made.publish(message)
        assert inbox.receive(1) == [message]


def test_an_unreachable_bus_is_passing() -> None:
    nobody = Credentials("id", "secret")
    unreachable = MnsPublisher(nobody, endpoint="http://127.0.0.1:9", queue="direct")
    with pytest.raises(errors.Unavailable):
        unreachable.publish(MESSAGE)
