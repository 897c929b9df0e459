"""The order of things: install for the target, choose, compile, zip, describe."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from facescreen import __version__
from facescreen_cli.commands.package import archive, bytecode, origin, sbom, wheels
from facescreen_cli.commands.package.contents import OURS, Contents, contents
from facescreen_cli.commands.package.distributions import Distribution, installed
from facescreen_cli.commands.package.import_graph import Reach
from facescreen_cli.commands.package.import_scanner import Mentions
from facescreen_cli.commands.package.modules import Modules
from facescreen_cli.commands.package.sbom import Package, Part
from facescreen_cli.deploy_target import Target
from facescreen_cli.interpreters import Interpreter, PackagingError


@dataclass(frozen=True)
class Builder:
    """Builds for one target, into the folder `to`."""

    target: Target
    to: Path
    compiler: Interpreter | None
    """Of the target's Python; None leaves byte code out."""

    def there(self, function: str) -> Package | None:
        """The package as it was built before, where nothing has changed since."""
        zipped = self._zip(function)
        package = sbom.read(zipped)
        if package is None or package.properties != self._properties(function):
            return None
        intact = zipped.is_file() and archive.sha256(zipped) == package.sha256
        return package if intact else None

    def build(self, functions: Sequence[str]) -> Iterator[Package]:
        """A package for each. Raises PackagingError."""
        with tempfile.TemporaryDirectory(prefix="facescreen-package-") as place:
            folder = Path(place).resolve() / "code"
            wheels.install(self.target, folder)
            distributions = installed(folder)
            _copy_our_own(folder)
            for function, chosen in self._chosen(functions, folder, distributions).items():
                try:
                    yield self._write(function, self._compiled(chosen, folder), folder)
                except OSError as error:
                    raise PackagingError(
                        f"{self.to} can't be written to: {error.strerror}"
                    ) from None

    def _chosen(
        self, functions: Sequence[str], folder: Path, distributions: Sequence[Distribution]
    ) -> dict[str, Contents]:
        modules = Modules(folder)
        python = self.compiler.path if self.compiler else Path(sys.executable)
        with Mentions(modules, python) as mentions:
            reach = Reach(modules, mentions)
            return {
                function: contents(reach.files(function, self.target.cloud), modules, distributions)
                for function in functions
            }

    def _compiled(self, chosen: Contents, folder: Path) -> Contents:
        """With byte code."""
        if self.compiler is None:
            return chosen
        made = bytecode.compiled(self.compiler, folder, chosen.parts, self.target)
        return replace(chosen, parts={**chosen.parts, **made})

    def _write(self, function: str, chosen: Contents, folder: Path) -> Package:
        """The bill comes last: without it nothing counts as built."""
        zipped = self._zip(function)
        zipped.parent.mkdir(parents=True, exist_ok=True)
        sbom.path_of(zipped).unlink(missing_ok=True)
        new = zipped.with_suffix(f".{os.getpid()}")
        try:
            taken = archive.write(new, folder, chosen.parts)
            package = Package(
                zip=zipped,
                sha256=archive.sha256(new),
                zipped=new.stat().st_size,
                parts=_parts(function, chosen, folder, taken),
                properties=self._properties(function),
            )
            check(package, self.target)
            new.replace(zipped)
        finally:
            new.unlink(missing_ok=True)
        sbom.write(package, chosen.distributions)
        return package

    def _zip(self, function: str) -> Path:
        return self.to / self.target.cloud / f"{function}.zip"

    def _properties(self, function: str) -> dict[str, str]:
        exactly = self.compiler.full_version if self.compiler else ""
        return origin.properties(self.target, function, exactly)


def _copy_our_own(folder: Path) -> None:
    for name, path in origin.own_files().items():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _parts(
    function: str, chosen: Contents, folder: Path, taken: Mapping[PurePosixPath, int]
) -> tuple[Part, ...]:
    unpacked: Counter[str] = Counter()
    zipped: Counter[str] = Counter()
    for path, part in chosen.parts.items():
        unpacked[part] += (folder / path).stat().st_size
        zipped[part] += taken[path]
    versions = {OURS: __version__, **{each.name: each.version for each in chosen.distributions}}
    return tuple(
        Part(function if name == OURS else name, version, unpacked[name], zipped[name])
        for name, version in versions.items()
    )


def check(package: Package, target: Target) -> None:
    """Raises PackagingError for what the platform would not take."""
    for limit in target.limits:
        size = package.unpacked if limit.unpacked else package.zipped
        if size > limit.bytes:
            largest = max(package.parts, key=lambda part: part.unpacked)
            raise PackagingError(
                f"{package.zip.name} has {size / 1e6:.1f} MB, of {limit.bytes / 1e6:.0f} allowed "
                f"({limit.source}); the largest part is {largest.name}"
            )
