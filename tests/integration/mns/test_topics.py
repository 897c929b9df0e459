"""Topics and subscriptions, and delivery to queues."""

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
from tests.integration.mns.conftest import REGION, MnsCloud, raises_mns_error

NAMESPACE = "{http://mns.aliyuncs.com/doc/v1/}"


def endpoint_of(cloud: MnsCloud, queue: Any) -> str:
    queue_endpoint: str = TopicHelper.generate_queue_endpoint(
        REGION, cloud.local_account.account_id, queue.queue_name
    )
    return queue_endpoint


@pytest.fixture
def subscription(account: Any, topic: Any) -> Any:
    """A subscription that does not exist yet."""
    return account.get_subscription(topic.topic_name, "to-queue")


def test_a_topics_attributes_are_set_and_read(cloud: MnsCloud, topic: Any) -> None:
    topic.set_attributes(TopicMeta(1024, logging_enabled=True))
    attributes = topic.get_attributes()
    assert (attributes.topic_name, attributes.maximum_message_size) == (topic.topic_name, 1024)
    assert (attributes.logging_enabled, attributes.message_retention_period) == (True, 86400)
    assert topic.create(TopicMeta(1024, True)) == f"{cloud.service.url}/topics/{topic.topic_name}"
    with raises_mns_error("TopicAlreadyExist"):
        topic.create(TopicMeta(2048))
    with raises_mns_error("InvalidArgument"):
        topic.set_attributes(TopicMeta(65537))


def test_topics_are_listed_in_pages(cloud: MnsCloud, account: Any) -> None:
    for name in ("listed-a", "listed-b"):
        cloud.service.create_topic(name)
    urls, marker = account.list_topic("listed-", 1)
    more, end = account.list_topic("listed-", 1, marker)
    assert [url.rpartition("/")[2] for url in urls + more] == ["listed-a", "listed-b"]
    assert end == ""


def test_a_subscriptions_attributes_are_set_and_read(
    cloud: MnsCloud, queue: Any, topic: Any, subscription: Any
) -> None:
    endpoint = endpoint_of(cloud, queue)
    meta = SubscriptionMeta(endpoint, filter_tag="high_risk")
    url = subscription.subscribe(meta)
    assert url == f"{cloud.service.url}/topics/{topic.topic_name}/subscriptions/to-queue"
    assert subscription.subscribe(meta) == url
    attributes = subscription.get_attributes()
    assert (attributes.topic_owner, attributes.topic_name) == (
        cloud.local_account.account_id,
        topic.topic_name,
    )
    assert (attributes.subscription_name, attributes.endpoint) == ("to-queue", endpoint)
    assert (attributes.filter_tag, attributes.notify_content_format) == ("high_risk", "XML")
    assert attributes.notify_strategy == "BACKOFF_RETRY"
    subscription.set_attributes(SubscriptionMeta(notify_strategy="EXPONENTIAL_DECAY_RETRY"))
    assert subscription.get_attributes().notify_strategy == "EXPONENTIAL_DECAY_RETRY"
    with raises_mns_error("SubscriptionAlreadyExist"):
        subscription.subscribe(meta)


def test_subscriptions_are_listed_in_pages(cloud: MnsCloud, queue: Any, topic: Any) -> None:
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
def test_invalid_subscriptions_are_refused(
    subscription: Any, meta: SubscriptionMeta, code: str
) -> None:
    with raises_mns_error(code):
        subscription.subscribe(meta)


def test_a_simplified_subscription_delivers_base64_unchanged(
    cloud: MnsCloud, queue: Any, topic: Any
) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name)
    published = topic.publish_message(Base64TopicMessage("é <&> 🙂"))
    received = queue.receive_message_with_str_body()
    assert received.message_body == "é <&> 🙂"
    assert received.message_body_md5 == published.message_body_md5


def test_a_body_is_delivered_without_encoding(cloud: MnsCloud, queue: Any, topic: Any) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name)
    topic.publish_message(TopicMessage("é <&> 🙂"))
    queue.set_encoding(False)
    assert queue.receive_message().message_body == "é <&> 🙂"


