"""MNS, by the vendor's SDK at both ends, and what goes wrong on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from mns.account import Account
from mns.mns_exception import MNSServerException

from facescreen import errors
from facescreen.credentials import Credentials
from facescreen.messages.mns import MnsPublisher

if TYPE_CHECKING:
    from infra.local.identity import Identity
    from infra.local.mns.server import MnsService


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
            if error.type != "MessageNotExist":
                raise
            return found
        found.append(json.loads(received.message_body))
        account.get_queue(queue).delete_message(received.receipt_handle)


def test_a_topics_message_reaches_its_queues(
    mns: MnsService, identity: Identity, temporary: Credentials
) -> None:
    publisher = MnsPublisher(temporary, endpoint=mns.url, topic="verdicts")
    publisher.publish(message())
    publisher.publish(message("high_risk"))
    assert receive(mns, identity, "subscribed") == [message(), message("high_risk")]
    assert receive(mns, identity, "flagged") == [message("high_risk")]


def test_a_queues_message(mns: MnsService, identity: Identity, temporary: Credentials) -> None:
    MnsPublisher(temporary, endpoint=mns.url, queue="direct").publish(message())
    assert receive(mns, identity, "direct") == [message()]


def test_a_connection_that_died_meanwhile_is_opened_anew(
    mns: MnsService, identity: Identity, temporary: Credentials
) -> None:
    from infra.local.behaviour import Behaviour, Fault  # noqa: PLC0415

    publisher = MnsPublisher(temporary, endpoint=mns.url, queue="direct")
    mns.behaviour = Behaviour(faults=[Fault(reset=True)])
    publisher.publish(message())
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
    with pytest.raises(error) as raised:
        MnsPublisher(key, endpoint=mns.url, topic=topic).publish(message())
    assert "wr0ng" not in str(raised.value)
    assert temporary.access_key_id not in str(raised.value)


def test_an_unreachable_bus_is_passing(temporary: Credentials) -> None:
    publisher = MnsPublisher(temporary, endpoint="http://127.0.0.1:9", queue="direct")
    with pytest.raises(errors.Unavailable):
        publisher.publish(message())
