""".env.example: each line is read, shows the actual default, and is named if it is wrong."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from facescreen.clients.credentials import Credentials
from facescreen.deployment import Deployment
from facescreen.settings import loader
from facescreen.settings.table import HttpSettings, SweepSettings
from facescreen_cli.main import facescreen
from facescreen_serverless_devs import document
from facescreen_serverless_devs.variables import find_env_defaults
from tests.templates.s_yaml.preview import PROJECT
from tests.templates.s_yaml.test_templates import REQUIRED

LINES = dict(
    re.findall(r"^#?([A-Z_]+)=(.*)$", (PROJECT / ".env.example").read_text(), flags=re.MULTILINE)
)
REQUIRED_NAMES = re.findall(
    r"^([A-Z_]+)=", (PROJECT / ".env.example").read_text(), flags=re.MULTILINE
)
DEFAULTS = {
    name: default
    for path in PROJECT.glob("s*.yaml")
    for name, default in find_env_defaults(document.read_template(path)).items()
}
WRONG = {
    "ALIBABA_CLOUD_ACCOUNT_ID": "my-company",
    "OSS_BUCKET": "oss://selfies",
    "STATE_BUCKET": "State_Bucket",
    "SCENE_CODE": "onboarding_1",
    "VPC_ID": "default",
    "VSWITCH_ID": "vpc-t4n1",
    "SECURITY_GROUP_ID": "open",
    "OSS_REGION": "Singapore",
    "OSS_PREFIX": "/selfies/",
    "OSS_SUFFIX": "*.jpg",
    "INCLUDE_PREFIXES": "selfies/*",
    "EXCLUDE_PREFIXES": "/thumbs/",
    "INCLUDE_SUFFIXES": "*.jpg",
    "EXCLUDE_SUFFIXES": ".tmp,*.bak",
    "SMALLEST_BYTES": "1 KB",
    "LARGEST_BYTES": "-1",
    "STRICTNESS": "very",
    "CONVERT": "perhaps",
    "CALLS_PER_SECOND": "ten",
    "DAILY_CALLS": "0",
    "RESERVED_CONCURRENCY": "none",
    "HTTP_CONCURRENCY": "0",
    "IMAGE_TIMEOUT_SECONDS": "0",
    "VIDEO_TIMEOUT_SECONDS": "2 min",
    "PRESIGNED_URL_SECONDS": "5",
    "TRANSFER": "ftp",
    "REVISION_PIN": "size",
    "REVISION_MARGIN_S": "-1",
    "MERCHANT_PREFIX": "much_too_long_a_prefix",
    "TAG_PREFIX": "deepfake@",
    "TAG_FORM": "json",
    "MNS_TOPIC": "a_topic",
    "MNS_QUEUE": "1queue",
    "MNS_DLQ": "acs:mns:queue",
    "QUARANTINE": "delete",
    "QUARANTINE_BUCKET": "Held",
    "QUARANTINE_PREFIX": "/held",
    "SWEEP": "on",
    "SWEEP_SCHEDULE": "15m",
    "SWEEP_AFTER_MINUTES": "half an hour",
    "SWEEP_MOST": "0",
    "SLS_ACTION_POLICY": "on call",
    "CMS_CONTACT_GROUP": "'ops, on-call'",
    "BUDGET_CALLS": "USD 400",
    "LOG_DAYS": "for ever",
    "ROS_ENDPOINT": "https://ros.aliyuncs.com/",
    "HTTP_AUTH": "basic",
    "JWT_JWKS": "'{\"keys\": []}'",
    "JWT_ISSUER": "our issuer",
    "JWT_AUDIENCE": "our page",
    "HTTP_PRIVATE": "yes",
    "HTTP_LONGEST_SECONDS": "1",
    "PAGE": "shown",
    "CORS_ORIGINS": "example.com",
    "URL_ALLOWED_ORIGINS": "*",
    "PAGE_DOMAIN": "https://faces.example.com",
    "PAGE_CERTIFICATE": "cert.pem",
    "FC_RUNTIME": "python3.11",
    "OSS_ENDPOINT": "http://oss-ap-southeast-1.aliyuncs.com",
    "OSS_PUBLIC_ENDPOINT": "https://user@host",
    "CLOUDAUTH_ENDPOINT": "https://host/path",
    "CLOUDAUTH_UPLOAD_ENDPOINT": "ftp://host",
    "MNS_ENDPOINT": "https://",
    "SWEEP_ENDPOINT": "http://fc.example.com",
}
WITH_TOKENS = {
    "JWT_JWKS": """'{"keys": [{"kid": "1", "kty": "RSA"}]}'""",
    "JWT_ISSUER": "https://issuer.example.com",
    "JWT_AUDIENCE": "facescreen",
}


def doctor_findings(
    folder: Path, dotenv: dict[str, str], template: Path = PROJECT / "s.yaml"
) -> list[dict[str, Any]]:
    """Run ``facescreen doctor --env .env --offline`` and return the lines that are not ok."""
    path = folder / ".env"
    path.write_text("".join(f"{name}={value}\n" for name, value in dotenv.items()))
    arguments = ["doctor", "--env", str(path), "--template", str(template), "--offline", "--json"]
    with patch.dict(os.environ, clear=True):
        result = CliRunner().invoke(facescreen, arguments, standalone_mode=False)
    assert result.exception is None
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.return_value == 2 * any(line["level"] == "fault" for line in lines)
    return [line for line in lines if line["level"] != "ok"]


def test_the_file_has_exactly_the_names_that_the_templates_read() -> None:
    # Only the local cloud sets these.
    assert set(LINES) == set(DEFAULTS) - {"FACESCREEN_LOCAL", "QUARANTINE_STAND_IN"}


def test_required_names_are_not_commented_out() -> None:
    required = {
        name
        for name, default in find_env_defaults(document.read_template(PROJECT / "s.yaml")).items()
        if default is None
    }
    assert set(REQUIRED_NAMES) == required


@pytest.mark.parametrize("name", sorted(set(LINES) - set(REQUIRED_NAMES)))
def test_the_default_shown_is_the_actual_default(name: str) -> None:
    """The default of s.yaml or else of the functions: removing the # changes nothing."""
    if DEFAULTS[name]:
        assert LINES[name] == DEFAULTS[name]
    elif LINES[name]:
        assert load_settings({name: LINES[name]}) == load_settings({})


