"""The files that a function imports, in a folder of test modules."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath

import pytest

from facescreen_cli.commands.package.contents import select_contents
from facescreen_cli.commands.package.import_graph import ImportGraph
from facescreen_cli.commands.package.import_scanner import ImportScanner
from facescreen_cli.commands.package.modules import Modules

RUST = b"\x7fELF\0nativecryptox.absolutex.deep.downx"
FILES: dict[str, str | bytes] = {
    "object_created.py": "import x.plain\ndef late():\n    from x import late\n",
    "x/__init__.py": "",
    "x/plain.py": "from .beside import name\nfrom . import sub\n",
    "x/beside.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x.typed\n",
    "x/late.py": "load('x._raw')\nimport x.lazy, absent, os\n",
    "x/_raw.abi3.so": RUST,
    "x/absolute.py": "",
    "x/deep/__init__.py": "",
    "x/deep/down.py": "",
    "x/lazy/__init__.py": "def get(name):\n    importlib.import_module(name, 'x.lazy')\n",
    "x/lazy/one.py": "import_module(f'x.named.by_{n}')\n",
    "x/named/by_text.py": "",
    "x/named/other.py": "",
    "x/sub/__init__.py": "",
    "x/sub/data/table.json": "{}",
    "x/sub/typed.pyi": "",
    "x/typed.py": "",
    "x/tests/__init__.py": "",
    "x/tests/data.json": "{}",
    "x/README.txt": "",
    "anyio/__init__.py": "",
    "nativecrypto.cpython-310-x86_64-linux-gnu.so": b"\x7fELF",
    "unused.py": "",
}  # fmt: skip
REACHABLE = {
    "object_created.py", "x/__init__.py", "x/plain.py", "x/beside.py", "x/late.py",
    "x/_raw.abi3.so", "x/absolute.py", "x/deep/__init__.py", "x/deep/down.py",
    "x/lazy/__init__.py", "x/lazy/one.py", "x/named/by_text.py", "x/sub/__init__.py",
    "nativecrypto.cpython-310-x86_64-linux-gnu.so",
}  # fmt: skip


@pytest.fixture
def modules(tmp_path: Path) -> Modules:
    return write_modules(tmp_path, FILES)


def test_late_dynamic_and_native_imports_are_followed(modules: Modules) -> None:
    reached = reachable_files(modules, "alibaba")
    assert {str(path) for path in reached} == REACHABLE


def test_data_files_are_included_with_their_package(modules: Modules) -> None:
    reached = reachable_files(modules, "alibaba")
    chosen = select_contents(reached, modules, [])
    assert {str(path) for path in chosen.parts} - REACHABLE == {
        "x/README.txt",
        "x/sub/data/table.json",
    }


def test_excluded_packages_are_not_followed(tmp_path: Path) -> None:
    modules = write_modules(
        tmp_path, {"object_created.py": "import anyio.abc\n", "anyio/abc.py": ""}
    )
    assert [str(path) for path in reachable_files(modules, "aws")] == ["object_created.py"]


def test_a_source_with_a_syntax_error_has_no_imports(tmp_path: Path) -> None:
    files = {"object_created.py": "import x\nimport y\n", "x.py": "import z\nprint 1\n"}
    modules = write_modules(tmp_path, {**files, "y.py": "import z\0", "z.py": ""})
    assert {path.stem for path in reachable_files(modules, "aws")} == {"object_created", "x", "y"}


def reachable_files(modules: Modules, cloud: str) -> set[PurePosixPath]:
    with ImportScanner(modules, Path(sys.executable)) as mentions:
        return ImportGraph(modules, mentions).collect_files("object_created", cloud)


def write_modules(at: Path, files: dict[str, str | bytes]) -> Modules:
    for name, content in files.items():
        path = at / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Modules(at)
