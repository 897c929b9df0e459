"""Finds the modules that a function can import."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath

from facescreen_cli.commands.package.import_scanner import ImportScanner
from facescreen_cli.commands.package.modules import Modules

EXCLUDED_MODULES = {
    "anyio": "httpx uses it only in its asynchronous clients",
    "cffi": "pycryptodome uses ctypes instead, and then parses no C at a cold start",
    "httpx._main": "a command line",
    "requests.help": "a command line",
    "aliyunsdkcore.vendored.requests.help": "a command line",
    "urllib3.contrib.pyopenssl": "for Python without SNI, and only if pyOpenSSL is installed",
    "aliyunsdkcore.vendored.requests.packages.urllib3.contrib.pyopenssl": "as above",
    "aws_lambda_powertools.event_handler.openapi.swagger_ui": "we have our own page",
}
"""Modules that are imported somewhere but not needed, and why. The importers handle their absence,
or never run that import."""

_SWEEP_MODULES = ("facescreen.screening.sweep", "facescreen.screening.sweep_cursor")
EXCLUDED_BY_TARGET = {
    "object_created": ("facescreen.http", "facescreen.screening.on_demand", *_SWEEP_MODULES),
    "http_api": _SWEEP_MODULES,
    "sweep": ("facescreen.http", "facescreen.screening.on_demand", "facescreen.screening.batch"),
    "alibaba": ("facescreen.platforms.aws",),
    "aws": ("facescreen.platforms.alibaba",),
}
"""Our own modules that a function or a cloud never loads."""


class ImportGraph:
    """The imports between the modules of one folder."""

    def __init__(self, modules: Modules, scanner: ImportScanner) -> None:
        self._modules = modules
        self._imports_of = lru_cache(maxsize=None)(scanner.find_modules_named_in)

    def collect_files(self, function: str, cloud: str) -> set[PurePosixPath]:
        """The files of the module `function` and of every module that it can import."""
        excluded = (
            *EXCLUDED_MODULES,
            *EXCLUDED_BY_TARGET.get(function, ()),
            *EXCLUDED_BY_TARGET[cloud],
        )
        reachable: set[str] = set()
        pending = [function]
        while pending:
            name = pending.pop()
            if name in reachable or any(f"{name}.".startswith(f"{module}.") for module in excluded):
                continue
            reachable.add(name)
            pending += _parent_packages(name)
            for path in self._modules.list_files(name):
                pending += self._imports_of(name, path)
        return {path for name in reachable for path in self._modules.list_files(name)}


def _parent_packages(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]
