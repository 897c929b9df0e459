"""Topics and subscriptions, and what reaches the queues behind them."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any
from xml.etree import ElementTree

import pytest

from mns.mns_common import TopicHelper
from mns.queue import Message, QueueMeta
from mns.subscription import SubscriptionMeta
from mns.topic import Base64TopicMessage, TopicMessage, TopicMeta
from tests.integration.mns.conftest import REGION, Cloud, refused

NAMESPACE = "{http://mns.aliyuncs.com/doc/v1/}"


def endpoint(cloud: Cloud, queue: Any) -> str:
    found: str = TopicHelper.generate_queue_endpoint(
        REGION, cloud.identity.account_id, queue.queue_name
    )
    return found


@pytest.fixture
def subscription(account: Any, topic: Any) -> Any:
    """A name for one, not yet subscribed."""
    return account.get_subscription(topic.topic_name, "to-queue")


def test_a_topics_attributes(cloud: Cloud, topic: Any) -> None:
    topic.set_attributes(TopicMeta(1024, logging_enabled=True))
    found = topic.get_attributes()
    assert (found.topic_name, found.maximum_message_size) == (topic.topic_name, 1024)
    assert (found.logging_enabled, found.message_retention_period) == (True, 86400)
    assert topic.create(TopicMeta(1024, True)) == f"{cloud.service.url}/topics/{topic.topic_name}"
    with refused("TopicAlreadyExist"):
        topic.create(TopicMeta(2048))
    with refused("InvalidArgument"):
        topic.set_attributes(TopicMeta(65537))


def test_listing_topics(cloud: Cloud, account: Any) -> None:
    for name in ("listed-a", "listed-b"):
        cloud.service.create_topic(name)
    urls, marker = account.list_topic("listed-", 1)
    more, end = account.list_topic("listed-", 1, marker)
    assert [url.rpartition("/")[2] for url in urls + more] == ["listed-a", "listed-b"]
    assert end == ""


def test_a_subscriptions_attributes(
    cloud: Cloud, queue: Any, topic: Any, subscription: Any
) -> None:
    where = endpoint(cloud, queue)
    wanted = SubscriptionMeta(where, filter_tag="high_risk")
    url = subscription.subscribe(wanted)
    assert url == f"{cloud.service.url}/topics/{topic.topic_name}/subscriptions/to-queue"
    assert subscription.subscribe(wanted) == url
    found = subscription.get_attributes()
    assert (found.topic_owner, found.topic_name) == (cloud.identity.account_id, topic.topic_name)
    assert (found.subscription_name, found.endpoint) == ("to-queue", where)
    assert (found.filter_tag, found.notify_content_format) == ("high_risk", "XML")
    assert found.notify_strategy == "BACKOFF_RETRY"
    subscription.set_attributes(SubscriptionMeta(notify_strategy="EXPONENTIAL_DECAY_RETRY"))
    assert subscription.get_attributes().notify_strategy == "EXPONENTIAL_DECAY_RETRY"
    with refused("SubscriptionAlreadyExist"):
        subscription.subscribe(wanted)


def test_listing_subscriptions(cloud: Cloud, queue: Any, topic: Any) -> None:
    for name in ("a", "b", "c"):
        cloud.service.subscribe(topic.topic_name, name, queue.queue_name)
    urls, marker = topic.list_subscription(ret_number=2)
    rest, end = topic.list_subscription(ret_number=2, marker=marker)
    assert [url.rpartition("/")[2] for url in urls + rest] == ["a", "b", "c"]
    assert end == ""


@pytest.mark.parametrize(
    ("meta", "code"),
    [
        (SubscriptionMeta("http://127.0.0.1/"), "EndpointInvalid"),
        (SubscriptionMeta("acs:mns:ap-southeast-1:1:queues/q"), "EndpointInvalid"),
        (SubscriptionMeta(), "InvalidArgument"),
        (SubscriptionMeta("acs:", notify_content_format="YAML"), "InvalidArgument"),
        (SubscriptionMeta("acs:", notify_strategy="NEVER"), "InvalidArgument"),
    ],
)
def test_wrong_subscriptions(subscription: Any, meta: SubscriptionMeta, code: str) -> None:
    with refused(code):
        subscription.subscribe(meta)


def test_base64_goes_through_simplified_to_a_decoding_receiver(
    cloud: Cloud, queue: Any, topic: Any
) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name)
    published = topic.publish_message(Base64TopicMessage("é <&> 🙂"))
    received = queue.receive_message_with_str_body()
    assert received.message_body == "é <&> 🙂"
    assert received.message_body_md5 == published.message_body_md5


def test_nothing_encodes_a_body_on_the_way(cloud: Cloud, queue: Any, topic: Any) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name)
    topic.publish_message(TopicMessage("é <&> 🙂"))
    queue.set_encoding(False)
    assert queue.receive_message().message_body == "é <&> 🙂"


def test_json(cloud: Cloud, queue: Any, topic: Any) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name, "JSON")
    published = topic.publish_message(Base64TopicMessage("é", "high_risk"))
    queue.set_encoding(False)
    envelope = json.loads(queue.receive_message().message_body)
    owner = cloud.identity.account_id
    assert int(envelope.pop("PublishTime")) > 10**12
    assert envelope == {
        "TopicOwner": owner,
        "TopicName": topic.topic_name,
        "Subscriber": owner,
        "SubscriptionName": "s",
        "MessageId": published.message_id,
        "Message": base64.b64encode("é".encode()).decode(),
        "MessageMD5": published.message_body_md5,
        "MessageTag": "high_risk",
    }


def test_xml(cloud: Cloud, queue: Any, topic: Any) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name, "XML")
    published = topic.publish_message(TopicMessage("<é>"))
    queue.set_encoding(False)
    envelope = ElementTree.fromstring(queue.receive_message().message_body)  # noqa: S314
    found = {each.tag.removeprefix(NAMESPACE): each.text for each in envelope}
    assert envelope.tag == f"{NAMESPACE}Notification"
    assert (found["Message"], found["MessageId"]) == ("<é>", published.message_id)
    assert found["MessageMD5"] == published.message_body_md5
    assert "MessageTag" not in found


def test_filters(cloud: Cloud, account: Any, topic: Any) -> None:
    queues = {}
    for tag in ("", "high_risk", "suspicious"):
        queues[tag] = account.get_queue(f"q-{uuid.uuid4().hex}")
        queues[tag].create(QueueMeta())
        cloud.service.subscribe(
            topic.topic_name, f"s{tag.replace('_', '')}", queues[tag].queue_name, filter_tag=tag
        )
    for tag in ("high_risk", "low_risk", ""):
        topic.publish_message(Base64TopicMessage(f"tag {tag}", tag))
    received = queues[""].batch_receive_message(16)
    assert [one.message_body for one in received] == [b"tag high_risk", b"tag low_risk", b"tag "]
    assert queues["high_risk"].receive_message().message_body == b"tag high_risk"
    for empty in (queues["high_risk"], queues["suspicious"]):
        with refused("MessageNotExist"):
            empty.receive_message()


def test_unsubscribing(cloud: Cloud, queue: Any, topic: Any, subscription: Any) -> None:
    cloud.service.subscribe(topic.topic_name, "to-queue", queue.queue_name)
    subscription.unsubscribe()
    topic.publish_message(TopicMessage("m"))
    with refused("MessageNotExist"):
        queue.receive_message()
    with refused("SubscriptionNotExist"):
        subscription.get_attributes()
    with refused("SubscriptionNotExist"):
        subscription.set_attributes(SubscriptionMeta(notify_strategy="BACKOFF_RETRY"))


def test_deleting_a_topic(cloud: Cloud, queue: Any, topic: Any, subscription: Any) -> None:
    cloud.service.subscribe(topic.topic_name, "to-queue", queue.queue_name)
    topic.delete()
    for use in (
        topic.get_attributes,
        topic.list_subscription,
        subscription.get_attributes,
        lambda: topic.publish_message(TopicMessage("m")),
        lambda: subscription.subscribe(SubscriptionMeta(endpoint(cloud, queue))),
    ):
        with refused("TopicNotExist"):
            use()
    topic.create(TopicMeta())
    assert topic.list_subscription() == ([], "")


def test_a_queue_that_is_gone_holds_nobody_up(cloud: Cloud, account: Any, topic: Any) -> None:
    for name in ("going", "staying"):
        cloud.service.create_queue(name)
        cloud.service.subscribe(topic.topic_name, name, name)
    account.get_queue("going").delete()
    topic.publish_message(Base64TopicMessage("m"))
    assert account.get_queue("staying").receive_message().message_body == b"m"


def test_a_full_message_fits_its_envelope(cloud: Cloud, queue: Any, topic: Any) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name, "JSON")
    topic.publish_message(TopicMessage("x" * 65536))
    queue.set_encoding(False)
    assert len(json.loads(queue.receive_message().message_body)["Message"]) == 65536
    with refused("InvalidArgument"):
        topic.publish_message(TopicMessage("x" * 65537))


def test_a_delaying_queue_delays_what_is_delivered(cloud: Cloud, queue: Any, topic: Any) -> None:
    queue.set_attributes(QueueMeta(delay_sec=60))
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name)
    topic.publish_message(Base64TopicMessage("m"))
    queue.send_message(Message("direct", delay_seconds=0))
    assert [one.message_body for one in queue.batch_receive_message(16)] == [b"direct"]


def test_published_in_process(cloud: Cloud, queue: Any, topic: Any) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name)
    cloud.loop.run(cloud.service.publish(topic.topic_name, b"\xc3\xa9"))
    assert queue.receive_message().message_body == b"\xc3\xa9"
