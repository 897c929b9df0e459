"""The operations on topics: what is published goes to every subscription that wants it."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from . import markup
from .queues import LARGEST_BODY, number
from .refusal import Refusal
from .store import body_md5, now

if TYPE_CHECKING:
    from .queues import Queues
    from .store import Store

FORMATS = ("SIMPLIFIED", "JSON", "XML")
STRATEGIES = ("BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY")
_LONGEST_TAG = 16
_QUEUE_ENDPOINT = re.compile(r"acs:mns:[^:]*:[^:]*:queues/([A-Za-z0-9-]+)")


class Topics:
    """Topics by name, with their subscriptions of queues."""

    def __init__(self, store: Store, queues: Queues, account_id: str) -> None:
        self._store = store
        self._queues = queues
        self._account_id = account_id

    def create(self, name: str, given: dict[str, str]) -> bool:
        """Makes a topic; False when it is there already."""
        largest = number(given, "MaximumMessageSize", LARGEST_BODY, LARGEST_BODY)
        if self._store.one("topics", name=name) is not None:
            return False
        self._store.insert("topics", name=name, created=now(), changed=now(), largest=largest)
        return True

    def get(self, name: str) -> dict[str, Any]:
        """The topic's row. Raises Refusal (TopicNotExist)."""
        kept = self._store.one("topics", name=name)
        if kept is None:
            raise Refusal(404, "TopicNotExist", "The topic name you provided does not exist.")
        return kept

    def attributes(self, name: str) -> bytes:
        """What GetTopicAttributes answers."""
        kept = self.get(name)
        return markup.element(
            "Topic",
            {
                "TopicName": name,
                "MessageCount": 0,
                "MaximumMessageSize": kept["largest"],
                "MessageRetentionPeriod": 86_400,
                "CreateTime": kept["created"] // 1000,
                "LastModifyTime": kept["changed"] // 1000,
                "LoggingEnabled": "False",
            },
        )

    def delete(self, name: str) -> None:
        """Deletes the topic with its subscriptions, if it is there."""
        self._store.run("DELETE FROM topics WHERE name = ?", name)
        self._store.run("DELETE FROM subscriptions WHERE topic = ?", name)

    def subscribe(self, topic: str, name: str, given: dict[str, str]) -> bool:
        """Makes a subscription; False when the same one is there already."""
        self.get(topic)
        wanted = {
            "endpoint": given.get("Endpoint", ""),
            "format": given.get("NotifyContentFormat") or "XML",
            "filter_tag": given.get("FilterTag", ""),
            "strategy": given.get("NotifyStrategy") or "BACKOFF_RETRY",
        }
        _check(wanted)
        kept = self._store.one("subscriptions", topic=topic, name=name)
        if kept is None:
            moment = now()
            self._store.insert(
                "subscriptions", topic=topic, name=name, created=moment, changed=moment, **wanted
            )
        elif any(kept[column] != value for column, value in wanted.items()):
            text = "A subscription of that name has other attributes."
            raise Refusal(409, "SubscriptionAlreadyExist", text)
        return kept is None

    def subscription(self, topic: str, name: str) -> bytes:
        """What GetSubscriptionAttributes answers."""
        kept = self._store.one("subscriptions", topic=topic, name=name)
        if kept is None:
            raise Refusal(404, "SubscriptionNotExist", "There is no subscription of that name.")
        return markup.element(
            "Subscription",
            {
                "TopicOwner": self._account_id,
                "TopicName": topic,
                "SubscriptionName": name,
                "Endpoint": kept["endpoint"],
                "FilterTag": kept["filter_tag"],
                "NotifyStrategy": kept["strategy"],
                "NotifyContentFormat": kept["format"],
                "CreateTime": kept["created"] // 1000,
                "LastModifyTime": kept["changed"] // 1000,
            },
        )

    def unsubscribe(self, topic: str, name: str) -> None:
        """Deletes a subscription, if it is there."""
        self._store.run("DELETE FROM subscriptions WHERE topic = ? AND name = ?", topic, name)

    def publish(self, name: str, given: dict[str, str]) -> dict[str, object]:
        """Delivers one message to the subscriptions of its tag; what is told of it."""
        topic, body, tag = self.get(name), given.get("MessageBody", ""), given.get("MessageTag", "")
        if not body:
            raise Refusal(400, "InvalidArgument", "MessageBody must not be empty.")
        if len(body.encode()) > topic["largest"]:
            text = f"The message is longer than {topic['largest']} bytes."
            raise Refusal(400, "MessageBodyTooLong", text)
        if len(tag) > _LONGEST_TAG:
            raise Refusal(400, "InvalidArgument", f"A MessageTag has {_LONGEST_TAG} characters.")
        told: dict[str, object] = {
            "MessageId": uuid.uuid4().hex.upper(),
            "MessageBodyMD5": body_md5(body),
        }
        for row in self._store.run("SELECT * FROM subscriptions WHERE topic = ?", name):
            if row["filter_tag"] in ("", tag):
                self._deliver(dict(row), body, tag, told)
        return told

    def _deliver(
        self, subscription: dict[str, Any], body: str, tag: str, told: dict[str, object]
    ) -> None:
        """SIMPLIFIED gives the body as it was published: its encoding is the publisher's matter."""
        found = _QUEUE_ENDPOINT.fullmatch(subscription["endpoint"])
        if found is None or self._store.one("queues", name=found[1]) is None:
            return
        envelope = {
            "TopicOwner": self._account_id,
            "TopicName": subscription["topic"],
            "Subscriber": self._account_id,
            "SubscriptionName": subscription["name"],
            **told,
            "Message": body,
            "PublishTime": now(),
            **({"MessageTag": tag} if tag else {}),
        }
        sent = {
            "SIMPLIFIED": lambda: body,
            "JSON": lambda: json.dumps(envelope, ensure_ascii=False),
            "XML": lambda: markup.element("Notification", envelope).decode(),
        }[subscription["format"]]()
        self._queues.send(found[1], {"MessageBody": sent})


def _check(wanted: dict[str, str]) -> None:
    if _QUEUE_ENDPOINT.fullmatch(wanted["endpoint"]) is None:
        text = "The local MNS delivers to queues: acs:mns:<region>:<account>:queues/<name>."
        raise Refusal(400, "EndpointInvalid", text)
    if wanted["format"] not in FORMATS or wanted["strategy"] not in STRATEGIES:
        text = (
            f"NotifyContentFormat: {', '.join(FORMATS)}; NotifyStrategy: {', '.join(STRATEGIES)}."
        )
        raise Refusal(400, "InvalidArgument", text)
    if len(wanted["filter_tag"]) > _LONGEST_TAG:
        raise Refusal(400, "InvalidArgument", f"A FilterTag has {_LONGEST_TAG} characters.")
