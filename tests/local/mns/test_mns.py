"""The vendor's aliyun-mns-sdk, unmodified, against the local MNS."""

from __future__ import annotations

import json
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta
from mns.subscription import SubscriptionMeta
from mns.topic import Base64TopicMessage, TopicMessage, TopicMeta

from infra.local.background import Background
from infra.local.identity import Identity, Key
from infra.local.mns import signature
from infra.local.mns.server import MnsService

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REGION = "ap-southeast-1"
ODD = "é 🙂 漢 <&>\"' %41+"


@pytest.fixture(scope="module")
def loop() -> Iterator[Background]:
    with Background() as loop:
        yield loop


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity.fresh()


@pytest.fixture(scope="module")
def service(
    loop: Background, identity: Identity, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MnsService]:
    service = MnsService(identity, tmp_path_factory.mktemp("mns"), REGION)
    loop.run(service.start())
    yield service
    loop.run(service.stop())


def connected(service: MnsService, key: Key) -> Account:
    return Account(service.url, key.access_key_id, key.access_key_secret, key.security_token)


@pytest.fixture
def account(service: MnsService, identity: Identity) -> Iterator[Account]:
    account = connected(service, identity.key)
    yield account
    account.mns_client.close_connection()


@pytest.fixture
def queue(account: Account) -> Any:
    queue = account.get_queue(f"q-{uuid.uuid4().hex}")
    queue.create(QueueMeta())
    return queue


def refused(code: str) -> Any:
    return pytest.raises(MNSServerException, match=code)


class TestQueues:
    def test_a_message_is_sent_received_and_deleted(self, queue: Any) -> None:
        sent = queue.send_message(Message(ODD))
        assert queue.peek_message().dequeue_count == 0
        received = queue.receive_message()
        assert received.message_body.decode() == ODD
        assert received.message_id == sent.message_id
        assert received.message_body_md5 == sent.message_body_md5
        assert received.dequeue_count == 1
        queue.delete_message(received.receipt_handle)
        with refused("MessageNotExist"):
            queue.receive_message()

    def test_what_is_received_is_hidden_for_a_while(self, queue: Any) -> None:
        queue.set_attributes(QueueMeta(vis_timeout=1))
        queue.send_message(Message("x"))
        first = queue.receive_message()
        with refused("MessageNotExist"):
            queue.receive_message(wait_seconds=0)
        again = queue.receive_message(wait_seconds=3)
        assert again.message_id == first.message_id
        assert again.dequeue_count == 2
        with refused("ReceiptHandleError"):
            queue.delete_message(first.receipt_handle)
        queue.delete_message(again.receipt_handle)

    def test_visibility_can_be_changed(self, queue: Any) -> None:
        queue.send_message(Message("x"))
        first = queue.receive_message()
        changed = queue.change_message_visibility(first.receipt_handle, 1)
        assert changed.receipt_handle != first.receipt_handle
        assert queue.receive_message(wait_seconds=3).message_id == first.message_id

    def test_a_long_poll_wakes_up_with_the_message(
        self, queue: Any, service: MnsService, identity: Identity
    ) -> None:
        def send_later() -> None:
            time.sleep(0.3)
            other = connected(service, identity.key)
            other.get_queue(queue.queue_name).send_message(Message("late"))
            other.mns_client.close_connection()

        sender = threading.Thread(target=send_later)
        sender.start()
        started = time.monotonic()
        assert queue.receive_message(wait_seconds=20).message_body == b"late"
        assert 0.2 < time.monotonic() - started < 10
        sender.join()

    def test_a_delayed_message_comes_late(self, queue: Any) -> None:
        queue.send_message(Message("x", delay_seconds=1))
        with refused("MessageNotExist"):
            queue.receive_message(wait_seconds=0)
        assert queue.receive_message(wait_seconds=5).message_body == b"x"

    def test_priorities_come_before_age(self, queue: Any) -> None:
        for body, priority in (("low", 16), ("normal", 8), ("high", 1)):
            queue.send_message(Message(body, priority=priority))
        bodies = [queue.receive_message().message_body for _ in range(3)]
        assert bodies == [b"high", b"normal", b"low"]

    def test_batches(self, queue: Any) -> None:
        sent = queue.batch_send_message([Message(str(number)) for number in range(16)])
        assert len(sent) == 16
        assert len(queue.batch_peek_message(16)) == 16
        received = queue.batch_receive_message(16)
        assert {one.message_body for one in received} == {b"%d" % n for n in range(16)}
        queue.batch_delete_message([one.receipt_handle for one in received])
        with refused("MessageNotExist"):
            queue.batch_receive_message(16)
        with refused("ReceiptHandleError"):
            queue.batch_delete_message([received[0].receipt_handle])

    def test_two_consumers_get_a_message_once(
        self, queue: Any, service: MnsService, identity: Identity
    ) -> None:
        queue.batch_send_message([Message(str(number)) for number in range(16)])
        taken: list[str] = []

        def consume() -> None:
            own = connected(service, identity.key)
            try:
                while True:
                    received = own.get_queue(queue.queue_name).receive_message(wait_seconds=0)
                    taken.append(received.message_id)
            except MNSServerException:
                own.mns_client.close_connection()

        consumers = [threading.Thread(target=consume) for _ in range(4)]
        for consumer in consumers:
            consumer.start()
        for consumer in consumers:
            consumer.join()
        assert len(taken) == len(set(taken)) == 16

    @pytest.mark.filterwarnings("ignore:Call to deprecated function")
    def test_attributes(self, queue: Any) -> None:
        queue.set_attributes(QueueMeta(vis_timeout=77, polling_wait_sec=3))
        told = queue.get_attributes()
        assert (told.visibility_timeout, told.polling_wait_seconds) == (77, 3)

    def test_what_is_too_large_is_refused(self, queue: Any) -> None:
        with refused("MessageBodyTooLong"):
            queue.send_message(Message("x" * 65_536))

    def test_a_queue_that_is_not_there(self, account: Account) -> None:
        with refused("QueueNotExist"):
            account.get_queue("no-such-queue").send_message(Message("x"))

    def test_a_queue_is_made_once(self, account: Account, queue: Any) -> None:
        queue.create(QueueMeta())
        with refused("QueueAlreadyExist"):
            queue.create(QueueMeta(vis_timeout=99))
        queue.delete()
        with refused("QueueNotExist"):
            queue.get_attributes()


