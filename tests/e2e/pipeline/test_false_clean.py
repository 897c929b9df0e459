"""What an uploader may do to get a clean verdict on bytes that the service did not judge, tried on
the whole local cloud: overwrites within a second, collisions, objects that change, second
pictures, and kills while a verdict is written."""

from __future__ import annotations

import hashlib
import json
import struct
import threading
import time
import zlib

import httpx
import oss2
import pytest

from facescreen_local.cloud import LocalCloud
from tests.support.cloud_client import LocalCloudClient
from tests.support.collision import COLLIDING_JPEGS
from tests.support.command import run_facescreen
from tests.support.distinct import make_distinct
from tests.support.samples import sample_files
from tests.support.wait import wait_for

GOOD, FLAGGED = "portrait.jpg", "flagged.jpg"


@pytest.fixture(scope="module")
def photos(cloud: LocalCloud) -> dict[str, bytes]:
    """The samples' bytes by name."""
    return sample_files(cloud)


def assert_tagged_as_judged(cloud_client: LocalCloudClient, key: str) -> None:
    """The verdict tag is that of a call in which the service saw the object's bytes."""
    cloud_client.wait_until_idle()
    sha256 = hashlib.sha256(cloud_client.bucket.get_object(key).read()).hexdigest()
    results = {call["sha256"]: call["result"] for call in cloud_client.billed_calls()}
    verdict = {"0": "low_risk", "1": "high_risk"}[results[sha256]]
    assert cloud_client.tags(key)["deepfake-verdict"] == verdict


