"""The corpus stays within the limits, on every Python version and without atheris."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz.limits import find_violation
from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_stays_within_the_limits(name: str) -> None:
    paths = sorted((CORPUS / name).iterdir())
    violations = {path.name: find_violation(TARGETS[name], path.read_bytes()) for path in paths}
    assert paths
    assert not {path: violation for path, violation in violations.items() if violation}


@pytest.mark.parametrize(
    ("target", "violation"),
    [
        (lambda content: content[9], "IndexError in <lambda>, test_corpus.py"),
        (lambda content: sum(range(20_000_000)), "too slow"),
        (lambda content: bytes(17 * 1024 * 1024), "too large: 174"),
    ],
)
def test_an_exceeded_limit_is_found(target: Callable[[bytes], object], violation: str) -> None:
    assert find_violation(target, b"").startswith(violation)
