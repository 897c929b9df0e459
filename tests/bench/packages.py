"""Our packages beside what `pip install -t` makes of the same requirements: bytes, cold starts."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from facescreen_cli import interpreters
from facescreen_cli.commands.package.build import Builder
from facescreen_cli.commands.package.sbom import Package
from facescreen_cli.deploy_target import FUNCTIONS, target
from facescreen_cli.interpreters import Interpreter
from facescreen_cli.project import PROJECT
from tests.bench.shipping import SETTINGS

RUNS = 9
# What Function Compute does before the first event, and no more of its own.
_COLD = """
import sys, time
folder, function = sys.argv[1:]
sys.path.insert(0, folder)
started = time.perf_counter()
import importlib, types
told = types.SimpleNamespace(name="f", timeout=60, memory=512)
importlib.import_module(function).initialize(
    types.SimpleNamespace(function=told, region="r", account_id="1", request_id="1")
)
print(time.perf_counter() - started)
"""


@dataclass(frozen=True)
class Compared:
    """One function's package, and pip's."""

    package: Package
    pip_zipped: int
    pip_unpacked: int
    cold_s: float
    """Medians of RUNS, in a fresh interpreter each, where nothing can be cached."""
    pip_cold_s: float
    """With the byte code that pip made, as far as its times survive the way there."""
    pip_compiling_s: float
    """Without: pip was another Python's, or the times did not survive."""


def run(place: Path) -> tuple[str, list[Compared]]:
    """For Function Compute, on Python 3.10 or else on s.yaml's other; and that Python."""
    python = interpreters.find_installed("3.10") or interpreters.find_or_install("3.12")
    version = python.full_version.rpartition(".")[0]
    aim = target("alibaba", {"FC_RUNTIME": f"python{version}"})
    pip = _by_pip(python, aim.requirements, place / "pip")
    without = Path(shutil.copytree(pip, place / "without", ignore=shutil.ignore_patterns("*.pyc")))
    zipped = Path(shutil.make_archive(str(place / "pip"), "zip", pip)).stat().st_size
    compared = []
    for package in Builder(aim, place, python).build(FUNCTIONS):
        ours = place / package.zip.stem
        with zipfile.ZipFile(package.zip) as archive:
            archive.extractall(ours)
        cold = _cold_starts(python, package.zip.stem, [ours, pip, without])
        compared.append(Compared(package, zipped, _bytes(pip), *cold))
    return python.full_version, compared


def _by_pip(python: Interpreter, requirements: Path, to: Path) -> Path:
    """As most packages are made."""
    subprocess.run(
        [
            python.path, "-m", "pip", "install", "-q", "--disable-pip-version-check",
            "--root-user-action", "ignore", "-r", requirements, "-t", to,
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    shutil.copytree(PROJECT / "functions", to, dirs_exist_ok=True)
    subprocess.run([python.path, "-m", "compileall", "-q", to], check=False)
    return to


def _cold_starts(python: Interpreter, function: str, folders: list[Path]) -> list[float]:
    """The median of each; they take turns."""
    took: list[list[float]] = [[] for _ in folders]
    for _ in range(RUNS):
        for times, folder in zip(took, folders, strict=True):
            ran = subprocess.run(
                [python.path, "-I", "-S", "-B", "-W", "ignore", "-c", _COLD, folder, function],
                env={**SETTINGS, "HTTP_AUTH": "function"},
                capture_output=True,
                check=True,
                text=True,
            )
            times.append(float(ran.stdout.splitlines()[-1]))
    return [statistics.median(times) for times in took]


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(width: int) -> None:
    """Prints it."""
    with tempfile.TemporaryDirectory() as place:
        exactly, compared = run(Path(place))
    print(f"Packages for Function Compute beside `pip install -t`, Python {exactly}")
    for each in compared:
        package = each.package
        print(f"  {package.zip.stem:{width}} {'ours':>7} {'pip':>7} {'pip/ours':>8}")
        for name, ours, pip in (
            ("MB zipped", package.zipped / 1e6, each.pip_zipped / 1e6),
            ("MB unpacked", package.unpacked / 1e6, each.pip_unpacked / 1e6),
            (f"cold start, s, median of {RUNS}", each.cold_s, each.pip_cold_s),
            ("the same where pip's byte code does not fit", each.cold_s, each.pip_compiling_s),
        ):
            print(f"  {name:{width}} {ours:7.2f} {pip:7.2f} {pip / ours:8.2f}")
