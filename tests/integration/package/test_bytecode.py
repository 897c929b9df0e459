"""Bytecode depends only on its source."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import pytest

from facescreen_cli import interpreters
from facescreen_cli.commands.package import bytecode
from facescreen_cli.deploy_target import DeployTarget, read_deploy_target
from facescreen_cli.interpreters import Interpreter, PackagingError

PARSER, LEXER = PurePosixPath("c_parser.py"), PurePosixPath("c_lexer.py")
"""Modules of pycparser. Python 3.12 compiles PARSER differently after LEXER in one process."""


def test_bytecode_does_not_depend_on_other_modules(python: Interpreter, tmp_path: Path) -> None:
    python = interpreters.find_installed_python("3.12") or python
    alone = compile_parser(python, tmp_path / "alone", [PARSER])
    assert compile_parser(python, tmp_path / "after", [LEXER, PARSER]) == alone
    assert compile_parser(python, tmp_path / "before", [PARSER, LEXER]) == alone


def test_a_source_that_does_not_compile_is_skipped(python: Interpreter, tmp_path: Path) -> None:
    sources = {PurePosixPath(name): "ours" for name in ("old.py", "new.py")}
    (tmp_path / "old.py").write_text("print 1\n")
    (tmp_path / "new.py").write_text("print(1)\n")
    compiled = bytecode.compile_sources(python, tmp_path, sources, deploy_target(python))
    assert [path.name.partition(".")[0] for path in compiled] == ["new"]
    assert set(compiled.values()) == {"ours"}


def test_a_source_that_can_not_be_read_is_an_error(python: Interpreter, tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"could not write bytecode: gone\.py"):
        bytecode.compile_sources(
            python, tmp_path, {PurePosixPath("gone.py"): "ours"}, deploy_target(python)
        )


def compile_parser(python: Interpreter, folder: Path, sources: Sequence[PurePosixPath]) -> bytes:
    """Compile `sources` and return the bytecode of PARSER."""
    spec = find_spec("pycparser")
    assert spec is not None
    assert spec.origin is not None
    shutil.copytree(Path(spec.origin).parent, folder, ignore=shutil.ignore_patterns("*.pyc"))
    compiled = bytecode.compile_sources(
        python, folder, dict.fromkeys(sources, ""), deploy_target(python)
    )
    return (
        folder / next(path for path in compiled if path.name.startswith("c_parser"))
    ).read_bytes()


def deploy_target(python: Interpreter) -> DeployTarget:
    return read_deploy_target(
        "alibaba", {"FC_RUNTIME": f"python{python.full_version.rpartition('.')[0]}"}
    )
