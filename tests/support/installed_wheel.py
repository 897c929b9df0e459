"""A built wheel, installed into an environment of its own as a user installs it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from facescreen_cli import interpreters
from facescreen_cli.project import PROJECT_FOLDER
from tests.support.wait import wait_for

LOCK = PROJECT_FOLDER / "requirements" / "local.txt"


@dataclass(frozen=True)
class InstalledWheel:
    """An environment with the wheel in it, and an empty folder to run its commands in."""

    environment: Path
    folder: Path

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `program` of the environment without any variable of this process."""
        return subprocess.run(
            [self.environment / "bin" / program, *arguments],
            cwd=self.folder,
            env=self.variables(),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def variables(self) -> dict[str, str]:
        """A PATH, no home to write to, and no request for an instance's role."""
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": "/nonexistent",
            "LANG": "C.UTF-8",
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        }

    def distributions(self) -> set[str]:
        listed = run_uv("list", "--format", "json", environment=self.environment)
        return {one["name"] for one in json.loads(listed.stdout)}


def run_uv(*arguments: str | Path, environment: Path) -> subprocess.CompletedProcess[str]:
    """Run ``uv pip`` outside of the repository, whose settings of uv leave distributions out."""
    command = [
        interpreters.find_uv(),
        "pip",
        *arguments,
        "--python",
        environment / "bin" / "python",
    ]
    return subprocess.run(
        command, cwd=environment.parent, capture_output=True, text=True, timeout=180, check=False
    )


def build_distribution(kind: str, project: Path, folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", folder],
        cwd=project,
        check=True,
        capture_output=True,
    )
    (built,) = folder.iterdir()
    return built


def install_wheel(wheel: Path, extra: str, folder: Path) -> InstalledWheel:
    """Install the locked distributions, and then let uv choose those that the wheel requires: it
    removes the others, and would have to download what is missing, which --offline forbids."""
    installed = InstalledWheel(folder / "environment", folder / "empty")
    installed.folder.mkdir()
    subprocess.run(
        [interpreters.find_uv(), "venv", "-q", "--python", sys.executable, installed.environment],
        check=True,
    )
    lock = ["install", "--no-deps", "--offline", "-r", str(LOCK)]
    done = run_uv(*lock, environment=installed.environment)
    assert done.returncode == 0, f"not in uv's cache: run make clean setup\n{done.stderr}"
    named = f"facescreen[{extra}]" if extra else "facescreen"
    done = run_uv(
        "install",
        "--exact",
        "--offline",
        "-c",
        LOCK,
        f"{named} @ {wheel.as_uri()}",
        environment=installed.environment,
    )
    assert done.returncode == 0, done.stderr
    return installed


@contextmanager
def running_cloud(cli: InstalledWheel, folder: Path) -> Iterator[Path]:
    """The env file of ``facescreen up --samples``."""
    env_file = folder / "env"
    command: list[str | Path] = [cli.environment / "bin" / "facescreen", "up", "--samples"]
    command += ["--data", folder / "data", "--env-file", env_file]
    with subprocess.Popen(
        command, cwd=cli.folder, env=cli.variables(), stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(env_file.exists, "the env file")
            yield env_file
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
