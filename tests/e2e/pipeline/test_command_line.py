"""The command line as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.cloud_client import LocalCloudClient
from tests.support.command import FACESCREEN, facescreen_up, run_facescreen
from tests.support.wait import wait_for

ENV_FILE_NAMES = [
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "OSS_ENDPOINT",
    "OSS_REGION",
    "OSS_BUCKET",
    "CLOUDAUTH_ENDPOINT",
    "MNS_ENDPOINT",
    "MNS_TOPIC",
    "MNS_QUEUE",
    "MNS_DLQ",
    "FC_ENDPOINT",
    "FC_FUNCTION",
    "HTTP_TRIGGER_URL",
    "LOCAL_ADMIN",
    "CLOUDAUTH_CA_FILE",
    "ALIBABA_CLOUD_ACCOUNT_ID",
    "SCENE_CODE",
    "STATE_BUCKET",
    "OSS_PUBLIC_ENDPOINT",
    "CLOUDAUTH_UPLOAD_ENDPOINT",
    "SWEEP_ENDPOINT",
    "VPC_ID",
    "VSWITCH_ID",
    "SECURITY_GROUP_ID",
    "FACESCREEN_LOCAL",
    "HTTP_AUTH",
    "URL_ALLOWED_ORIGINS",
]


def test_the_env_file_has_the_documented_names(tmp_path: Path) -> None:
    with facescreen_up(tmp_path) as env:
        assert list(env) == ENV_FILE_NAMES
        for name in ENV_FILE_NAMES:
            if name.endswith("ENDPOINT") or name == "LOCAL_ADMIN":
                assert urlsplit(env[name]).hostname == "127.0.0.1"


@pytest.mark.slow
def test_the_data_folder_may_be_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with facescreen_up(Path()) as env:
        cloud_client = LocalCloudClient(env)
        cloud_client.put("a.jpg", b"no image")
        assert cloud_client.wait_for_message("a.jpg")["data"]["verdict"] == "unscreenable"
        cloud_client.close()


def test_state_survives_a_restart(tmp_path: Path) -> None:
    with facescreen_up(tmp_path) as env:
        first = LocalCloudClient(env)
        first.put("kept.jpg", b"kept")
        first.wait_for_message("kept.jpg")
        wait_for(lambda: first.admin.get("/pending").json()["events"] == 0, "the end of its event")
        first.close()
    (tmp_path / "env").unlink()
    with facescreen_up(tmp_path) as env:
        again = LocalCloudClient(env)
        assert again.bucket.get_object("kept.jpg").read() == b"kept"
        assert again.tags("kept.jpg")["deepfake-verdict"] == "unscreenable"
        again.close()


def test_the_demo_shows_the_right_row_for_every_sample() -> None:
    result = run_facescreen("demo", "--once", "--json")
    assert result.returncode == 0, result.stderr
    rows = {row["object"]: row for row in json.loads(result.stdout)}
    outcomes = {name: (row["verdict"], row["reason"]) for name, row in rows.items()}
    assert outcomes == {
        "selfies/portrait.jpg": ("low_risk", ""),
        "selfies/sideways-phone.jpg": ("low_risk", ""),
        "selfies/portrait.png": ("low_risk", ""),
        "selfies/12-megapixel.jpg": ("low_risk", ""),
        "selfies/clip.mp4": ("low_risk", ""),
        "selfies/clip.mov": ("low_risk", ""),
        "selfies/flagged.jpg": ("high_risk", "SuspectDeepForgery"),
        "selfies/no-face.jpg": ("unscreenable", "NoFaceDetected"),
        "selfies/blurred.jpg": ("unscreenable", "UnqualifiedPhoto"),
        "selfies/not-an-image.jpg": ("unscreenable", "UnqualifiedPhoto"),
        "selfies/long-clip.mp4": ("unscreenable", "InvalidParameter"),
    }
    paid = {name for name, row in rows.items() if row["calls_paid"]}
    assert paid == {name for name, row in rows.items() if row["verdict"] != "unscreenable"}
    assert all(row["note"] for row in rows.values() if row["verdict"] == "low_risk")


def test_the_demo_keeps_running_until_it_is_stopped() -> None:
    with subprocess.Popen(
        [FACESCREEN, "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "COLUMNS": "80"},
    ) as process:
        try:
            assert process.stderr is not None
            output = b""
            while b"Ctrl-C stops it" not in output:
                output += process.stderr.readline()
            assert b"LOCAL_ADMIN" in output
            time.sleep(0.2)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            table = process.communicate(timeout=30)[0].decode()
        finally:
            process.kill()
    assert process.returncode == 0
    assert "The real service would charge 7 paid calls, USD 2.80." in table
    assert "not assessed for deepfakes" in table


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["no-such-command"], "No such command"),
        (["up", "--port", "oss"], "is not SERVICE=PORT"),
        (["up", "--port", "oss=99999"], "is not SERVICE=PORT"),
        (["demo", "--what"], "No such option"),
    ],
)
def test_usage_errors_end_with_64(arguments: list[str], expected: str) -> None:
    result = run_facescreen(*arguments)
    assert result.returncode == 64
    assert expected in result.stderr
