"""Messages in a queue: sending, receiving, visibility and deletion."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mns.message_property import MessagePropertyValue
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta
from tests.integration.mns.conftest import MnsCloud, raises_mns_error

AdvanceClock = Callable[[float], None]


def bodies_of(messages: list[Any]) -> list[bytes]:
    return [message.message_body for message in messages]


def test_a_body_comes_back_as_it_was_sent(queue: Any) -> None:
    text = 'é 🙂 \x00\x01 <&>"]]> \r\n'
    queue.send_message(Message(text))
    assert queue.receive_message_with_str_body().message_body == text


def test_a_body_can_be_sent_without_base64(queue: Any) -> None:
    queue.set_encoding(False)
    sent = queue.send_message(Message("é <&> 🙂"))
    received = queue.receive_message()
    assert received.message_body == "é <&> 🙂"
    assert sent.message_body_md5 == received.message_body_md5
    # printf 'é <&> 🙂' | md5sum
    assert sent.message_body_md5 == "8EEB623C10D802DBE14695CB7BDBA331"


def test_a_message_has_its_times_counts_and_priority(
    queue: Any, advance_clock: AdvanceClock
) -> None:
    started = time.time() * 1000
    sent = queue.send_message(Message("m", priority=3))
    first = queue.receive_message()
    advance_clock(31)
    second = queue.receive_message()
    assert first.message_id == second.message_id == sent.message_id
    assert (first.dequeue_count, second.dequeue_count) == (1, 2)
    assert started - 1 <= first.enqueue_time <= first.first_dequeue_time
    assert first.first_dequeue_time == second.first_dequeue_time
    assert 30_000 <= first.next_visible_time - first.first_dequeue_time < 31_000
    assert first.priority == 3
    assert first.receipt_handle != second.receipt_handle


def test_priority_goes_before_age(queue: Any) -> None:
    for body, priority in (("plain", None), ("last", 16), ("first", 1), ("second", 1)):
        queue.send_message(Message(body, priority=priority))
    assert bodies_of(queue.batch_receive_message(16)) == [b"first", b"second", b"plain", b"last"]


def test_peeking_changes_nothing(queue: Any) -> None:
    queue.send_message(Message("a"))
    queue.send_message(Message("b"))
    assert queue.peek_message().message_body == b"a"
    assert bodies_of(queue.batch_peek_message(16)) == [b"a", b"b"]
    assert queue.receive_message().dequeue_count == 1
    assert bodies_of(queue.batch_peek_message(16)) == [b"b"]


def test_an_empty_queue_has_no_message(queue: Any) -> None:
    for use in (
        queue.receive_message,
        queue.peek_message,
        lambda: queue.batch_receive_message(16),
        lambda: queue.batch_peek_message(16),
    ):
        with raises_mns_error("MessageNotExist"):
            use()


def test_a_deleted_message_is_gone(queue: Any, advance_clock: AdvanceClock) -> None:
    queue.send_message(Message("m"))
    handle = queue.receive_message().receipt_handle
    queue.delete_message(handle)
    with raises_mns_error("MessageNotExist"):
        queue.delete_message(handle)
    advance_clock(31)
    with raises_mns_error("MessageNotExist"):
        queue.receive_message()


def test_a_receipt_handle_expires_with_the_visibility_timeout(
    queue: Any, advance_clock: AdvanceClock
) -> None:
    queue.send_message(Message("m"))
    handle = queue.receive_message().receipt_handle
    advance_clock(31)
    with raises_mns_error("MessageNotExist"):
        queue.delete_message(handle)
    assert queue.receive_message().message_body == b"m"


def test_a_receipt_handle_is_for_one_receive(queue: Any, advance_clock: AdvanceClock) -> None:
    queue.send_message(Message("m"))
    old = queue.receive_message().receipt_handle
    advance_clock(31)
    new = queue.receive_message().receipt_handle
    with raises_mns_error("MessageNotExist"):
        queue.delete_message(old)
    queue.delete_message(new)


def test_a_receipt_handle_is_for_one_queue(cloud: MnsCloud, account: Any, queue: Any) -> None:
    cloud.service.create_queue("another")
    queue.send_message(Message("m"))
    handle = queue.receive_message().receipt_handle
    with raises_mns_error("MessageNotExist"):
        account.get_queue("another").delete_message(handle)
    queue.delete_message(handle)


@pytest.mark.parametrize("handle", ["x", "1-2", "9" * 19 + "-" + "0" * 32, "1-" + "0" * 33])
def test_an_invalid_receipt_handle_is_refused(queue: Any, handle: str) -> None:
    with raises_mns_error("ReceiptHandleError"):
        queue.delete_message(handle)
    with raises_mns_error("ReceiptHandleError"):
        queue.change_message_visibility(handle, 1)


def test_the_visibility_timeout_can_be_changed(queue: Any, advance_clock: AdvanceClock) -> None:
    queue.send_message(Message("m"))
    first = queue.receive_message()
    longer = queue.change_message_visibility(first.receipt_handle, 100)
    assert int(longer.next_visible_time) > first.next_visible_time + 60_000
    with raises_mns_error("MessageNotExist"):
        queue.delete_message(first.receipt_handle)
    advance_clock(31)
    with raises_mns_error("MessageNotExist"):
        queue.receive_message()
    queue.change_message_visibility(longer.receipt_handle, 0)
    assert queue.receive_message().dequeue_count == 2


def test_a_delayed_message_is_hidden_at_first(queue: Any, advance_clock: AdvanceClock) -> None:
    queue.send_message(Message("m", delay_seconds=60))
    with raises_mns_error("MessageNotExist"):
        queue.receive_message()
    advance_clock(61)
    assert queue.receive_message().message_body == b"m"


def test_a_queue_can_have_a_default_delay(queue: Any) -> None:
    queue.set_attributes(QueueMeta(delay_sec=60))
    queue.send_message(Message("later"))
    queue.send_message(Message("now", delay_seconds=0))
    assert bodies_of(queue.batch_receive_message(16)) == [b"now"]


def test_a_delayed_message_can_be_deleted(queue: Any, advance_clock: AdvanceClock) -> None:
    sent = queue.send_message(Message("m", delay_seconds=60))
    queue.delete_message(sent.receipt_handle)
    advance_clock(61)
    with raises_mns_error("MessageNotExist"):
        queue.receive_message()
    assert queue.send_message(Message("m")).receipt_handle == ""


def test_messages_expire_after_the_retention_period(
    queue: Any, advance_clock: AdvanceClock
) -> None:
    queue.set_attributes(QueueMeta(msg_ttl=60))
    queue.send_message(Message("m"))
    advance_clock(59)
    assert queue.peek_message().message_body == b"m"
    advance_clock(61)
    with raises_mns_error("MessageNotExist"):
        queue.receive_message()


def test_messages_are_sent_received_and_deleted_in_batches(queue: Any) -> None:
    sent = queue.batch_send_message([Message(str(number)) for number in range(16)])
    assert len({message.message_id for message in sent}) == 16
    first = queue.batch_receive_message(10)
    rest = queue.batch_receive_message(16)
    assert bodies_of(first + rest) == [str(number).encode() for number in range(16)]
    queue.batch_delete_message([message.receipt_handle for message in first + rest])
    with raises_mns_error("MessageNotExist"):
        queue.change_message_visibility(first[0].receipt_handle, 1)


def test_a_batch_is_accepted_completely_or_not_at_all(queue: Any) -> None:
    for bad in (Message("bad", priority=17), Message("x" * 65536)):
        with raises_mns_error("InvalidArgument"):
            queue.batch_send_message([Message("good"), bad])
    with raises_mns_error("MessageNotExist"):
        queue.peek_message()


def test_a_batch_deletes_its_valid_handles(queue: Any) -> None:
    queue.batch_send_message([Message("a"), Message("b")])
    good = [message.receipt_handle for message in queue.batch_receive_message(2)]
    with pytest.raises(MNSServerException) as raised:
        queue.batch_delete_message([good[0], "x", good[1]])
    (failure,) = raised.value.sub_errors
    assert (failure["ReceiptHandle"], failure["ErrorCode"]) == ("x", "ReceiptHandleError")
    for handle in good:
        with raises_mns_error("MessageNotExist"):
            queue.delete_message(handle)


def test_batches_and_parameters_have_limits(queue: Any) -> None:
    uses: tuple[Callable[[], Any], ...] = (
        lambda: queue.batch_send_message([Message("m")] * 17),
        lambda: queue.batch_send_message([]),
        lambda: queue.batch_delete_message(["1-" + "0" * 32] * 17),
        lambda: queue.batch_receive_message(17),
        lambda: queue.batch_receive_message(0),
        lambda: queue.batch_peek_message(17),
        lambda: queue.receive_message(wait_seconds=31),
        lambda: queue.send_message(Message("m", delay_seconds=604801)),
        lambda: queue.send_message(Message("m", priority=17)),
    )
    for use in uses:
        with raises_mns_error("InvalidArgument"):
            use()


def test_the_size_limit_counts_bytes_as_sent(queue: Any) -> None:
    queue.send_message(Message("x" * 49152))
    with raises_mns_error("InvalidArgument"):
        queue.send_message(Message("x" * 49153))
    queue.set_encoding(False)
    queue.send_message(Message('"' * 65536))
    with raises_mns_error("InvalidArgument"):
        queue.send_message(Message("é" * 32769))
    queue.set_attributes(QueueMeta(max_msg_size=1024))
    with raises_mns_error("InvalidArgument"):
        queue.send_message(Message("x" * 1025))


def test_the_largest_batch_is_accepted(queue: Any) -> None:
    queue.set_encoding(False)
    queue.batch_send_message([Message('"' * 65536)] * 16)
    assert len(queue.batch_receive_message(16)) == 16


def test_user_properties_are_refused(queue: Any) -> None:
    message = Message("m")
    message.add_user_property("verdict", MessagePropertyValue("STRING", "low_risk"))
    with raises_mns_error("InvalidArgument"):
        queue.send_message(message)


def test_each_message_is_received_by_one_of_several_consumers(cloud: MnsCloud, queue: Any) -> None:
    queue.batch_send_message([Message(str(number)) for number in range(16)])
    received: list[bytes] = []
    together = threading.Barrier(4)

    def consume() -> None:
        with cloud.account() as account:
            mine = account.get_queue(queue.queue_name)
            together.wait()
            while True:
                try:
                    received.append(mine.receive_message().message_body)
                except MNSServerException:
                    return

    threads = [threading.Thread(target=consume) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(received, key=int) == [str(number).encode() for number in range(16)]


def test_a_message_can_be_sent_in_process(cloud: MnsCloud, queue: Any) -> None:
    cloud.loop.run(cloud.service.send(queue.queue_name, b'{"requestPayload": "\xc3\xa9"}'))
    assert queue.receive_message().message_body == b'{"requestPayload": "\xc3\xa9"}'
