"""Builds XML bodies, and parses XML from untrusted clients."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

# The characters that XML 1.0 does not allow, not even escaped.
_NOT_ALLOWED_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class MalformedXmlError(Exception):
    """The body is not XML, not UTF-8, or has a DOCTYPE."""


class UnexpectedElementError(Exception):
    """The XML has an unexpected structure: `element` is missing or not allowed."""

    def __init__(self, element: str) -> None:
        super().__init__(element)
        self.element = element


def element(tag: str, *content: Element | str) -> Element:
    """Create an element: strings become its text, elements its children, in order."""
    parent = Element(tag)
    for child in content:
        if isinstance(child, str):
            parent.text = _NOT_ALLOWED_IN_XML.sub("\ufffd", child)
        else:
            parent.append(child)
    return parent


def element_with_fields(tag: str, fields: Mapping[str, object]) -> Element:
    """Create an element with one child per field: ``<tag><Field>value</Field>…</tag>``."""
    return element(tag, *(element(name, str(value)) for name, value in fields.items()))


def serialize(root: Element, namespace: str = "") -> bytes:
    """Serialize a document as UTF-8, with its elements in `namespace`, if given."""
    if namespace:
        root.set("xmlns", namespace)
    text = ElementTree.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def parse_xml(body: bytes, tag: str = "", *, ignore_namespaces: bool = False) -> Element:
    """Parse a UTF-8 document and return its root, which must be a `tag`, if given.

    Raises MalformedXmlError, UnexpectedElementError.
    """
    try:
        text = body.decode()
        if "<!DOCTYPE" in text:
            raise MalformedXmlError
        root = ElementTree.fromstring(text)  # noqa: S314  (no DOCTYPE, so no entities)
    except (UnicodeDecodeError, ElementTree.ParseError):
        raise MalformedXmlError from None
    if ignore_namespaces:
        for descendant in root.iter():
            descendant.tag = descendant.tag.rpartition("}")[2]
    if tag and root.tag != tag:
        raise UnexpectedElementError(tag)
    return root


def child_text(parent: Element, path: str) -> str:
    """Return the text of the child at `path`, empty if it has none.

    Raises UnexpectedElementError if there is no such child.
    """
    child = parent.find(path)
    if child is None:
        raise UnexpectedElementError(path)
    return child.text or ""


def read_fields(parsed: Element, tag: str, known: Collection[str]) -> dict[str, str]:
    """Return the texts of the children of a `tag` element, by their names.

    Raises UnexpectedElementError if it is another element, or has children that aren't `known`.
    """
    if parsed.tag != tag:
        raise UnexpectedElementError(tag)
    for child in parsed:
        if child.tag not in known or len(child):
            raise UnexpectedElementError(child.tag)
    return {child.tag: child.text or "" for child in parsed}


def read_children(parsed: Element, tag: str, max_children: int) -> list[Element]:
    """Return the children: 1 to `max_children`, each a `tag`. Raises UnexpectedElementError."""
    if not 1 <= len(parsed) <= max_children or any(child.tag != tag for child in parsed):
        raise UnexpectedElementError(parsed.tag)
    return list(parsed)
