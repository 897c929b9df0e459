"""A fuzzing campaign with atheris: mutates the corpus for some time, and records inputs that exceed
a limit.

Every input is checked for its exceptions and CPU time, every hundredth for its memory, because
tracing allocations makes Python several times slower. atheris's instrumentation can push an input
over a limit, so it counts only if it exceeds the limit in a process without instrumentation.
"""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import atheris

from tests.fuzz.mutation import mutate_json
from tests.fuzz.seeds import create_seeds, extract_words

with atheris.instrument_imports(include=["facescreen"]):
    from tests.fuzz import limits
    from tests.fuzz.targets import TARGETS

_CORPUS = Path(__file__).parent / "corpus"
_WORK_FOLDER = Path(".facescreen/fuzz")
_MAX_INPUT_BYTES = 16 * 1024
_INPUTS_PER_MEMORY_CHECK = 100
_JSON_TARGETS = {"envelopes", "answers"}


class Campaign:
    """The campaign of one target, with its folders."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._target = TARGETS[name]
        self._inputs = 0
        self._known_violation_types: set[str] = set()
        self._work_corpus = _WORK_FOLDER / name / "corpus"
        self._findings = _WORK_FOLDER / name / "findings"
        self._repository_corpus = _CORPUS / name
        for folder in (self._work_corpus, self._findings, self._repository_corpus):
            folder.mkdir(parents=True, exist_ok=True)

    def start(self, seconds: int) -> None:
        """Fuzz for `seconds`. Does not return: libFuzzer ends the process."""
        for seed in create_seeds(self._name):
            (self._work_corpus / sha256(seed).hexdigest()[:16]).write_bytes(seed)
        dictionary = _WORK_FOLDER / self._name / "words"
        dictionary.write_text("".join(f'"{_escape(word)}"\n' for word in extract_words(self._name)))
        self.fuzz(
            f"-max_total_time={seconds}",
            f"-dict={dictionary}",
            "-timeout=10",
            "-rss_limit_mb=1024",
            "-print_final_stats=1",
            f"-artifact_prefix={self._findings}/",
            str(self._work_corpus),
            str(self._repository_corpus),
        )

    def merge_into_repository(self) -> None:
        """Add the new inputs of the last campaign to the repository's corpus. Does not return."""
        self.fuzz("-merge=1", str(self._repository_corpus), str(self._work_corpus))

    def fuzz(self, *flags: str) -> None:
        """Run libFuzzer, which for a merge runs this command again with its own flags."""
        command = f"{sys.executable} -m tests.fuzz {self._name}"
        mutator = {"custom_mutator": _mutate} if self._name in _JSON_TARGETS else {}
        atheris.Setup(
            [command, f"-max_len={_MAX_INPUT_BYTES}", *flags], self._check_input, **mutator
        )
        atheris.Fuzz()

    def _check_input(self, content: bytes) -> None:
        self._inputs += 1
        violation = limits.find_unexpected_error(self._target, content)
        if not violation and self._exceeds_limits(content):
            violation = self._confirm(content)
        violation_type = violation.partition(":")[0]
        if violation_type and violation_type not in self._known_violation_types:
            self._known_violation_types.add(violation_type)
            self._write_finding(violation, content)

    def _exceeds_limits(self, content: bytes) -> bool:
        if limits.measure_cpu_s(self._target, content) > limits.MAX_CPU_S:
            return True
        is_due = self._inputs % _INPUTS_PER_MEMORY_CHECK == 0
        return is_due and bool(limits.find_memory_excess(self._target, content))

    def _confirm(self, content: bytes) -> str:
        """The limit that the input exceeds without instrumentation."""
        path = _WORK_FOLDER / self._name / "suspect"
        path.write_bytes(content)
        command = [sys.executable, "-m", "tests.fuzz.limits", self._name, str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def _write_finding(self, violation: str, content: bytes) -> None:
        path = self._findings / sha256(content).hexdigest()[:16]
        path.write_bytes(content)
        path.with_suffix(".txt").write_text(violation + "\n")
        sys.stderr.write(f"finding: {violation}: {path}\n")


def _mutate(content: bytes, max_bytes: int, seed: int) -> bytes:
    """Mutate half of the inputs with libFuzzer, and half with mutate_json."""
    mutated = mutate_json(content, seed) if seed % 2 else None
    if mutated is None or len(mutated) > max_bytes:
        return bytes(atheris.Mutate(content, max_bytes))
    return mutated


def _escape(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)
