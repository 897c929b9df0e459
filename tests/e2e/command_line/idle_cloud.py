"""A local cloud where uploads trigger no function, and objects to backfill."""

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
"""Uploads below it are screened as they come."""


def make_project(folder: Path) -> Path:
    """The project, its trigger on FRESH alone."""
    folder.mkdir()
    template = yaml.safe_load((PROJECT / "s.yaml").read_text())
    props = template["resources"]["object_created"]["props"]
    props["triggers"][0]["triggerConfig"]["filter"]["key"]["prefix"] = WATCHED_PREFIX
    (folder / "s.yaml").write_text(yaml.safe_dump(template, sort_keys=False))
    (folder / "functions").symlink_to(PROJECT / "functions")
    return folder


@contextmanager
def idle_cloud(folder: Path, **settings: str) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    """The cloud, and a client of it."""
    with run_local_cloud(
        folder / "cloud", make_project(folder / "project"), **settings
    ) as cloud_and_client:
        yield cloud_and_client


def upload_portraits(
    cloud: LocalCloud, cloud_client: LocalCloudClient, prefix: str, count: int
) -> list[str]:
    """Uploads a photograph under so many keys, awkward ones among them."""
    data = sample_files(cloud)["portrait.jpg"]
    keys = [f"{prefix}{number:04} é+%20.jpg" for number in range(count)]
    for key in keys:
        cloud_client.put(key, data)
    return keys


class BackfillCommand:
    """``facescreen backfill`` on that cloud."""

    def __init__(self, cloud_client: LocalCloudClient, state: Path) -> None:
        self._environment = user_environment(cloud_client.env, XDG_STATE_HOME=str(state))
        self.bucket = f"oss://{cloud_client.env['OSS_BUCKET']}"

    def run(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """To its end."""
        with self.start(*arguments, environment=environment) as process:
            stdout, stderr = process.communicate(timeout=300)
        assert "Traceback" not in stderr, stderr
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def lines(self, *arguments: object, **environment: str) -> list[dict[str, Any]]:
        """What it says with --json --yes, if all went well."""
        result = self.run(*arguments, "--json", "--yes", **environment)
        assert result.returncode == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    def kill_after(self, submitted: int, *arguments: object) -> None:
        """Killed by SIGKILL once so many were submitted."""
        with self.start(*arguments, "--json", "--yes") as process:
            assert process.stdout
            for line in process.stdout:
                if json.loads(line).get("submitted", 0) >= submitted:
                    break
            process.kill()
            process.wait()
        assert process.returncode == -9

    def on_terminal(self, answer: str, *arguments: object) -> tuple[int, str]:
        """Its exit code and all that a terminal shows, where `answer` is typed."""
        return run_on_terminal(answer, self._command(*arguments), env=self._environment)

    def start(
        self, *arguments: object, environment: Mapping[str, str] = MappingProxyType({})
    ) -> subprocess.Popen[str]:
        """To be ended by whoever began it."""
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
