"""The packages that ``facescreen package`` builds from this repository for Function Compute."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facescreen_cli.commands.package import sbom
from facescreen_cli.commands.package.import_graph import EXCLUDED_MODULES
from tests.bench import imported_modules
from tests.integration.package.conftest import BuiltPackages

MAX_MB = {"object_created": 35, "http_api": 36}
"""Measured with bytecode: 31.2 and 31.7 MB on Python 3.11; 34.3 for the first one on 3.14."""
FUNCTIONS = list(MAX_MB)
HTTP_ONLY = {"jwt", "python_multipart"}
FORBIDDEN = re.compile(
    r"(^|/)(tests?|docs?|bin|SelfTest)/|^facescreen/testing/|\.(pyi|typed|c|h|pyx|pxd)$"
    r"|(^|/)(RECORD|INSTALLER|WHEEL|entry_points\.txt)$|(^|/)\."
)
PRINT_MAGIC_NUMBER = (
    "import importlib.util, sys; sys.stdout.write(importlib.util.MAGIC_NUMBER.hex())"
)
INITIALIZE_HANDLER = """
import sys, types
folder, function = sys.argv[1:]
sys.path.insert(0, folder)
import importlib
handler = importlib.import_module(function)
told = types.SimpleNamespace(name="f", timeout=60, memory=512)
handler.initialize(
    types.SimpleNamespace(function=told, region="r", account_id="1", request_id="1")
)
for module in list(sys.modules.values()):
    path, cached = getattr(module, "__file__", None), getattr(module, "__cached__", None)
    if path and path.startswith(folder):
        print(module.__name__, path.endswith(".so") or bool(cached))
