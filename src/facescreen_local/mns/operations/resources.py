"""Create, update, get, delete and list queues, topics and subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import SubElement

from aiohttp import web

from facescreen_local.mns.attributes import (
    AttributeValue,
    MnsAttribute,
    NumberAttribute,
    parse_attributes,
    parse_with_defaults,
)
from facescreen_local.mns.context import MnsRequestContext, xml_response
from facescreen_local.mns.errors import already_exist_error
from facescreen_local.mns.operations import OPERATIONS
from facescreen_local.mns.operations.kinds import ResourceKind, find_kind
from facescreen_local.mns.store.resources import StoredResource
from facescreen_local.protocol.xml_body import element, element_with_fields, read_fields

_PAGE_SIZE_HEADER = NumberAttribute("x-mns-ret-number", 1, 1000, 1000, "")


@OPERATIONS.register("PUT", "/queues/*", name="CreateQueue")
@OPERATIONS.register("PUT", "/topics/*", name="CreateTopic")
@OPERATIONS.register("PUT", "/topics/*/subscriptions/*", name="Subscribe")
async def create_resource(context: MnsRequestContext) -> web.Response:
    """Create a resource: 201, or 204 if an identical one exists."""
    _require_topic(context)
    target, kind = context.target, find_kind(context.target)
    kind.check_name(target.name)
    attributes = parse_with_defaults(
        kind.attributes, _read_attribute_texts(context, kind, kind.attributes)
    )
    kind.check_attributes(context.broker, attributes)
    existing = context.broker.resources.create(target.collection, target.name, attributes)
    if existing is not None and existing.attributes != attributes:
        raise already_exist_error(kind.tag)
    location = {"Location": context.url + target.path}
    return web.Response(status=204 if existing else 201, headers=location)


@OPERATIONS.register("PUT", "/queues/*", "metaoverride", name="SetQueueAttributes")
@OPERATIONS.register("PUT", "/topics/*", "metaoverride", name="SetTopicAttributes")
@OPERATIONS.register(
    "PUT", "/topics/*/subscriptions/*", "metaoverride", name="SetSubscriptionAttributes"
)
async def set_resource_attributes(context: MnsRequestContext) -> web.Response:
    """Change the given attributes and leave the others."""
    _require_topic(context)
    target, kind = context.target, find_kind(context.target)
    attributes = parse_attributes(
        kind.settable, _read_attribute_texts(context, kind, kind.settable)
    )
    if not context.broker.resources.update(target.collection, target.name, attributes):
        raise kind.not_found_error()
    return web.Response(status=204)


@OPERATIONS.register("GET", "/queues/*", name="GetQueueAttributes")
@OPERATIONS.register("GET", "/topics/*", name="GetTopicAttributes")
@OPERATIONS.register("GET", "/topics/*/subscriptions/*", name="GetSubscriptionAttributes")
async def get_resource_attributes(context: MnsRequestContext) -> web.Response:
    """Return the resource's attributes, read-only ones included."""
    _require_topic(context)
    kind = find_kind(context.target)
    resource = context.broker.resources.find(context.target.collection, context.target.name)
    if resource is None:
        raise kind.not_found_error()
    return xml_response(element_with_fields(kind.tag, _describe(context, kind, resource)))


@OPERATIONS.register("DELETE", "/queues/*", name="DeleteQueue")
@OPERATIONS.register("DELETE", "/topics/*", name="DeleteTopic")
@OPERATIONS.register("DELETE", "/topics/*/subscriptions/*", name="Unsubscribe")
async def delete_resource(context: MnsRequestContext) -> web.Response:
    """Delete a resource: 204 even if it does not exist."""
    context.broker.resources.delete(context.target.collection, context.target.name)
    return web.Response(status=204)


@OPERATIONS.register("GET", "/queues", name="ListQueue")
@OPERATIONS.register("GET", "/topics", name="ListTopic")
@OPERATIONS.register("GET", "/topics/*/subscriptions", name="ListSubscriptionByTopic")
async def list_resources(context: MnsRequestContext) -> web.Response:
    """List resources, one page at a time, as the headers ask."""
    _require_topic(context)
    collection, kind = context.target.collection, find_kind(context.target)
    page_size = _PAGE_SIZE_HEADER.parse(
        context.headers.get(_PAGE_SIZE_HEADER.name, str(_PAGE_SIZE_HEADER.default))
    )
    prefix, marker = (context.headers.get(f"x-mns-{name}", "") for name in ("prefix", "marker"))
    resources = context.broker.resources.list_page(collection, prefix, marker, page_size + 1)
    with_meta = context.headers.get("x-mns-with-meta") == "true"
    elements = [
        element_with_fields(
            kind.tag,
            {
                f"{kind.tag}URL": f"{context.url}/{collection}/{resource.name}",
                **(_describe(context, kind, resource) if with_meta else {}),
            },
        )
        for resource in resources[:page_size]
    ]
    root = element(f"{kind.tag}s", *elements)
    if len(resources) > page_size:
        SubElement(root, "NextMarker").text = resources[page_size - 1].name
    return xml_response(root)


def _read_attribute_texts(
    context: MnsRequestContext, kind: ResourceKind, known: Sequence[MnsAttribute]
) -> dict[str, str]:
    return read_fields(context.parse_xml_body(), kind.tag, [attribute.name for attribute in known])


def _describe(
    context: MnsRequestContext, kind: ResourceKind, resource: StoredResource
) -> dict[str, AttributeValue]:
    return {
        f"{kind.tag}Name": resource.name,
        "CreateTime": resource.created // 1000,
        "LastModifyTime": resource.modified // 1000,
        **{name: value for name, value in resource.attributes.items() if value != ""},
        **kind.extra_attributes(context, resource),
    }


def _require_topic(context: MnsRequestContext) -> None:
    if context.target.topic:
        context.broker.get_topic(context.target.topic)
