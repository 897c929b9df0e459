"""Create, set, get, delete and list: the same for queues, topics and subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import SubElement

from aiohttp import web

from facescreen_local.mns.attributes import Attribute, Number, Value, complete, given
from facescreen_local.mns.context import RequestContext, xml_response
from facescreen_local.mns.errors import already_exist
from facescreen_local.mns.operations import OPERATIONS
from facescreen_local.mns.operations.kinds import Kind, kind_of
from facescreen_local.mns.store.resources import Resource
from facescreen_local.protocol.xml_body import element, fields_of, record

_PAGE = Number("x-mns-ret-number", 1, 1000, 1000, "")


@OPERATIONS.add("PUT", "/queues/*", name="CreateQueue")
@OPERATIONS.add("PUT", "/topics/*", name="CreateTopic")
@OPERATIONS.add("PUT", "/topics/*/subscriptions/*", name="Subscribe")
async def create(context: RequestContext) -> web.Response:
    """201, or 204 if the very same is there already."""
    _check_topic(context)
    target, kind = context.target, kind_of(context.target)
    kind.check_name(target.name)
    wanted = complete(kind.attributes, _texts(context, kind, kind.attributes))
    kind.check(context.bus, wanted)
    kept = context.bus.resources.create(target.collection, target.name, wanted)
    if kept is not None and kept.attributes != wanted:
        raise already_exist(kind.tag)
    location = {"Location": context.url + target.path}
    return web.Response(status=204 if kept else 201, headers=location)


@OPERATIONS.add("PUT", "/queues/*", "metaoverride", name="SetQueueAttributes")
@OPERATIONS.add("PUT", "/topics/*", "metaoverride", name="SetTopicAttributes")
@OPERATIONS.add(
    "PUT", "/topics/*/subscriptions/*", "metaoverride", name="SetSubscriptionAttributes"
)
async def set_attributes(context: RequestContext) -> web.Response:
    """Those given, and no others."""
    _check_topic(context)
    target, kind = context.target, kind_of(context.target)
    wanted = given(kind.settable, _texts(context, kind, kind.settable))
    if not context.bus.resources.change(target.collection, target.name, wanted):
        raise kind.missing()
    return web.Response(status=204)


@OPERATIONS.add("GET", "/queues/*", name="GetQueueAttributes")
@OPERATIONS.add("GET", "/topics/*", name="GetTopicAttributes")
@OPERATIONS.add("GET", "/topics/*/subscriptions/*", name="GetSubscriptionAttributes")
async def get_attributes(context: RequestContext) -> web.Response:
    """Those that were set, and what became of it since."""
    _check_topic(context)
    kind = kind_of(context.target)
    found = context.bus.resources.find(context.target.collection, context.target.name)
    if found is None:
        raise kind.missing()
    return xml_response(record(kind.tag, _described(context, kind, found)))


@OPERATIONS.add("DELETE", "/queues/*", name="DeleteQueue")
@OPERATIONS.add("DELETE", "/topics/*", name="DeleteTopic")
@OPERATIONS.add("DELETE", "/topics/*/subscriptions/*", name="Unsubscribe")
async def delete(context: RequestContext) -> web.Response:
    """204 also if there is none."""
    context.bus.resources.delete(context.target.collection, context.target.name)
    return web.Response(status=204)


@OPERATIONS.add("GET", "/queues", name="ListQueue")
@OPERATIONS.add("GET", "/topics", name="ListTopic")
@OPERATIONS.add("GET", "/topics/*/subscriptions", name="ListSubscriptionByTopic")
async def list_resources(context: RequestContext) -> web.Response:
    """Page by page, as the headers ask."""
    _check_topic(context)
    collection, kind = context.target.collection, kind_of(context.target)
    most = _PAGE.read(context.headers.get(_PAGE.name, str(_PAGE.default)))
    prefix, marker = (context.headers.get(f"x-mns-{name}", "") for name in ("prefix", "marker"))
    found = context.bus.resources.page(collection, prefix, marker, most + 1)
    with_meta = context.headers.get("x-mns-with-meta") == "true"
    shown = [
        record(
            kind.tag,
            {
                f"{kind.tag}URL": f"{context.url}/{collection}/{one.name}",
                **(_described(context, kind, one) if with_meta else {}),
            },
        )
        for one in found[:most]
    ]
    root = element(f"{kind.tag}s", *shown)
    if len(found) > most:
        SubElement(root, "NextMarker").text = found[most - 1].name
    return xml_response(root)


def _texts(context: RequestContext, kind: Kind, known: Sequence[Attribute]) -> dict[str, str]:
    return fields_of(context.xml(), kind.tag, [one.name for one in known])


def _described(context: RequestContext, kind: Kind, resource: Resource) -> dict[str, Value]:
    return {
        f"{kind.tag}Name": resource.name,
        "CreateTime": resource.created // 1000,
        "LastModifyTime": resource.modified // 1000,
        **{name: value for name, value in resource.attributes.items() if value != ""},
        **kind.more(context, resource),
    }


def _check_topic(context: RequestContext) -> None:
    if context.target.topic:
        context.bus.topic(context.target.topic)
