"""A backfill of a whole bucket that is killed twice: ``python -m tests.bench.backfill``.

By default the function only records the objects it receives, so that the backfill itself is
measured. With --screened the deployed function screens and tags them with the verdicts of
verdicts.json; the local cloud then serves some twenty requests per object, which is slow.
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

_RECORDING_HANDLER = """
import os
from facescreen.events.filters import Filters
from facescreen.events.read import read_event

def handler(event, context):
    keys = "".join(ref.key + chr(10) for ref in read_event(event, Filters()).objects)
    with open(os.environ["STATE_BUCKET"], "ab", buffering=0) as record:
        record.write(keys.encode())
"""
_OBJECTS_PER_LINE = 10_000
"""The number of objects between two lines of the table."""
_CLIENTS = 16
_ONE_FLAGGED_IN = 10
_MAX_REPEATED = 2 * 256
"""One batch for each of the two kills (facescreen_cli.commands.backfill)."""


def main() -> None:
    """Print rates and memory; fail if an object is missing or was submitted too often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--screened", action="store_true", help="screen with the deployed function")
    parser.add_argument("--rate", type=float, help="calls per second, half of them the backfill's")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facescreen-") as folder, BackgroundLoop() as loop:
        record = Path(folder) / "noted"
        # Unused slots make the limiter's state long, so the quota is no larger than needed.
        settings = {
            "CALLS_PER_SECOND": f"{options.rate or (100 if options.screened else 2000):g}",
            # A call that times out is paid for again, and a busy machine responds late.
            "IMAGE_TIMEOUT_SECONDS": "30",
        }
        if not options.screened:
            settings["STATE_BUCKET"] = str(record)
        cloud = LocalCloud(
            Path(folder) / "cloud", _create_project(Path(folder), options.screened), settings
        )
        loop.run(cloud.start())
        cloud_client = LocalCloudClient(cloud.build_client_environment())
        try:
            _upload_objects(cloud, cloud_client, options.objects)
            started = time.monotonic()
            _run_with_kills(Path(folder), cloud_client, options.objects)
            print("waiting for the function", flush=True)
            loop.run(cloud.fc.functions.wait_until_idle(), 24 * 3600)
            rate = options.objects / (time.monotonic() - started)
            print(f"done, {rate:.0f} objects a second from the first listing on")
            submissions = (
                _count_paid_calls(cloud)
                if options.screened
                else Counter(record.read_text().splitlines())
            )
            if options.screened:
                _check_verdicts(cloud_client, options.objects)
        finally:
            cloud_client.close()
            loop.run(cloud.stop())
    _check_submissions(submissions, options.objects, paid=options.screened)


def _check_submissions(submissions: Counter[str], objects: int, *, paid: bool) -> None:
    repeated = sum(count > 1 for count in submissions.values())
    label = "paid for" if paid else "submitted to the function"
    print(f"{len(submissions)} of {objects} {label}, {repeated} of them more than once")
    if len(submissions) != objects or repeated > (0 if paid else _MAX_REPEATED):
        sys.exit("objects are missing or were submitted too often")


def _count_paid_calls(cloud: LocalCloud) -> Counter[str]:
    return Counter(call.object for call in cloud.cloudauth.calls if call.billed)


def _check_verdicts(cloud_client: LocalCloudClient, objects: int) -> None:
    """Check by the tags that each object has its scripted verdict."""
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
    verdicts = {
        verdict: count for verdict, count in json.loads(done.stdout)["verdicts"].items() if count
    }
    print(f"on the objects: {verdicts}")
    flagged = len(range(0, objects, _ONE_FLAGGED_IN))
    if verdicts != {"low_risk": objects - flagged, "high_risk": flagged}:
        sys.exit("these are not the scripted verdicts")


def _create_project(folder: Path, screened: bool) -> Path:
    """A project whose s.yaml has no trigger for the uploaded objects."""
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
        # The backfill checks that the handler is the one that screens.
        (code / "object_created.py").write_text(_RECORDING_HANDLER)
        (code / "facescreen").symlink_to(PROJECT / "functions" / "facescreen")
        del props["instanceLifecycleConfig"]
        del template["resources"]["http_api"]
    (project / "s.yaml").write_text(yaml.safe_dump(template, sort_keys=False))
    return project


def _upload_objects(cloud: LocalCloud, cloud_client: LocalCloudClient, objects: int) -> None:
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


def _run_with_kills(folder: Path, cloud_client: LocalCloudClient, objects: int) -> None:
    """Run the backfill, killed at a third and at two thirds of the objects, then to its end."""
    environment = user_environment(cloud_client.env, XDG_STATE_HOME=str(folder))
    print(f"{'':24}{'objects':>9}{'a second':>10}{'RSS MB':>8}")
    for kill_after in (objects // 3, 2 * objects // 3, None):
        with _start_backfill(environment, cloud_client.env["OSS_BUCKET"]) as process:
            _watch(process, kill_after)


@contextmanager
def _start_backfill(environment: dict[str, str], bucket: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", "from facescreen_cli.main import main; main()", "backfill"]
    options = [f"oss://{bucket}/old/", "--json", "--yes"]
    with subprocess.Popen(
        [*command, *options], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
    if process.returncode not in (0, -signal.SIGKILL):
        sys.exit(f"the backfill ended with {process.returncode}")


def _watch(process: subprocess.Popen[str], kill_after: int | None) -> None:
    """Print the progress, and kill the process once `kill_after` objects were submitted."""
    assert process.stdout
    tables = {
        "looking": _ProgressTable("gone over", process.pid),
        "submitted": _ProgressTable("submitted", process.pid),
    }
    for line in process.stdout:
        line_fields: dict[str, Any] = json.loads(line)
        if line_fields["event"] == "planned":
            tables["submitted"].restart_clock()
        elif line_fields["event"] in tables:
            tables[line_fields["event"]].add(
                line_fields.get("gone_over") or line_fields["submitted"]
            )
        if (
            kill_after is not None
            and line_fields["event"] == "submitted"
            and line_fields["submitted"] >= kill_after
        ):
            process.kill()
            print(f"killed at {line_fields['submitted']}", flush=True)
            return


class _ProgressTable:
    """Prints a line every _OBJECTS_PER_LINE objects: count, rate in this run, memory."""

    def __init__(self, label: str, pid: int) -> None:
        self._label, self._pid = label, pid
        self._first_count: int | None = None
        self._printed = 0
        self.restart_clock()

    def restart_clock(self) -> None:
        self._started = time.monotonic()

    def add(self, count: int) -> None:
        if self._first_count is None:
            self._first_count = count if self._label == "submitted" else 0
            self._printed = count // _OBJECTS_PER_LINE
            if self._first_count:
                self.restart_clock()
        if count // _OBJECTS_PER_LINE > self._printed:
            self._printed = count // _OBJECTS_PER_LINE
            rate = (count - self._first_count) / (time.monotonic() - self._started)
            rss = _rss_mb(self._pid)
            print(f"{self._label:24}{count:9}{rate:10.0f}{rss:8.0f}", flush=True)


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
