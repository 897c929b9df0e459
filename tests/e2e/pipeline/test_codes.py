"""Every documented code of the service, through the whole pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facescreen_local.cloud import LocalCloud
from tests.support.cloud_client import LocalCloudClient, run_versioned_cloud
from tests.support.samples import sample_files


@pytest.fixture(scope="module")
def running_cloud(cloud_folder: Path) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    with run_versioned_cloud(cloud_folder) as cloud_and_client:
        yield cloud_and_client


@pytest.fixture(scope="module")
def photos(cloud: LocalCloud) -> dict[str, bytes]:
    return sample_files(cloud)


def failing_with(code: str, status: int, times: int) -> dict[str, Any]:
    """Return behaviour with a scripted code, for causes that the local cloud can't reproduce."""
    return {"cloudauth": {"faults": [{"code": code, "status": status, "times": times}]}}


@pytest.mark.parametrize(
    ("name", "code", "behaviour"),
    [
        ("no-face.jpg", "NoFaceDetected", {}),
        ("blurred.jpg", "UnqualifiedPhoto", {}),
        ("portrait.jpg", "ToolargeImage", failing_with("ToolargeImage", 401, 1)),
    ],
)
def test_codes_about_the_content_are_final(
    name: str,
    code: str,
    behaviour: dict[str, Any],
    cloud_client: LocalCloudClient,
    photos: dict[str, bytes],
) -> None:
    cloud_client.set_behaviour(**behaviour)
    key = f"final/{code}.jpg"
    cloud_client.put(key, photos[name])
    data = cloud_client.wait_for_message(key)["data"]
    assert (data["verdict"], data["reason"], data["retake"]) == ("unscreenable", code, True)
    assert cloud_client.tags(key)["deepfake-reason"] == code
    assert cloud_client.billed_calls(key) == []
    cloud_client.wait_until_idle()
    assert [entry["status"] for entry in cloud_client.invocations()] == ["ok"]


@pytest.mark.parametrize(("code", "status"), [("InternalError", 500), ("Throttling.Api", 403)])
def test_transient_codes_are_retried_within_the_invocation(
    code: str, status: int, cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    cloud_client.set_behaviour(**failing_with(code, status, 2))
    key = f"passing/{code}.jpg"
    cloud_client.put(key, photos["flagged.jpg"])
    assert cloud_client.wait_for_message(key)["data"]["verdict"] == "high_risk"
    cloud_client.wait_until_idle()
    assert [entry["status"] for entry in cloud_client.invocations()] == ["ok"]
    assert len(cloud_client.billed_calls(key)) == 1


def test_a_download_that_fails_is_retried_with_a_fresh_url(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    # The function reads the object first. Then the service's download fails.
    path = f"/{cloud_client.env['OSS_BUCKET']}/passing/download.jpg"
    read = {"operation": "GetObject", "path": path}
    cloud_client.set_behaviour(oss={"faults": [read, {**read, "code": "InternalError"}]})
    cloud_client.put("passing/download.jpg", photos["flagged.jpg"])
    assert cloud_client.wait_for_message("passing/download.jpg")["data"]["verdict"] == "high_risk"
    codes = [call["code"] for call in cloud_client.admin.get("/calls/all").json()]
    assert codes == ["DownloadTimeout", "Success"]


def test_every_object_gets_its_verdict_when_the_service_throttles(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    cloud_client.set_behaviour(cloudauth={"quota": 2})
    keys = [f"throttled/{number}.jpg" for number in range(6)]
    for key in keys:
        cloud_client.put(key, photos["flagged.jpg"])
    for key in keys:
        assert cloud_client.wait_for_message(key)["data"]["verdict"] == "high_risk"
    codes = [call["code"] for call in cloud_client.admin.get("/calls/all").json()]
    assert codes.count("Success") == 6
    assert "Throttling.Api" in codes


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("MissingParameter", 400, "BadRequest"),
        ("InvalidParameter", 400, "BadRequest"),
        ("DataDuplication", 401, "BadRequest"),
        ("Forbidden.RAMUserAccessDenied", 403, "AccessRefused"),
        ("Forbidden.AccountAccessDenied", 403, "AccessRefused"),
        ("SignatureDoesNotMatch", 400, "BadCredentials"),
        ("InvalidAccessKeyId.NotFound", 404, "BadCredentials"),
    ],
)
def test_codes_for_the_operator_dead_letter_the_event_and_do_not_tag_the_object(
    code: str, status: int, error: str, cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    cloud_client.set_behaviour(**failing_with(code, status, 99), fc={"retry_delay_ms": 10})
    key = f"kept/{code}.jpg"
    cloud_client.put(key, photos["flagged.jpg"])
    (dead_letter,) = cloud_client.wait_for_dead_letters()
    assert key in dead_letter["requestPayload"]
    assert error in dead_letter["responsePayload"]
    assert code in dead_letter["responsePayload"]
    assert cloud_client.tags(key) == {}
    assert cloud_client.messages_about(key) == []
    assert [entry["status"] for entry in cloud_client.invocations()] == ["error"] * 4
