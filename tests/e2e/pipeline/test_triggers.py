"""Triggers by EventBridge, and a trigger for a second bucket."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest
import yaml

from facescreen_local.cloud import LocalCloud
from tests.support.cloud_client import PROJECT, LocalCloudClient, run_local_cloud
from tests.support.samples import sample_files
from tests.support.wait import wait_for

OTHER = "more-selfies"


@pytest.fixture(scope="module")
def eventbridge_cloud(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    """A cloud with s.eventbridge.yaml and a prefix."""
    folder = tmp_path_factory.mktemp("cloud")
    with run_local_cloud(
        folder, template="s.eventbridge.yaml", OSS_PREFIX="selfies/"
    ) as cloud_and_client:
        yield cloud_and_client


def test_events_by_eventbridge_are_screened(
    eventbridge_cloud: tuple[LocalCloud, LocalCloudClient],
) -> None:
    cloud, cloud_client = eventbridge_cloud
    key = "selfies/a+b 100% é漢🙂.jpg"
    cloud_client.put(key, sample_files(cloud)["flagged.jpg"])
    message = cloud_client.wait_for_message(key)
    assert message["data"]["verdict"] == "high_risk"
    assert cloud_client.tags(key)["deepfake-verdict"] == "high_risk"


def test_only_events_that_match_the_rule_invoke_the_function(
    eventbridge_cloud: tuple[LocalCloud, LocalCloudClient],
) -> None:
    cloud, cloud_client = eventbridge_cloud
    cloud_client.wait_until_idle()
    cloud_client.admin.post("/reset")
    cloud_client.put("elsewhere/a.jpg", sample_files(cloud)["flagged.jpg"])
    # Each part raises an event as well.
    upload = cloud_client.bucket.init_multipart_upload("selfies/parts.jpg")
    part = cloud_client.bucket.upload_part(
        "selfies/parts.jpg", upload.upload_id, 1, sample_files(cloud)["flagged.jpg"]
    )
    cloud_client.bucket.complete_multipart_upload(
        "selfies/parts.jpg", upload.upload_id, [oss2.models.PartInfo(1, part.etag)]
    )
    cloud_client.wait_for_message("selfies/parts.jpg")
    cloud_client.wait_until_idle()
    assert len(cloud_client.invocations()) == 1
    cloud_client.bucket.append_object("selfies/log.jpg", 0, b"bytes")
    cloud_client.bucket.put_symlink("selfies/parts.jpg", "selfies/link.jpg")
    wait_for(lambda: len(cloud_client.invocations()) == 3, "an invocation for each")


def test_an_event_whose_retries_fail_is_dead_lettered(
    eventbridge_cloud: tuple[LocalCloud, LocalCloudClient],
) -> None:
    cloud, cloud_client = eventbridge_cloud
    refusing = {"code": "Forbidden.RAMUserAccessDenied", "status": 403, "times": 100}
    cloud_client.set_behaviour(cloudauth={"faults": [refusing]}, fc={"retry_delay_ms": 10})
    cloud_client.put("selfies/refused.jpg", sample_files(cloud)["flagged.jpg"] + b"other")
    [dead_letter] = cloud_client.wait_for_dead_letters()
    assert "selfies/refused.jpg" in dead_letter["requestPayload"]
    cloud_client.admin.post("/reset")


def test_a_second_bucket_needs_one_more_trigger(tmp_path: Path) -> None:
    document = yaml.safe_load((PROJECT / "s.yaml").read_text())
    triggers = document["resources"]["object_created"]["props"]["triggers"]
    second = copy.deepcopy(triggers[0])
    second["triggerName"] = "object-created-2"
    second["sourceArn"] = f"acs:oss:${{vars.region}}:${{vars.account}}:{OTHER}"
    triggers.append(second)
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(document))
    (tmp_path / "functions").symlink_to(PROJECT / "functions")
    with run_local_cloud(tmp_path / "data", tmp_path) as (cloud, cloud_client):
        cloud.oss.create_bucket(OTHER)
        other = oss2.Bucket(
            cloud_client.bucket.auth,
            cloud_client.env["OSS_ENDPOINT"],
            OTHER,
            region=cloud_client.env["OSS_REGION"],
        )
        cloud_client.put("a.jpg", sample_files(cloud)["flagged.jpg"])
        other.put_object("a.jpg", sample_files(cloud)["flagged.jpg"] + b"other")
        wait_for(lambda: len(cloud_client.messages_about("a.jpg")) == 2, "two messages")
        buckets = {m["data"]["object"]["bucket"] for m in cloud_client.messages_about("a.jpg")}
        assert buckets == {cloud_client.env["OSS_BUCKET"], OTHER}
        tags = dict(other.get_object_tagging("a.jpg").tag_set.tagging_rule)
        assert tags["deepfake-verdict"] in {"high_risk", "low_risk"}
