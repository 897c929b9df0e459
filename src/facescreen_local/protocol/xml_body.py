"""The XML that OSS speaks: built from nested elements, parsed without trust."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from facescreen_local.oss.errors import malformed_xml

# What XML 1.0 cannot carry, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(tag: str, *content: Element | str) -> Element:
    """An element; strings become its text, elements its children, in order."""
    made = Element(tag)
    for part in content:
        if isinstance(part, str):
            made.text = _UNWRITABLE.sub("\ufffd", part)
        else:
            made.append(part)
    return made


def document(root: Element) -> bytes:
    """The whole document, UTF-8."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}'.encode()
    )


def parse(body: bytes, root: str) -> Element:
    """Reads a UTF-8 document whose root is `root`. Raises OssError MalformedXML."""
    try:
        text = body.decode()
        if "<!DOCTYPE" in text:
            raise malformed_xml()
        found = ElementTree.fromstring(text)  # noqa: S314  (no DOCTYPE, so no entities)
    except (UnicodeDecodeError, ElementTree.ParseError):
        raise malformed_xml() from None
    if found.tag != root:
        raise malformed_xml()
    return found


def text_of(parent: Element, path: str) -> str:
    """The text of the child at `path`, empty if it has none. Raises OssError MalformedXML."""
    child = parent.find(path)
    if child is None:
        raise malformed_xml()
    return child.text or ""
