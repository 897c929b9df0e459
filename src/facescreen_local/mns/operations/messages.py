"""The operations on messages of queues and topics."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.mns.attributes import (
    DELAY_SECONDS_ATTRIBUTE,
    MAX_BATCH_MESSAGES,
    MESSAGE_TAG_ATTRIBUTE,
    NUMBER_OF_MESSAGES_PARAMETER,
    PRIORITY_ATTRIBUTE,
    VISIBILITY_TIMEOUT_ATTRIBUTE,
    WAIT_SECONDS_PARAMETER,
)
from facescreen_local.mns.broker import OutgoingMessage
from facescreen_local.mns.context import MnsRequestContext, xml_response
from facescreen_local.mns.errors import MnsError
from facescreen_local.mns.notification import compute_body_md5
from facescreen_local.mns.operations import OPERATIONS
from facescreen_local.mns.store.messages import StoredMessage
from facescreen_local.protocol.xml_body import (
    UnexpectedElementError,
    element,
    element_with_fields,
    read_children,
    read_fields,
)


@OPERATIONS.register("POST", "/queues/*/messages", name="SendMessage")
async def send_message(context: MnsRequestContext) -> web.Response:
    """Send one message, or a batch: all of its messages or none."""
    root = context.parse_xml_body()
    if root.tag != "Messages":
        (message,) = context.broker.send(context.target.name, [_parse_message(root)])
        return xml_response(_receipt_element(message), 201)
    children = read_children(root, "Message", MAX_BATCH_MESSAGES)
    messages = context.broker.send(
        context.target.name, [_parse_message(child) for child in children]
    )
    return xml_response(element("Messages", *map(_receipt_element, messages)), 201)


@OPERATIONS.register("GET", "/queues/*/messages", name="ReceiveMessage")
async def receive_message(context: MnsRequestContext) -> web.Response:
    """Receive the next message, which becomes invisible to other receivers."""
    (message,) = await _receive(context, 1)
    return xml_response(element_with_fields("Message", _build_received_message_fields(message)))


@OPERATIONS.register("GET", "/queues/*/messages", "numOfMessages", name="BatchReceiveMessage")
async def batch_receive_message(context: MnsRequestContext) -> web.Response:
    """Receive up to numOfMessages messages."""
    messages = await _receive(
        context, context.get_integer_parameter(NUMBER_OF_MESSAGES_PARAMETER) or 1
    )
    elements = [
        element_with_fields("Message", _build_received_message_fields(each)) for each in messages
    ]
    return xml_response(element("Messages", *elements))


@OPERATIONS.register("GET", "/queues/*/messages", "peekonly", name="PeekMessage")
async def peek_message(context: MnsRequestContext) -> web.Response:
    """Return the next message without receiving it."""
    (message,) = context.broker.peek(context.target.name, 1)
    return xml_response(element_with_fields("Message", _build_message_fields(message)))


@OPERATIONS.register("GET", "/queues/*/messages", "numOfMessages&peekonly", name="BatchPeekMessage")
async def batch_peek_message(context: MnsRequestContext) -> web.Response:
    """Return up to numOfMessages messages without receiving them."""
    max_messages = context.get_integer_parameter(NUMBER_OF_MESSAGES_PARAMETER) or 1
    messages = context.broker.peek(context.target.name, max_messages)
    elements = [
        element_with_fields("Message", _build_message_fields(message)) for message in messages
    ]
    return xml_response(element("Messages", *elements))


@OPERATIONS.register("DELETE", "/queues/*/messages", "ReceiptHandle", name="DeleteMessage")
async def delete_message(context: MnsRequestContext) -> web.Response:
    """Delete a message by the receipt handle of its latest receiver."""
    context.broker.delete(context.target.name, context.target.query["ReceiptHandle"])
    return web.Response(status=204)


@OPERATIONS.register("DELETE", "/queues/*/messages", name="BatchDeleteMessage")
async def batch_delete_message(context: MnsRequestContext) -> web.Response:
    """Delete several messages: 204, or 404 with the receipt handles that failed."""
    if not context.body:
        raise MnsError(400, "MissingReceiptHandle", "ReceiptHandle is required.")
    root = context.parse_xml_body()
    if root.tag != "ReceiptHandles":
        raise UnexpectedElementError(root.tag)
    handles = [
        handle.text or "" for handle in read_children(root, "ReceiptHandle", MAX_BATCH_MESSAGES)
    ]
    context.broker.get_queue(context.target.name)
    failures = [
        failure for handle in handles if (failure := _try_delete(context, handle)) is not None
    ]
    if failures:
        return xml_response(element("Errors", *failures), 404)
    return web.Response(status=204)


@OPERATIONS.register("PUT", "/queues/*/messages", "ReceiptHandle", name="ChangeMessageVisibility")
async def change_message_visibility(context: MnsRequestContext) -> web.Response:
    """Make a message invisible for VisibilityTimeout from now on, under a new receipt handle."""
    visibility_timeout_s = context.get_integer_parameter(VISIBILITY_TIMEOUT_ATTRIBUTE)
    if visibility_timeout_s is None:
        raise MnsError(400, "MissingVisibilityTimeout", "VisibilityTimeout is required.")
    message = context.broker.change_visibility(
        context.target.name, context.target.query["ReceiptHandle"], visibility_timeout_s
    )
    result = {"ReceiptHandle": message.handle, "NextVisibleTime": message.visible}
    return xml_response(element_with_fields("ChangeVisibility", result))


@OPERATIONS.register("POST", "/topics/*/messages", name="PublishMessage")
async def publish_message(context: MnsRequestContext) -> web.Response:
    """Publish a message to every subscription of the topic whose filter matches."""
    fields = read_fields(
        context.parse_xml_body(), "Message", ("MessageBody", MESSAGE_TAG_ATTRIBUTE.name)
    )
    tag = MESSAGE_TAG_ATTRIBUTE.parse(fields.get(MESSAGE_TAG_ATTRIBUTE.name, ""))
    published = context.broker.publish(context.target.name, fields.get("MessageBody", ""), tag)
    result = {"MessageId": published.id, "MessageBodyMD5": compute_body_md5(published.body)}
    return xml_response(element_with_fields("Message", result), 201)


def _parse_message(message: Element) -> OutgoingMessage:
    """Parse a message to send. Properties and groups of newer SDKs are rejected, not ignored."""
    fields = read_fields(
        message, "Message", ("MessageBody", PRIORITY_ATTRIBUTE.name, DELAY_SECONDS_ATTRIBUTE.name)
    )
    return OutgoingMessage(
        fields.get("MessageBody", ""),
        PRIORITY_ATTRIBUTE.parse(
            fields.get(PRIORITY_ATTRIBUTE.name, str(PRIORITY_ATTRIBUTE.default))
        ),
        DELAY_SECONDS_ATTRIBUTE.parse(fields[DELAY_SECONDS_ATTRIBUTE.name])
        if DELAY_SECONDS_ATTRIBUTE.name in fields
        else None,
    )


async def _receive(context: MnsRequestContext, max_messages: int) -> list[StoredMessage]:
    return await context.broker.receive(
        context.target.name,
        max_messages,
        context.get_integer_parameter(WAIT_SECONDS_PARAMETER),
        context.connected,
    )


def _try_delete(context: MnsRequestContext, handle: str) -> Element | None:
    """Delete a message; return the error's element if that fails."""
    try:
        context.broker.delete(context.target.name, handle)
    except MnsError as error:
        fields = {"ErrorCode": error.code, "ErrorMessage": error.message, "ReceiptHandle": handle}
        return element_with_fields("Error", fields)
    return None


def _receipt_element(message: StoredMessage) -> Element:
    fields = {"MessageId": message.id, "MessageBodyMD5": compute_body_md5(message.body)}
    if message.receipt:
        fields["ReceiptHandle"] = message.handle
    return element_with_fields("Message", fields)


def _build_message_fields(message: StoredMessage) -> dict[str, object]:
    return {
        "MessageId": message.id,
        "MessageBodyMD5": compute_body_md5(message.body),
        "MessageBody": message.body,
        "EnqueueTime": message.enqueued,
        "FirstDequeueTime": message.first_dequeued,
        "DequeueCount": message.dequeue_count,
        "Priority": message.priority,
    }


def _build_received_message_fields(message: StoredMessage) -> dict[str, object]:
    handle = {"ReceiptHandle": message.handle, "NextVisibleTime": message.visible}
    return {**_build_message_fields(message), **handle}
