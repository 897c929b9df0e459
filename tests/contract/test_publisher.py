"""The same tests on MNS, local and live, on SNS, SQS and EventBridge, each with a queue at its end,
and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from facescreen import errors
from facescreen.bus.mns import MnsPublisher
from facescreen.bus.ports import Publisher
from facescreen.bus.sns import SnsPublisher
from facescreen.bus.sqs import SqsPublisher
from facescreen.clients.credentials import Credentials
from facescreen.testing.bus import MemoryPublisher
from facescreen_local.mns.service import MnsService
from facescreen_local.protocol.faults import Behaviour, Fault
from tests.contract.aws import AwsPlace, session
from tests.contract.buses import Bus, MnsInbox, SqsInbox, aws_bus, aws_publisher, mns_bus
from tests.contract.place import ALIBABA, Place

MESSAGE = {
    "type": "a.type",
    "data": {"verdict": "low_risk", "object": {"bucket": "selfies", "key": "a.jpg"}},
}
NOWHERE = AwsPlace("http://127.0.0.1:9")
AWS = ["sns", "sqs", "eventbridge"]


def publisher(place: Place, key: Credentials | None = None, **target: str) -> closing[MnsPublisher]:
    endpoint = place.alibaba.mns_endpoint
    return closing(MnsPublisher(key or place.credentials, endpoint=endpoint, **target))


@pytest.fixture(
    params=[
        "local topic",
        "local queue",
        pytest.param("live topic", marks=pytest.mark.live),
        pytest.param("live queue", marks=pytest.mark.live),
        *(f"aws {kind}" for kind in AWS),
    ]
)
def bus(request: pytest.FixtureRequest) -> Iterator[Bus]:
    where, kind = request.param.split()
    place: Place | AwsPlace = request.getfixturevalue(where)
    with aws_bus(place, kind) if isinstance(place, AwsPlace) else mns_bus(place, kind) as made:
        yield made


def test_messages_reach_the_queue(bus: Bus) -> None:
    sent = [bus.inbox.message(), bus.inbox.message("high_risk")]
    for message in sent:
        bus.publisher.publish(message)
    assert bus.inbox.receive(2) == sent


def test_the_publisher_in_memory_keeps_what_can_be_sent() -> None:
    publisher = MemoryPublisher()
    publisher.publish(MESSAGE)
    with pytest.raises(TypeError):
        publisher.publish({**MESSAGE, "data": b"no JSON"})
    assert publisher.messages == [MESSAGE]


def test_a_missing_target_is_the_settings_matter(bus: Bus) -> None:
    with pytest.raises(errors.InvalidSettingsError):
        bus.astray.publish(MESSAGE)


@pytest.mark.parametrize(
    "unreachable",
    [
        MnsPublisher(Credentials("id", "secret"), endpoint="http://127.0.0.1:9", queue="direct"),
        *(aws_publisher(NOWHERE, kind) for kind in AWS),
    ],
)
def test_an_unreachable_bus_is_passing(unreachable: Publisher) -> None:
    with pytest.raises(errors.ServiceUnavailableError):
        unreachable.publish(MESSAGE)


@pytest.mark.parametrize("place", ALIBABA, indirect=True)
def test_a_wrong_secret_does_not_show(place: Place) -> None:
    key = replace(place.credentials, access_key_secret="wr0ngsecret")
    with (
        publisher(place, key, topic=place.alibaba.mns_topic) as made,
        pytest.raises(errors.InvalidCredentialsError) as raised,
    ):
        made.publish(MESSAGE)
    assert "wr0ng" not in str(raised.value)
    assert key.access_key_id not in str(raised.value)


def test_an_mns_subscription_filters_by_verdict(local: Place) -> None:
    with (
        closing(MnsInbox(local, "flagged")) as flagged,
        publisher(local, topic=local.alibaba.mns_topic) as made,
    ):
        made.publish(flagged.message("low_risk"))
        message = flagged.message("high_risk")
        made.publish(message)
        assert flagged.receive(1) == [message]


def test_a_connection_that_died_meanwhile_is_opened_anew(local: Place, mns: MnsService) -> None:
    with (
        closing(MnsInbox(local, local.queue)) as inbox,
        publisher(local, queue=local.queue) as made,
    ):
        message = inbox.message()
        mns.behaviour = Behaviour(faults=[Fault(reset=True)])
        made.publish(message)
        assert inbox.receive(1) == [message]


@pytest.mark.parametrize("kind", ["sns", "eventbridge"])
def test_subscriptions_and_rules_filter_by_verdict_and_bucket(aws: AwsPlace, kind: str) -> None:
    with aws_bus(aws, kind, "flagged") as flagged:
        elsewhere = flagged.inbox.message("high_risk")
        elsewhere["data"]["object"]["bucket"] = "documents"
        message = flagged.inbox.message("high_risk")
        for one in (flagged.inbox.message("low_risk"), elsewhere, message):
            flagged.publisher.publish(one)
        assert flagged.inbox.receive(1) == [message]


def test_a_queues_message_has_attributes(aws: AwsPlace) -> None:
    with closing(SqsInbox(aws, "sqs-flagged")) as inbox:
        aws_publisher(aws, "sqs", "flagged").publish(inbox.message("high_risk"))
        inbox.receive(1)
    assert inbox.attributes == {"verdict": "high_risk", "bucket": "selfies"}


def test_fifo_is_not_supported() -> None:
    with pytest.raises(errors.InvalidSettingsError, match=r"another than .*:verdicts\.fifo"):
        SnsPublisher(session(), topic_arn=f"{NOWHERE.topic_arn}.fifo")
    with pytest.raises(errors.InvalidSettingsError, match=r"another than .*/verdicts\.fifo"):
        SqsPublisher(session(), queue_url=NOWHERE.queue_url("verdicts.fifo"))
