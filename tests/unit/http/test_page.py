"""The page's Chinese sentences are translations of what the deployment really says."""

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
from facescreen_local.id_verification.context import STAND_IN

SHIPPED = Path(facescreen.__file__).parent
PAGE = (SHIPPED / "http" / "page.html").read_text("utf-8")
[TABLE] = re.findall(r"^const SENTENCES = (\{.*?),\n\};", PAGE, re.DOTALL | re.MULTILINE)
SENTENCES: dict[str, str] = json.loads(TABLE + "}")


def said() -> set[str]:
    """Every text in the code that ships."""
    trees = [ast.parse(path.read_text("utf-8")) for path in SHIPPED.rglob("*.py")]
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in nodes if isinstance(node.value, str)} | {STAND_IN}


def test_nothing_is_translated_that_nobody_says() -> None:
    of_the_page = {one for one in SENTENCES if PAGE.count(json.dumps(one)) > 1}
    assert set(SENTENCES) - of_the_page <= said()


def test_what_a_reviewer_is_told_is_translated() -> None:
    told = {rule.says for rule in RULES}
    told |= {*findings._VERDICT_DETAILS.values(), *findings._REJECTION_DETAILS.values()}
    # The page's own requests are right: what a caller did wrong is for other callers.
    told |= {rule.remedy for rule in problems._RULES if rule.matter != "caller"}
    assert told - set(SENTENCES) == set(), "add their Chinese to SENTENCES in http/page.html"


def test_no_sentence_is_the_beginning_of_another() -> None:
    """The page takes the first that fits."""
    assert not [(a, b) for a, b in permutations(SENTENCES, 2) if b.startswith(a)]
