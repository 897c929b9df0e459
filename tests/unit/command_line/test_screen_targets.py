"""What of a folder is taken for an image or a video."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from facescreen.media import probe as kinds
from facescreen_cli.commands.screen import targets

SIGNATURES = [signature for signature, _ in kinds._SIGNATURES]


@given(st.one_of([st.from_regex(signature) for signature in SIGNATURES]))
def test_all_that_media_knows_is_taken(head: bytes) -> None:
    known = any(signature.match(head) for signature in SIGNATURES)
    assert bool(targets._MEDIA.match(head)) == known


@given(st.from_regex(re.compile(targets._MEDIA.pattern, re.DOTALL), fullmatch=True))
def test_all_that_is_taken_media_knows(head: bytes) -> None:
    assert any(signature.match(head) for signature in SIGNATURES)
