"""``facescreen backfill --inventory`` with a manifest in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from facescreen_local.cloud import LocalCloud
from tests.e2e.command_line.idle_cloud import BackfillCommand, idle_cloud, upload_portraits
from tests.support.cloud_client import LocalCloudClient
from tests.unit.command_line.inventory_files import OSS_COLUMNS, oss_row, write_inventory


@pytest.fixture(scope="module")
def cloud_and_client(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    with idle_cloud(tmp_path_factory.mktemp("quiet")) as cloud_and_client:
        yield cloud_and_client


def test_objects_of_an_inventory_are_screened(
    cloud_and_client: tuple[LocalCloud, LocalCloudClient], tmp_path: Path
) -> None:
    cloud, cloud_client = cloud_and_client
    backfill = BackfillCommand(cloud_client, tmp_path)
    keys = upload_portraits(cloud, cloud_client, "listed/", 4)
    etags = {key: cloud_client.bucket.head_object(key).etag for key in keys[:3]}
    rows = "".join(_row(key, etag) for key, etag in (etags | {"listed/gone.jpg": "0" * 32}).items())
    manifest = write_inventory(tmp_path / "inventory", OSS_COLUMNS, rows)
    base, where = "reports/selfies/inv", f"{backfill.bucket}/reports/selfies/inv"
    for path in (manifest, manifest.with_suffix(".checksum")):
        cloud_client.put(f"{base}/2026-11-23T00-00Z/{path.name}", path.read_bytes())
    data = (tmp_path / "inventory" / "data" / "0.csv.gz").read_bytes()
    cloud_client.put("inv/selfies/id/data/0.csv.gz", data)
    lines = backfill.lines("", "--all", "--inventory", f"{where}/2026-11-23T00-00Z/manifest.json")
    assert (lines[1]["gone_over"], lines[1]["to_screen"], lines[1]["gone"]) == (4, 3, 1)
    cloud_client.wait_until_idle()
    for key in keys[:3]:
        assert cloud_client.tags(key)["deepfake-verdict"] == "low_risk"
    assert not cloud_client.tags(keys[3])


def _row(key: str, etag: str) -> str:
    return oss_row(key).replace('"AB"', f'"{etag}"')
