"""A backfill of a whole bucket, killed twice: ``python -m tests.bench.backfill``.

By default the function only notes which objects it was given, so that the backfill itself is
measured. With --screened it is the deployed one, which screens, tags and pays by verdicts.json: the
local cloud answers some twenty requests for each object then, and takes its time.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import oss2
import yaml

from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.cloud import LocalCloud
from tests.support.cloud_client import PROJECT, LocalCloudClient
from tests.support.command import user_environment
from tests.support.samples import sample_files

_NOTING = """
import os
from facescreen.events.filters import Filters
from facescreen.events import read_event

def handler(event, context):
    keys = "".join(ref.key + chr(10) for ref in read_event(event, Filters()).objects)
    with open(os.environ["STATE_BUCKET"], "ab", buffering=0) as noted:
        noted.write(keys.encode())
"""
_EVERY = 10_000
"""Objects between two lines of the table."""
_CLIENTS = 16
_ONE_FLAGGED_IN = 10
_MOST_IN_DOUBT = 2 * 256
"""Of two kills a batch each (facescreen_cli.commands.backfill.submitting)."""


def main() -> None:
    """Prints rates and memory; fails where an object is missing, or comes too often."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--objects", type=int, default=100_000)
    asked.add_argument("--screened", action="store_true", help="by the deployed function")
    asked.add_argument("--rate", type=float, help="calls a second, half of them ours")
    told = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="facescreen-") as folder, BackgroundLoop() as loop:
        noted = Path(folder) / "noted"
        # Turns that go by unused make the quota's objects long: no more than can be used.
        settings = {
            "CALLS_PER_SECOND": f"{told.rate or (100 if told.screened else 2000):g}",
            # What is given up is paid for again, and a busy machine answers late.
            "IMAGE_TIMEOUT_SECONDS": "30",
        }
        if not told.screened:
            settings["STATE_BUCKET"] = str(noted)
        cloud = LocalCloud(Path(folder) / "cloud", _project(Path(folder), told.screened), settings)
        loop.run(cloud.start())
        cloud_client = LocalCloudClient(cloud.client_environment())
        try:
            _fill(cloud, cloud_client, told.objects)
            started = time.monotonic()
            _run(Path(folder), cloud_client, told.objects)
            print("waiting for the function", flush=True)
            loop.run(cloud.fc.functions.wait_until_idle(), 24 * 3600)
            rate = told.objects / (time.monotonic() - started)
            print(f"done, {rate:.0f} objects a second from the first listing on")
            came = _paid(cloud) if told.screened else Counter(noted.read_text().splitlines())
            if told.screened:
                _check_verdicts(cloud_client, told.objects)
        finally:
            cloud_client.close()
            loop.run(cloud.stop())
    _judge(came, told.objects, paid=told.screened)


def _judge(came: Counter[str], objects: int, *, paid: bool) -> None:
    often = sum(count > 1 for count in came.values())
    what = "paid for" if paid else "given to the function"
    print(f"{len(came)} of {objects} {what}, {often} of them more than once")
    if len(came) != objects or often > (0 if paid else _MOST_IN_DOUBT):
        sys.exit("objects are missing, or came too often")


def _paid(cloud: LocalCloud) -> Counter[str]:
    return Counter(call.object for call in cloud.cloudauth.calls if call.billed)


def _check_verdicts(cloud_client: LocalCloudClient, objects: int) -> None:
    """That the scripted one stands on each, as the tags say."""
    target = f"oss://{cloud_client.env['OSS_BUCKET']}/old/"
    command = [
        sys.executable,
        "-c",
        "from facescreen_cli.main import main; main()",
        "report",
        "--json",
    ]
    done = subprocess.run(
        [*command, target],
        env=user_environment(cloud_client.env),
        stdout=subprocess.PIPE,
        check=True,
    )
    found = {
        verdict: count for verdict, count in json.loads(done.stdout)["verdicts"].items() if count
    }
    print(f"on the objects: {found}")
    flagged = len(range(0, objects, _ONE_FLAGGED_IN))
    if found != {"low_risk": objects - flagged, "high_risk": flagged}:
        sys.exit("that is not what was scripted")


