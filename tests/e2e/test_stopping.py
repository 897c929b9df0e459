"""SIGTERM at the least convenient moments."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.command import FACESCREEN
from tests.support.wait import wait_for


@contextmanager
def _running(*arguments: str, stderr: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(
        [FACESCREEN, *arguments], stdout=subprocess.DEVNULL, stderr=stderr, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _instances(pid: int) -> list[Path]:
    """Return the folders in /proc of the function instances that `pid` started."""
    # A library may start processes too: platform.architecture runs `file` when it is imported.
    return [folder for folder in Path("/proc").glob("[0-9]*") if _is_instance(folder, pid)]


def _is_instance(folder: Path, parent: int) -> bool:
    try:
        stat = (folder / "stat").read_text()
        return int(stat.rpartition(")")[2].split()[1]) == parent and (
            b"runtime/bootstrap.py" in (folder / "cmdline").read_bytes()
        )
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_up_can_be_stopped_once_its_env_file_exists(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    # A full pipe blocks its first output, which it writes after the env file.
    os.set_blocking(writing, False)
    filler_bytes = os.write(writing, bytes(1 << 20))
    os.set_blocking(writing, True)
    env_file = tmp_path / "env"
    arguments = ["up", "--data", str(tmp_path / "data"), "--env-file", str(env_file)]
    with _running(*arguments, stderr=writing, folder=tmp_path) as process:
        os.close(writing)
        wait_for(env_file.exists, "the env file")
        process.send_signal(signal.SIGTERM)
        with os.fdopen(reading, "rb") as pipe:
            output = pipe.read()[filler_bytes:].decode()
        assert process.wait(timeout=30) == 0, output
    assert "Ctrl-C stops it" in output


def test_a_stopped_demo_leaves_no_processes_or_files(tmp_path: Path) -> None:
    with _running("demo", stderr=subprocess.PIPE, folder=tmp_path) as process:
        wait_for(lambda: bool(_instances(process.pid)), "an instance of the function")
        instances = _instances(process.pid)
        process.send_signal(signal.SIGTERM)
        output = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert not [instance for instance in instances if instance.exists()]
    assert not list(tmp_path.iterdir())
