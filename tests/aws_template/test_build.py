"""What `sam build` makes of the committed files."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.aws_template.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

MOST_MB = 23.5
"""21.4 measured, without byte code, and a tenth."""
SHIPPED = {
    "anyio",
    "aws-lambda-powertools",
    "certifi",
    "cffi",
    "cryptography",
    "h11",
    "httpcore",
    "httpx",
    "idna",
    "jmespath",
    "pycparser",
    "pyjwt",
    "python-multipart",
    "typing-extensions",
}
"""boto3 is the runtime's; oss2 and mns are not for AWS."""


@pytest.fixture(scope="module")
def built(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `sam build` fills, from a copy: of what is committed alone."""
    place = tmp_path_factory.mktemp("sam")
    listed = [
        "git",
        "ls-files",
        "functions",
        "infra/aws",
        "requirements",
        "Makefile",
        "template.yaml",
    ]
    for name in subprocess.run(  # noqa: S603
        listed, cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.splitlines():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, place / name)
    subprocess.run(  # noqa: S603
        [tools / "sam", "build"],
        cwd=place,
        check=True,
        capture_output=True,
        env={**os.environ, "SAM_CLI_TELEMETRY": "0"},
    )
    return place / ".aws-sam" / "build"


@pytest.mark.parametrize("function", ["ObjectCreated", "HttpApi"])
def test_it_ships_what_it_needs_and_no_more(built: Path, function: str) -> None:
    folder = built / function
    distributions = {path.name.split("-")[0] for path in folder.glob("*.dist-info")}
    assert {name.replace("_", "-") for name in distributions} == SHIPPED
    importable = {path.stem for path in folder.iterdir()}
    assert not {"boto3", "botocore", "oss2", "mns", "aliyunsdkcore", "tests"} & importable
    assert {"facescreen", "object_created", "http_api"} <= importable


def test_it_stays_small(built: Path) -> None:
    for function in ("ObjectCreated", "HttpApi"):
        files = [path for path in (built / function).rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files if path.suffix != ".pyc") / 1e6
        assert MOST_MB / 1.2 < size <= MOST_MB


def test_it_is_for_the_machine_that_runs_it(built: Path) -> None:
    """ELF: the machine's number stands in bytes 18 and 19, 183 for arm64."""
    libraries = list((built / "HttpApi").rglob("*.so"))
    assert libraries
    for library in libraries:
        header = library.read_bytes()[:20]
        assert header[:4] == b"\x7fELF"
        assert int.from_bytes(header[18:20], "little") == 183, library.name
    assert (built / "HttpApi" / "_cffi_backend.cpython-313-aarch64-linux-gnu.so").exists()


def test_every_nested_template_goes_along(built: Path) -> None:
    for name in ("Uploads", "Roles", "BucketPolicies", "Alarms", "Dashboard"):
        assert (built / name / "template.yaml").exists()
