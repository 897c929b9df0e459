"""Each form of TRANSFER uses its operations and gets the same verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from facescreen_local.cloud import LocalCloud
from tests.support.cloud_client import LocalCloudClient, run_versioned_cloud
from tests.support.samples import sample_files

PLAIN, STREAM = "DeepfakeDetectIntl", "DeepfakeDetectIntlStream"
EMPTY_BOX = b"\0\0\0\x08free"
"""Appended to an MP4, it changes the bytes but not the video."""


@pytest.fixture(scope="module")
def transfer(request: pytest.FixtureRequest) -> str:
    """Value of TRANSFER, set by each test."""
    return str(request.param)


@pytest.fixture(scope="module")
def cloud_folder(transfer: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp(transfer)


@pytest.fixture(scope="module")
def running_cloud(
    transfer: str, cloud_folder: Path
) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    """One cloud for each setting."""
    with run_versioned_cloud(cloud_folder, TRANSFER=transfer) as cloud_and_client:
        yield cloud_and_client


@pytest.mark.parametrize(
    ("transfer", "sample", "operation", "way"),
    [
        ("url", "flagged.jpg", PLAIN, "FaceUrl"),
        ("stream", "flagged.jpg", STREAM, "FaceUrl"),
        ("inline", "flagged.jpg", STREAM, "FaceBase64"),
        ("inline", "clip.mp4", STREAM, "FaceFile"),
        ("inline", "sideways-phone.jpg", STREAM, "FaceBase64"),
        ("auto", "flagged.jpg", STREAM, "FaceBase64"),
        ("auto", "clip.mp4", STREAM, "FaceUrl"),
    ],
    indirect=["transfer"],
)
def test_each_transfer_uses_its_operation(
    sample: str, operation: str, way: str, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    cloud_client.put(sample, sample_files(cloud)[sample])
    verdict = cloud_client.wait_for_message(sample)["data"]["verdict"]
    (call,) = cloud_client.billed_calls()
    assert (call["operation"], call["way"]) == (operation, way)
    assert verdict == ("high_risk" if "flagged" in sample else "low_risk")


@pytest.mark.parametrize("transfer", ["inline"], indirect=True)
def test_an_upload_that_fails_temporarily_is_retried(
    cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    cloud_client.set_behaviour(uploads={"faults": [{"code": "InternalError", "status": 500}]})
    cloud_client.put("again.mp4", sample_files(cloud)["clip.mp4"] + EMPTY_BOX)
    assert cloud_client.wait_for_message("again.mp4")["data"]["verdict"] == "low_risk"
    assert cloud_client.all_faults_used("uploads")
