"""``make live`` with the local cloud in place of an account."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest

from tests.contract.alibaba_services import REQUIRED_VARIABLES
from tests.support.cloud_client import PROJECT, LocalCloudClient
from tests.support.command import facescreen_up

STATE, VERSIONED = "facescreen-state", "facescreen-versioned"


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that the owner of an account would set."""
    with facescreen_up(tmp_path_factory.mktemp("up")) as env:
        yield {
            **env,
            "STATE_BUCKET": STATE,
            "VERSIONED_BUCKET": VERSIONED,
            "SCENE_CODE": "local_0001",
            "FACESCREEN_LOCAL": "true",
        }


@pytest.fixture(scope="module")
def live_client(env: dict[str, str]) -> Iterator[LocalCloudClient]:
    client = LocalCloudClient(env)
    versioned = bucket(client, VERSIONED)
    versioned.create_bucket()
    versioned.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
    yield client
    client.close()


@pytest.fixture
def cloud_client(live_client: LocalCloudClient) -> LocalCloudClient:
    live_client.admin.post("/reset")
    return live_client


def bucket(cloud_client: LocalCloudClient, name: str) -> oss2.Bucket:
    watched = cloud_client.bucket
    return oss2.Bucket(watched.auth, cloud_client.env["OSS_ENDPOINT"], name, region=watched.region)


def make_live(
    environment: dict[str, str], stdin: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run ``make live`` with `stdin` as its input. Skips the setup, which these tests run in."""
    inherited = {
        name: value for name, value in os.environ.items() if name not in REQUIRED_VARIABLES
    }
    return subprocess.run(
        ["make", "-s", "-o", "setup", "live"],  # noqa: S607
        cwd=PROJECT,
        env={**inherited, **environment, **more},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def list_leftovers(cloud_client: LocalCloudClient) -> list[str]:
    """Return the tests' objects and messages that are still there."""
    leftovers = [str(message) for message in cloud_client.receive_messages()]
    for name in (STATE, VERSIONED):
        versions = bucket(cloud_client, name).list_object_versions(prefix="facescreen-live-")
        leftovers += [version.key for version in [*versions.versions, *versions.delete_marker]]
    return leftovers


@pytest.mark.slow
def test_the_run_makes_the_announced_number_of_calls(
    env: dict[str, str], cloud_client: LocalCloudClient
) -> None:
    result = make_live(env, "yes\n")
    assert result.returncode == 0, result.stdout
    tests, calls, dollars = re.findall(
        r"^(\d+) live tests\n  cost   (\d+) paid calls, USD (\d+\.\d\d)", result.stdout
    )[0]
    assert f"\n{tests} passed, " in result.stdout
    assert len(cloud_client.billed_calls()) == int(calls) > 0
    assert float(dollars) == pytest.approx(0.40 * int(calls))
    assert f"in {STATE} and {VERSIONED}, at {env['OSS_ENDPOINT']}" in result.stdout
    assert list_leftovers(cloud_client) == []
    for secret in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        assert env[secret] not in result.stdout + result.stderr


@pytest.mark.slow
def test_a_failed_test_cleans_up(env: dict[str, str], cloud_client: LocalCloudClient) -> None:
    fault = {"operation": "GetObjectTagging", "code": "AccessDenied", "status": 403, "times": 100}
    cloud_client.set_behaviour(oss={"faults": [fault]})
    result = make_live(env, YES="1", PYTEST_ADDOPTS="-k tags")
    assert result.returncode != 0
    assert " failed" in result.stdout
    assert list_leftovers(cloud_client) == []


@pytest.mark.parametrize("stdin", ["", pytest.param("y\n", marks=pytest.mark.slow)])
def test_without_a_confirmation_nothing_is_run(
    env: dict[str, str], cloud_client: LocalCloudClient, stdin: str
) -> None:
    result = make_live(env, stdin)
    assert result.returncode != 0
    assert "nothing was run" in result.stdout
    assert " passed" not in result.stdout
    assert cloud_client.billed_calls() == []


def test_missing_variables_are_named() -> None:
    result = make_live({"SCENE_CODE": "local_0001"}, "yes\n")
    assert result.returncode != 0
    assert "64" in result.stderr
    for name, what in REQUIRED_VARIABLES.items():
        assert (f"{name}  {what}" in result.stderr) == (name != "SCENE_CODE")


@pytest.mark.slow
def test_without_make_live_no_live_test_is_run(
    env: dict[str, str], cloud_client: LocalCloudClient
) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "live", Path("tests", "contract")],
        cwd=PROJECT,
        env={**os.environ, **env, "YES": "1"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert result.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert cloud_client.billed_calls() == []
