"""Compares our packages with `pip install -t` of the same requirements: size and cold start."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from facescreen_cli import interpreters
from facescreen_cli.commands.package.build import PackageBuilder
from facescreen_cli.commands.package.sbom import BuiltPackage
from facescreen_cli.deploy_target import FUNCTION_MODULES, read_deploy_target
from facescreen_cli.interpreters import Interpreter
from facescreen_cli.project import PROJECT_FOLDER
from tests.bench.imported_modules import ENVIRONMENT

RUNS = 9
_ENVIRONMENT = {
    **ENVIRONMENT,
    "HTTP_AUTH": "function",
    "WATCHED_OBJECTS": "selfies/",
    "FC_ACCOUNT_ID": "1234567890123456",
}
"""The settings of every function."""
# What Function Compute does before the first event.
_COLD_START_SCRIPT = """
import sys, time
folder, function = sys.argv[1:]
sys.path.insert(0, folder)
started = time.perf_counter()
import importlib, types
context_function = types.SimpleNamespace(name="f", timeout=60, memory=512)
importlib.import_module(function).initialize(
    types.SimpleNamespace(function=context_function, region="r", account_id="1", request_id="1")
)
print(time.perf_counter() - started)
"""


@dataclass(frozen=True)
class PackageComparison:
    """One function's package, compared with pip's."""

    package: BuiltPackage
    pip_zipped: int
    pip_unpacked: int
    cold_s: float
    """Medians of RUNS, each in a new interpreter that can't cache bytecode."""
    pip_cold_s: float
    """With pip's bytecode, as if its timestamps survived deployment."""
    pip_compiling_s: float
    """Without bytecode: pip ran on another Python version, or the timestamps did not survive."""


def run(folder: Path) -> tuple[str, list[PackageComparison]]:
    """Compare packages for Function Compute on Python 3.10, or else 3.12. Returns the exact Python
    version and the comparisons."""
    python = interpreters.find_installed_python("3.10")
    python = python or interpreters.find_or_install_python("3.12")
    version = python.full_version.rpartition(".")[0]
    deploy_target = read_deploy_target("alibaba", {"FC_RUNTIME": f"python{version}"})
    pip = _install_with_pip(python, deploy_target.requirements, folder / "pip")
    pip_without_bytecode = Path(
        shutil.copytree(pip, folder / "without", ignore=shutil.ignore_patterns("*.pyc"))
    )
    zipped = Path(shutil.make_archive(str(folder / "pip"), "zip", pip)).stat().st_size
    compared = []
    for package in PackageBuilder(deploy_target, folder, python).build(FUNCTION_MODULES):
        ours = folder / package.zip.stem
        with zipfile.ZipFile(package.zip) as archive:
            archive.extractall(ours)
        cold = _measure_cold_starts(python, package.zip.stem, [ours, pip, pip_without_bytecode])
        compared.append(PackageComparison(package, zipped, _total_bytes(pip), *cold))
    return python.full_version, compared


def _install_with_pip(python: Interpreter, requirements: Path, target_folder: Path) -> Path:
    """Install the requirements as most packages do."""
    subprocess.run(
        [
            python.path, "-m", "pip", "install", "-q", "--disable-pip-version-check",
            "--root-user-action", "ignore", "-r", requirements, "-t", target_folder,
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    shutil.copytree(PROJECT_FOLDER / "functions", target_folder, dirs_exist_ok=True)
    subprocess.run([python.path, "-m", "compileall", "-q", target_folder], check=False)
    return target_folder


def _measure_cold_starts(python: Interpreter, function: str, folders: list[Path]) -> list[float]:
    """The median cold start of each folder; the folders take turns."""
    times_by_folder: list[list[float]] = [[] for _ in folders]
    for _ in range(RUNS):
        for times, folder in zip(times_by_folder, folders, strict=True):
            process = subprocess.run(
                [
                    python.path,
                    "-I",
                    "-S",
                    "-B",
                    "-W",
                    "ignore",
                    "-c",
                    _COLD_START_SCRIPT,
                    folder,
                    function,
                ],
                env=_ENVIRONMENT,
                stdout=subprocess.PIPE,
                check=True,
                text=True,
            )
            times.append(float(process.stdout.splitlines()[-1]))
    return [statistics.median(times) for times in times_by_folder]


def _total_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(width: int) -> None:
    """Print the comparison."""
    with tempfile.TemporaryDirectory() as folder:
        python_version, compared = run(Path(folder))
    print(f"Packages for Function Compute beside `pip install -t`, Python {python_version}")
    for comparison in compared:
        package = comparison.package
        print(f"  {package.zip.stem:{width}} {'ours':>7} {'pip':>7} {'pip/ours':>8}")
        for name, ours, pip in (
            ("MB zipped", package.zipped / 1e6, comparison.pip_zipped / 1e6),
            ("MB unpacked", package.unpacked / 1e6, comparison.pip_unpacked / 1e6),
            (f"cold start, s, median of {RUNS}", comparison.cold_s, comparison.pip_cold_s),
            (
                "the same where pip's bytecode does not fit",
                comparison.cold_s,
                comparison.pip_compiling_s,
            ),
        ):
            print(f"  {name:{width}} {ours:7.2f} {pip:7.2f} {pip / ours:8.2f}")
