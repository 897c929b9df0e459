"""Each protection can be taken out: its text is in the code, and the code without it compiles."""

from __future__ import annotations

import pytest

from tests.support.protections import ORDER_PROTECTIONS, PROTECTIONS, Protection


@pytest.mark.parametrize("protection", PROTECTIONS + ORDER_PROTECTIONS, ids=lambda one: one.name)
def test_the_text_of_a_protection_is_in_the_code(protection: Protection) -> None:
    compile(protection.build_source(), protection.file, "exec")
