"""XML bodies: built from nested elements, parsed without trust."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

# What XML 1.0 cannot carry, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class MalformedXmlError(Exception):
    """The body is not XML, not UTF-8, or has a DOCTYPE."""


class UnexpectedElementError(Exception):
    """The XML has another structure than it should: `element` is missing, or does not belong."""

    def __init__(self, element: str) -> None:
        super().__init__(element)
        self.element = element


def element(tag: str, *content: Element | str) -> Element:
    """An element; strings become its text, elements its children, in order."""
    made = Element(tag)
    for part in content:
        if isinstance(part, str):
            made.text = _UNWRITABLE.sub("\ufffd", part)
        else:
            made.append(part)
    return made


def record(tag: str, fields: Mapping[str, object]) -> Element:
    """``<tag><Field>value</Field>…</tag>``."""
    return element(tag, *(element(name, str(value)) for name, value in fields.items()))


def document(root: Element, namespace: str = "") -> bytes:
    """The whole document, UTF-8; its elements in `namespace`, if there is one."""
    if namespace:
        root.set("xmlns", namespace)
    text = ElementTree.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def parse(body: bytes, tag: str = "", *, ignore_namespaces: bool = False) -> Element:
    """The root of a UTF-8 document: a `tag`, if there is one named.

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
        for each in root.iter():
            each.tag = each.tag.rpartition("}")[2]
    if tag and root.tag != tag:
        raise UnexpectedElementError(tag)
    return root


def text_of(parent: Element, path: str) -> str:
    """The text of the child at `path`, empty if it has none. Raises UnexpectedElementError."""
    child = parent.find(path)
    if child is None:
        raise UnexpectedElementError(path)
    return child.text or ""


def fields_of(parsed: Element, tag: str, known: Collection[str]) -> dict[str, str]:
    """The texts of a flat `tag` element by name.

    Raises UnexpectedElementError where it is another element, or has children that aren't `known`.
    """
    if parsed.tag != tag:
        raise UnexpectedElementError(tag)
    for child in parsed:
        if child.tag not in known or len(child):
            raise UnexpectedElementError(child.tag)
    return {child.tag: child.text or "" for child in parsed}


def children_of(parsed: Element, tag: str, most: int) -> list[Element]:
    """All the children, 1 to `most`, each a `tag`. Raises UnexpectedElementError."""
    if not 1 <= len(parsed) <= most or any(child.tag != tag for child in parsed):
        raise UnexpectedElementError(parsed.tag)
    return list(parsed)
