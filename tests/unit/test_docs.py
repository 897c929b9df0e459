"""The Markdown pages: links resolve, generated parts are current, and the README is short."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from facescreen import __version__
from facescreen_cli import help_reference

PROJECT = Path(__file__).parents[2]
README = PROJECT / "README.md"
ROOT_PAGES = [
    PROJECT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY", "CHANGELOG")
]
PAGES = [*ROOT_PAGES, *sorted((PROJECT / "docs").glob("*.md"))]
LOCAL_CLOUD = (PROJECT / "docs/local-cloud.md").read_text()
_FENCED = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_BOX = "┃│━─┏┳┓┡╇┩└┴┘"


def name_of(page: Path) -> str:
    return str(page.relative_to(PROJECT))


def prose(page: Path) -> str:
    return _FENCED.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub creates for the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def relative_links(page: Path) -> list[str]:
    return [link for link in _LINK.findall(prose(page)) if "://" not in link]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_its_links_resolve(page: Path) -> None:
    for link in relative_links(page):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_leads_to_every_page() -> None:
    linked = {(PROJECT / link.partition("#")[0]).resolve() for link in relative_links(README)}
    assert set(PAGES) - {README} <= linked


def test_the_readme_is_short() -> None:
    assert len(README.read_text().split()) < 1800


@pytest.mark.parametrize("cloud", ["alibaba", "aws"])
def test_a_deploy_page_begins_with_what_is_unproven(cloud: str) -> None:
    title, first, *_ = (PROJECT / f"docs/deploy-{cloud}.md").read_text().split("\n\n")
    assert title.startswith("# Deploy on ")
    assert first.startswith("**Nothing has been deployed to a real account yet.**")


def test_the_pythons_are_those_of_pyproject() -> None:
    allowed = re.search(r'">=3\.(\d+),<3\.(\d+)"', (PROJECT / "pyproject.toml").read_text())
    assert allowed
    stated = f"Python 3.{allowed[1]} to 3.{int(allowed[2]) - 1}"
    assert stated in README.read_text()


def test_the_wheel_to_install_is_of_this_version() -> None:
    assert f"facescreen-{__version__}-py3-none-any.whl" in README.read_text()


def test_every_command_has_its_current_help_text() -> None:
    page = help_reference.PAGE_FILE.read_text()
    assert page.count("Usage: facescreen") == 1 + len(help_reference.list_commands())
    assert help_reference.update_page(page) == page, "run: make docs"


def test_a_new_command_gets_a_section() -> None:
    page = help_reference.update_page("# Command line\n")
    for command in help_reference.list_commands():
        assert f"\n## {command}\n\n```\nUsage: facescreen {command} " in page


def test_the_picture_shows_the_same_run_as_the_page() -> None:
    picture = (PROJECT / "docs/demo.svg").read_text()
    picture_text = re.sub(r"<[^>]+>", "", picture).replace("&#160;", " ").replace("&#x27;", "'")
    run = re.search(r"^```\n\$ facescreen demo.*?^```$", LOCAL_CLOUD, re.DOTALL | re.MULTILINE)
    assert run
    words = run[0].strip("`").translate(dict.fromkeys(map(ord, _BOX), " ")).split()
    assert "selfies/flagged.jpg" in words
    assert [word for word in words if word not in picture_text] == [], "run: make picture"
    assert len(picture) < 60_000
    assert "@font-face" not in picture


def test_the_glossary_is_in_order_with_a_line_for_each_word() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", (PROJECT / "docs/glossary.md").read_text(), re.M)
    words = [word for word, meaning in rows if meaning not in ("meaning", "---")]
    assert len(words) > 20
    assert words == sorted(set(words), key=str.lower)


def test_the_client_example_names_what_there_is() -> None:
    [example] = re.findall(
        r"```python\n(.*?)```", (PROJECT / "docs/contracts.md").read_text(), re.DOTALL
    )
    tree = ast.parse(example)
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == 2
    for node in imports:
        exec(compile(ast.Module([node], []), "contracts.md", "exec"), {})  # noqa: S102
