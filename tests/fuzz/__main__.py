"""python -m tests.fuzz TARGET [--seconds 600] | TARGET --keep"""

from __future__ import annotations

import argparse

from tests.fuzz.campaign import Campaign
from tests.fuzz.targets import TARGETS

parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
parser.add_argument("target", choices=TARGETS)
parser.add_argument("--seconds", type=int, default=600)
parser.add_argument(
    "--keep", action="store_true", help="add the last campaign's new inputs to the corpus"
)
arguments, flags = parser.parse_known_args()
campaign = Campaign(arguments.target)
if flags:
    campaign.fuzz(*flags)
elif arguments.keep:
    campaign.merge_into_repository()
else:
    campaign.start(arguments.seconds)