def test_a_json_subscription_delivers_a_json_envelope(
    cloud: MnsCloud, queue: Any, topic: Any
) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name, "JSON")
    published = topic.publish_message(Base64TopicMessage("é", "high_risk"))
    queue.set_encoding(False)
    envelope = json.loads(queue.receive_message().message_body)
    owner = cloud.local_account.account_id
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


def test_an_xml_subscription_delivers_an_xml_envelope(
    cloud: MnsCloud, queue: Any, topic: Any
) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name, "XML")
    published = topic.publish_message(TopicMessage("<é>"))
    queue.set_encoding(False)
    envelope = ElementTree.fromstring(queue.receive_message().message_body)  # noqa: S314
    fields = {each.tag.removeprefix(NAMESPACE): each.text for each in envelope}
    assert envelope.tag == f"{NAMESPACE}Notification"
    assert (fields["Message"], fields["MessageId"]) == ("<é>", published.message_id)
    assert fields["MessageMD5"] == published.message_body_md5
    assert "MessageTag" not in fields


def test_filter_tags_select_messages(cloud: MnsCloud, account: Any, topic: Any) -> None:
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
        with raises_mns_error("MessageNotExist"):
            empty.receive_message()


def test_an_unsubscribed_queue_gets_no_messages(
    cloud: MnsCloud, queue: Any, topic: Any, subscription: Any
) -> None:
    cloud.service.subscribe(topic.topic_name, "to-queue", queue.queue_name)
    subscription.unsubscribe()
    topic.publish_message(TopicMessage("m"))
    with raises_mns_error("MessageNotExist"):
        queue.receive_message()
    with raises_mns_error("SubscriptionNotExist"):
        subscription.get_attributes()
    with raises_mns_error("SubscriptionNotExist"):
        subscription.set_attributes(SubscriptionMeta(notify_strategy="BACKOFF_RETRY"))


def test_a_deleted_topic_is_gone(
    cloud: MnsCloud, queue: Any, topic: Any, subscription: Any
) -> None:
    cloud.service.subscribe(topic.topic_name, "to-queue", queue.queue_name)
    topic.delete()
    for use in (
        topic.get_attributes,
        topic.list_subscription,
        subscription.get_attributes,
        lambda: topic.publish_message(TopicMessage("m")),
        lambda: subscription.subscribe(SubscriptionMeta(endpoint_of(cloud, queue))),
    ):
        with raises_mns_error("TopicNotExist"):
            use()
    topic.create(TopicMeta())
    assert topic.list_subscription() == ([], "")


def test_a_deleted_queue_does_not_block_other_subscribers(
    cloud: MnsCloud, account: Any, topic: Any
) -> None:
    for name in ("going", "staying"):
        cloud.service.create_queue(name)
        cloud.service.subscribe(topic.topic_name, name, name)
    account.get_queue("going").delete()
    topic.publish_message(Base64TopicMessage("m"))
    assert account.get_queue("staying").receive_message().message_body == b"m"


def test_a_message_of_maximum_size_fits_its_envelope(
    cloud: MnsCloud, queue: Any, topic: Any
) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name, "JSON")
    topic.publish_message(TopicMessage("x" * 65536))
    queue.set_encoding(False)
    assert len(json.loads(queue.receive_message().message_body)["Message"]) == 65536
    with raises_mns_error("InvalidArgument"):
        topic.publish_message(TopicMessage("x" * 65537))


def test_a_queues_delay_applies_to_delivered_messages(
    cloud: MnsCloud, queue: Any, topic: Any
) -> None:
    queue.set_attributes(QueueMeta(delay_sec=60))
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name)
    topic.publish_message(Base64TopicMessage("m"))
    queue.send_message(Message("direct", delay_seconds=0))
    assert [one.message_body for one in queue.batch_receive_message(16)] == [b"direct"]


def test_a_message_can_be_published_in_process(cloud: MnsCloud, queue: Any, topic: Any) -> None:
    cloud.service.subscribe(topic.topic_name, "s", queue.queue_name)
    cloud.loop.run(cloud.service.publish(topic.topic_name, b"\xc3\xa9"))
    assert queue.receive_message().message_body == b"\xc3\xa9"