"""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_package_has_only_what_the_function_needs(built: BuiltPackages, function: str) -> None:
    names = members(built, function)
    assert [name for name in names if FORBIDDEN.search(name)] == []
    tops = {name.partition("/")[0].partition(".")[0] for name in names}
    assert tops >= {function, "facescreen", "oss2", "mns", "httpx"}
    assert not tops & {
        "pycparser",
        "boto3",
        "facescreen_cli",
        "facescreen_local",
        "tests",
        *set(FUNCTIONS) - {function},
    }
    assert tops & HTTP_ONLY == (HTTP_ONLY if function == "http_api" else set())
    modules = {name.removesuffix(".py").replace("/", ".") for name in names}
    assert not [
        name for name in modules for out in EXCLUDED_MODULES if f"{name}.".startswith(f"{out}.")
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_package_stays_small(built: BuiltPackages, function: str) -> None:
    package = built.packages[function]
    with zipfile.ZipFile(package.zip) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    assert package.unpacked == unpacked
    assert MAX_MB[function] / 1.2 < unpacked / 1e6 <= MAX_MB[function]


def test_every_source_has_bytecode_of_the_targets_python(built: BuiltPackages) -> None:
    magic = subprocess.run(
        [built.python.path, "-I", "-c", PRINT_MAGIC_NUMBER],
        capture_output=True,
        text=True,
        check=True,
    )
    tag = "cpython-" + built.builder.target.python.replace(".", "")
    with zipfile.ZipFile(built.packages["http_api"].zip) as archive:
        names = set(archive.namelist())
        sources = {name for name in names if name.endswith(".py")}
        compiled = {name for name in names if name.endswith(".pyc")}
        assert {re.sub(rf"__pycache__/(.*)\.{tag}\.pyc$", r"\1.py", name) for name in compiled} == (
            sources
        )
        for name in compiled:
            head = archive.read(name)[:8]
            # The flags say that the source's hash is not checked (PEP 552).
            assert (head[:4].hex(), head[4:]) == (magic.stdout, b"\x01\0\0\0"), name


def test_native_modules_are_for_the_targets_machine_and_glibc(built: BuiltPackages) -> None:
    """In ELF, bytes 18 and 19 are the machine, 62 for x86-64. The required glibc versions are among
    the strings."""
    with zipfile.ZipFile(built.packages["http_api"].zip) as archive:
        libraries = [name for name in archive.namelist() if name.endswith(".so")]
        assert libraries
        for name in libraries:
            data = archive.read(name)
            assert data[:4] == b"\x7fELF"
            assert int.from_bytes(data[18:20], "little") == 62, name
            glibc_versions = {
                tuple(map(int, match)) for match in re.findall(rb"GLIBC_(\d+)\.(\d+)", data)
            }
            assert max(glibc_versions, default=(0, 0)) <= (2, 17), name


@pytest.mark.slow
def test_builds_in_different_folders_are_identical(
    built: BuiltPackages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_tmp = tmp_path / "another place, whose name is longer"
    other_tmp.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(other_tmp))
    again = replace(built.builder, output_folder=tmp_path / "dist")
    (package,) = again.build(["http_api"])
    first = built.packages["http_api"]
    assert package.zip != first.zip
    assert package.zip.read_bytes() == first.zip.read_bytes()
    assert sbom.sbom_path(package.zip).read_bytes() == sbom.sbom_path(first.zip).read_bytes()


def test_a_package_contains_no_path_of_this_machine(built: BuiltPackages) -> None:
    with zipfile.ZipFile(built.packages["http_api"].zip) as archive:
        data = archive.read(next(n for n in archive.namelist() if "__pycache__/http_api" in n))
        assert b"/code/http_api.py" in data
        for name in archive.namelist():
            if name.endswith(".pyc"):
                assert b"facescreen-package-" not in archive.read(name), name


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the package is for x86-64")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_package_starts_in_the_targets_python_without_other_packages(
    built: BuiltPackages, function: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(built.packages[function].zip) as archive:
        archive.extractall(tmp_path)
    run = subprocess.run(
        [built.python.path, "-I", "-S", "-B", "-c", INITIALIZE_HANDLER, tmp_path, function],
        env={**imported_modules.ENVIRONMENT, "HTTP_AUTH": "function"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    loaded = dict(line.split() for line in run.stdout.splitlines() if line.count(" ") == 1)
    assert loaded.keys() >= {"oss2.api", "mns.account", "httpx", "facescreen.platforms.alibaba"}
    assert set(loaded.values()) == {"True"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_sbom_lists_exactly_the_packages_content(built: BuiltPackages, function: str) -> None:
    document = json.loads(sbom.sbom_path(built.packages[function].zip).read_text())
    components = {(each["name"], each["version"]) for each in document["components"]}
    inside = set()
    with zipfile.ZipFile(built.packages[function].zip) as archive:
        for name in archive.namelist():
            match = re.fullmatch(r"([^/]+)-([^/]+)\.dist-info/METADATA", name)
            if match:
                inside.add((match[1].lower().replace("_", "-"), match[2]))
    assert components == inside
    assert ("oss2", "2.19.1") in components
    sha256 = document["metadata"]["component"]["hashes"][0]["content"]
    assert sha256 == built.packages[function].sha256
    assert all(each.get("licenses") for each in document["components"]), document


def test_the_sbom_is_valid_cyclonedx(built: BuiltPackages) -> None:
    validation = pytest.importorskip("cyclonedx.validation.json", reason="cyclonedx-python-lib")
    schema: Any = pytest.importorskip("cyclonedx.schema")
    validator = validation.JsonStrictValidator(schema.SchemaVersion.V1_6)
    text = sbom.sbom_path(built.packages["http_api"].zip).read_text()
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"library"', '"book"')) is not None


def test_an_unchanged_package_is_not_built_again(built: BuiltPackages, tmp_path: Path) -> None:
    builder, package = built.builder, built.packages["http_api"]
    assert builder.find_unchanged("http_api") == package
    assert replace(builder, compiler=None).find_unchanged("http_api") is None
    assert (
        replace(builder, target=replace(builder.target, machine="aarch64")).find_unchanged(
            "http_api"
        )
        is None
    )
    assert replace(builder, output_folder=tmp_path).find_unchanged("http_api") is None
    for damaged in (package.zip, sbom.sbom_path(package.zip)):
        content = damaged.read_bytes()
        try:
            damaged.write_bytes(content[:-9])
            assert builder.find_unchanged("http_api") is None
        finally:
            damaged.write_bytes(content)


def members(built: BuiltPackages, function: str) -> list[str]:
    with zipfile.ZipFile(built.packages[function].zip) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist(), key=lambda name: name.split("/"))
        return archive.namelist()
