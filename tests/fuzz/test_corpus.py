"""What fuzzing kept stays within the limits, on every Python and without atheris."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz.limits import fault
from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"


@pytest.mark.parametrize("name", TARGETS)
def test_the_kept_corpus_stays_within_the_limits(name: str) -> None:
    kept = sorted((CORPUS / name).iterdir())
    faults = {path.name: fault(TARGETS[name], path.read_bytes()) for path in kept}
    assert kept
    assert not {path: found for path, found in faults.items() if found}


@pytest.mark.parametrize(
    ("take", "says"),
    [
        (lambda content: content[9], "IndexError in <lambda>, test_corpus.py"),
        (lambda content: sum(range(20_000_000)), "too slow"),
        (lambda content: bytes(17 * 1024 * 1024), "too large: 174"),
    ],
)
def test_a_fault_is_seen(take: Callable[[bytes], object], says: str) -> None:
    assert fault(take, b"").startswith(says)
