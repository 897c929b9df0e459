"""A run of atheris: mutates the corpus for some time, and writes down what breaks a limit.

Every input is checked for what it raises and for its CPU time, every hundredth for its memory:
tracing allocations slows Python down several times. What is over a limit here may be so by
atheris's instrumentation, so it counts only if it is over in a process without.
"""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import atheris

from tests.fuzz.mutation import mutated_json
from tests.fuzz.seeds import seeds, words

with atheris.instrument_imports(include=["facescreen"]):
    from tests.fuzz import limits
    from tests.fuzz.targets import TARGETS

_KEPT = Path(__file__).parent / "corpus"
_WORK = Path(".facescreen/fuzz")
_LARGEST_INPUT = 16 * 1024
_MEMORY_EVERY = 100
_OF_JSON = {"envelopes", "answers"}


class Run:
    """One target's, with its folders."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._target = TARGETS[name]
        self._inputs = 0
        self._known: set[str] = set()
        self._corpus = _WORK / name / "corpus"
        self._findings = _WORK / name / "findings"
        self._kept = _KEPT / name
        for folder in (self._corpus, self._findings, self._kept):
            folder.mkdir(parents=True, exist_ok=True)

    def start(self, seconds: int) -> None:
        """Does not return: libFuzzer ends the process."""
        for seed in seeds(self._name):
            (self._corpus / sha256(seed).hexdigest()[:16]).write_bytes(seed)
        dictionary = _WORK / self._name / "words"
        dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in words(self._name)))
        self.fuzz(
            f"-max_total_time={seconds}",
            f"-dict={dictionary}",
            "-timeout=10",
            "-rss_limit_mb=1024",
            "-print_final_stats=1",
            f"-artifact_prefix={self._findings}/",
            str(self._corpus),
            str(self._kept),
        )

    def keep(self) -> None:
        """Adds to the kept corpus what the last run found new; does not return."""
        self.fuzz("-merge=1", str(self._kept), str(self._corpus))

    def fuzz(self, *flags: str) -> None:
        """libFuzzer itself, which for a merge runs the command again with flags of its own."""
        command = f"{sys.executable} -m tests.fuzz {self._name}"
        mutator = {"custom_mutator": _mutated} if self._name in _OF_JSON else {}
        atheris.Setup([command, f"-max_len={_LARGEST_INPUT}", *flags], self._take, **mutator)
        atheris.Fuzz()

    def _take(self, content: bytes) -> None:
        self._inputs += 1
        found = limits.raised(self._target, content)
        if not found and self._over(content):
            found = self._confirmed(content)
        kind = found.partition(":")[0]
        if kind and kind not in self._known:
            self._known.add(kind)
            self._write_down(found, content)

    def _over(self, content: bytes) -> bool:
        if limits.cpu_s(self._target, content) > limits.MOST_CPU_S:
            return True
        due = self._inputs % _MEMORY_EVERY == 0
        return due and bool(limits.too_large(self._target, content))

    def _confirmed(self, content: bytes) -> str:
        """What is wrong without instrumentation."""
        path = _WORK / self._name / "suspect"
        path.write_bytes(content)
        command = [sys.executable, "-m", "tests.fuzz.limits", self._name, str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def _write_down(self, found: str, content: bytes) -> None:
        path = self._findings / sha256(content).hexdigest()[:16]
        path.write_bytes(content)
        path.with_suffix(".txt").write_text(found + "\n")
        sys.stderr.write(f"finding: {found}: {path}\n")


def _mutated(content: bytes, largest: int, seed: int) -> bytes:
    """Half of the inputs by libFuzzer's mutations, half by ours."""
    changed = mutated_json(content, seed) if seed % 2 else None
    if changed is None or len(changed) > largest:
        return bytes(atheris.Mutate(content, largest))
    return changed


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)
