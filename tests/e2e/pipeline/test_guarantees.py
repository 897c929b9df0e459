"""The guarantees on the whole local cloud: no lost object, no double pay, no false low risk."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import oss2
import pytest

from facescreen_local.cloud import LocalCloud
from tests.support import leaks
from tests.support.cloud_client import LocalCloudClient, run_local_cloud, run_versioned_cloud
from tests.support.samples import sample_files
from tests.support.wait import wait_for

GOOD, FLAGGED = "portrait.jpg", "flagged.jpg"


@pytest.fixture(scope="module")
def photos(cloud: LocalCloud) -> dict[str, bytes]:
    """The samples' bytes by name."""
    return sample_files(cloud)


def test_an_upload_is_screened_tagged_and_published(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    etag = cloud_client.put("a b/é+1%.jpg", photos[FLAGGED], {"team": "kyc"})
    message = cloud_client.wait_for_message("a b/é+1%.jpg")
    assert message["data"]["verdict"] == "high_risk"
    assert message["data"]["risk_tags"] == ["SuspectDeepForgery"]
    tags = cloud_client.tags("a b/é+1%.jpg")
    assert tags.pop("deepfake-at") == message["time"]
    assert tags == {
        "team": "kyc",
        "deepfake-verdict": "high_risk",
        "deepfake-reason": "SuspectDeepForgery",
        "deepfake-etag": etag,
    }
    (call,) = cloud_client.billed_calls("a b/é+1%.jpg")
    assert call["MerchantBizId"] == message["data"]["merchant_biz_id"]


def test_each_object_has_one_log_line_and_its_metrics(
    cloud_client: LocalCloudClient, photos: dict[str, bytes], cloud_folder: Path
) -> None:
    cloud_client.put("logged.jpg", photos[FLAGGED])
    message = cloud_client.wait_for_message("logged.jpg")
    cloud_client.wait_until_idle()
    log = cloud_folder / "fc" / "logs" / "facescreen-object-created.log"
    # When oss2 is compiled for the first time, Python warns about its docstrings.
    log_lines = log.read_text().splitlines()
    lines = [json.loads(line) for line in log_lines if line.startswith("{")]
    (line,) = [one for one in lines if one.get("object", {}).get("key") == "logged.jpg"]
    for name in ("verdict", "reason", "request_id", "transaction_id", "merchant_biz_id"):
        assert line[name] == message["data"][name]
    assert line["function_request_id"] in {i["request_id"] for i in cloud_client.invocations()}
    assert line["timing"]["call_ms"] > 0
    assert any(one.get("verdict_high_risk") == [1.0] for one in lines if "_aws" in one)


def test_simultaneous_deliveries_pay_once(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    cloud_client.set_behaviour(fc={"duplicates": 3}, cloudauth={"latency_ms": 500})
    cloud_client.put("twice.jpg", photos[GOOD])
    assert cloud_client.admin.get("/pending").json() == {"events": 4, "late_calls": 0}
    cloud_client.wait_for_message("twice.jpg")
    cloud_client.wait_until_idle()
    assert cloud_client.admin.get("/pending").json() == {"events": 0, "late_calls": 0}
    assert len([i for i in cloud_client.invocations() if i["ended"]]) == 4
    assert {i["status"] for i in cloud_client.invocations()} == {"ok"}
    assert len(cloud_client.billed_calls("twice.jpg")) == 1
    assert len(cloud_client.messages_about("twice.jpg")) == 1


@pytest.mark.parametrize("operation", ["AppendObject", "HeadObject", "PutObjectTagging"])
def test_an_overwrite_before_the_tag_leaves_no_verdict_on_the_new_bytes(
    operation: str, cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    """The handler of the old bytes hangs in `operation` while new bytes are uploaded."""
    key = f"overwritten-{operation}.jpg"
    hang = {"operation": operation, "hang_s": 2}
    # The first append is the claim, the second the slot, the third the finding.
    ahead = [{"operation": operation, "times": 2}] if operation == "AppendObject" else []
    cloud_client.set_behaviour(oss={"faults": [*ahead, hang]})
    cloud_client.put(key, photos[GOOD])
    wait_for(lambda: cloud_client.all_faults_used("oss"), f"a {operation} that hangs")
    assert len(cloud_client.billed_calls(key)) == 1
    new = cloud_client.put(key, photos[FLAGGED])
    message = cloud_client.wait_for_message(key)
    cloud_client.wait_until_idle()
    assert [m["data"]["verdict"] for m in cloud_client.messages_about(key)] == ["high_risk"]
    assert message["data"]["object"]["etag"] == new
    tags = cloud_client.tags(key)
    assert (tags["deepfake-verdict"], tags["deepfake-etag"]) == ("high_risk", new)
    assert len(cloud_client.billed_calls(key)) == 2


def test_new_bytes_have_no_verdict_until_they_are_screened(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    cloud_client.set_behaviour(cloudauth={"latency_ms": 1500})
    key = "late.jpg"
    cloud_client.put(key, photos[GOOD])
    wait_for(lambda: cloud_client.invocations() != [], "the first invocation")
    time.sleep(1)
    new = cloud_client.put(key, photos[FLAGGED])
    seen_tags: list[dict[str, str]] = []

    def judged() -> bool:
        seen_tags.append(cloud_client.tags(key))
        return "deepfake-verdict" in seen_tags[-1]

    wait_for(judged, "a verdict")
    assert (seen_tags[-1]["deepfake-verdict"], seen_tags[-1]["deepfake-etag"]) == ("high_risk", new)
    assert all(tags == {} for tags in seen_tags[:-1])


def test_a_handler_killed_after_the_paid_call_does_not_pay_again(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    cloud_client.set_behaviour(oss={"faults": [{"operation": "PutObjectTagging", "kill": True}]})
    cloud_client.put("killed.jpg", photos[FLAGGED])
    cloud_client.wait_for_message("killed.jpg")
    cloud_client.wait_until_idle()
    assert "killed" in {entry["status"] for entry in cloud_client.invocations()}
    assert len(cloud_client.billed_calls("killed.jpg")) == 1
    assert len(cloud_client.messages_about("killed.jpg")) == 1
    assert cloud_client.tags("killed.jpg")["deepfake-verdict"] == "high_risk"


def test_a_record_that_fails_at_first_does_not_pay_again(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    # The claim and the slot are appended before it.
    earlier_appends = {"operation": "AppendObject", "times": 2}
    fault = {"operation": "AppendObject", "code": "InternalError", "status": 500, "times": 3}
    cloud_client.set_behaviour(oss={"faults": [earlier_appends, fault]})
    cloud_client.put("recorded.jpg", photos[FLAGGED] + b"recorded")
    cloud_client.wait_for_message("recorded.jpg")
    cloud_client.wait_until_idle()
    assert len(cloud_client.billed_calls("recorded.jpg")) == 1
    assert {entry["status"] for entry in cloud_client.invocations()} == {"ok"}


def test_an_object_with_ten_tags_still_gets_its_message(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    own_tags = {f"t{number}": "x" for number in range(10)}
    cloud_client.put("full.jpg", photos[GOOD], own_tags)
    tagging = cloud_client.wait_for_message("full.jpg")["data"]["tagging"]
    assert tagging["status"] == "refused"
    assert "10 other tags" in tagging["detail"]
    assert cloud_client.tags("full.jpg") == own_tags


def test_a_missing_permission_dead_letters_the_event(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    refusal = {"code": "Forbidden.RAMUserAccessDenied", "status": 403, "times": 99}
    cloud_client.set_behaviour(cloudauth={"faults": [refusal]}, fc={"retry_delay_ms": 10})
    cloud_client.put("refused.jpg", photos[GOOD])
    (dead_letter,) = cloud_client.wait_for_dead_letters()
    assert "refused.jpg" in str(dead_letter["requestPayload"])
    assert "AccessRefused" in str(dead_letter["responsePayload"])
    assert len(cloud_client.invocations()) == 4
    assert cloud_client.tags("refused.jpg") == {}
    assert cloud_client.billed_calls("refused.jpg") == []


def test_no_object_is_lost_whatever_fails(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    """Every object has a verdict tag and a message, or its event in the dead-letter queue."""
    cloud_client.set_behaviour(
        oss={"rates": {"InternalError": 0.05, "ServiceUnavailable": 0.05}},
        mns={"rates": {"InternalError": 0.1}},
        cloudauth={
            "rates": {"InternalError": 0.2, "Throttling.Api": 0.2, "DownloadTimeout": 0.1},
            "faults": [{"reset": True, "times": 2}],
        },
        fc={"duplicates": 1, "retry_delay_ms": 50},
    )
    keys = [f"storm/{number}.jpg" for number in range(16)]

    def upload(key: str) -> None:
        for _ in range(20):
            try:
                cloud_client.bucket.put_object(key, photos[GOOD])
            except oss2.exceptions.OssError:
                continue
            return

    uploads = [threading.Thread(target=upload, args=[key]) for key in keys]
    for one in uploads:
        one.start()
    for one in uploads:
        one.join()
    cloud_client.wait_until_idle()
    cloud_client.set_behaviour(oss={}, mns={}, cloudauth={}, fc={})
    dead_letters = str(
        [dead_letter["requestPayload"] for dead_letter in cloud_client.receive_dead_letters()]
    )
    published_keys = {m["data"]["object"]["key"] for m in cloud_client.receive_messages()}
    lost_keys = [
        key
        for key in keys
        if key not in dead_letters
        and not (key in published_keys and "deepfake-verdict" in cloud_client.tags(key))
    ]
    assert lost_keys == []
    assert len(
        {m["id"] for m in cloud_client.receive_messages() if "storm/" in m["subject"]}
    ) <= len(keys)


def test_a_wrong_setting_stops_the_initialization_and_is_named(
    tmp_path: Path, photos: dict[str, bytes]
) -> None:
    with run_local_cloud(tmp_path, SCENE_CODE="nine_char") as (_, cloud_client):
        cloud_client.set_behaviour(fc={"retry_delay_ms": 10})
        cloud_client.put("a.jpg", photos[GOOD])
        dead_letters = cloud_client.wait_for_dead_letters()
    assert "SCENE_CODE must be exactly 10 letters, digits or underscores; it has 9" in str(
        dead_letters
    )


def test_a_connection_that_can_not_be_warmed_does_not_stop_screening(
    tmp_path: Path, photos: dict[str, bytes]
) -> None:
    with run_versioned_cloud(tmp_path) as (_, cloud_client):
        cloud_client.set_behaviour(
            cloudauth={"faults": [{"operation": "KeepaliveIntl", "reset": True}]}
        )
        cloud_client.put("a.jpg", photos[GOOD])
        assert cloud_client.wait_for_message("a.jpg")["data"]["verdict"] == "low_risk"
        log = tmp_path / "fc" / "logs" / "facescreen-object-created.log"
        assert '"message":"not warm"' in log.read_text()


def test_python_3_12_works_without_credentials_in_the_context(
    tmp_path: Path, photos: dict[str, bytes]
) -> None:
    with run_versioned_cloud(tmp_path, FC_RUNTIME="python3.12") as (
        cloud,
        cloud_client,
    ):
        cloud_client.put("a.jpg", photos[GOOD])
        assert cloud_client.wait_for_message("a.jpg")["data"]["verdict"] == "low_risk"
        assert leaks.find_leaks(cloud, tmp_path, cloud_client) == []
