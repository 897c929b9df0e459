"""State that a restart keeps."""

from __future__ import annotations

from pathlib import Path

from facescreen_local.auth.account import LocalAccount
from mns.queue import Message
from mns.topic import Base64TopicMessage
from tests.integration.mns.conftest import raises_mns_error, run_mns


def test_queues_topics_and_messages_survive_a_restart(tmp_path: Path) -> None:
    local_account = LocalAccount.create()
    with run_mns(local_account, tmp_path) as cloud, cloud.account() as account:
        cloud.service.create_queue("kept", VisibilityTimeout=77)
        cloud.service.create_topic("kept")
        cloud.service.subscribe("kept", "kept", "kept")
        queue = account.get_queue("kept")
        queue.batch_send_message([Message("received"), Message("waiting")])
        handle = queue.receive_message().receipt_handle
    with run_mns(local_account, tmp_path) as cloud, cloud.account() as account:
        queue = account.get_queue("kept")
        account.get_topic("kept").publish_message(Base64TopicMessage("published"))
        received = queue.batch_receive_message(16)
        assert [one.message_body for one in received] == [b"waiting", b"published"]
        hidden_ms = received[0].next_visible_time - received[0].first_dequeue_time
        assert 77_000 <= hidden_ms < 78_000
        queue.delete_message(handle)
        with raises_mns_error("MessageNotExist"):
            queue.receive_message()