class TestTopics:
    @pytest.fixture
    def topic(self, account: Account) -> Any:
        topic = account.get_topic(f"t-{uuid.uuid4().hex}")
        topic.create(TopicMeta())
        return topic

    @staticmethod
    def subscribe(account: Account, topic: Any, queue: Any, form: str, tag: str = "") -> Any:
        subscription = account.get_subscription(topic.topic_name, f"s-{uuid.uuid4().hex}")
        endpoint = f"acs:mns:{REGION}:1:queues/{queue.queue_name}"
        subscription.subscribe(
            SubscriptionMeta(endpoint, notify_content_format=form, filter_tag=tag)
        )
        return subscription

    def test_simplified_gives_the_body_as_published(
        self, account: Account, topic: Any, queue: Any
    ) -> None:
        self.subscribe(account, topic, queue, "SIMPLIFIED")
        topic.publish_message(Base64TopicMessage(ODD))
        assert queue.receive_message().message_body.decode() == ODD
        topic.publish_message(TopicMessage(ODD))
        queue.set_encoding(False)
        assert queue.receive_message().message_body == ODD

    def test_json_wraps_it(self, account: Account, topic: Any, queue: Any) -> None:
        self.subscribe(account, topic, queue, "JSON")
        published = topic.publish_message(TopicMessage(ODD, "tagged"))
        queue.set_encoding(False)
        envelope = json.loads(queue.receive_message().message_body)
        assert envelope["Message"] == ODD
        assert envelope["MessageTag"] == "tagged"
        assert envelope["MessageId"] == published.message_id
        assert envelope["TopicName"] == topic.topic_name

    def test_a_filter_lets_its_tag_through(self, account: Account, topic: Any, queue: Any) -> None:
        self.subscribe(account, topic, queue, "SIMPLIFIED", "high_risk")
        topic.publish_message(Base64TopicMessage("low", "low_risk"))
        topic.publish_message(Base64TopicMessage("high", "high_risk"))
        assert queue.receive_message().message_body == b"high"
        with refused("MessageNotExist"):
            queue.receive_message()

    def test_a_subscription_is_described_and_ended(
        self, account: Account, topic: Any, queue: Any
    ) -> None:
        subscription = self.subscribe(account, topic, queue, "SIMPLIFIED", "a")
        told = subscription.get_attributes()
        assert told.endpoint.endswith(f"queues/{queue.queue_name}")
        assert (told.filter_tag, told.notify_content_format) == ("a", "SIMPLIFIED")
        subscription.unsubscribe()
        topic.publish_message(Base64TopicMessage("x", "a"))
        with refused("MessageNotExist"):
            queue.receive_message()

    def test_a_topic_that_is_not_there(self, account: Account) -> None:
        with refused("TopicNotExist"):
            account.get_topic("no-such-topic").publish_message(TopicMessage("x"))


