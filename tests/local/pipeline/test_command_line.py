"""The command line as a user runs it, and the vendors' SDKs against what it starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import oss2
import pytest
from alibabacloud_cloudauth_intl20220809.client import Client
from alibabacloud_cloudauth_intl20220809.models import DeepfakeDetectIntlRequest
from alibabacloud_tea_openapi.models import Config

from tests.local.pipeline.outside import Outside, until

if TYPE_CHECKING:
    from collections.abc import Iterator

FACESCREEN = Path(sys.executable).with_name("facescreen")
PROMISED = [
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
]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [FACESCREEN, *arguments], capture_output=True, text=True, timeout=180, check=False
    )


@contextmanager
def up(folder: Path) -> Iterator[dict[str, str]]:
    """``facescreen up``, and what its env file says."""
    env_file = folder / "env"
    arguments = ["up", "--data", str(folder / "data"), "--env-file", str(env_file)]
    with subprocess.Popen([FACESCREEN, *arguments], stderr=subprocess.PIPE) as process:  # noqa: S603
        try:
            until(env_file.exists, "the env file")
            lines = env_file.read_text().splitlines()
            yield dict(line.split("=", 1) for line in lines)
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 0, said
    assert "not a forgery detector" in said


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="module")
def told(folder: Path) -> Iterator[dict[str, str]]:
    with up(folder) as told:
        yield told


@pytest.fixture(scope="module")
def outside(told: dict[str, str]) -> Iterator[Outside]:
    client = Outside(told)
    yield client
    client.close()


@pytest.fixture(scope="module")
def samples(told: dict[str, str], folder: Path) -> Path:
    return folder / "data" / "samples"


def test_the_env_file_holds_what_is_promised(told: dict[str, str]) -> None:
    assert list(told) == PROMISED
    for name in PROMISED:
        if name.endswith("ENDPOINT") or name == "LOCAL_ADMIN":
            assert urlsplit(told[name]).hostname == "127.0.0.1"


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_oss2(version: str, told: dict[str, str], outside: Outside, samples: Path) -> None:
    key = told["ALIBABA_CLOUD_ACCESS_KEY_ID"], told["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    auth = oss2.Auth(*key) if version == "v1" else oss2.AuthV4(*key)
    bucket = oss2.Bucket(auth, told["OSS_ENDPOINT"], told["OSS_BUCKET"], region=told["OSS_REGION"])
    name = f"{version}/flagged.jpg"
    bucket.put_object_from_file(name, str(samples / "flagged.jpg"))
    assert outside.wait_for(name)["data"]["verdict"] == "high_risk"
    tags = bucket.get_object_tagging(name).tag_set.tagging_rule
    assert tags["deepfake-verdict"] == "high_risk"


def test_the_official_sdk_of_the_api(told: dict[str, str], outside: Outside, samples: Path) -> None:
    outside.put("sdk.jpg", (samples / "flagged.jpg").read_bytes())
    client = Client(
        Config(
            access_key_id=told["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            access_key_secret=told["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            endpoint=urlsplit(told["CLOUDAUTH_ENDPOINT"]).netloc,
            protocol="http",
        )
    )
    answer = client.deepfake_detect_intl(
        DeepfakeDetectIntlRequest(
            product_code="FACE_DEEPFAKE",
            scene_code="local_0001",
            merchant_biz_id="e0c34a77f5ac40a5aa5e6ed20c000001",
            face_input_type="IMAGE",
            face_url=outside.bucket.sign_url("GET", "sdk.jpg", 60),
        )
    ).body
    assert answer.code == "Success"
    assert answer.result_object.result == "1"
    assert answer.result_object.risk_tag == "SuspectDeepForgery"
    assert answer.result_object.transaction_id.startswith("local-stand-in-")


def test_a_wrong_secret_is_refused_by_the_services_own_code(
    told: dict[str, str], outside: Outside
) -> None:
    auth = oss2.AuthV4(told["ALIBABA_CLOUD_ACCESS_KEY_ID"], "wrong")
    bucket = oss2.Bucket(auth, told["OSS_ENDPOINT"], told["OSS_BUCKET"], region=told["OSS_REGION"])
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch):
        bucket.put_object("a", b"b")


def test_state_survives_a_restart(tmp_path: Path) -> None:
    with up(tmp_path) as told:
        first = Outside(told)
        first.put("kept.jpg", b"kept")
        first.wait_for("kept.jpg")
        first.close()
    (tmp_path / "env").unlink()
    with up(tmp_path) as told:
        again = Outside(told)
        assert again.bucket.get_object("kept.jpg").read() == b"kept"
        assert again.tags("kept.jpg")["deepfake-verdict"] == "unscreenable"
        again.close()


def test_the_demo_shows_the_right_row_for_every_sample() -> None:
    done = run("demo", "--once", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["object"]: row for row in json.loads(done.stdout)}
    ends = {name: (row["verdict"], row["reason"]) for name, row in rows.items()}
    assert ends == {
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


def test_the_demo_listens_on_until_it_is_stopped() -> None:
    with subprocess.Popen(  # noqa: S603
        [FACESCREEN, "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "COLUMNS": "80"},
    ) as process:
        try:
            assert process.stderr is not None
            said = b""
            while b"Ctrl-C stops it" not in said:
                said += process.stderr.readline()
            assert b"LOCAL_ADMIN" in said
            time.sleep(0.2)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            table = process.communicate(timeout=30)[0].decode()
        finally:
            process.kill()
    assert process.returncode == 0
    assert "7 calls paid" in table
    assert "not assessed for deepfakes" in table


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no-such-command"], "No such command"),
        (["up", "--port", "oss"], "is not SERVICE=PORT"),
        (["up", "--port", "oss=99999"], "is not SERVICE=PORT"),
        (["demo", "--what"], "No such option"),
    ],
)
def test_usage_errors_end_with_64(arguments: list[str], says: str) -> None:
    done = run(*arguments)
    assert done.returncode == 64
    assert says in done.stderr
