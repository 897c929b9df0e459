"""``facescreen screen``: paid calls, output and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import oss2
import pytest

from facescreen_local.cloud import STATE_BUCKET_NAME, LocalCloud
from tests.e2e.command_line.conftest import RunCommand
from tests.e2e.command_line.folder import fill_folder
from tests.support.cloud_client import FAST_SETTINGS, LocalCloudClient
from tests.support.command import json_lines
from tests.support.command import run_facescreen as facescreen
from tests.support.samples import sample_files
from tests.support.wait import wait_for


@pytest.fixture
def portrait(cloud: LocalCloud, tmp_path: Path) -> Path:
    path = tmp_path / "portrait.jpg"
    path.write_bytes(sample_files(cloud)["portrait.jpg"])
    return path


def test_every_sample_has_the_expected_verdict(
    screen: RunCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    folder = cloud.write_samples()[0].path.parent
    result = screen(folder, "--json")
    assert result.returncode == 1
    verdicts = {line["file"].rpartition("/")[2]: line["verdict"] for line in json_lines(result)}
    unfit = "12-megapixel.jpg", "long-clip.mp4", "portrait.png"  # no store converts them here
    low = "clip.mov", "clip.mp4", "portrait.jpg", "sideways-phone.jpg"
    assert verdicts == {
        **dict.fromkeys((*unfit, "blurred.jpg", "no-face.jpg"), "unscreenable"),
        **dict.fromkeys(low, "low_risk"),
        "flagged.jpg": "high_risk",
    }
    assert len(cloud_client.billed_calls()) == 5
    assert "5 paid calls, USD 2.00" in result.stderr
    assert result.stderr.index("Nothing is charged") < result.stderr.index("USD")
    assert "a local emulator made these verdicts" in result.stderr
    assert "1 neither image nor video" in result.stderr


def test_the_same_bytes_are_paid_for_once(
    screen: RunCommand, portrait: Path, cloud_client: LocalCloudClient
) -> None:
    for number in range(6):
        portrait.with_name(f"{number}.jpg").write_bytes(portrait.read_bytes())
    result = screen(portrait.parent, "--json")
    assert result.returncode == 0
    assert len(json_lines(result)) == 7
    assert len(cloud_client.billed_calls()) == 1
    assert "1 paid call, USD 0.40" in result.stderr


def test_hidden_and_other_files_of_a_folder_are_skipped(
    screen: RunCommand, portrait: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    portrait.rename(elsewhere / "portrait.jpg")
    folder = tmp_path / "folder"
    (folder / "deeper").mkdir(parents=True)
    (folder / "deeper" / "a.jpg").write_bytes((elsewhere / "portrait.jpg").read_bytes())
    (folder / "link.jpg").symlink_to(elsewhere / "portrait.jpg")
    (folder / "away").symlink_to(elsewhere)
    (folder / ".hidden.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "notes.txt").write_text("notes")
    (folder / "damaged.jpg").write_bytes(b"\xff\xd8\xff")
    result = screen(folder, "--json", "--verbose")
    assert result.returncode == 2
    verdicts = {line["file"].rpartition("/")[2]: line["verdict"] for line in json_lines(result)}
    assert verdicts == {"a.jpg": "low_risk", "damaged.jpg": "unscreenable"}
    assert "1 hidden, 1 neither image nor video, 2 symbolic link" in result.stderr
    assert f"skipped (symbolic link): {folder}/away" in result.stderr


def test_a_file_that_can_not_be_read_is_failed(screen: RunCommand) -> None:
    result = screen("/proc/self/mem", "--json")
    assert result.returncode == 2
    assert [(line["verdict"], line["reason"]) for line in json_lines(result)] == [
        ("failed", "UnreadableFile")
    ]


def test_a_url_is_reported_without_its_query(
    screen: RunCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    cloud_client.put("asked.jpg", sample_files(cloud)["flagged.jpg"])
    cloud_client.wait_for_message("asked.jpg")
    url = cloud_client.bucket.sign_url("GET", "asked.jpg", 60, slash_safe=True)
    result = screen(url, "--json", "--allow-origin", cloud_client.env["OSS_ENDPOINT"])
    assert result.returncode == 1
    assert [line["url"] for line in json_lines(result)] == [url.partition("?")[0]]
    rejected = screen(url)
    assert rejected.returncode == 64
    assert "https" in rejected.stderr


FUNCTION_SETTINGS = {"STATE_BUCKET": STATE_BUCKET_NAME, **FAST_SETTINGS}


def test_an_object_is_tagged_only_with_write_back(
    screen: RunCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    bucket = oss2.Bucket(
        cloud_client.bucket.auth,
        cloud_client.bucket.endpoint,
        "unwatched",
        region=cloud_client.bucket.region,
    )
    bucket.create_bucket()
    bucket.put_object("a.jpg", sample_files(cloud)["flagged.jpg"])
    dry_result = screen("oss://unwatched/a.jpg", "--json", **FUNCTION_SETTINGS)
    assert dry_result.returncode == 1, dry_result.stderr
    assert not bucket.get_object_tagging("a.jpg").tag_set.tagging_rule
    written_result = screen("oss://unwatched/a.jpg", "--write-back", **FUNCTION_SETTINGS)
    assert written_result.returncode == 1, written_result.stderr
    tags = bucket.get_object_tagging("a.jpg").tag_set.tagging_rule
    assert tags["deepfake-verdict"] == "high_risk"
    wait_for(lambda: "unwatched" in str(cloud_client.receive_messages()), "the message")
    assert len(cloud_client.billed_calls()) == 1
    missing_result = screen("oss://unwatched/b.jpg", "--json", **FUNCTION_SETTINGS)
    assert missing_result.returncode == 2
    assert [line["verdict"] for line in json_lines(missing_result)] == ["failed"]


def test_a_dry_run_makes_no_calls(
    screen: RunCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    result = screen(cloud.write_samples()[0].path.parent, "--dry-run")
    assert result.returncode == 0
    assert "10 to screen: up to 7 paid calls, USD 2.80" in result.stdout
    assert cloud_client.billed_calls() == []


def test_a_dry_run_needs_no_scene_code(screen: RunCommand, portrait: Path) -> None:
    result = screen(portrait, "--dry-run", SCENE_CODE="")
    assert result.returncode == 0, result.stderr
    assert "1 to screen" in result.stdout


def test_many_paid_calls_must_be_confirmed(
    screen: RunCommand, portrait: Path, tmp_path: Path, cloud_client: LocalCloudClient
) -> None:
    fill_folder(tmp_path / "many", portrait.read_bytes(), 26)
    result = screen(tmp_path / "many")
    assert result.returncode == 64
    assert "up to 26 paid calls, USD 10.40" in result.stderr
    assert "--yes" in result.stderr
    assert cloud_client.billed_calls() == []


def test_an_error_that_affects_every_call_stops_the_run(
    screen: RunCommand, portrait: Path, tmp_path: Path, cloud_client: LocalCloudClient
) -> None:
    fill_folder(tmp_path / "some", portrait.read_bytes(), 20)
    result = screen(tmp_path / "some", "--rate", "5", ALIBABA_CLOUD_ACCESS_KEY_SECRET="wrong")
    assert result.returncode == 2
    assert "Stopped: " in result.stderr
    assert "20 not screened" in result.stdout
    assert len(cloud_client.billed_calls()) == 0


def test_credentials_can_come_from_a_profile(
    screen: RunCommand, cloud: LocalCloud, portrait: Path, tmp_path: Path
) -> None:
    key = cloud.account.key
    profile = {
        "name": "kyc",
        "mode": "AK",
        "access_key_id": key.access_key_id,
        "access_key_secret": key.access_key_secret,
    }
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun" / "config.json").write_text(json.dumps({"profiles": [profile]}))
    bare = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}
    result = screen(portrait, "--profile", "kyc", **bare, HOME=str(tmp_path))
    assert result.returncode == 0, result.stderr
    none = screen(portrait, **bare, HOME=str(tmp_path))
    assert none.returncode == 64
    assert "no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID" in none.stderr


@pytest.mark.slow
def test_local_starts_a_separate_local_cloud(
    screen: RunCommand, portrait: Path, cloud_client: LocalCloudClient
) -> None:
    result = screen(portrait, "--local", CLOUDAUTH_ENDPOINT="https://cloudauth.invalid")
    assert result.returncode == 0, result.stderr
    assert "not assessed for deepfakes" in result.stdout
    assert cloud_client.billed_calls() == []


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["s3://bucket/prefix/"], {}, "name one object, as s3://"),
        (["s3://bucket/a.jpg", "oss://bucket/a.jpg"], {}, "not both at once"),
        (["oss://bucket/prefix/"], {}, "name one object"),
        (["oss://bucket/a.jpg"], {"STATE_BUCKET": ""}, "STATE_BUCKET"),
        (["oss://bucket/a.jpg", "--rate", "5"], {}, "the function's value instead of --rate"),
        (["oss://bucket/a.jpg", "--local"], {}, "holds no objects"),
        (["no-such-file.jpg"], {}, "no file or folder"),
        (["http://example.com/a.jpg?token=abc"], {}, "http://example.com/a.jpg: "),
        (["/proc/self/mem", "--write-back"], {}, "needs objects in buckets"),
        (["/proc/self/mem"], {"SCENE_CODE": "short"}, "SCENE_CODE must be exactly 10"),
        (["/proc/self/mem", "--profile", "nobody"], {"HOME": "/nonexistent"}, "'nobody' has no"),
        (["/proc/self/mem", "--endpoint", "http://example.com"], {}, "must be an https endpoint"),
        ([], {}, "Missing argument"),
    ],
)
def test_usage_errors(
    screen: RunCommand, arguments: list[str], environment: dict[str, str], expected: str
) -> None:
    result = screen(*arguments, **environment)
    assert result.returncode == 64
    assert expected in " ".join(result.stderr.split())
    assert "token=abc" not in result.stderr


def test_an_empty_folder_is_an_error(screen: RunCommand, tmp_path: Path) -> None:
    assert screen(tmp_path).returncode == 64


def test_the_help_has_examples() -> None:
    output = facescreen("screen", "--help").stdout
    for example in ("--dry-run", "--yes --json", "--write-back", "--local"):
        assert example in output.partition("Examples:")[2]
    assert "The deployed function shares the account's quota" in " ".join(output.split())
