"""Builds packages: installs for the target, selects files, compiles, zips, writes the SBOM."""

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
from facescreen_cli.commands.package.contents import OWN_PART, PackageContents, select_contents
from facescreen_cli.commands.package.distributions import LockedDistribution, read_distributions
from facescreen_cli.commands.package.import_graph import ImportGraph
from facescreen_cli.commands.package.import_scanner import ImportScanner
from facescreen_cli.commands.package.modules import Modules
from facescreen_cli.commands.package.sbom import BuiltPackage, PackagePart
from facescreen_cli.deploy_target import DeployTarget
from facescreen_cli.interpreters import Interpreter, PackagingError


@dataclass(frozen=True)
class PackageBuilder:
    """Builds the packages of one target into `output_folder`."""

    target: DeployTarget
    output_folder: Path
    compiler: Interpreter | None
    """The target's Python; None to leave out bytecode."""

    def find_unchanged(self, function: str) -> BuiltPackage | None:
        """The package of an earlier build, if nothing has changed since; otherwise None."""
        zip_path = self._zip_path(function)
        package = sbom.read_sbom(zip_path)
        if package is None or package.properties != self._build_properties(function):
            return None
        is_intact = zip_path.is_file() and archive.compute_sha256(zip_path) == package.sha256
        return package if is_intact else None

    def build(self, functions: Sequence[str]) -> Iterator[BuiltPackage]:
        """Build a package for each function. Raises PackagingError."""
        with tempfile.TemporaryDirectory(prefix="facescreen-package-") as temporary_folder:
            folder = Path(temporary_folder).resolve() / "code"
            wheels.install_wheels(self.target, folder)
            distributions = read_distributions(folder)
            _copy_own_files(folder)
            for function, contents in self._select_files(functions, folder, distributions).items():
                try:
                    yield self._write(function, self._add_bytecode(contents, folder), folder)
                except OSError as error:
                    raise PackagingError(
                        f"can't write to {self.output_folder}: {error.strerror}"
                    ) from None

    def _select_files(
        self, functions: Sequence[str], folder: Path, distributions: Sequence[LockedDistribution]
    ) -> dict[str, PackageContents]:
        modules = Modules(folder)
        python = self.compiler.path if self.compiler else Path(sys.executable)
        with ImportScanner(modules, python) as scanner:
            graph = ImportGraph(modules, scanner)
            return {
                function: select_contents(
                    graph.collect_files(function, self.target.cloud), modules, distributions
                )
                for function in functions
            }

    def _add_bytecode(self, contents: PackageContents, folder: Path) -> PackageContents:
        """Compile the sources, and add the bytecode to the contents."""
        if self.compiler is None:
            return contents
        bytecode_files = bytecode.compile_sources(
            self.compiler, folder, contents.parts, self.target
        )
        return replace(contents, parts={**contents.parts, **bytecode_files})

    def _write(self, function: str, contents: PackageContents, folder: Path) -> BuiltPackage:
        """Write the zip, and the SBOM last: a package without an SBOM counts as not built."""
        zip_path = self._zip_path(function)
        zip_path.parent.mkdir(parents=True, exist_ok=True)
        sbom.sbom_path(zip_path).unlink(missing_ok=True)
        temporary = zip_path.with_suffix(f".{os.getpid()}")
        try:
            compressed_sizes = archive.write_zip(temporary, folder, contents.parts)
            package = BuiltPackage(
                zip=zip_path,
                sha256=archive.compute_sha256(temporary),
                zipped=temporary.stat().st_size,
                parts=_measure_parts(function, contents, folder, compressed_sizes),
                properties=self._build_properties(function),
            )
            check_size_limits(package, self.target)
            temporary.replace(zip_path)
        finally:
            temporary.unlink(missing_ok=True)
        sbom.write_sbom(package, contents.distributions)
        return package

    def _zip_path(self, function: str) -> Path:
        return self.output_folder / self.target.cloud / f"{function}.zip"

    def _build_properties(self, function: str) -> dict[str, str]:
        full_version = self.compiler.full_version if self.compiler else ""
        return origin.build_properties(self.target, function, full_version)


def _copy_own_files(folder: Path) -> None:
    for name, path in origin.list_own_files().items():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _measure_parts(
    function: str,
    contents: PackageContents,
    folder: Path,
    compressed_sizes: Mapping[PurePosixPath, int],
) -> tuple[PackagePart, ...]:
    unpacked: Counter[str] = Counter()
    zipped: Counter[str] = Counter()
    for path, part in contents.parts.items():
        unpacked[part] += (folder / path).stat().st_size
        zipped[part] += compressed_sizes[path]
    versions = {
        OWN_PART: __version__,
        **{distribution.name: distribution.version for distribution in contents.distributions},
    }
    return tuple(
        PackagePart(function if name == OWN_PART else name, version, unpacked[name], zipped[name])
        for name, version in versions.items()
    )


def check_size_limits(package: BuiltPackage, target: DeployTarget) -> None:
    """Raises PackagingError if the platform would reject the package."""
    for limit in target.limits:
        size = package.unpacked if limit.unpacked else package.zipped
        if size > limit.bytes:
            largest = max(package.parts, key=lambda part: part.unpacked)
            raise PackagingError(
                f"{package.zip.name} has {size / 1e6:.1f} MB; {limit.bytes / 1e6:.0f} MB are "
                f"allowed ({limit.source}); the largest part is {largest.name}"
            )
