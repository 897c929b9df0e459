"""Untrusted XML, and characters that XML can't contain."""

from __future__ import annotations

import pytest

from facescreen_local.oss.errors import to_oss_error
from facescreen_local.protocol.xml_body import (
    MalformedXmlError,
    UnexpectedElementError,
    element,
    parse_xml,
    serialize,
)

_BOMB = "<!DOCTYPE a [<!ENTITY b 'c'>]><Tagging>&b;</Tagging>"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Tagging>",
        b"<Other/>",
        b"\xff\xfe",
        _BOMB.encode(),
        _BOMB.encode("utf-16"),
    ],
)
def test_invalid_xml_is_refused(body: bytes) -> None:
    with pytest.raises((MalformedXmlError, UnexpectedElementError)) as raised:
        parse_xml(body, "Tagging")
    assert to_oss_error(raised.value).code == "MalformedXML"


def test_characters_that_xml_can_not_contain_are_replaced() -> None:
    body = serialize(element("Key", "<a&b>\u00e9\U0001f600\x00\ud800"))
    assert parse_xml(body, "Key").text == "<a&b>\u00e9\U0001f600\ufffd\ufffd"
