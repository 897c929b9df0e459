"""The page translates into Chinese every message that a reviewer can see, and no other."""

from __future__ import annotations

import ast
import json
import re
from itertools import permutations
from pathlib import Path

import facescreen
from facescreen.http import problems
from facescreen.requirements import RULES
from facescreen.screening import findings
from facescreen_local.id_verification.context import EMULATOR_NOTICE

PACKAGE_FOLDER = Path(facescreen.__file__).parent
PAGE = (PACKAGE_FOLDER / "http" / "page.html").read_text("utf-8")
[TABLE] = re.findall(r"^const SENTENCES = (\{.*?),\n\};", PAGE, re.DOTALL | re.MULTILINE)
SENTENCES: dict[str, str] = json.loads(TABLE + "}")


def string_constants() -> set[str]:
    """Every string constant in the deployed code."""
    trees = [ast.parse(path.read_text("utf-8")) for path in PACKAGE_FOLDER.rglob("*.py")]
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in nodes if isinstance(node.value, str)} | {EMULATOR_NOTICE}


def test_every_translated_sentence_exists_in_the_code() -> None:
    used_by_the_page = {sentence for sentence in SENTENCES if PAGE.count(json.dumps(sentence)) > 1}
    assert set(SENTENCES) - used_by_the_page <= string_constants()


def test_every_message_to_a_reviewer_is_translated() -> None:
    messages = {rule.message for rule in RULES}
    messages |= {
        *findings._DETAILS_BY_VERDICT.values(),
        *findings._DETAILS_BY_REJECTION_CODE.values(),
    }
    # The page sends valid requests, so it never gets a caller's errors.
    messages |= {rule.remedy for rule in problems._PROBLEM_RULES if rule.matter != "caller"}
    assert messages - set(SENTENCES) == set(), "add their Chinese to SENTENCES in http/page.html"


def test_no_sentence_is_a_prefix_of_another() -> None:
    """The page uses the first sentence that is a prefix of the message."""
    assert not [(a, b) for a, b in permutations(SENTENCES, 2) if b.startswith(a)]
