"""How much of the quota ``facescreen screen`` uses on a folder."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.command_line import folder
from tests.support.cloud_client import run_local_cloud

FILES, QUOTA = 300, 10
"""Quota in calls a second."""


def run(place: Path) -> folder.FolderRun:
    """A folder of FILES photographs."""
    with run_local_cloud(place / "cloud") as (cloud, cloud_client):
        return folder.run(cloud, cloud_client, place / "photos", files=FILES, quota=QUOTA)
