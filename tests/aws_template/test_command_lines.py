"""What AWS's own command line, cfn-lint and checkov say, and what `sam build` makes."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from .expanded import LEAST, PROJECT, REGION, expanded

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = PROJECT / ".venv-sam" / "bin"
MOST_MB = 26
"""Of one function, unpacked; most of it is cryptography's."""
pytestmark = pytest.mark.skipif(
    not (TOOLS / "sam").exists(), reason="needs the SAM command line: run infra/aws/tools"
)


def run(*arguments: object, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603
        [TOOLS / str(arguments[0]), *map(str, arguments[1:])],
        cwd=PROJECT,
        env={
            **os.environ,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "SAM_CLI_TELEMETRY": "0",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_sam_validates_it() -> None:
    assert "is a valid SAM Template" in run("sam", "validate")


def test_sams_linter_finds_nothing() -> None:
    assert "is a valid SAM Template" in run("sam", "validate", "--lint")


@pytest.mark.parametrize("which", ["expanded", "infra/aws/bucket-policy.yaml"])
def test_cfn_lint_finds_nothing(which: str, tmp_path: Path) -> None:
    template = PROJECT / which
    if which == "expanded":
        # As CloudFormation gets it: packages uploaded, a user's values in it.
        found = json.loads(json.dumps(expanded()))
        nested = found["Resources"]["BucketPolicy"]["Properties"]
        nested["TemplateURL"] = "https://packages.s3.amazonaws.com/bucket-policy.yaml"
        for name, value in LEAST.items():
            found["Parameters"][name]["Default"] = value
        template = tmp_path / "template.json"
        template.write_text(json.dumps(found))
    run("cfn-lint", "--regions", REGION, "--template", template)


def test_checkov_finds_nothing_but_what_is_written_down() -> None:
    said = run("checkov", "-f", "template.yaml", "--compact", "--quiet", LOG_LEVEL="CRITICAL")
    assert "Failed checks: 0" in said


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` makes of the committed files, for arm64, whatever this machine is."""
    folder = tmp_path_factory.mktemp("sam") / "build"
    run("sam", "build", "--build-dir", folder)
    return folder


@pytest.mark.parametrize("function", ["ObjectCreated", "HttpApi"])
def test_what_ships_is_small(built: Path, function: str) -> None:
    files = [path for path in (built / function).rglob("*") if path.is_file()]
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    assert 5 < megabytes < MOST_MB
    packages = {path.relative_to(built / function).parts[0] for path in files}
    assert {"facescreen", "object_created.py", "http_api.py", "httpx"} <= packages
    assert not packages & {"oss2", "mns", "boto3", "botocore", "infra", "tests", "requests"}


def test_what_is_compiled_is_compiled_for_lambda(built: Path) -> None:
    compiled = sorted((built / "HttpApi").rglob("*.so"))
    assert compiled
    for path in compiled:
        # ELF's e_machine: 183 is AArch64.
        assert int.from_bytes(path.read_bytes()[18:20], "little") == 183, path.name
