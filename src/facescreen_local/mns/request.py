"""What a raw request asks for: a resource, parameters, and the API's name of the operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

# Names have no characters that need escaping, so paths are taken as they are.
_PATH = re.compile(
    r"/(?P<collection>queues|topics|topics/(?P<topic>[^/]+)/subscriptions)"
    r"(?:/(?P<name>[^/]+)(?P<messages>/messages)?)?"
)

_OPERATIONS = {
    "GET /queues": "ListQueue",
    "PUT /queues/*": "CreateQueue",
    "PUT /queues/*?metaoverride": "SetQueueAttributes",
    "GET /queues/*": "GetQueueAttributes",
    "DELETE /queues/*": "DeleteQueue",
    "POST /queues/*/messages": "SendMessage",
    "GET /queues/*/messages": "ReceiveMessage",
    "GET /queues/*/messages?numOfMessages": "BatchReceiveMessage",
    "GET /queues/*/messages?peekonly": "PeekMessage",
    "GET /queues/*/messages?peekonly&numOfMessages": "BatchPeekMessage",
    "DELETE /queues/*/messages?ReceiptHandle": "DeleteMessage",
    "DELETE /queues/*/messages": "BatchDeleteMessage",
    "PUT /queues/*/messages?ReceiptHandle": "ChangeMessageVisibility",
    "GET /topics": "ListTopic",
    "PUT /topics/*": "CreateTopic",
    "PUT /topics/*?metaoverride": "SetTopicAttributes",
    "GET /topics/*": "GetTopicAttributes",
    "DELETE /topics/*": "DeleteTopic",
    "POST /topics/*/messages": "PublishMessage",
    "GET /topics/*/subscriptions": "ListSubscriptionByTopic",
    "PUT /topics/*/subscriptions/*": "Subscribe",
    "PUT /topics/*/subscriptions/*?metaoverride": "SetSubscriptionAttributes",
    "GET /topics/*/subscriptions/*": "GetSubscriptionAttributes",
    "DELETE /topics/*/subscriptions/*": "Unsubscribe",
}
_TELLING = ("metaoverride", "peekonly", "numOfMessages", "ReceiptHandle")


@dataclass(frozen=True)
class Target:
    """A request's path and query.

    `collection` is ``queues``, ``topics`` or ``topics/<topic>/subscriptions``, and empty for a
    path that is none of MNS's; `topic` is set for subscriptions only.
    """

    collection: str
    name: str
    topic: str
    messages: bool
    query: Mapping[str, str]

    @property
    def path(self) -> str:
        """Of the resource itself, without its messages."""
        return f"/{self.collection}/{self.name}"


def target_of(raw_path: str) -> Target:
    """Takes ``/collection/name?query`` apart."""
    path, _, query = raw_path.partition("?")
    found = _PATH.fullmatch(path)
    parts = found.groupdict("") if found else dict.fromkeys(_PATH.groupindex, "")
    return Target(
        parts["collection"],
        parts["name"],
        parts["topic"],
        bool(parts["messages"]),
        dict(parse_qsl(query, keep_blank_values=True)),
    )


def operation_of(method: str, target: Target) -> str:
    """The API's name; method and shape of the path for what MNS does not have.

    A batch is told from a single message by its body only: both are SendMessage here.
    """
    collection = "topics/*/subscriptions" if target.topic else target.collection
    name = "/*" if target.name else ""
    messages = "/messages" if target.messages else ""
    asked = f"{method} /{collection}{name}{messages}"
    telling = "&".join(one for one in _TELLING if target.query.get(one, "false") != "false")
    return _OPERATIONS.get(f"{asked}?{telling}" if telling else asked, asked)
