"""The operations by their API names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from facescreen_local.mns.context import Call
from facescreen_local.mns.operations import messages
from facescreen_local.mns.operations.kinds import QUEUE, SUBSCRIPTION, TOPIC

Operation = Callable[[Call], Awaitable[web.Response]]

OPERATIONS: Mapping[str, Operation] = {
    "ListQueue": QUEUE.list,
    "CreateQueue": QUEUE.create,
    "SetQueueAttributes": QUEUE.set_attributes,
    "GetQueueAttributes": QUEUE.get_attributes,
    "DeleteQueue": QUEUE.delete,
    "SendMessage": messages.send_message,
    "ReceiveMessage": messages.receive_message,
    "BatchReceiveMessage": messages.batch_receive_message,
    "PeekMessage": messages.peek_message,
    "BatchPeekMessage": messages.batch_peek_message,
    "DeleteMessage": messages.delete_message,
    "BatchDeleteMessage": messages.batch_delete_message,
    "ChangeMessageVisibility": messages.change_message_visibility,
    "ListTopic": TOPIC.list,
    "CreateTopic": TOPIC.create,
    "SetTopicAttributes": TOPIC.set_attributes,
    "GetTopicAttributes": TOPIC.get_attributes,
    "DeleteTopic": TOPIC.delete,
    "PublishMessage": messages.publish_message,
    "ListSubscriptionByTopic": SUBSCRIPTION.list,
    "Subscribe": SUBSCRIPTION.create,
    "SetSubscriptionAttributes": SUBSCRIPTION.set_attributes,
    "GetSubscriptionAttributes": SUBSCRIPTION.get_attributes,
    "Unsubscribe": SUBSCRIPTION.delete,
}
