"""The same tests on MNS, local and live, and on SNS, SQS and EventBridge, each with a queue that
receives the messages."""

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
from tests.contract.alibaba_services import ALIBABA_FIXTURES, AlibabaServices
from tests.contract.aws_services import AwsServices, session
from tests.contract.message_buses import (
    Bus,
    MnsInbox,
    SqsInbox,
    create_aws_publisher,
    open_aws_bus,
    open_mns_bus,
)

MESSAGE = {
    "type": "a.type",
    "data": {"verdict": "low_risk", "object": {"bucket": "selfies", "key": "a.jpg"}},
}
UNREACHABLE_AWS = AwsServices("http://127.0.0.1:9")
AWS_BUSES = ["sns", "sqs", "eventbridge"]


def mns_publisher(
    services: AlibabaServices, key: Credentials | None = None, **target: str
) -> closing[MnsPublisher]:
    endpoint = services.alibaba.mns_endpoint
    return closing(MnsPublisher(key or services.credentials, endpoint=endpoint, **target))


@pytest.fixture(
    params=[
        "local topic",
        "local queue",
        pytest.param("live topic", marks=pytest.mark.live),
        pytest.param("live queue", marks=pytest.mark.live),
        *(f"aws {service}" for service in AWS_BUSES),
    ]
)
def bus(request: pytest.FixtureRequest) -> Iterator[Bus]:
    fixture, service = request.param.split()
    services: AlibabaServices | AwsServices = request.getfixturevalue(fixture)
    with (
        open_aws_bus(services, service)
        if isinstance(services, AwsServices)
        else open_mns_bus(services, service) as bus
    ):
        yield bus


def test_published_messages_reach_the_queue(bus: Bus) -> None:
    sent = [bus.inbox.create_message(), bus.inbox.create_message("high_risk")]
    for message in sent:
        bus.publisher.publish(message)
    assert bus.inbox.receive(2) == sent


def test_the_in_memory_publisher_accepts_only_json() -> None:
    publisher = MemoryPublisher()
    publisher.publish(MESSAGE)
    with pytest.raises(TypeError):
        publisher.publish({**MESSAGE, "data": b"no JSON"})
    assert publisher.messages == [MESSAGE]


def test_an_in_memory_message_arrives_although_its_answer_is_lost_or_it_is_late() -> None:
    publisher = MemoryPublisher()
    publisher.lose_next_response("publish")
    with pytest.raises(errors.ServiceUnavailableError):
        publisher.publish(MESSAGE)
    assert publisher.messages == [MESSAGE]
    publisher.hold_next("publish")
    with pytest.raises(errors.ServiceUnavailableError):
        publisher.publish(MESSAGE)
    assert publisher.messages == [MESSAGE]
    publisher.land_held()
    assert publisher.messages == [MESSAGE, MESSAGE]


def test_a_missing_target_is_an_invalid_setting(bus: Bus) -> None:
    with pytest.raises(errors.InvalidSettingsError):
        bus.publisher_without_target.publish(MESSAGE)


@pytest.mark.parametrize(
    "unreachable",
    [
        MnsPublisher(Credentials("id", "secret"), endpoint="http://127.0.0.1:9", queue="direct"),
        *(create_aws_publisher(UNREACHABLE_AWS, service) for service in AWS_BUSES),
    ],
)
def test_an_unreachable_bus_is_a_transient_error(unreachable: Publisher) -> None:
    with pytest.raises(errors.ServiceUnavailableError):
        unreachable.publish(MESSAGE)


@pytest.mark.parametrize("services", ALIBABA_FIXTURES, indirect=True)
def test_a_wrong_secret_is_not_shown(services: AlibabaServices) -> None:
    key = replace(services.credentials, access_key_secret="wr0ngsecret")
    with (
        mns_publisher(services, key, topic=services.alibaba.mns_topic) as publisher,
        pytest.raises(errors.InvalidCredentialsError) as raised,
    ):
        publisher.publish(MESSAGE)
    assert "wr0ng" not in str(raised.value)
    assert key.access_key_id not in str(raised.value)


def test_an_mns_subscription_filters_by_verdict(local: AlibabaServices) -> None:
    with (
        closing(MnsInbox(local, "flagged")) as flagged,
        mns_publisher(local, topic=local.alibaba.mns_topic) as publisher,
    ):
        publisher.publish(flagged.create_message("low_risk"))
        message = flagged.create_message("high_risk")
        publisher.publish(message)
        assert flagged.receive(1) == [message]


def test_a_closed_connection_is_reopened(local: AlibabaServices, mns: MnsService) -> None:
    with (
        closing(MnsInbox(local, local.queue)) as inbox,
        mns_publisher(local, queue=local.queue) as publisher,
    ):
        message = inbox.create_message()
        mns.behaviour = Behaviour(faults=[Fault(reset=True)])
        publisher.publish(message)
        assert inbox.receive(1) == [message]


@pytest.mark.parametrize("service", ["sns", "eventbridge"])
def test_subscriptions_and_rules_filter_by_verdict_and_bucket(
    aws: AwsServices, service: str
) -> None:
    with open_aws_bus(aws, service, "flagged") as flagged:
        message_of_another_bucket = flagged.inbox.create_message("high_risk")
        message_of_another_bucket["data"]["object"]["bucket"] = "documents"
        message = flagged.inbox.create_message("high_risk")
        unflagged = flagged.inbox.create_message("low_risk")
        for published in (unflagged, message_of_another_bucket, message):
            flagged.publisher.publish(published)
        assert flagged.inbox.receive(1) == [message]


def test_a_message_on_an_sqs_queue_has_attributes(aws: AwsServices) -> None:
    with closing(SqsInbox(aws, "sqs-flagged")) as inbox:
        create_aws_publisher(aws, "sqs", "flagged").publish(inbox.create_message("high_risk"))
        inbox.receive(1)
    assert inbox.attributes == {"verdict": "high_risk", "bucket": "selfies"}


def test_fifo_topics_and_queues_are_refused() -> None:
    with pytest.raises(errors.InvalidSettingsError, match=r"another one than .*:verdicts\.fifo"):
        SnsPublisher(session(), topic_arn=f"{UNREACHABLE_AWS.topic_arn}.fifo")
    with pytest.raises(errors.InvalidSettingsError, match=r"another one than .*/verdicts\.fifo"):
        SqsPublisher(session(), queue_url=UNREACHABLE_AWS.queue_url("verdicts.fifo"))
