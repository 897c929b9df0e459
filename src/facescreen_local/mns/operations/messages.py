"""The operations on a queue's messages, and the one on a topic's."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.mns.attributes import BATCH, DELAY, HIDDEN, LARGEST_BATCH, PRIORITY, TAG, WAIT
from facescreen_local.mns.bus import Draft
from facescreen_local.mns.context import RequestContext, xml_response
from facescreen_local.mns.errors import MnsError
from facescreen_local.mns.notification import body_md5
from facescreen_local.mns.operations import OPERATIONS
from facescreen_local.mns.store.messages import Message
from facescreen_local.protocol.xml_body import (
    UnexpectedElementError,
    children_of,
    element,
    fields_of,
    record,
)


@OPERATIONS.add("POST", "/queues/*/messages", name="SendMessage")
async def send_message(context: RequestContext) -> web.Response:
    """One message, or a batch of which all are taken or none."""
    root = context.xml()
    if root.tag != "Messages":
        (sent,) = context.bus.send(context.target.name, [_draft(root)])
        return xml_response(_receipt(sent), 201)
    drafts = [_draft(child) for child in children_of(root, "Message", LARGEST_BATCH)]
    sent_all = context.bus.send(context.target.name, drafts)
    return xml_response(element("Messages", *map(_receipt, sent_all)), 201)


@OPERATIONS.add("GET", "/queues/*/messages", name="ReceiveMessage")
async def receive_message(context: RequestContext) -> web.Response:
    """The next message, which is hidden from others from now on."""
    (message,) = await _received(context, 1)
    return xml_response(record("Message", _received_fields(message)))


@OPERATIONS.add("GET", "/queues/*/messages", "numOfMessages", name="BatchReceiveMessage")
async def batch_receive_message(context: RequestContext) -> web.Response:
    """The next ones, up to numOfMessages."""
    received = await _received(context, context.number(BATCH) or 1)
    shown = [record("Message", _received_fields(message)) for message in received]
    return xml_response(element("Messages", *shown))


@OPERATIONS.add("GET", "/queues/*/messages", "peekonly", name="PeekMessage")
async def peek_message(context: RequestContext) -> web.Response:
    """The next message, without consequences."""
    (message,) = context.bus.peek(context.target.name, 1)
    return xml_response(record("Message", _fields(message)))


@OPERATIONS.add("GET", "/queues/*/messages", "numOfMessages&peekonly", name="BatchPeekMessage")
async def batch_peek_message(context: RequestContext) -> web.Response:
    """The next ones, up to numOfMessages."""
    found = context.bus.peek(context.target.name, context.number(BATCH) or 1)
    return xml_response(element("Messages", *(record("Message", _fields(one)) for one in found)))


@OPERATIONS.add("DELETE", "/queues/*/messages", "ReceiptHandle", name="DeleteMessage")
async def delete_message(context: RequestContext) -> web.Response:
    """By the receipt handle of the one who received it last."""
    context.bus.delete(context.target.name, context.target.query["ReceiptHandle"])
    return web.Response(status=204)


@OPERATIONS.add("DELETE", "/queues/*/messages", name="BatchDeleteMessage")
async def batch_delete_message(context: RequestContext) -> web.Response:
    """204, or 404 with the handles that did not work; the others did."""
    if not context.body:
        raise MnsError(400, "MissingReceiptHandle", "ReceiptHandle is required.")
    root = context.xml()
    if root.tag != "ReceiptHandles":
        raise UnexpectedElementError(root.tag)
    handles = [one.text or "" for one in children_of(root, "ReceiptHandle", LARGEST_BATCH)]
    context.bus.queue(context.target.name)
    failures = [failure for one in handles if (failure := _deleted(context, one)) is not None]
    if failures:
        return xml_response(element("Errors", *failures), 404)
    return web.Response(status=204)


@OPERATIONS.add("PUT", "/queues/*/messages", "ReceiptHandle", name="ChangeMessageVisibility")
async def change_message_visibility(context: RequestContext) -> web.Response:
    """Hides a message for VisibilityTimeout from now on, under a new handle."""
    hidden_s = context.number(HIDDEN)
    if hidden_s is None:
        raise MnsError(400, "MissingVisibilityTimeout", "VisibilityTimeout is required.")
    message = context.bus.hide(context.target.name, context.target.query["ReceiptHandle"], hidden_s)
    fields = {"ReceiptHandle": message.handle, "NextVisibleTime": message.visible}
    return xml_response(record("ChangeVisibility", fields))


@OPERATIONS.add("POST", "/topics/*/messages", name="PublishMessage")
async def publish_message(context: RequestContext) -> web.Response:
    """To every subscription of the topic whose filter lets it through."""
    fields = fields_of(context.xml(), "Message", ("MessageBody", TAG.name))
    tag = TAG.read(fields.get(TAG.name, ""))
    published = context.bus.publish(context.target.name, fields.get("MessageBody", ""), tag)
    told = {"MessageId": published.id, "MessageBodyMD5": body_md5(published.body)}
    return xml_response(record("Message", told), 201)


def _draft(message: Element) -> Draft:
    """Message properties and groups of newer SDKs are refused rather than lost."""
    fields = fields_of(message, "Message", ("MessageBody", PRIORITY.name, DELAY.name))
    return Draft(
        fields.get("MessageBody", ""),
        PRIORITY.read(fields.get(PRIORITY.name, str(PRIORITY.default))),
        DELAY.read(fields[DELAY.name]) if DELAY.name in fields else None,
    )


async def _received(context: RequestContext, most: int) -> list[Message]:
    return await context.bus.receive(
        context.target.name, most, context.number(WAIT), context.connected
    )


def _deleted(context: RequestContext, handle: str) -> Element | None:
    """What is wrong with the handle, if anything is."""
    try:
        context.bus.delete(context.target.name, handle)
    except MnsError as error:
        said = {"ErrorCode": error.code, "ErrorMessage": error.message, "ReceiptHandle": handle}
        return record("Error", said)
    return None


def _receipt(sent: Message) -> Element:
    fields = {"MessageId": sent.id, "MessageBodyMD5": body_md5(sent.body)}
    if sent.receipt:
        fields["ReceiptHandle"] = sent.handle
    return record("Message", fields)


def _fields(message: Message) -> dict[str, object]:
    return {
        "MessageId": message.id,
        "MessageBodyMD5": body_md5(message.body),
        "MessageBody": message.body,
        "EnqueueTime": message.enqueued,
        "FirstDequeueTime": message.first_dequeued,
        "DequeueCount": message.dequeue_count,
        "Priority": message.priority,
    }


def _received_fields(message: Message) -> dict[str, object]:
    handle = {"ReceiptHandle": message.handle, "NextVisibleTime": message.visible}
    return {**_fields(message), **handle}