def test_three_uploads_within_one_second_leave_the_verdict_of_the_last(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    cloud_client.set_behaviour(cloudauth={"latency_ms": 350})
    for number in range(4):
        key = f"flipped-{number}.jpg"
        for name in (FLAGGED, GOOD, FLAGGED):
            cloud_client.put(key, photos[name])
            time.sleep(0.4 - 0.05 * number)
    for number in range(4):
        cloud_client.wait_for_message(f"flipped-{number}.jpg")
    for number in range(4):
        assert_tagged_as_judged(cloud_client, f"flipped-{number}.jpg")
        assert cloud_client.tags(f"flipped-{number}.jpg")["deepfake-verdict"] == "high_risk"


def test_two_pictures_with_one_md5_and_crc_are_judged_each(
    cloud_client: LocalCloudClient,
) -> None:
    for number, data in enumerate(COLLIDING_JPEGS):
        cloud_client.put("collision.jpg", data, is_distinct=False)
        cloud_client.wait_for_message("collision.jpg", number + 1)
        cloud_client.wait_until_idle()
    seen = [call["sha256"] for call in cloud_client.admin.get("/calls").json()]
    assert {hashlib.sha256(data).hexdigest() for data in COLLIDING_JPEGS} <= set(seen)


def test_appendable_objects_and_symlinks_never_get_a_clean_verdict(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    forged = {"x-oss-tagging": "deepfake-verdict=low_risk&deepfake-etag=1"}
    appended = make_distinct(photos[GOOD], "appended.jpg")
    cloud_client.bucket.append_object("appended.jpg", 0, appended, headers=forged)
    cloud_client.put("target.jpg", photos[GOOD])
    cloud_client.bucket.put_symlink("target.jpg", "link.jpg", headers=forged)
    for key, reason in (("appended.jpg", "AppendableObject"), ("link.jpg", "SymbolicLink")):
        message = cloud_client.wait_for_message(key)
        assert (message["data"]["verdict"], message["data"]["reason"]) == ("unscreenable", reason)
        cloud_client.wait_until_idle()
        assert cloud_client.tags(key)["deepfake-verdict"] == "unscreenable"
    cloud_client.bucket.append_object("appended.jpg", len(appended), b"more")
    cloud_client.wait_until_idle()
    assert cloud_client.tags("appended.jpg")["deepfake-verdict"] == "unscreenable"
    assert cloud_client.billed_calls("appended.jpg") == cloud_client.billed_calls("link.jpg") == []


@pytest.mark.parametrize("key", ["appended-asked.jpg", "link-asked.jpg"])
def test_nor_through_the_api_or_the_command_line(
    key: str, cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    if key.startswith("link"):
        cloud_client.bucket.put_symlink("target.jpg", key)
    else:
        cloud_client.bucket.append_object(key, 0, make_distinct(photos[GOOD], key))
    request = {"object": {"bucket": cloud_client.env["OSS_BUCKET"], "key": key}}
    url = f"{cloud_client.env['HTTP_TRIGGER_URL']}/v1/screenings"
    assert httpx.post(url, json=request, timeout=60).status_code == 422
    uri = f"oss://{cloud_client.env['OSS_BUCKET']}/{key}"
    result = run_facescreen("screen", uri, "--json", "--yes", env=cloud_client.env)
    assert result.returncode == 2, result.stderr
    assert json.loads(result.stdout.splitlines()[0])["verdict"] == "unscreenable"


def test_an_acl_that_is_set_during_the_call_leaves_no_object_without_its_verdict(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    key = "shared.jpg"
    cloud_client.set_behaviour(cloudauth={"latency_ms": 1500})
    cloud_client.put(key, photos[FLAGGED])
    stop = threading.Event()

    def share_during_the_call() -> None:
        time.sleep(2.5)
        cloud_client.bucket.put_object_acl(key, oss2.OBJECT_ACL_PUBLIC_READ)
        stop.set()

    threading.Thread(target=share_during_the_call).start()
    message = cloud_client.wait_for_message(key)
    assert stop.is_set()
    assert message["data"]["verdict"] == "high_risk"
    assert_tagged_as_judged(cloud_client, key)
    assert len(cloud_client.billed_calls(key)) <= 2


def test_tags_that_the_uploader_writes_after_the_upload_are_kept(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    cloud_client.put("tagged-later.jpg", photos[GOOD])
    time.sleep(0.3)
    tagging = oss2.models.TaggingRule()
    tagging.add("team", "kyc")
    cloud_client.bucket.put_object_tagging("tagged-later.jpg", oss2.models.Tagging(tagging))
    cloud_client.wait_for_message("tagged-later.jpg")
    assert cloud_client.tags("tagged-later.jpg")["team"] == "kyc"


def test_a_second_picture_is_refused_before_the_call(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    """A PNG with animation control of a single frame: browsers show the frame, the store's
    conversion shows the default image."""
    png = photos["portrait.png"]
    control = b"acTL" + struct.pack(">II", 1, 0)
    chunk = struct.pack(">I", 8) + control + struct.pack(">I", zlib.crc32(control))
    cloud_client.put("animated.png", png[:33] + chunk + png[33:])
    data = cloud_client.wait_for_message("animated.png")["data"]
    assert (data["verdict"], data["reason"]) == ("unscreenable", "MoreThanOnePicture")
    assert cloud_client.billed_calls("animated.png") == []


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_around_the_tagging_request_of_overwritten_bytes_is_repaired(
    after: bool, cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    """The tags land on bytes that were uploaded while the request was on its way, and the handler
    is killed before it looks again."""
    key = f"killed-{after}.jpg"
    hang = {"operation": "PutObjectTagging", "hang_s": 2, "after": after, "kill": True}
    cloud_client.set_behaviour(oss={"faults": [hang]}, fc={"retry_delay_ms": 200})
    cloud_client.put(key, photos[GOOD])
    wait_for(lambda: cloud_client.all_faults_used("oss"), "a tagging request that hangs")
    cloud_client.put(key, photos[FLAGGED])
    cloud_client.wait_for_message(key)
    assert_tagged_as_judged(cloud_client, key)
    assert cloud_client.tags(key)["deepfake-verdict"] == "high_risk"


def test_every_screened_object_has_a_message_and_each_message_an_id_of_its_own(
    cloud_client: LocalCloudClient,
) -> None:
    messages = cloud_client.receive_messages()
    outcomes = {(m["id"], m["data"]["object"]["etag"], m["data"]["verdict"]) for m in messages}
    assert len({outcome[0] for outcome in outcomes}) == len(outcomes)
