"""The XML that MNS speaks: built from nested elements, parsed without trust."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from facescreen_local.mns.errors import invalid_element, malformed_xml

Fields = Mapping[str, object]

NAMESPACE = "http://mns.aliyuncs.com/doc/v1/"


def record(tag: str, fields: Fields) -> Element:
    """``<tag><Field>value</Field>…</tag>``."""
    made = Element(tag)
    for name, value in fields.items():
        ElementTree.SubElement(made, name).text = str(value)
    return made


def listing(tag: str, *children: Element) -> Element:
    """``<tag>child…</tag>``."""
    made = Element(tag)
    made.extend(children)
    return made


def document(root: Element) -> bytes:
    """The whole document, UTF-8, in MNS's namespace."""
    root.set("xmlns", NAMESPACE)
    text = ElementTree.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def parse(body: bytes) -> Element:
    """The root of a UTF-8 document, its tags without namespaces. Raises MnsError MalformedXML."""
    try:
        text = body.decode()
        if "<!DOCTYPE" in text:
            raise malformed_xml()
        root = ElementTree.fromstring(text)  # noqa: S314  (no DOCTYPE, so no entities)
    except (UnicodeDecodeError, ElementTree.ParseError):
        raise malformed_xml() from None
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
    return root


def fields_of(element: Element, tag: str, known: Collection[str]) -> dict[str, str]:
    """The texts of a flat `tag` element by name. Raises MnsError if any but `known` is there."""
    if element.tag != tag:
        raise invalid_element(tag)
    for child in element:
        if child.tag not in known or len(child):
            raise invalid_element(child.tag)
    return {child.tag: child.text or "" for child in element}


def children_of(element: Element, tag: str, most: int) -> list[Element]:
    """All the children of a batch, 1 to `most`, each a `tag`. Raises MnsError InvalidArgument."""
    if not 1 <= len(element) <= most or any(child.tag != tag for child in element):
        raise invalid_element(element.tag)
    return list(element)
