"""The local cloud as a process of its own, which the campaign can kill and start again.

``python -m tests.chaos.cloud_process FOLDER`` runs one until SIGTERM.
"""

from __future__ import annotations

import compileall
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.cloud import LocalCloud, write_env_file
from facescreen_local.protocol.service import bind_socket
from tests.chaos.plan import PLAIN_BUCKET, VERSIONED_BUCKET
from tests.support.cloud_client import PROJECT
from tests.support.wait import wait_for

FUNCTION_TIMEOUT_S = 15
"""Less than in s.yaml: after a kill, the next delivery waits until the dead one's time is over."""
IMAGE_TIMEOUT_S = 5
_CALLS_PER_SECOND = 100
_SERVICES = ("oss", "cloudauth", "mns", "fc", "admin")
_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 30


@dataclass
class CloudProcess:
    """One local cloud with its state in `folder`. It keeps its addresses over a restart."""

    folder: Path
    _process: subprocess.Popen[bytes] | None = None

    def prepare(self, code: Path, instances: int) -> None:
        """Write the project that the cloud runs; `code` is the functions' folder, and `instances`
        how many instances of a function run at most."""
        project = self.folder / "project"
        project.mkdir(parents=True)
        (project / "functions").symlink_to(code)
        # Otherwise every instance of the first ones compiles it.
        compileall.compile_dir(code, quiet=1)
        (project / "s.yaml").write_text(yaml.safe_dump(_adapt_template(), sort_keys=False))
        sockets = [bind_socket() for _ in _SERVICES]
        ports = {
            name: bound.getsockname()[1] for name, bound in zip(_SERVICES, sockets, strict=True)
        }
        for bound in sockets:
            bound.close()
        (self.folder / "ports.json").write_text(json.dumps(ports))
        (self.folder / "instances").write_text(str(instances))

    @property
    def data(self) -> Path:
        """The folder of the local cloud's state."""
        return self.folder / "data"

    @property
    def env(self) -> dict[str, str]:
        """The env file's values, once the cloud has started."""
        lines = (self.folder / "env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def start(self) -> None:
        """Start the process, and return once the cloud answers."""
        with (self.folder / "cloud.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(self.folder)],
                cwd=PROJECT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self._answers, "the local cloud", _START_TIMEOUT_S)

    def stop(self) -> None:
        """Stop it in an orderly way: requests end, pending events are kept."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it in the middle of whatever it does. Its function instances end with it."""
        self._end(signal.SIGKILL)

    def list_instances(self) -> list[int]:
        """The process ids of the function instances, sorted."""
        assert self._process is not None
        children: set[int] = set()
        for task in Path(f"/proc/{self._process.pid}/task").glob("*/children"):
            children.update(map(int, task.read_text().split()))
        return sorted(children)

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            log = (self.folder / "cloud.log").read_text()
            raise AssertionError(f"the local cloud ended:\n{log[-2000:]}")
        if not (self.folder / "env").exists():
            return False
        try:
            return httpx.get(f"{self.env['LOCAL_ADMIN']}/pending").status_code == 200
        except httpx.TransportError:
            return False

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(_STOP_TIMEOUT_S)


def _adapt_template() -> dict[str, object]:
    """s.yaml with a second, versioned bucket, a shorter timeout, and without the HTTP API."""
    template: dict[str, object] = yaml.safe_load((PROJECT / "s.yaml").read_text())
    resources: dict[str, dict[str, dict[str, object]]] = template["resources"]  # type: ignore[assignment]
    del resources["http_api"]
    props = resources["object_created"]["props"]
    props["timeout"] = FUNCTION_TIMEOUT_S
    triggers: list[dict[str, object]] = props["triggers"]  # type: ignore[assignment]
    (trigger,) = triggers
    arn = str(trigger["sourceArn"]).replace("${vars.bucket}", VERSIONED_BUCKET)
    triggers.append({**trigger, "triggerName": "object-created-versioned", "sourceArn": arn})
    sweep_environment: dict[str, object] = resources["sweep"]["props"]["environmentVariables"]  # type: ignore[assignment]
    sweep_environment["WATCHED_OBJECTS"] = f"{PLAIN_BUCKET}/,{VERSIONED_BUCKET}/"
    return template


def _run(folder: Path) -> None:
    settings = {
        "CALLS_PER_SECOND": str(_CALLS_PER_SECOND),
        "IMAGE_TIMEOUT_SECONDS": str(IMAGE_TIMEOUT_S),
        "RESERVED_CONCURRENCY": (folder / "instances").read_text(),
        "SWEEP_AFTER_MINUTES": "1",
        # The campaign fires the timer itself.
        "SWEEP_SCHEDULE": "@every 60m",
    }
    with BackgroundLoop() as loop:
        cloud = LocalCloud(folder / "data", folder / "project", settings)
        stopped: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
        loop.run(cloud.start(json.loads((folder / "ports.json").read_text())))
        write_env_file(folder / "env", cloud.build_client_environment())
        while not stopped:
            time.sleep(0.05)
        loop.run(cloud.stop())


if __name__ == "__main__":
    os.environ.setdefault("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    _run(Path(sys.argv[1]))
