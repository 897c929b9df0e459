"""Generates docs/settings.md and .env.example from the table of settings.

python -m facescreen_cli.settings_reference
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from facescreen.platforms import choose
from facescreen.settings.loader import Setting, SettingsGroup, iterate_settings
from facescreen.settings.table import COMMON_SETTINGS_GROUPS, REQUIRED_SECTION, SECTIONS
from facescreen_cli import template_settings
from facescreen_cli.project import PROJECT_FOLDER
from facescreen_serverless_devs import document
from facescreen_serverless_devs.variables import find_env_defaults

ENV_EXAMPLE_PATH, SETTINGS_PAGE_PATH = (
    PROJECT_FOLDER / ".env.example",
    PROJECT_FOLDER / "docs" / "settings.md",
)
_LINE_WIDTH = 100

_EXAMPLE_HEAD = """\
# The settings that s.yaml reads to deploy on Alibaba Cloud. Copy this file to .env, fill in the
# first seven settings, and check it with `facescreen doctor --env .env --offline`. Lines that
# start with #NAME= show the default: remove the # to change it. No line holds a secret: Serverless
# Devs has its own keys.
"""
_PAGE_HEAD = """\
# Settings

The functions read these settings from the environment once, at initialization. If any are wrong,
the function does not start, and one message names them all, what each must be, and where to find
it. `.env.example` has the lines to fill in on Alibaba Cloud, and `facescreen doctor --env .env`
checks them before you deploy; on AWS the parameters of `template.yaml` set them. This page is
generated from the code (`make docs`).
"""


DocumentedSetting = tuple[Setting[Any], tuple[str, ...]]
"""A setting, and what reads it."""


def list_settings() -> dict[str, DocumentedSetting]:
    """Every setting by name; of two clouds' settings with one name, the first."""
    return {**_list_settings_of(choose.list_settings_groups()), **_TEMPLATE_SETTINGS}


def read_template_defaults() -> dict[str, str | None]:
    """What the Serverless Devs templates read, with the defaults; None means required."""
    return {
        name: default
        for path in sorted(PROJECT_FOLDER.glob("s*.yaml"), reverse=True)
        for name, default in find_env_defaults(document.read_template(path)).items()
    }


def render_env_example() -> str:
    """The content of .env.example."""
    defaults = read_template_defaults()
    sections = [_EXAMPLE_HEAD]
    for section in SECTIONS:
        if section != REQUIRED_SECTION:
            sections.append(f"# --- {section}\n")
        settings = (row for row, _ in list_settings().values() if row.section == section)
        sections.append("".join(_format_example_line(row, defaults) for row in settings))
    return "\n".join(sections)


def render_settings_page() -> str:
    """The content of docs/settings.md."""
    sections = [
        _PAGE_HEAD,
        "## On either cloud\n",
        _format_table(_list_settings_of(COMMON_SETTINGS_GROUPS)),
    ]
    for known in choose.PLATFORMS:
        platform = known.load_platform()
        sections += [f"## {platform.title}\n", _format_table(_list_settings_of(platform.groups))]
    sections += ["## Read only by s.yaml\n", _format_table(_TEMPLATE_SETTINGS)]
    return "\n".join(sections)


_TEMPLATE_SETTINGS: dict[str, DocumentedSetting] = {
    row.name: (row, ("s.yaml",)) for row in template_settings.TEMPLATE_SETTINGS
}


def _list_settings_of(groups: Iterable[type[SettingsGroup]]) -> dict[str, DocumentedSetting]:
    settings: dict[str, DocumentedSetting] = {}
    for group in groups:
        for row in iterate_settings(group):
            settings.setdefault(row.name, (row, group.read_by))
    return settings


def _format_table(settings: Mapping[str, DocumentedSetting]) -> str:
    lines = ["| setting | must be | default | what it is for | read by |", "| --- " * 5 + "|"]
    lines += [_format_row(row, read_by) for row, read_by in settings.values()]
    return "\n".join(lines) + "\n"


def _format_row(row: Setting[Any], read_by: tuple[str, ...]) -> str:
    default = "must be given" if row.default is None else f"`{row.default}`" if row.default else ""
    where = f" Find it: {row.where}." if row.where else ""
    cells = [f"`{row.name}`", row.type.valid_values, default, row.doc + where, ", ".join(read_by)]
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _format_example_line(row: Setting[Any], defaults: Mapping[str, str | None]) -> str:
    comment = textwrap.fill(
        row.doc, _LINE_WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )
    if row.section == REQUIRED_SECTION:
        return f"{comment}\n{row.name}=\n"
    fallback = "" if "${" in (row.default or "") else row.default
    return f"{comment}\n#{row.name}={defaults.get(row.name) or fallback or ''}\n"


if __name__ == "__main__":
    ENV_EXAMPLE_PATH.write_text(render_env_example())
    SETTINGS_PAGE_PATH.write_text(render_settings_page())
