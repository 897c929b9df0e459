"""Queues: attributes, names and limits."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from mns.mns_request import ListQueueRequest, ListQueueResponse
from mns.queue import Message, QueueMeta
from tests.integration.mns.conftest import MnsCloud, raises_mns_error

# The SDK marks its message counts as deprecated but reads them in every get_attributes.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Call to deprecated .* (active|inactive|delay)_messages:DeprecationWarning"
)


def test_a_new_queue_has_default_attributes(account: Any, queue: Any) -> None:
    attributes = queue.get_attributes()
    assert attributes.queue_name == queue.queue_name
    assert (attributes.visibility_timeout, attributes.delay_seconds) == (30, 0)
    assert (attributes.maximum_message_size, attributes.message_retention_period) == (65536, 345600)
    assert (attributes.polling_wait_seconds, attributes.logging_enabled) == (0, False)
    assert 0 < attributes.create_time <= attributes.last_modify_time < 10**10


def test_attributes_are_set_one_by_one(queue: Any) -> None:
    queue.set_attributes(QueueMeta(vis_timeout=43200, delay_sec=604800))
    queue.set_attributes(QueueMeta(polling_wait_sec=30, logging_enabled=True))
    attributes = queue.get_attributes()
    assert (attributes.visibility_timeout, attributes.delay_seconds) == (43200, 604800)
    assert (attributes.polling_wait_seconds, attributes.logging_enabled) == (30, True)


def test_messages_are_counted(queue: Any) -> None:
    for message in (Message("received"), Message("there"), Message("delayed", delay_seconds=60)):
        queue.send_message(message)
    queue.receive_message()
    attributes = queue.get_attributes()
    assert (
        attributes.active_messages,
        attributes.inactive_messages,
        attributes.delay_messages,
    ) == (1, 1, 1)


def test_a_queue_can_be_created_again_with_the_same_attributes(
    cloud: MnsCloud, account: Any
) -> None:
    queue = account.get_queue(f"q-{uuid.uuid4().hex}")
    url = queue.create(QueueMeta(vis_timeout=60))
    assert url == f"{cloud.service.url}/queues/{queue.queue_name}"
    assert queue.create(QueueMeta(vis_timeout=60)) == url
    with raises_mns_error("QueueAlreadyExist"):
        queue.create(QueueMeta(vis_timeout=61))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("-starts-wrong", "InvalidQueueName"),
        ("has_underscore", "InvalidQueueName"),
        ("%71ueue", "InvalidQueueName"),
        ("q" * 121, "QueueNameLengthError"),
    ],
)
def test_invalid_names_are_refused(account: Any, name: str, code: str) -> None:
    with raises_mns_error(code):
        account.get_queue(name).create(QueueMeta())


@pytest.mark.parametrize(
    "meta",
    [
        QueueMeta(vis_timeout=43201),
        QueueMeta(max_msg_size=1023),
        QueueMeta(max_msg_size=65537),
        QueueMeta(msg_ttl=59),
        QueueMeta(msg_ttl=604801),
        QueueMeta(delay_sec=604801),
        QueueMeta(polling_wait_sec=31),
    ],
)
def test_attributes_out_of_range_are_refused(queue: Any, meta: QueueMeta) -> None:
    with raises_mns_error("InvalidArgument"):
        queue.set_attributes(meta)


def test_a_deleted_queue_is_gone(queue: Any) -> None:
    queue.send_message(Message("lost"))
    queue.delete()
    queue.delete()
    for use in (queue.get_attributes, queue.receive_message, queue.peek_message):
        with raises_mns_error("QueueNotExist"):
            use()
    with raises_mns_error("QueueNotExist"):
        queue.send_message(Message("nowhere"))
    with raises_mns_error("QueueNotExist"):
        queue.set_attributes(QueueMeta())
    queue.create(QueueMeta())
    with raises_mns_error("MessageNotExist"):
        queue.peek_message()


@pytest.fixture
def queue_urls(cloud: MnsCloud) -> Iterator[list[str]]:
    names = [f"page-{number}" for number in range(5)]
    for name in names:
        cloud.service.create_queue(name)
    yield [f"{cloud.service.url}/queues/{name}" for name in names]
    with cloud.account() as account:
        for name in names:
            account.get_queue(name).delete()


def test_queues_are_listed_in_pages(account: Any, queue_urls: list[str]) -> None:
    listed: list[str] = []
    marker = ""
    while True:
        urls, marker = account.list_queue("page-", 2, marker)
        assert len(urls) <= 2
        listed += urls
        if not marker:
            break
    assert listed == queue_urls
    assert account.list_queue("page-", 5) == (queue_urls, "")
    assert account.list_queue("page_") == ([], "")


def test_queues_are_listed_with_attributes(account: Any, queue_urls: list[str]) -> None:
    response = ListQueueResponse()
    account.get_client().list_queue(ListQueueRequest("page-", 1, with_meta=True), response)
    (meta,) = response.queuemeta_list
    assert (meta["QueueURL"], meta["VisibilityTimeout"]) == (queue_urls[0], "30")


def test_a_page_size_over_the_limit_is_refused(account: Any) -> None:
    with raises_mns_error("InvalidArgument"):
        account.list_queue(ret_number=1001)


def test_the_in_process_helper_sets_attributes(cloud: MnsCloud, account: Any) -> None:
    name = f"q-{uuid.uuid4().hex}"
    cloud.service.create_queue(name, VisibilityTimeout=5)
    cloud.service.create_queue(name, DelaySeconds=7)
    attributes = account.get_queue(name).get_attributes()
    assert (attributes.visibility_timeout, attributes.delay_seconds) == (5, 7)
