"""Errors of ``facescreen package``."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from facescreen_cli import interpreters
from facescreen_cli.commands.package import build, wheels
from facescreen_cli.commands.package.distributions import read_distributions
from facescreen_cli.commands.package.sbom import BuiltPackage, PackagePart
from facescreen_cli.deploy_target import DeployTarget, read_deploy_target
from facescreen_cli.interpreters import PackagingError
from facescreen_cli.main import facescreen
from facescreen_cli.project import PROJECT_FOLDER
from tests.support.command import exit_code

LOCKED = "certifi==2026.10.18 --hash=sha256:" + 64 * "0" + "\n"


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["--cloud", "alibaba"], {"FC_RUNTIME": "python3.9"}, "FC_RUNTIME"),
        (["--cloud", "alibaba"], {"FC_RUNTIME": "3.10"}, "FC_RUNTIME"),
        (["--cloud", "aws"], {"LAMBDA_PYTHON": "python3.13"}, "LAMBDA_PYTHON"),
        (["--cloud", "aws"], {"LAMBDA_ARCHITECTURE": "aarch64"}, "LAMBDA_ARCHITECTURE"),
        (["--cloud", "aws", "--unpack", "x"], {}, "--unpack"),
        (["--cloud", "azure"], {}, "--cloud"),
    ],
)
def test_unsupported_targets_are_refused(
    arguments: list[str], environment: dict[str, str], expected: str
) -> None:
    result = CliRunner().invoke(facescreen, ["package", *arguments], env=environment)
    assert result.exit_code == 2
    assert expected in result.output


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_every_python_of_the_functions_is_a_target(version: str) -> None:
    assert read_deploy_target("alibaba", {"FC_RUNTIME": f"python{version}"}).python == version
    assert read_deploy_target("aws", {"LAMBDA_PYTHON": version}).python == version


def test_every_python_that_the_template_allows_is_a_target() -> None:
    parameter = (PROJECT_FOLDER / "template.yaml").read_text().partition("  PythonVersion:\n")[2]
    allowed = re.findall(r"'([\d.]+)'", parameter.partition("AllowedValues:")[2].partition("\n")[0])
    assert allowed == ["3.12", "3.13", "3.14"]
    assert [read_deploy_target("aws", {"LAMBDA_PYTHON": one}).python for one in allowed] == allowed


def test_a_missing_target_python_is_reported_with_both_remedies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("PATH", "PYENV_ROOT", "HOME", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("UV_OFFLINE", "1")
    missing = next(v for v in ("3.10", "3.12", "3.13") if not interpreters.find_installed_python(v))
    monkeypatch.setenv("FC_RUNTIME", f"python{missing}")
    assert exit_code("package", "--cloud", "alibaba", "--to", str(tmp_path)) == 2
    output = capsys.readouterr().err
    assert f"uv python install {missing}" in output
    assert "--without-byte-code" in output


def test_an_interpreter_of_another_version_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, version_output in {
        "python3.10": "cpython 3.11.2",
        "python3.12": "pypy 3.12.1",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version_output}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    for version in ("3.10", "3.12"):
        interpreter = interpreters.find_installed_python(version)
        assert interpreter is None or interpreter.path.parent != tmp_path


@pytest.mark.parametrize(
    ("locked", "expected"),
    [
        (LOCKED, "Hash mismatch"),
        ("certifi==2026.10.18\n", "hash"),
    ],
)
def test_a_package_with_a_wrong_hash_is_refused(
    locked: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "function.txt"
    lock.write_text(locked)
    deploy_target = read_deploy_target("alibaba", {})
    monkeypatch.setattr(type(deploy_target), "requirements", lock)
    with pytest.raises(
        PackagingError, match=r"^function\.txt can't be installed for Python 3\.10"
    ) as caught:
        wheels.install_wheels(deploy_target, tmp_path / "code")
    assert expected in str(caught.value)


def test_a_wheel_compiled_on_this_machine_is_refused(tmp_path: Path) -> None:
    info = tmp_path / "crc-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: crc\nVersion: 1.0\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nTag: cp310-cp310-manylinux_2_17_x86_64\n")
    assert [each.name for each in read_distributions(tmp_path)] == ["crc"]
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nTag: cp310-cp310-linux_x86_64\n")
    with pytest.raises(PackagingError, match=r"^crc 1\.0 has no wheel for the target"):
        read_distributions(tmp_path)


def test_a_package_over_the_platforms_limit_is_refused(tmp_path: Path) -> None:
    deploy_target = read_deploy_target("aws", {})
    small = with_limit(deploy_target, 1000)
    large = BuiltPackage(tmp_path / "x.zip", "", 1001, (PackagePart("httpx", "1", 900, 901),), {})
    build.check_size_limits(replace(large, zipped=1000), small)
    with pytest.raises(PackagingError, match=r"x\.zip has .*; the largest part is httpx"):
        build.check_size_limits(large, small)


def with_limit(deploy_target: DeployTarget, size: int) -> DeployTarget:
    return replace(
        deploy_target, limits=tuple(replace(each, bytes=size) for each in deploy_target.limits)
    )
