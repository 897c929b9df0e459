"""Counts what `object_created` imports before its first event, and weighs what ships with it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import distribution, distributions
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PROJECT = Path(__file__).parents[2]
FUNCTIONS = PROJECT / "functions"

_SETTINGS = {
    "SCENE_CODE": "onboard_01",
    "STATE_BUCKET": "facescreen-state",
    "MNS_ENDPOINT": "https://1234567890.mns.ap-southeast-1.aliyuncs.com",
    "MNS_TOPIC": "verdicts",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "counted",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "counted",
    # Nobody listens there: the initializer tries to warm its connection, and goes on.
    "CLOUDAUTH_ENDPOINT": "http://127.0.0.1:9",
}
_COUNT = """
import json, sys, types

class OnlyWhatShips:
    # httpx, for one, imports its command line's libraries wherever they are installed.
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {kept_out}:
            raise ImportError(name)

sys.meta_path.insert(0, OnlyWhatShips())
before = set(sys.modules)
{setup}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
_HANDLER = "import object_created"
_INITIALIZED = """
import object_created
function = types.SimpleNamespace(name="f", timeout=60, memory=512)
object_created.initialize(
    types.SimpleNamespace(function=function, region="r", account_id="1", request_id="1")
)
"""
_OFFICIAL_SDK = """
from alibabacloud_cloudauth_intl20220809.client import Client
from alibabacloud_tea_openapi.models import Config
Client(Config(access_key_id="a", access_key_secret="b", endpoint="127.0.0.1"))
"""


def modules(setup: str, *, shipped_alone: bool = True) -> list[str]:
    """Names of the modules that `setup` imports, in a fresh interpreter."""
    kept_out = sorted(_not_shipped()) if shipped_alone else []
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _COUNT.format(setup=setup, kept_out=kept_out)],
        env={**_SETTINGS, "PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        check=True,
        text=True,
    )
    named: list[str] = json.loads(run.stdout.splitlines()[-1])
    return named


def handler_modules() -> list[str]:
    """What importing the handler costs."""
    return modules(_HANDLER)


def initialized_modules() -> list[str]:
    """What stands when the initializer is done: all that is imported before the first event."""
    return modules(_INITIALIZED)


def official_sdk_modules() -> list[str]:
    """What the vendor's SDK of the API alone imports, for comparison."""
    return modules(_OFFICIAL_SDK, shipped_alone=False)


def shipped() -> dict[str, int]:
    """Bytes by part, byte code left out: our own code, and each locked dependency."""
    sizes = {"functions": _weigh(FUNCTIONS.rglob("*"))}
    for name in _locked():
        found = distribution(name)
        sizes[name] = _weigh(Path(str(found.locate_file(file))) for file in found.files or ())
    return sizes


def _locked() -> set[str]:
    """The distributions of requirements/function.txt that this Python has."""
    text = (PROJECT / "requirements" / "function.txt").read_text()
    named = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    return {name for name in named if any(True for _ in distributions(name=name))}


def _not_shipped() -> set[str]:
    """Importable names that only other distributions bring."""
    locked = _locked() | {"facescreen"}
    brought: set[str] = set()
    kept: set[str] = set()
    for found in distributions():
        names = {file.parts[0].removesuffix(".py") for file in found.files or ()}
        named = found.metadata["Name"].replace("_", "-").lower()
        (kept if named in locked else brought).update(names)
    return {name for name in brought - kept if name.isidentifier()}


def _weigh(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.suffix != ".pyc" and path.is_file())
