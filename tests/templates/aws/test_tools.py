"""Checks of the templates with sam, cfn-lint and checkov."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.templates.aws.conftest import REPOSITORY
from tests.templates.aws.stack import Stack

TEMPLATES = [
    REPOSITORY / "template.yaml",
    *sorted((REPOSITORY / "infra" / "aws").glob("*.yaml")),
]
LINT_LEFT_OUT = {
    "W1101": "aliases: sam build and sam deploy write them out",
    "W3002": "paths of nested templates: sam deploy uploads them",
}
ACCEPTED = {
    "CKV_AWS_18 StateBucket": "access logs of the ledger would need a bucket of their own",
    "CKV_AWS_18 WatchedBucket": "where its access logs go is the owner's to say",
    "CKV_AWS_19 StateBucket": "it is encrypted: checkov does not read the !If",
    "CKV_AWS_19 WatchedBucket": "it is encrypted: checkov does not read the !If",
    "CKV_AWS_21 StateBucket": "each append would leave a version behind; nothing is overwritten",
    "CKV_AWS_115 HttpApi": "a reserve would come off what new accounts have: ten",
    "CKV_AWS_115 ObjectCreated": "MaximumConcurrency holds it without dropping messages",
    "CKV_AWS_116 HttpApi": "its callers hear of every failure",
    "CKV_AWS_116 ObjectCreated": "the queue has the dead letters: Lambda's own are for async calls",
    "CKV_AWS_117 HttpApi": "all it calls is public: a VPC would add a NAT gateway's price",
    "CKV_AWS_117 ObjectCreated": "all it calls is public: a VPC would add a NAT gateway's price",
    "CKV_AWS_115 Sweeping": "a second run at once sees the first, and ends",
    "CKV_AWS_116 Sweeping": "the next run goes on where a failed one ended",
    "CKV_AWS_117 Sweeping": "all it calls is public: a VPC would add a NAT gateway's price",
    "CKV_AWS_173 ObjectCreated": "its environment holds names, and no secret",
    "CKV_AWS_173 Sweeping": "its environment holds names, and no secret",
}
"""Findings of checkov that are accepted, and why."""


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--lint"]])
def test_the_templates_are_valid_for_sam(tools: Path, options: list[str]) -> None:
    # validate reads AWS managed policies if it has credentials, but does not need them.
    result = run(tools / "sam", "validate", "--region", "eu-central-1", *options)
    assert "is a valid SAM Template" in result.stdout


def test_cfn_lint_finds_only_the_injected_error(
    tools: Path, deployed: Stack, tmp_path: Path
) -> None:
    """In expanded templates: before that, cfn-lint accepts a wrong AuthType of a function URL."""
    (tmp_path / "infra").symlink_to(REPOSITORY / "infra")
    right_template, wrong_template = tmp_path / "right.json", tmp_path / "wrong.json"
    right_template.write_text(json.dumps(deployed.template))
    open_to_all = copy.deepcopy(deployed.template)
    open_to_all["Resources"]["HttpApiUrl"]["Properties"]["AuthType"] = "OPEN"
    wrong_template.write_text(json.dumps(open_to_all))
    arguments: list[str | Path] = ["-f", "parseable", "-i", *LINT_LEFT_OUT, "--", *TEMPLATES]
    result = run(tools / "cfn-lint", *arguments, right_template, wrong_template, exit_code=2)
    (finding,) = result.stdout.splitlines()
    assert finding.startswith(str(wrong_template))
    assert "'OPEN' is not one of ['AWS_IAM', 'NONE']" in finding


@pytest.mark.slow
def test_checkov_finds_only_accepted_findings(tools: Path) -> None:
    options = ["--framework", "cloudformation", "--skip-download", "-o", "json", "-f"]
    report = json.loads(run(tools / "checkov", *options, *TEMPLATES, exit_code=1).stdout)
    failed = {
        f"{check['check_id']} {check['resource'].rpartition('.')[2]}"
        for check in report["results"]["failed_checks"]
    }
    assert failed == set(ACCEPTED)
    assert report["summary"]["parsing_errors"] == 0


def run(
    program: Path, *arguments: str | Path, exit_code: int = 0
) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [program, *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_EC2_METADATA_DISABLED": "true"},
    )
    assert result.returncode == exit_code, result.stdout + result.stderr
    return result
