"""Which modules a function can come to import."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath

from facescreen_cli.commands.package.import_scanner import Mentions
from facescreen_cli.commands.package.modules import Modules

LEFT_OUT = {
    "anyio": "httpx waits with it in its asynchronous clients alone",
    "cffi": "pycryptodome takes ctypes instead, and parses no C at a cold start",
    "httpx._main": "a command line",
    "requests.help": "a command line",
    "aliyunsdkcore.vendored.requests.help": "a command line",
    "urllib3.contrib.pyopenssl": "for Pythons without SNI, and only where pyOpenSSL is there",
    "aliyunsdkcore.vendored.requests.packages.urllib3.contrib.pyopenssl": "as above",
    "aws_lambda_powertools.event_handler.openapi.swagger_ui": "our page is another",
}
"""What is named but not needed, and why. Whoever imports these puts up with their absence, or is
never asked to import them."""

_SWEEP = ("facescreen.screening.sweep", "facescreen.screening.sweep_cursor")
LEFT_OUT_OF = {
    "object_created": ("facescreen.http", "facescreen.screening.on_demand", *_SWEEP),
    "http_api": _SWEEP,
    "sweep": ("facescreen.http", "facescreen.screening.on_demand", "facescreen.screening.batch"),
    "alibaba": ("facescreen.platforms.aws",),
    "aws": ("facescreen.platforms.alibaba",),
}
"""Parts of our own that a function, or a cloud, never asks facescreen.platforms.choose for."""


class Reach:
    """What can be imported, in one folder."""

    def __init__(self, modules: Modules, mentions: Mentions) -> None:
        self._modules = modules
        self._mentioned = lru_cache(maxsize=None)(mentions.of)

    def files(self, function: str, cloud: str) -> set[PurePosixPath]:
        """Those of the module `function` and of all that it can come to import."""
        outside = (*LEFT_OUT, *LEFT_OUT_OF.get(function, ()), *LEFT_OUT_OF[cloud])
        found: set[str] = set()
        waiting = [function]
        while waiting:
            name = waiting.pop()
            if name in found or any(f"{name}.".startswith(f"{each}.") for each in outside):
                continue
            found.add(name)
            waiting += _parents(name)
            for path in self._modules.files(name):
                waiting += self._mentioned(name, path)
        return {path for name in found for path in self._modules.files(name)}


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]
