"""docs/settings.md, .env.example and the templates say what the table of settings says."""

from __future__ import annotations

import re

import pytest

from facescreen.platforms import choose
from facescreen.settings.loader import rows
from facescreen.settings.table import GROUPS, SECTIONS
from facescreen_cli.deploy_target import FUNCTIONS
from facescreen_cli.project import PROJECT
from facescreen_cli.settings_reference import (
    ENV_EXAMPLE_PATH,
    SETTINGS_PAGE_PATH,
    all_settings,
    env_example,
    settings_page,
)
from facescreen_serverless_devs.functions import load_functions

HANDED_NOT = {"MNS_QUEUE"}
"""s.yaml has the functions publish to a topic; its queue is the first subscriber's."""


def test_the_files_are_what_the_table_makes() -> None:
    assert ENV_EXAMPLE_PATH.read_text() == env_example(), "run: make docs"
    assert SETTINGS_PAGE_PATH.read_text() == settings_page(), "run: make docs"


def test_every_row_says_what_it_is_for() -> None:
    for row, _ in all_settings().values():
        assert row.doc.endswith("."), row.name
        assert row.section in ("", *SECTIONS), row.name


@pytest.mark.parametrize("handler", FUNCTIONS)
def test_s_yaml_hands_each_function_what_it_reads(handler: str) -> None:
    given = dict.fromkeys(re.findall(r"env\('(\w+)'\)", (PROJECT / "s.yaml").read_text()), "1")
    [function] = [
        each
        for each in load_functions(PROJECT / "s.yaml", given, source=PROJECT / "functions")
        if each.handler == f"{handler}.handler"
    ]
    read = {
        row.name
        for group in (*GROUPS, *choose.named("alibaba").groups)
        if handler in group.read_by
        for row in rows(group)
    }
    assert set(function.environment) == read - HANDED_NOT, (
        "a row of the table and a line of environmentVariables in s.yaml go together"
    )
