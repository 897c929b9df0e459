"""python -m tests.fuzz TARGET [--seconds 600] | TARGET --keep"""

from __future__ import annotations

import argparse

from tests.fuzz.run import Run
from tests.fuzz.targets import TARGETS

parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
parser.add_argument("target", choices=TARGETS)
parser.add_argument("--seconds", type=int, default=600)
parser.add_argument("--keep", action="store_true", help="add the last run's finds to the corpus")
arguments, flags = parser.parse_known_args()
run = Run(arguments.target)
if flags:
    run.fuzz(*flags)
elif arguments.keep:
    run.keep()
else:
    run.start(arguments.seconds)