def load_settings(
    overrides: dict[str, str],
) -> tuple[Deployment, loader.SettingsGroup, loader.SettingsGroup]:
    watched = {"WATCHED_OBJECTS": "selfies/"}
    environment = {**REQUIRED, **watched, "MNS_TOPIC": "topic", **overrides}
    deployment = Deployment.from_env(environment, Credentials("LTAI", "secret"), can_invoke=True)
    return (
        deployment,
        loader.load_settings(HttpSettings, environment),
        loader.load_settings(SweepSettings, environment),
    )


def test_the_required_values_are_sufficient(tmp_path: Path) -> None:
    assert doctor_findings(tmp_path, {name: REQUIRED[name] for name in REQUIRED_NAMES}) == []
    assert doctor_findings(tmp_path, {**LINES, **REQUIRED}) == []


def test_every_line_is_tested_with_a_wrong_value() -> None:
    assert set(WRONG) == set(LINES)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named(tmp_path: Path, name: str) -> None:
    tokens = WITH_TOKENS if name.startswith("JWT_") else {}
    findings = doctor_findings(tmp_path, {**REQUIRED, **tokens, name: WRONG[name]})
    faults = [line for line in findings if line["level"] == "fault"]
    assert [line["says"].split()[0] for line in faults] == [name]
    assert all(line["remedy"] for line in faults)


@pytest.mark.parametrize("name", REQUIRED_NAMES)
def test_a_missing_value_is_named(tmp_path: Path, name: str) -> None:
    [fault] = doctor_findings(tmp_path, {**REQUIRED, name: ""})
    assert fault["says"].startswith(f"{name} must be ")
    assert "it is not set" in fault["says"]


def test_all_wrong_values_are_named_together(tmp_path: Path) -> None:
    names = {line["says"].split()[0] for line in doctor_findings(tmp_path, WRONG)}
    assert names == set(WRONG)


def test_a_value_that_serverless_devs_would_expand_is_named(tmp_path: Path) -> None:
    [fault] = doctor_findings(tmp_path, {**REQUIRED, **WITH_TOKENS, "JWT_AUDIENCE": "'a$HOME'"})
    assert (
        fault["says"] == "JWT_AUDIENCE holds $ or `, which Serverless Devs would read as a variable"
    )
