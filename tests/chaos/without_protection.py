"""``python -m tests.chaos.without_protection``: takes each protection out, and finds the first seed
whose campaign then finds a broken promise. Exit code 1 if there is none."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from pathlib import Path

from tests.chaos.campaign import Campaign
from tests.chaos.plan import SHORT, make_plan
from tests.support.protections import PROTECTIONS, Protection

_WORK_FOLDER = Path(".facescreen/chaos/without")


def main() -> None:
    """Print a row of a Markdown table for each protection."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.without_protection")
    parser.add_argument("numbers", nargs="*", type=int, help="which protections; by default all")
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds to try")
    options = parser.parse_args()
    numbers = options.numbers or range(len(PROTECTIONS))
    print("| taken out | first seed that fails | broken promises |\n| --- | --- | --- |")
    rows = [_find_first_failing_seed(PROTECTIONS[number], options.seeds) for number in numbers]
    sys.exit(0 if all(rows) else 1)


def _find_first_failing_seed(protection: Protection, seeds: int) -> bool:
    for seed in range(1, seeds + 1):
        counts = _count_broken_promises(protection, seed)
        if counts:
            broken = ", ".join(f"{promise} ({count})" for promise, count in counts.most_common())
            print(f"| {protection.name} | {seed} | {broken} |", flush=True)
            return True
    print(f"| {protection.name} | none of {seeds} | |", flush=True)
    return False


def _count_broken_promises(protection: Protection, seed: int) -> Counter[str]:
    folder = _WORK_FOLDER.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    code = protection.copy_without(folder / "code")
    _, violations = Campaign(make_plan(seed, SHORT), folder, code).run()
    return Counter(violation.promise for violation in violations)


if __name__ == "__main__":
    main()
