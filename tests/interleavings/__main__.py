"""``python -m tests.interleavings``: visits every state of the scenarios, and runs schedules at
random. With ``--larger`` it visits the larger scenarios too. With ``--without`` it takes each
protection out instead, and prints what is found then. Exit code 1 if a promise is broken, or kept
without a protection."""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.interleavings.explore import Report, explore
from tests.interleavings.sample import WORLDS, Sample, run_samples
from tests.interleavings.scenarios import EXHAUSTIVE, LARGER, MAX_STATES, Scenario
from tests.interleavings.without_protection import (
    NOT_SHOWN,
    SCENARIOS_BY_PROTECTION,
    explore_without,
    list_protections,
)
from tests.support.protections import Protection

PROCESSES = 2


def main() -> None:
    """Print Markdown tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.interleavings")
    parser.add_argument("--schedules", type=int, default=100_000, help="how many at random")
    parser.add_argument("--larger", action="store_true", help="visit larger scenarios too")
    parser.add_argument("--without", action="store_true", help="take each protection out")
    options = parser.parse_args()
    scenarios = EXHAUSTIVE + LARGER if options.larger else EXHAUSTIVE
    is_as_expected = (
        print_protections() if options.without else print_all(scenarios, options.schedules)
    )
    sys.exit(0 if is_as_expected else 1)


def print_all(scenarios: tuple[Scenario, ...], schedules: int) -> bool:
    """Explore scenarios and schedules. Returns whether all promises are kept."""
    started = time.monotonic()
    with ProcessPoolExecutor(PROCESSES) as pool:
        reports = pool.map(_explore, scenarios)
        samples = pool.map(_run_samples, range(WORLDS), [schedules // WORLDS] * WORLDS)
        print("| scenario | states | steps | ends | violation |\n| --- | --- | --- | --- | --- |")
        violations = [_print_report(report) for report in reports]
        violations += [_print_sample(sample) for sample in samples]
    print(f"\n{schedules} schedules at random; {time.monotonic() - started:.0f} s")
    return not any(violations)


def _explore(scenario: Scenario) -> Report:
    with _without_garbage_collection():
        return explore(scenario, MAX_STATES)


def _run_samples(world: int, count: int) -> Sample | None:
    with _without_garbage_collection():
        return run_samples(world, count)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Collect garbage only afterwards: it would look at all states again and again."""
    gc.disable()
    yield
    gc.collect()


def print_protections() -> bool:
    """Explore without each protection. Returns whether a promise is always broken."""
    print("| taken out | scenario | broken promise | states | steps |")
    print("| --- | --- | --- | --- | --- |")
    with ThreadPoolExecutor(PROCESSES) as pool:
        protections = list_protections()
        reports = pool.map(_explore_without, protections)
        rows = [_print_row(*pair) for pair in zip(protections, reports, strict=True)]
    for name, reason in NOT_SHOWN.items():
        print(f"\nNot shown: {name}. {reason}")
    return all(rows)


def _explore_without(protection: Protection) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        return explore_without(protection, Path(folder))


def _print_row(protection: Protection, report: Report) -> bool:
    scenario = SCENARIOS_BY_PROTECTION[protection.name]
    found = report.violation or "none"
    steps = len(report.schedule)
    print(f"| {protection.name} | {scenario} | {found} | {report.states} | {steps} |", flush=True)
    return bool(report.violation)


def _print_report(report: Report) -> bool:
    more = "" if report.is_whole else "+"
    numbers = f"{report.states}{more} | {report.transitions} | {report.endings}"
    print(f"| {report.scenario} | {numbers} | {report.violation or 'none'} |", flush=True)
    print("".join(f"    {step}\n" for step in report.schedule), end="")
    return bool(report.violation)


def _print_sample(sample: Sample | None) -> bool:
    if sample is not None:
        print(f"seed {sample.seed}: {sample.violation}")
        print("".join(f"    {step}\n" for step in sample.schedule), end="", flush=True)
    return sample is not None


if __name__ == "__main__":
    main()
