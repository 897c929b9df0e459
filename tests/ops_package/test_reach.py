"""Which files a function comes to import, in a folder of the tests' own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.ops.package.contents import contents
from infra.ops.package.errors import Unpackaged
from infra.ops.package.modules import Modules
from infra.ops.package.reach import Reach

if TYPE_CHECKING:
    from pathlib import Path

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
REACHED = {
    "object_created.py", "x/__init__.py", "x/plain.py", "x/beside.py", "x/late.py",
    "x/_raw.abi3.so", "x/absolute.py", "x/deep/__init__.py", "x/deep/down.py",
    "x/lazy/__init__.py", "x/lazy/one.py", "x/named/by_text.py", "x/sub/__init__.py",
    "nativecrypto.cpython-310-x86_64-linux-gnu.so",
}  # fmt: skip


@pytest.fixture
def modules(tmp_path: Path) -> Modules:
    return folder(tmp_path, FILES)


def test_late_named_computed_and_native_imports_are_followed(modules: Modules) -> None:
    reached = Reach(modules).files("object_created", "alibaba")
    assert {str(path) for path in reached} == REACHED


def test_data_goes_along_with_the_package_that_it_belongs_to(modules: Modules) -> None:
    reached = Reach(modules).files("object_created", "alibaba")
    chosen = contents(reached, modules, [])
    assert {str(path) for path in chosen.parts} - REACHED == {
        "x/README.txt",
        "x/sub/data/table.json",
    }


def test_what_is_left_out_is_not_followed(tmp_path: Path) -> None:
    modules = folder(tmp_path, {"object_created.py": "import anyio.abc\n", "anyio/abc.py": ""})
    assert [str(path) for path in Reach(modules).files("object_created", "aws")] == [
        "object_created.py"
    ]


def test_a_source_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    modules = folder(tmp_path, {"object_created.py": "import x.old\n", "x/old.py": "print 1\n"})
    with pytest.raises(Unpackaged, match=r"^x/old\.py can't be read by this Python"):
        Reach(modules).files("object_created", "aws")


def folder(at: Path, files: dict[str, str | bytes]) -> Modules:
    for name, content in files.items():
        path = at / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Modules(at)
