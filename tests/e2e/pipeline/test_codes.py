"""Every code of the service's page through the whole pipeline, each to its right end."""

from __future__ import annotations

from typing import Any

import pytest

from facescreen_local.cloud import LocalCloud
from tests.support.outside import Outside
from tests.support.samples import sample_files


@pytest.fixture(scope="module")
def photos(cloud: LocalCloud) -> dict[str, bytes]:
    return sample_files(cloud)


def answered(code: str, status: int, times: int) -> dict[str, Any]:
    """Behaviour of a service that answers so; for causes that the local cloud can't have."""
    return {"cloudauth": {"faults": [{"code": code, "status": status, "times": times}]}}


@pytest.mark.parametrize(
    ("name", "code", "behaviour"),
    [
        ("no-face.jpg", "NoFaceDetected", {}),
        ("blurred.jpg", "UnqualifiedPhoto", {}),
        ("portrait.jpg", "ToolargeImage", answered("ToolargeImage", 401, 1)),
    ],
)
def test_the_contents_own_codes_are_final(
    name: str, code: str, behaviour: dict[str, Any], outside: Outside, photos: dict[str, bytes]
) -> None:
    outside.behave(**behaviour)
    key = f"final/{code}.jpg"
    outside.put(key, photos[name])
    data = outside.wait_for_message(key)["data"]
    assert (data["verdict"], data["reason"], data["retake"]) == ("unscreenable", code, True)
    assert outside.tags(key)["deepfake-reason"] == code
    assert outside.calls(key) == []
    outside.settled()
    assert [entry["status"] for entry in outside.invocations()] == ["ok"]


@pytest.mark.parametrize(("code", "status"), [("InternalError", 500), ("Throttling.Api", 403)])
def test_passing_codes_are_retried_inside_the_invocation(
    code: str, status: int, outside: Outside, photos: dict[str, bytes]
) -> None:
    outside.behave(**answered(code, status, 2))
    key = f"passing/{code}.jpg"
    outside.put(key, photos["flagged.jpg"])
    assert outside.wait_for_message(key)["data"]["verdict"] == "high_risk"
    outside.settled()
    assert [entry["status"] for entry in outside.invocations()] == ["ok"]
    assert len(outside.calls(key)) == 1


def test_a_download_that_fails_is_retried_with_a_fresh_url(
    outside: Outside, photos: dict[str, bytes]
) -> None:
    # The ledger, the probe and the pace read first; then the download fails.
    ours = {"operation": "GetObject", "times": 3}
    outside.behave(oss={"faults": [ours, {"operation": "GetObject", "code": "InternalError"}]})
    outside.put("passing/download.jpg", photos["flagged.jpg"])
    assert outside.wait_for_message("passing/download.jpg")["data"]["verdict"] == "high_risk"
    codes = [call["code"] for call in outside.admin.get("/calls/all").json()]
    assert codes == ["DownloadTimeout", "Success"]


def test_a_real_quota_throttles_and_all_the_same_everything_ends(
    outside: Outside, photos: dict[str, bytes]
) -> None:
    outside.behave(cloudauth={"quota": 2})
    keys = [f"throttled/{number}.jpg" for number in range(6)]
    for key in keys:
        outside.put(key, photos["flagged.jpg"])
    for key in keys:
        assert outside.wait_for_message(key)["data"]["verdict"] == "high_risk"
    codes = [call["code"] for call in outside.admin.get("/calls/all").json()]
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
def test_the_operators_codes_keep_the_event_and_leave_the_object_alone(
    code: str, status: int, error: str, outside: Outside, photos: dict[str, bytes]
) -> None:
    outside.behave(**answered(code, status, 99), fc={"retry_delay_ms": 10})
    key = f"kept/{code}.jpg"
    outside.put(key, photos["flagged.jpg"])
    (letter,) = outside.wait_for_dead_letters()
    assert key in letter["requestPayload"]
    assert error in letter["responsePayload"]
    assert code in letter["responsePayload"]
    assert outside.tags(key) == {}
    assert outside.messages_of(key) == []
    assert [entry["status"] for entry in outside.invocations()] == ["error"] * 4