class TestWhoMayCall:
    def attempt(self, service: MnsService, key: Key) -> None:
        account = connected(service, key)
        try:
            account.get_queue("any").get_attributes()
        finally:
            account.mns_client.close_connection()

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"access_key_secret": "wrong"}, "SignatureDoesNotMatch"),
            ({"access_key_id": "nobody"}, "AccessIDAuthError"),
            ({"security_token": "wrong"}, "InvalidSecurityToken"),
            ({"security_token": ""}, "InvalidSecurityToken"),
            ({}, "QueueNotExist"),
        ],
    )
    def test_keys_and_tokens(
        self, change: dict[str, str], code: str, service: MnsService, identity: Identity
    ) -> None:
        key = Key(**{**vars(identity.issue_token()), **change})
        with refused(code):
            self.attempt(service, key)

    @pytest.mark.parametrize(
        ("date", "code"),
        [
            ("Mon, 01 Jan 2024 00:00:00 GMT", "TimeExpired"),
            ("yesterday", "InvalidDateHeader"),
            ("", "InvalidDateHeader"),
        ],
    )
    def test_dates(self, date: str, code: str, service: MnsService, identity: Identity) -> None:
        assert code in self.signed(service, identity, "GET", "/queues/any", date=date).text

    def test_without_a_signature(self, service: MnsService) -> None:
        answer = httpx.get(f"{service.url}/queues/any")
        assert (answer.status_code, "AccessDenied" in answer.text) == (403, True)

    @pytest.mark.parametrize(
        "body",
        [
            b"<!DOCTYPE x [<!ENTITY e 'boom'>]><Message>&e;</Message>",
            b"<Message>",
            b"\xff\xfe",
            b"<Other/>",
            b"",
        ],
    )
    def test_hostile_xml(self, body: bytes, service: MnsService, identity: Identity) -> None:
        service.create_queue("hostile")
        answer = self.signed(service, identity, "POST", "/queues/hostile/messages", body=body)
        assert (answer.status_code, "MalformedXML" in answer.text) == (400, True)

    @pytest.mark.parametrize("path", ["/", "/queues/", "/queues/a%2Fb", "/x?y"])
    def test_odd_paths(self, path: str, service: MnsService, identity: Identity) -> None:
        assert self.signed(service, identity, "GET", path).status_code == 400

    @staticmethod
    def signed(
        service: MnsService,
        identity: Identity,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        date: str | None = None,
    ) -> httpx.Response:
        moment = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
        headers = {"date": moment if date is None else date, "x-mns-version": "2015-06-06"}
        given = signature.sign(identity.key.access_key_secret, method, headers, path)
        headers["authorization"] = f"MNS {identity.key.access_key_id}:{given}"
        with httpx.Client() as client:
            request = client.build_request(method, service.url, headers=headers, content=body)
            request.url = request.url.copy_with(raw_path=path.encode())
            return client.send(request)


def test_messages_survive_a_restart(loop: Background, identity: Identity, tmp_path: Path) -> None:
    for number in range(2):
        service = MnsService(identity, tmp_path, REGION)
        loop.run(service.start())
        account = connected(service, identity.key)
        queue = account.get_queue("kept")
        if number == 0:
            queue.create(QueueMeta())
            queue.send_message(Message("kept"))
        else:
            assert queue.receive_message().message_body == b"kept"
        account.mns_client.close_connection()
        loop.run(service.stop())
