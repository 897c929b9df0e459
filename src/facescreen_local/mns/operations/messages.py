"""The operations on a queue's messages, and the one on a topic's."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.mns.attributes import BATCH, DELAY, HIDDEN, LARGEST_BATCH, PRIORITY, TAG, WAIT
from facescreen_local.mns.bus import Draft
from facescreen_local.mns.context import Call, xml_response
from facescreen_local.mns.errors import MnsError, invalid_element
from facescreen_local.mns.markup import children_of, fields_of, listing, parse, record
from facescreen_local.mns.notification import body_md5
from facescreen_local.mns.store.messages import Message


async def send_message(call: Call) -> web.Response:
    """POST: one message, or a batch of which all are taken or none."""
    root = parse(call.body)
    if root.tag != "Messages":
        (sent,) = call.bus.send(call.target.name, [_draft(root)])
        return xml_response(_receipt(sent), 201)
    drafts = [_draft(child) for child in children_of(root, "Message", LARGEST_BATCH)]
    sent_all = call.bus.send(call.target.name, drafts)
    return xml_response(listing("Messages", *map(_receipt, sent_all)), 201)


async def receive_message(call: Call) -> web.Response:
    """GET: the next message, which is hidden from others from now on."""
    (message,) = await _received(call, 1)
    return xml_response(record("Message", _received_fields(message)))


async def batch_receive_message(call: Call) -> web.Response:
    """GET ?numOfMessages."""
    received = await _received(call, call.number(BATCH) or 1)
    shown = [record("Message", _received_fields(message)) for message in received]
    return xml_response(listing("Messages", *shown))


async def peek_message(call: Call) -> web.Response:
    """GET ?peekonly: the next message, without consequences."""
    (message,) = call.bus.peek(call.target.name, 1)
    return xml_response(record("Message", _fields(message)))


async def batch_peek_message(call: Call) -> web.Response:
    """GET ?peekonly&numOfMessages."""
    found = call.bus.peek(call.target.name, call.number(BATCH) or 1)
    return xml_response(listing("Messages", *(record("Message", _fields(one)) for one in found)))


async def delete_message(call: Call) -> web.Response:
    """DELETE ?ReceiptHandle."""
    call.bus.delete(call.target.name, call.target.query["ReceiptHandle"])
    return web.Response(status=204)


async def batch_delete_message(call: Call) -> web.Response:
    """DELETE: 204, or 404 with the handles that did not work; the others did."""
    if not call.body:
        raise MnsError(400, "MissingReceiptHandle", "ReceiptHandle is required.")
    root = parse(call.body)
    if root.tag != "ReceiptHandles":
        raise invalid_element(root.tag)
    handles = [one.text or "" for one in children_of(root, "ReceiptHandle", LARGEST_BATCH)]
    call.bus.queue(call.target.name)
    failures = [failure for one in handles if (failure := _deleted(call, one)) is not None]
    if failures:
        return xml_response(listing("Errors", *failures), 404)
    return web.Response(status=204)


async def change_message_visibility(call: Call) -> web.Response:
    """PUT ?ReceiptHandle&VisibilityTimeout."""
    hidden_s = call.number(HIDDEN)
    if hidden_s is None:
        raise MnsError(400, "MissingVisibilityTimeout", "VisibilityTimeout is required.")
    message = call.bus.hide(call.target.name, call.target.query["ReceiptHandle"], hidden_s)
    fields = {"ReceiptHandle": message.handle, "NextVisibleTime": message.visible}
    return xml_response(record("ChangeVisibility", fields))


async def publish_message(call: Call) -> web.Response:
    """POST to a topic."""
    fields = fields_of(parse(call.body), "Message", ("MessageBody", TAG.name))
    tag = TAG.read(fields.get(TAG.name, ""))
    published = call.bus.publish(call.target.name, fields.get("MessageBody", ""), tag)
    told = {"MessageId": published.id, "MessageBodyMD5": body_md5(published.body)}
    return xml_response(record("Message", told), 201)


def _draft(element: Element) -> Draft:
    """Message properties and groups of newer SDKs are refused rather than lost."""
    fields = fields_of(element, "Message", ("MessageBody", PRIORITY.name, DELAY.name))
    return Draft(
        fields.get("MessageBody", ""),
        PRIORITY.read(fields.get(PRIORITY.name, str(PRIORITY.default))),
        DELAY.read(fields[DELAY.name]) if DELAY.name in fields else None,
    )


async def _received(call: Call, most: int) -> list[Message]:
    return await call.bus.receive(call.target.name, most, call.number(WAIT), call.connected)


def _deleted(call: Call, handle: str) -> Element | None:
    """What is wrong with the handle, if anything is."""
    try:
        call.bus.delete(call.target.name, handle)
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
