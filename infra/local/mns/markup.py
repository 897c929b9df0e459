"""The XML of MNS, both ways. What comes in is hostile: no doctype, no entities, one shape."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.parsers import expat

from .refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAMESPACE = "http://mns.aliyuncs.com/doc/v1"
Fields = dict[str, str]


def element(name: str, fields: Mapping[str, object]) -> bytes:
    """``<name><Field>value</Field>…</name>``."""
    return _document(_element(name, fields))


def listed(name: str, item: str, items: Iterable[Mapping[str, object]]) -> bytes:
    """``<name><item>…</item>…</name>``."""
    root = ElementTree.Element(name)
    root.extend(_element(item, fields) for fields in items)
    return _document(root)


def read(body: bytes, name: str) -> Fields:
    """The fields of the one element `name`. Raises Refusal (MalformedXML)."""
    root = _parsed(body)
    if root.tag != name:
        raise _malformed(f"expected {name}")
    return _fields(root)


def read_list(body: bytes, name: str, item: str) -> list[Fields]:
    """The fields of each `item` in `name`; the text of an item stands under an empty key."""
    root = _parsed(body)
    if root.tag != name:
        raise _malformed(f"expected {name}")
    return [_fields(child) | {"": child.text or ""} for child in root if child.tag == item]


def _element(name: str, fields: Mapping[str, object]) -> ElementTree.Element:
    root = ElementTree.Element(name)
    for key, value in fields.items():
        ElementTree.SubElement(root, key).text = str(value)
    return root


def _document(root: ElementTree.Element) -> bytes:
    root.set("xmlns", _NAMESPACE)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _fields(root: ElementTree.Element) -> Fields:
    return {child.tag: child.text or "" for child in root}


def _parsed(body: bytes) -> ElementTree.Element:
    """A tree whose tags carry no namespace."""
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(body, True)
        return builder.close()
    except (expat.ExpatError, AssertionError):
        raise _malformed("not well formed") from None


def _no_doctype(*_: object) -> None:
    raise _malformed("a doctype is not allowed")


def _malformed(why: str) -> Refusal:
    return Refusal(400, "MalformedXML", f"The XML of the request is malformed: {why}.")