def _project(folder: Path, screened: bool) -> Path:
    """s.yaml without a trigger for what is uploaded."""
    project = folder / "project"
    project.mkdir()
    template = yaml.safe_load((PROJECT / "s.yaml").read_text())
    del template["resources"]["sweep"]
    props = template["resources"]["object_created"]["props"]
    props["triggers"][0]["triggerConfig"]["filter"]["key"]["prefix"] = "fresh/"
    if screened:
        (project / "functions").symlink_to(PROJECT / "functions")
    else:
        code = project / "functions"
        code.mkdir()
        # The backfill asks whether its handler is the one that screens.
        (code / "object_created.py").write_text(_NOTING)
        (code / "facescreen").symlink_to(PROJECT / "functions" / "facescreen")
        del props["instanceLifecycleConfig"]
        del template["resources"]["http_api"]
    (project / "s.yaml").write_text(yaml.safe_dump(template, sort_keys=False))
    return project


def _fill(cloud: LocalCloud, cloud_client: LocalCloudClient, objects: int) -> None:
    samples = sample_files(cloud)
    portrait, flagged = samples["portrait.jpg"], samples["flagged.jpg"]
    oss2.defaults.connection_pool_size = _CLIENTS

    def put(number: int) -> None:
        data = portrait if number % _ONE_FLAGGED_IN else flagged
        cloud_client.bucket.put_object(f"old/{number:07}.jpg", data)

    started = time.monotonic()
    with ThreadPoolExecutor(_CLIENTS) as clients:
        for done in clients.map(put, range(objects), chunksize=100):
            assert done is None
    print(f"{objects} objects put in {time.monotonic() - started:.0f} s", flush=True)


def _run(folder: Path, cloud_client: LocalCloudClient, objects: int) -> None:
    """Killed at a third, and at two thirds; then to its end."""
    environment = user_environment(cloud_client.env, XDG_STATE_HOME=str(folder))
    print(f"{'':24}{'objects':>9}{'a second':>10}{'RSS MB':>8}")
    for at in (objects // 3, 2 * objects // 3, None):
        with _begun(environment, cloud_client.env["OSS_BUCKET"]) as process:
            _watch(process, at)


@contextmanager
def _begun(environment: dict[str, str], bucket: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", "from facescreen_cli.main import main; main()", "backfill"]
    options = [f"oss://{bucket}/old/", "--json", "--yes"]
    with subprocess.Popen(
        [*command, *options], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
    if process.returncode not in (0, -signal.SIGKILL):
        sys.exit(f"the backfill ended with {process.returncode}")


def _watch(process: subprocess.Popen[str], at: int | None) -> None:
    """Prints a line each _EVERY objects; kills it once `at` were submitted."""
    assert process.stdout
    tables = {
        "looking": _Table("gone over", process.pid),
        "submitted": _Table("submitted", process.pid),
    }
    for line in process.stdout:
        said: dict[str, Any] = json.loads(line)
        if said["event"] == "planned":
            tables["submitted"].begin()
        elif said["event"] in tables:
            tables[said["event"]].add(said.get("gone_over") or said["submitted"])
        if at is not None and said["event"] == "submitted" and said["submitted"] >= at:
            process.kill()
            print(f"killed at {said['submitted']}", flush=True)
            return


class _Table:
    """A line each _EVERY objects: how many, the rate since this run began with them, memory."""

    def __init__(self, what: str, pid: int) -> None:
        self._what, self._pid = what, pid
        self._first: int | None = None
        self._shown = 0
        self.begin()

    def begin(self) -> None:
        self._started = time.monotonic()

    def add(self, many: int) -> None:
        if self._first is None:
            self._first = many if self._what == "submitted" else 0
            self._shown = many // _EVERY
            if self._first:
                self.begin()
        if many // _EVERY > self._shown:
            self._shown = many // _EVERY
            rate = (many - self._first) / (time.monotonic() - self._started)
            rss = _rss_mb(self._pid)
            print(f"{self._what:24}{many:9}{rate:10.0f}{rss:8.0f}", flush=True)


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
