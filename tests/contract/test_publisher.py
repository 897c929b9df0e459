"""MNS, by the vendor's SDK at both ends, and what goes wrong on the way."""

from __future__ import annotations

import json
from contextlib import contextmanager
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

    from infra.local.identity import Identity
    from infra.local.mns.server import MnsService


@contextmanager
def publisher(mns: MnsService, key: Credentials, **target: str) -> Iterator[MnsPublisher]:
    made = MnsPublisher(key, endpoint=mns.url, **target)
    yield made
    made.close()


def message(verdict: str = "low_risk", key: str = "é 🙂 \x01<&>.jpg") -> dict[str, Any]:
    return {"data": {"verdict": verdict, "object": {"key": key}}}


def receive(mns: MnsService, identity: Identity, queue: str) -> list[dict[str, Any]]:
    """Everything in a queue, by the SDK's defaults."""
    account = Account(mns.url, identity.key.access_key_id, identity.key.access_key_secret)
    found: list[dict[str, Any]] = []
    while True:
        try:
            received = account.get_queue(queue).receive_message(wait_seconds=0)
        except MNSServerException as error:
            account.mns_client.close_connection()
            if error.type != "MessageNotExist":
                raise
            return found
        found.append(json.loads(received.message_body))
        account.get_queue(queue).delete_message(received.receipt_handle)


def test_a_topics_message_reaches_its_queues(
    mns: MnsService, identity: Identity, temporary: Credentials
) -> None:
    with publisher(mns, temporary, topic="verdicts") as made:
        made.publish(message())
        made.publish(message("high_risk"))
    assert receive(mns, identity, "subscribed") == [message(), message("high_risk")]
    assert receive(mns, identity, "flagged") == [message("high_risk")]


def test_a_queues_message(mns: MnsService, identity: Identity, temporary: Credentials) -> None:
    with publisher(mns, temporary, queue="direct") as made:
        made.publish(message())
    assert receive(mns, identity, "direct") == [message()]


def test_a_connection_that_died_meanwhile_is_opened_anew(
    mns: MnsService, identity: Identity, temporary: Credentials
) -> None:
    with publisher(mns, temporary, queue="direct") as made:
        mns.behaviour = Behaviour(faults=[Fault(reset=True)])
        made.publish(message())
    assert receive(mns, identity, "direct") == [message()]


@pytest.mark.parametrize(
    ("topic", "secret", "error"),
    [
        ("no-such-topic", None, errors.BadSettings),
        ("verdicts", "wr0ngsecret", errors.AccessRefused),
    ],
)
def test_whose_matter_it_is(
    mns: MnsService,
    temporary: Credentials,
    topic: str,
    secret: str | None,
    error: type[Exception],
) -> None:
    key = Credentials(
        temporary.access_key_id, secret or temporary.access_key_secret, temporary.security_token
    )
    with publisher(mns, key, topic=topic) as made, pytest.raises(error) as raised:
        made.publish(message())
    assert "wr0ng" not in str(raised.value)
    assert temporary.access_key_id not in str(raised.value)


def test_an_unreachable_bus_is_passing(temporary: Credentials) -> None:
    unreachable = MnsPublisher(temporary, endpoint="http://127.0.0.1:9", queue="direct")
    with pytest.raises(errors.Unavailable):
        unreachable.publish(message())
