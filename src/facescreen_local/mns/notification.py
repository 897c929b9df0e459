"""A published message as a queue receives it: the body alone, or in an envelope.

The body is passed on as published; nothing is Base64-encoded on the way. The vendor's SDK decodes
Base64 when it receives, so it can read a Base64TopicMessage from a SIMPLIFIED subscription. An
envelope is plain text (``queue.set_encoding(False)``) with the body, still encoded, in Message.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from facescreen_local.mns.request import XML_NAMESPACE
from facescreen_local.protocol.xml_body import element_with_fields, serialize


@dataclass(frozen=True)
class PublishedMessage:
    """One message of a topic. `time` is in milliseconds since the epoch."""

    owner: str
    topic: str
    id: str
    body: str
    tag: str
    time: int

    def render(self, subscription: str, content_format: str) -> str:
        """Return the body of the queue's message in NotifyContentFormat."""
        if content_format == "SIMPLIFIED":
            return self.body
        envelope = {
            "TopicOwner": self.owner,
            "TopicName": self.topic,
            "Subscriber": self.owner,
            "SubscriptionName": subscription,
            "MessageId": self.id,
            "Message": self.body,
            "MessageMD5": compute_body_md5(self.body),
            **({"MessageTag": self.tag} if self.tag else {}),
            "PublishTime": str(self.time),
        }
        if content_format == "JSON":
            return json.dumps(envelope, ensure_ascii=False)
        return serialize(element_with_fields("Notification", envelope), XML_NAMESPACE).decode()


def compute_body_md5(body: str) -> str:
    """MD5 of a message body, in upper-case hex."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest().upper()
