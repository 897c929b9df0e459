"""How much of the quota ``facescreen screen`` uses on a folder."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.command_line import folder
from tests.support.outside import running

FILES, QUOTA = 300, 10
"""Quota in calls a second."""


def run(place: Path) -> folder.Came:
    """A folder of FILES photographs."""
    with running(place / "cloud") as (cloud, outside):
        return folder.run(cloud, outside, place / "photos", files=FILES, quota=QUOTA)
