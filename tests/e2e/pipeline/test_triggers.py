"""The bucket's events by EventBridge, and those of a second bucket: s.yaml's other triggers."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest
import yaml

from facescreen_local.cloud import LocalCloud
from tests.support.outside import PROJECT, Outside, running
from tests.support.samples import sample_files
from tests.support.wait import wait_for

OTHER = "more-selfies"


@pytest.fixture(scope="module")
def bridged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalCloud, Outside]]:
    """With EventBridge, and a prefix."""
    folder = tmp_path_factory.mktemp("cloud")
    with running(folder, template="s.eventbridge.yaml", OSS_PREFIX="selfies/") as both:
        yield both


def test_events_by_eventbridge_are_screened(bridged: tuple[LocalCloud, Outside]) -> None:
    cloud, outside = bridged
    key = "selfies/a+b 100% é漢🙂.jpg"
    outside.put(key, sample_files(cloud)["flagged.jpg"])
    message = outside.wait_for_message(key)
    assert message["data"]["verdict"] == "high_risk"
    assert outside.tags(key)["deepfake-verdict"] == "high_risk"


def test_what_the_rule_lets_through_alone_is_an_invocation(
    bridged: tuple[LocalCloud, Outside],
) -> None:
    cloud, outside = bridged
    outside.settled()
    outside.admin.post("/reset")
    outside.put("elsewhere/a.jpg", sample_files(cloud)["flagged.jpg"])
    # Each part of it is an event as well.
    upload = outside.bucket.init_multipart_upload("selfies/parts.jpg")
    part = outside.bucket.upload_part(
        "selfies/parts.jpg", upload.upload_id, 1, sample_files(cloud)["flagged.jpg"]
    )
    outside.bucket.complete_multipart_upload(
        "selfies/parts.jpg", upload.upload_id, [oss2.models.PartInfo(1, part.etag)]
    )
    outside.wait_for_message("selfies/parts.jpg")
    outside.settled()
    assert len(outside.invocations()) == 1


def test_an_event_that_fails_for_good_is_a_dead_letter(
    bridged: tuple[LocalCloud, Outside],
) -> None:
    cloud, outside = bridged
    refusing = {"code": "Forbidden.RAMUserAccessDenied", "status": 403, "times": 100}
    outside.behave(cloudauth={"faults": [refusing]}, fc={"retry_delay_ms": 10})
    outside.put("selfies/refused.jpg", sample_files(cloud)["flagged.jpg"] + b"other")
    [letter] = outside.wait_for_dead_letters()
    assert "selfies/refused.jpg" in letter["requestPayload"]
    outside.admin.post("/reset")


def test_a_second_bucket_is_one_trigger_more(tmp_path: Path) -> None:
    document = yaml.safe_load((PROJECT / "s.yaml").read_text())
    triggers = document["resources"]["object_created"]["props"]["triggers"]
    second = copy.deepcopy(triggers[0])
    second["triggerName"] = "object-created-2"
    second["sourceArn"] = f"acs:oss:${{vars.region}}:${{vars.account}}:{OTHER}"
    triggers.append(second)
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(document))
    (tmp_path / "functions").symlink_to(PROJECT / "functions")
    with running(tmp_path / "data", tmp_path) as (cloud, outside):
        cloud.oss.create_bucket(OTHER)
        other = oss2.Bucket(
            outside.bucket.auth,
            outside.told["OSS_ENDPOINT"],
            OTHER,
            region=outside.told["OSS_REGION"],
        )
        outside.put("a.jpg", sample_files(cloud)["flagged.jpg"])
        other.put_object("a.jpg", sample_files(cloud)["flagged.jpg"] + b"other")
        wait_for(lambda: len(outside.messages_of("a.jpg")) == 2, "two messages")
        buckets = {m["data"]["object"]["bucket"] for m in outside.messages_of("a.jpg")}
        assert buckets == {outside.told["OSS_BUCKET"], OTHER}
        tags = dict(other.get_object_tagging("a.jpg").tag_set.tagging_rule)
        assert tags["deepfake-verdict"] in {"high_risk", "low_risk"}
