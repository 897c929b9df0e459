"""The output of `sam build` for the committed files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.templates.aws.conftest import REPOSITORY

pytestmark = pytest.mark.slow

MAX_MB = {"ObjectCreated": 7, "HttpApi": 24, "Sweeping": 7}
"""10 % above the measured 6.3, 22.0 and 6.3 MB, bytecode included."""
SHIPPED = {
    "aws-lambda-powertools",
    "certifi",
    "h11",
    "httpcore",
    "httpx",
    "idna",
    "jmespath",
    "typing-extensions",
}
"""boto3 is part of the runtime. oss2 and mns are not used on AWS."""
SHIPPED_WITH = {
    "ObjectCreated": SHIPPED,
    "Sweeping": SHIPPED,
    "HttpApi": SHIPPED | {"cffi", "cryptography", "pyjwt", "python-multipart"},
}


@pytest.fixture(scope="module")
def built(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of `sam build`, run in a copy of the tracked files and for this Python,
    whose bytecode can be compiled here."""
    folder = tmp_path_factory.mktemp("sam")
    list_files = ["git", "ls-files", ".", ":!tests"]
    for name in subprocess.run(
        list_files, cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    build_env = {
        "LAMBDA_PYTHON": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "PYTHONPATH": f"{folder / 'functions'}:{folder}",
    }
    subprocess.run(
        [tools / "sam", "build"],
        cwd=folder,
        check=True,
        capture_output=True,
        env={**os.environ, **build_env, "SAM_CLI_TELEMETRY": "0"},
    )
    return folder / ".aws-sam" / "build"


@pytest.mark.parametrize("function", SHIPPED_WITH)
def test_a_function_ships_exactly_what_it_needs(built: Path, function: str) -> None:
    folder = built / function
    distributions = {path.name.split("-")[0] for path in folder.glob("*.dist-info")}
    shipped = {name.replace("_", "-") for name in distributions}
    assert shipped - {"exceptiongroup"} == SHIPPED_WITH[function]
    importable = {path.stem for path in folder.iterdir()}
    handlers = {"ObjectCreated": "object_created", "HttpApi": "http_api", "Sweeping": "sweep"}
    expected = {"facescreen", handlers[function]}
    assert importable & {"facescreen", *handlers.values()} == expected
    assert not {"boto3", "botocore", "oss2", "mns", "aliyunsdkcore", "tests"} & importable


@pytest.mark.parametrize("function", MAX_MB)
def test_a_function_stays_small(built: Path, function: str) -> None:
    files = [path for path in (built / function).rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    assert MAX_MB[function] / 1.2 < size <= MAX_MB[function]


def test_native_modules_are_for_the_functions_architecture(built: Path) -> None:
    """In ELF, bytes 18 and 19 are the machine, 183 for arm64."""
    libraries = list((built / "HttpApi").rglob("*.so"))
    assert libraries
    for library in libraries:
        header = library.read_bytes()[:20]
        assert header[:4] == b"\x7fELF"
        assert int.from_bytes(header[18:20], "little") == 183, library.name
    tag = f"cpython-3{sys.version_info[1]}"
    assert (built / "HttpApi" / f"_cffi_backend.{tag}-aarch64-linux-gnu.so").exists()
    assert (built / "HttpApi" / "__pycache__" / f"http_api.{tag}.pyc").exists()


def test_every_nested_template_is_included(built: Path) -> None:
    for name in ("Uploads", "Roles", "BucketPolicies", "Alarms", "Dashboard"):
        assert (built / name / "template.yaml").exists()
