"""aliyun-mns-sdk: subscribing to verdicts."""

from __future__ import annotations

import json
from pathlib import Path

from mns.mns_common import TopicHelper
from mns.mns_exception import MNSServerException
from mns.queue import Message, Queue, QueueMeta
from mns.subscription import SubscriptionMeta

from tests.integration.vendors import clients
from tests.integration.vendors.clients import Env
from tests.support.cloud_client import LocalCloudClient


def _drain(queue: Queue) -> dict[str, str]:
    """Empty the queue and return the verdicts of its messages by object key."""
    verdicts: dict[str, str] = {}
    wait_seconds = 10
    while True:
        try:
            received = queue.receive_message(wait_seconds=wait_seconds)
        except MNSServerException as error:
            if error.type != "MessageNotExist":
                raise
            return verdicts
        queue.delete_message(received.receipt_handle)
        data = json.loads(received.message_body)["data"]
        verdicts[data["object"]["key"]] = data["verdict"]
        wait_seconds = 0


def test_a_second_subscriber_receives_only_flagged_verdicts(
    env: Env, key: str, cloud_client: LocalCloudClient, samples: Path
) -> None:
    with clients.mns(env) as account:
        [first] = account.get_topic(env["MNS_TOPIC"]).list_subscription()[0]
        subscription_of_the_queue = account.get_subscription(
            env["MNS_TOPIC"], first.rpartition("/")[2]
        )
        queue = account.get_queue("flagged")
        queue.create(QueueMeta())
        endpoint = TopicHelper.generate_queue_endpoint(
            env["OSS_REGION"],
            subscription_of_the_queue.get_attributes().topic_owner,
            queue.queue_name,
        )
        subscription = account.get_subscription(env["MNS_TOPIC"], "flagged")
        subscription.subscribe(SubscriptionMeta(endpoint, "", "SIMPLIFIED", "high_risk"))

        for sample in ("no-face.jpg", "flagged.jpg"):
            cloud_client.put(f"{sample}/{key}", (samples / sample).read_bytes())
            cloud_client.wait_for_message(f"{sample}/{key}")
        # Other tests of this cloud may publish messages too, and MNS may deliver a message twice.
        verdicts = _drain(queue)
        assert verdicts[f"flagged.jpg/{key}"] == "high_risk"
        assert set(verdicts.values()) == {"high_risk"}
        assert f"no-face.jpg/{key}" not in verdicts
        subscription.unsubscribe()
        queue.delete()


def test_a_queue_returns_the_message_unchanged(env: Env) -> None:
    with clients.mns(env) as account:
        queue = account.get_queue("kept")
        queue.create(QueueMeta())
        sent = queue.send_message(Message("é <&> 🙂"))
        received = queue.receive_message_with_str_body(wait_seconds=1)
        assert (received.message_id, received.message_body) == (sent.message_id, "é <&> 🙂")
        queue.delete()
