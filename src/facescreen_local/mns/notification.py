"""A published message as it reaches a queue: bare, or in an envelope.

The body is what was published, untouched: nothing is Base64-encoded on the way. The vendor's SDK
decodes Base64 when it receives, so what a publisher sent as Base64TopicMessage reads well behind
a SIMPLIFIED subscription. An envelope is plain text (``queue.set_encoding(False)``) that holds
the body, still encoded, in Message.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from facescreen_local.mns.request import NAMESPACE
from facescreen_local.protocol.xml_body import document, record


@dataclass(frozen=True)
class Published:
    """One message of a topic; `time` is in milliseconds since the epoch."""

    owner: str
    topic: str
    id: str
    body: str
    tag: str
    time: int

    def delivered(self, subscription: str, content_format: str) -> str:
        """The body of the queue's message, by NotifyContentFormat."""
        if content_format == "SIMPLIFIED":
            return self.body
        envelope = {
            "TopicOwner": self.owner,
            "TopicName": self.topic,
            "Subscriber": self.owner,
            "SubscriptionName": subscription,
            "MessageId": self.id,
            "Message": self.body,
            "MessageMD5": body_md5(self.body),
            **({"MessageTag": self.tag} if self.tag else {}),
            "PublishTime": str(self.time),
        }
        if content_format == "JSON":
            return json.dumps(envelope, ensure_ascii=False)
        return document(record("Notification", envelope), NAMESPACE).decode()


def body_md5(body: str) -> str:
    """MD5 of a message's body, upper-case hex."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest().upper()
