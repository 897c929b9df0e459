"""Which files of a folder are taken for images or videos."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from facescreen.media import probe
from facescreen_cli.commands.screen import targets

SIGNATURES = [signature for signature, _ in probe._READERS_BY_SIGNATURE]


@given(st.one_of([st.from_regex(signature) for signature in SIGNATURES]))
def test_every_format_that_media_knows_is_selected(head: bytes) -> None:
    is_known = any(signature.match(head) for signature in SIGNATURES)
    assert bool(targets._MEDIA_SIGNATURE.match(head)) == is_known


@given(st.from_regex(re.compile(targets._MEDIA_SIGNATURE.pattern, re.DOTALL), fullmatch=True))
def test_every_selected_format_is_known_to_media(head: bytes) -> None:
    assert any(signature.match(head) for signature in SIGNATURES)
