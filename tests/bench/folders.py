"""How much of the quota ``facescreen screen`` uses on a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.local.ops import folder
from tests.local.pipeline.outside import running

if TYPE_CHECKING:
    from pathlib import Path

FILES, QUOTA = 300, 10
"""Quota in calls a second."""


def run(place: Path) -> folder.Came:
    """A folder of FILES photographs."""
    with running(place / "cloud") as (cloud, outside):
        return folder.run(cloud, outside, place / "photos", files=FILES, quota=QUOTA)
