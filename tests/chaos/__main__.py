"""``python -m tests.chaos SEED``: a fault campaign on the local cloud; exit code 1 if a promise was
broken. The evidence stays in ``.facescreen/chaos/SEED``."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from tests.chaos.campaign import Campaign
from tests.chaos.plan import LONG, SHORT, make_plan
from tests.chaos.report import format_report
from tests.support.cloud_client import PROJECT
from tests.support.protections import PROTECTIONS

_WORK_FOLDER = Path(".facescreen/chaos")


def main() -> None:
    """Run one campaign and print its report."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--short", action="store_true", help="a few hundred objects, no sweep")
    parser.add_argument(
        "--without",
        metavar="NUMBER",
        type=int,
        help="take one protection out: " + ", ".join(_describe_protections()),
    )
    options = parser.parse_args()
    plan = make_plan(options.seed, SHORT if options.short else LONG)
    folder = (_WORK_FOLDER / str(options.seed)).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    started = time.monotonic()
    code = PROJECT / "functions"
    if options.without is not None:
        code = PROTECTIONS[options.without].copy_without(folder / "code")
    evidence, violations = Campaign(plan, folder, code).run()
    print(f"seed {options.seed}: {len(plan.scripts)} scripts, {time.monotonic() - started:.0f} s")
    print(format_report(evidence, violations))
    sys.exit(1 if violations else 0)


def _describe_protections() -> list[str]:
    return [f"{number} {protection.name}" for number, protection in enumerate(PROTECTIONS)]


if __name__ == "__main__":
    main()
