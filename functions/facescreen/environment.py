"""Reads settings from the environment, and says everything that is wrong with them at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from facescreen.errors import BadSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class EnvironmentReader:
    """Reads one setting after the other and keeps what is wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.wrong: list[str] = []

    def check(self) -> None:
        """Raises BadSettings, which names every setting that is wrong."""
        if self.wrong:
            raise BadSettings("; ".join(self.wrong), wrong=tuple(self.wrong))

    def text(
        self, name: str, pattern: str, says: str, where: str, default: str | None = None
    ) -> str:
        value = self._environment.get(name, "").strip()
        if not value and default is not None:
            return default
        if not re.fullmatch(pattern, value):
            got = f"it has {len(value)} characters" if value else "it is not set"
            self.wrong.append(f"{name} must be {says}; {got} (find it: {where})")
        return value

    def first(self, *names: str) -> str:
        """What the first of `names` that is set says; empty where none is."""
        return next((v for v in map(self._environment.get, names) if v), "").strip()

    def bucket(self, name: str, where: str, default: str | None = None) -> str:
        """A bucket's name, as both stores take it."""
        says = "a bucket's name: 3 to 63 lower-case letters, digits or hyphens"
        return self.text(name, r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", says, where, default)

    def endpoint(self, name: str, default: str | None = None) -> str:
        """A base URL; plain http on loopback alone."""
        value = self._environment.get(name, "").strip() or default or ""
        url = value if "://" in value else f"https://{value}"
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host, parts = None, urlsplit("")
        plain = parts.scheme == "http" and host in _LOOPBACK
        bare = not (parts.username or parts.query or parts.fragment or parts.path.strip("/"))
        if not host or not bare or not (plain or parts.scheme == "https"):
            self.wrong.append(
                f"{name} must be an https endpoint such as oss-ap-southeast-1.aliyuncs.com"
            )
        return url.rstrip("/")

    def number(self, name: str, least: float, most: float, default: float) -> float:
        given = self._environment.get(name, "").strip()
        if not given:
            return default
        try:
            value = float(given)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            self.wrong.append(f"{name} must be a number from {least:g} to {most:g}")
            return default
        return value

    def choice(self, name: str, among: tuple[str, ...], default: str) -> str:
        value = self._environment.get(name, "").strip().lower() or default
        if value not in among:
            self.wrong.append(f"{name} must be one of: {', '.join(among)}")
            return default
        return value

    def switch(self, name: str, *, default: bool) -> bool:
        value = self._environment.get(name, "").strip().lower()
        if not value:
            return default
        if value not in _YES + _NO:
            self.wrong.append(f"{name} must be true or false")
        return value in _YES

    def listed(self, name: str) -> tuple[str, ...]:
        """Comma-separated, blanks around each left out."""
        given = self._environment.get(name, "").split(",")
        return tuple(item.strip() for item in given if item.strip())
