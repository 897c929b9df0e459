"""Create, set, get, delete and list: the same for queues, topics and subscriptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import SubElement

from aiohttp import web

from facescreen_local.mns.attributes import Attribute, Number, Value, complete, given
from facescreen_local.mns.bus import Bus
from facescreen_local.mns.context import Call, xml_response
from facescreen_local.mns.errors import MnsError, already_exist
from facescreen_local.mns.markup import fields_of, listing, parse, record
from facescreen_local.mns.store.resources import Resource

_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9-]*")
_PAGE = Number("x-mns-ret-number", 1, 1000, 1000, "")


@dataclass(frozen=True)
class Kind:
    """What is particular to queues, topics or subscriptions."""

    tag: str
    """Its element, and what its own elements begin with: ``Queue``, ``QueueName``."""
    attributes: Sequence[Attribute]
    longest_name: int
    invalid_name: str
    """Error code."""
    missing: Callable[[], MnsError]
    settable: Sequence[Attribute]
    """Those that can be changed later."""
    more: Callable[[Call, Resource], Mapping[str, Value]]
    """What its attributes show beyond those that are set."""
    check: Callable[[Bus, Mapping[str, Value]], None]
    """Holds new attributes to what the account is. Raises MnsError."""

    def check_name(self, name: str) -> None:
        """Raises MnsError."""
        if len(name) > self.longest_name:
            text = f"{self.tag} name length should between 1 and {self.longest_name}."
            raise MnsError(400, f"{self.tag}NameLengthError", text)
        if not _NAME.fullmatch(name):
            text = (
                f"The {self.tag.lower()} name you provided is invalid. It should start with alpha "
                "or digit and contain only alpha, digit or - ."
            )
            raise MnsError(400, self.invalid_name, text)

    async def create(self, call: Call) -> web.Response:
        """PUT: 201, or 204 if the very same is there already."""
        self._check_topic(call)
        self.check_name(call.target.name)
        wanted = complete(self.attributes, self._texts(call, self.attributes))
        self.check(call.bus, wanted)
        kept = call.bus.resources.create(call.target.collection, call.target.name, wanted)
        if kept is not None and kept.attributes != wanted:
            raise already_exist(self.tag)
        location = {"Location": call.url + call.target.path}
        return web.Response(status=204 if kept else 201, headers=location)

    async def set_attributes(self, call: Call) -> web.Response:
        """PUT ?metaoverride=true: those given, and no others."""
        self._check_topic(call)
        wanted = given(self.settable, self._texts(call, self.settable))
        if not call.bus.resources.change(call.target.collection, call.target.name, wanted):
            raise self.missing()
        return web.Response(status=204)

    async def get_attributes(self, call: Call) -> web.Response:
        """GET of one."""
        self._check_topic(call)
        found = call.bus.resources.find(call.target.collection, call.target.name)
        if found is None:
            raise self.missing()
        return xml_response(record(self.tag, self._described(call, found)))

    async def delete(self, call: Call) -> web.Response:
        """DELETE: 204 also if there is none."""
        call.bus.resources.delete(call.target.collection, call.target.name)
        return web.Response(status=204)

    async def list(self, call: Call) -> web.Response:
        """GET of the collection, page by page."""
        self._check_topic(call)
        most = _PAGE.read(call.headers.get(_PAGE.name, str(_PAGE.default)))
        prefix, marker = (call.headers.get(f"x-mns-{name}", "") for name in ("prefix", "marker"))
        found = call.bus.resources.page(call.target.collection, prefix, marker, most + 1)
        with_meta = call.headers.get("x-mns-with-meta") == "true"
        shown = [
            record(
                self.tag,
                {
                    f"{self.tag}URL": f"{call.url}/{call.target.collection}/{one.name}",
                    **(self._described(call, one) if with_meta else {}),
                },
            )
            for one in found[:most]
        ]
        root = listing(f"{self.tag}s", *shown)
        if len(found) > most:
            SubElement(root, "NextMarker").text = found[most - 1].name
        return xml_response(root)

    def _texts(self, call: Call, known: Sequence[Attribute]) -> dict[str, str]:
        return fields_of(parse(call.body), self.tag, [one.name for one in known])

    def _described(self, call: Call, resource: Resource) -> dict[str, Value]:
        return {
            f"{self.tag}Name": resource.name,
            "CreateTime": resource.created // 1000,
            "LastModifyTime": resource.modified // 1000,
            **{name: value for name, value in resource.attributes.items() if value != ""},
            **self.more(call, resource),
        }

    def _check_topic(self, call: Call) -> None:
        if call.target.topic:
            call.bus.topic(call.target.topic)
