"""A local cloud whose uploads do not trigger the function, for tests of backfill."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from facescreen_local.cloud import LocalCloud
from tests.support.cloud_client import PROJECT, LocalCloudClient, run_local_cloud
from tests.support.command import FACESCREEN, run_on_terminal, user_environment
from tests.support.samples import sample_files

WATCHED_PREFIX = "fresh/"
"""Only uploads below this prefix trigger the function."""


def make_project(folder: Path) -> Path:
    """Copy the project, with its trigger restricted to WATCHED_PREFIX."""
    folder.mkdir()
    template = yaml.safe_load((PROJECT / "s.yaml").read_text())
    props = template["resources"]["object_created"]["props"]
    props["triggers"][0]["triggerConfig"]["filter"]["key"]["prefix"] = WATCHED_PREFIX
    (folder / "s.yaml").write_text(yaml.safe_dump(template, sort_keys=False))
    (folder / "functions").symlink_to(PROJECT / "functions")
    return folder


@contextmanager
def idle_cloud(folder: Path, **settings: str) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    """Run the cloud and yield it with a client."""
    with run_local_cloud(
        folder / "cloud", make_project(folder / "project"), **settings
    ) as cloud_and_client:
        yield cloud_and_client


def upload_portraits(
    cloud: LocalCloud, cloud_client: LocalCloudClient, prefix: str, count: int
) -> list[str]:
    """Upload a photograph under `count` keys with special characters. Returns the keys."""
    data = sample_files(cloud)["portrait.jpg"]
    keys = [f"{prefix}{number:04} é+%20.jpg" for number in range(count)]
    for key in keys:
        cloud_client.put(key, data)
    return keys


class BackfillCommand:
    """Runs ``facescreen backfill`` on that cloud."""

    def __init__(self, cloud_client: LocalCloudClient, state: Path) -> None:
        self._environment = user_environment(cloud_client.env, XDG_STATE_HOME=str(state))
        self.bucket = f"oss://{cloud_client.env['OSS_BUCKET']}"

    def run(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        with self.start(*arguments, environment=environment) as process:
            stdout, stderr = process.communicate(timeout=300)
        assert "Traceback" not in stderr, stderr
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def lines(self, *arguments: object, **environment: str) -> list[dict[str, Any]]:
        """Run with --json --yes, expect success, and return the JSON lines."""
        result = self.run(*arguments, "--json", "--yes", **environment)
        assert result.returncode == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    def kill_after(self, submitted: int, *arguments: object) -> None:
        """Run, and kill the process with SIGKILL once `submitted` objects are submitted."""
        with self.start(*arguments, "--json", "--yes") as process:
            assert process.stdout
            for line in process.stdout:
                if json.loads(line).get("submitted", 0) >= submitted:
                    break
            process.kill()
            process.wait()
        assert process.returncode == -9

    def on_terminal(self, answer: str, *arguments: object) -> tuple[int, str]:
        """Run in a terminal and type `answer`. Returns exit code and output."""
        return run_on_terminal(answer, self._command(*arguments), env=self._environment)

    def start(
        self, *arguments: object, environment: Mapping[str, str] = MappingProxyType({})
    ) -> subprocess.Popen[str]:
        """Start the process. The caller must wait for its end."""
        return subprocess.Popen(
            self._command(*arguments),
            env={**self._environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _command(self, *arguments: object) -> list[str]:
        target, *options = map(str, arguments)
        return [str(FACESCREEN), "backfill", f"{self.bucket}{target}", *options]
