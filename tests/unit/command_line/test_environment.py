"""``--env FILE``, an option of every command: precedence, and the settings of the functions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import pytest
from click import UsageError

from facescreen.clients.credentials import Credentials
from facescreen.platforms.alibaba import AlibabaPlatform
from facescreen.settings.loader import SettingsReader
from facescreen.settings.table import Settings
from facescreen_cli.environment import Environment, load_environment
from facescreen_cli.main import facescreen
from facescreen_cli.project import PROJECT_FOLDER

Load = Callable[..., Environment]
S_YAML = (PROJECT_FOLDER / "s.yaml").read_text()


@pytest.fixture
def load_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Loads an env file of the lines passed, in an empty folder and an empty environment."""
    monkeypatch.chdir(tmp_path)

    def load_lines(*lines: str) -> Environment:
        file = tmp_path / ".env"
        file.write_text("".join(f"{line}\n" for line in lines))
        return load_environment(file)

    with patch.dict(os.environ, clear=True):
        yield load_lines


@pytest.mark.parametrize("name", facescreen.commands)
def test_every_command_has_the_option(name: str) -> None:
    command = getattr(import_module(f"facescreen_cli.commands.{name}.command"), name)
    assert any("--env" in param.opts for param in command.params)


def test_without_a_file_the_process_environment_is_used() -> None:
    environment = load_environment(None)
    assert environment.variables == environment.settings == os.environ


def test_the_file_overrides_the_process_and_that_overrides_the_defaults(
    load_settings: Load,
) -> None:
    os.environ.update(TAG_PREFIX="kyc-", OSS_PREFIX="mine/", MNS_DLQ="")
    environment = load_settings("TAG_PREFIX=face-", "export STRICTNESS='strict'")
    assert environment.shadowed_settings == ("TAG_PREFIX",)
    for values in (environment.variables, environment.settings):
        assert (values["TAG_PREFIX"], values["STRICTNESS"]) == ("face-", "strict")
    assert environment.variables["OSS_PREFIX"] == "mine/"
    assert environment.variables["MNS_DLQ"] == "facescreen-dead-letters"
    assert os.environ["TAG_PREFIX"] == "face-"


def test_the_settings_are_those_that_the_function_receives(load_settings: Load) -> None:
    """Either a topic or a queue; variables that s.yaml doesn't name may be another cloud's."""
    environment = load_settings(
        "SCENE_CODE=local_0001",
        "STATE_BUCKET=state",
        "ALIBABA_CLOUD_ACCOUNT_ID=1234567890",
        "MNS_QUEUE=verdicts",
        "SNS_TOPIC_ARN=arn:aws:sns:eu-central-1:123456789012:verdicts",
    )
    assert environment.variables["MNS_QUEUE"] == "verdicts"
    assert environment.settings["SNS_TOPIC_ARN"].startswith("arn:aws:sns")
    reader = SettingsReader(environment.settings)
    settings = reader.read_group(Settings)
    alibaba = AlibabaPlatform.from_settings(reader, Credentials("", "")).settings
    reader.raise_errors()
    assert settings.state_bucket == "state"
    assert (alibaba.mns_topic, alibaba.mns_queue) == ("facescreen-verdicts", "")
    assert alibaba.mns_endpoint == "https://1234567890.mns.ap-southeast-1.aliyuncs.com"


def test_a_value_set_in_s_yaml_overrides_the_environment(load_settings: Load) -> None:
    Path("s.yaml").write_text(
        S_YAML.replace("TAG_FORM: ${env('TAG_FORM', '')}", "TAG_FORM: merged")
    )
    assert load_settings("TAG_PREFIX=face-").settings["TAG_FORM"] == "merged"


def test_an_invalid_s_yaml_is_reported(load_settings: Load) -> None:
    Path("s.yaml").write_text("edition: 1.0.0\n")
    environment = load_settings("TAG_PREFIX=face-")
    with pytest.raises(UsageError, match=r"s\.yaml\.edition: expected one of 3\.0\.0"):
        _ = environment.variables
