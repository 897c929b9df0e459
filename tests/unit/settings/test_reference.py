"""docs/settings.md, .env.example and the templates agree with the table of settings."""

from __future__ import annotations

import re

import pytest

from facescreen.platforms import choose
from facescreen.settings.loader import iterate_settings
from facescreen.settings.table import COMMON_SETTINGS_GROUPS, SECTIONS
from facescreen_cli.deploy_target import FUNCTION_MODULES
from facescreen_cli.project import PROJECT_FOLDER
from facescreen_cli.settings_reference import (
    ENV_EXAMPLE_PATH,
    SETTINGS_PAGE_PATH,
    list_settings,
    render_env_example,
    render_settings_page,
)
from facescreen_serverless_devs.functions import load_functions

NOT_IN_S_YAML = {"MNS_QUEUE"}
"""s.yaml has the functions publish to a topic; the queue belongs to its first subscriber."""


def test_the_generated_files_are_current() -> None:
    assert ENV_EXAMPLE_PATH.read_text() == render_env_example(), "run: make docs"
    assert SETTINGS_PAGE_PATH.read_text() == render_settings_page(), "run: make docs"


def test_every_setting_is_described_and_in_a_section() -> None:
    for row, _ in list_settings().values():
        assert row.doc.endswith("."), row.name
        assert row.section in ("", *SECTIONS), row.name


@pytest.mark.parametrize("handler", FUNCTION_MODULES)
def test_s_yaml_passes_each_function_the_settings_it_reads(handler: str) -> None:
    environment = dict.fromkeys(
        re.findall(r"env\('(\w+)'\)", (PROJECT_FOLDER / "s.yaml").read_text()), "1"
    )
    [function] = [
        candidate
        for candidate in load_functions(
            PROJECT_FOLDER / "s.yaml", environment, source=PROJECT_FOLDER / "functions"
        )
        if candidate.handler == f"{handler}.handler"
    ]
    names_read = {
        row.name
        for group in (*COMMON_SETTINGS_GROUPS, *choose.get_platform("alibaba").groups)
        if handler in group.read_by
        for row in iterate_settings(group)
    }
    assert set(function.environment) == names_read - NOT_IN_S_YAML, (
        "a row of the table and a line of environmentVariables in s.yaml go together"
    )
