"""Measures how much of the quota ``facescreen screen`` uses on a folder."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.command_line import folder
from tests.support.cloud_client import run_local_cloud

FILES, QUOTA = 300, 10
"""The quota is in calls per second."""


def run(work_folder: Path) -> folder.FolderRun:
    """Screen a folder of FILES photographs."""
    with run_local_cloud(work_folder / "cloud") as (cloud, cloud_client):
        return folder.run(cloud, cloud_client, work_folder / "photos", files=FILES, quota=QUOTA)
