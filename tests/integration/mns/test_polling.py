"""Long polling: waiting, waking, and closed connections."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

from facescreen_local.auth.account import LocalAccount
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta
from tests.integration.mns.conftest import MnsCloud, raises_mns_error, run_mns
from tests.integration.mns.test_authentication import sign_headers


class ReceiverThread(threading.Thread):
    """Receives one message in the background. The result is its body, or the error's code."""

    def __init__(self, cloud: MnsCloud, queue: str, wait_s: int) -> None:
        super().__init__()
        self._cloud, self._queue, self._wait_s = cloud, queue, wait_s
        self.result: bytes | str = ""
        self.ended_at = 0.0
        self.start()
        time.sleep(0.3)

    def run(self) -> None:
        with self._cloud.account() as account:
            try:
                message = account.get_queue(self._queue).receive_message(self._wait_s)
                self.result = message.message_body
            except MNSServerException as error:
                self.result = error.type
            self.ended_at = time.monotonic()

    def wait_for_result(self) -> bytes | str:
        self.join(10)
        assert not self.is_alive()
        return self.result


def test_a_receive_waits_as_long_as_requested(queue: Any) -> None:
    started = time.monotonic()
    with raises_mns_error("MessageNotExist"):
        queue.receive_message(wait_seconds=1)
    assert 1 <= time.monotonic() - started < 10


def test_a_receive_waits_as_long_as_the_queues_default(queue: Any) -> None:
    queue.set_attributes(QueueMeta(polling_wait_sec=2))
    started = time.monotonic()
    with raises_mns_error("MessageNotExist"):
        queue.receive_message()
    assert 2 <= time.monotonic() - started < 10
    started = time.monotonic()
    with raises_mns_error("MessageNotExist"):
        queue.receive_message(wait_seconds=0)
    assert time.monotonic() - started < 2


def test_a_receive_wakes_when_a_message_arrives(cloud: MnsCloud, queue: Any) -> None:
    polls = [ReceiverThread(cloud, queue.queue_name, 20) for _ in range(2)]
    sent = time.monotonic()
    queue.batch_send_message([Message("a"), Message("b")])
    assert sorted(str(poll.wait_for_result()) for poll in polls) == ["b'a'", "b'b'"]
    assert max(poll.ended_at for poll in polls) - sent < 10


def test_one_message_wakes_one_receiver(cloud: MnsCloud, queue: Any) -> None:
    polls = [ReceiverThread(cloud, queue.queue_name, 1) for _ in range(2)]
    queue.send_message(Message("m"))
    assert sorted(str(poll.wait_for_result()) for poll in polls) == ["MessageNotExist", "b'm'"]


def test_a_receive_wakes_when_a_delay_ends(queue: Any) -> None:
    queue.send_message(Message("m", delay_seconds=1))
    started = time.monotonic()
    assert queue.receive_message(wait_seconds=20).message_body == b"m"
    assert 0.9 < time.monotonic() - started < 10


def test_a_receive_wakes_when_a_message_becomes_visible_again(cloud: MnsCloud, queue: Any) -> None:
    queue.send_message(Message("m"))
    handle = queue.receive_message().receipt_handle
    poll = ReceiverThread(cloud, queue.queue_name, 20)
    queue.change_message_visibility(handle, 0)
    assert poll.wait_for_result() == b"m"


def test_a_message_is_not_lost_to_a_disconnected_receiver(account: Any, queue: Any) -> None:
    path = f"/queues/{queue.queue_name}/messages?waitseconds=20"
    lines = "".join(
        f"{name}: {value}\r\n" for name, value in sign_headers(account, path=path).items()
    )
    host, _, port = account.get_client().host.partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: mns\r\n{lines}\r\n".encode())
        time.sleep(0.1)
    time.sleep(0.1)
    queue.send_message(Message("m"))
    assert queue.receive_message().message_body == b"m"


def test_stopping_does_not_wait_for_polls(tmp_path: Path) -> None:
    with run_mns(LocalAccount.create(), tmp_path) as cloud:
        cloud.service.create_queue("empty")
        poll = ReceiverThread(cloud, "empty", 20)
        started = time.monotonic()
    assert poll.wait_for_result() == "MessageNotExist"
    assert time.monotonic() - started < 10
