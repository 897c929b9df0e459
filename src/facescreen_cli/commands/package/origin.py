"""What a package is built from. If that is unchanged, the package need not be built again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import facescreen
from facescreen_cli.deploy_target import DeployTarget
from facescreen_cli.project import PROJECT_FOLDER

_HANDLERS_FOLDER = PROJECT_FOLDER / "functions"
_PRODUCT_FOLDER = Path(facescreen.__file__).parent
"""In a checkout it is a folder in _HANDLERS_FOLDER, but not in an installed package."""
_BUILDER_FOLDER = Path(__file__).parent


def build_properties(target: DeployTarget, function: str, full_version: str) -> dict[str, str]:
    """The properties that the SBOM records. `full_version` is the Python that compiles the bytecode
    (``3.10.13``); empty for none."""
    return {
        "cloud": target.cloud,
        "function": function,
        "python": target.python,
        "platform": target.platform,
        "byte-code": full_version,
        "sources": _hash_sources(target),
    }


def list_own_files() -> Mapping[PurePosixPath, Path]:
    """The handlers and the product, by their paths in a package, in the order of these."""
    files = {
        PurePosixPath(prefix, path.relative_to(folder).as_posix()): path
        for prefix, folder in (("", _HANDLERS_FOLDER), (_PRODUCT_FOLDER.name, _PRODUCT_FOLDER))
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    return dict(sorted(files.items()))


def _hash_sources(target: DeployTarget) -> str:
    """The SHA-256 of the lock file, our own code, and the builder, named as in a checkout."""
    sources = {
        f"requirements/{target.requirements.name}": target.requirements,
        **{f"functions/{name}": path for name, path in list_own_files().items()},
        **{
            f"src/facescreen_cli/commands/package/{path.name}": path
            for path in sorted(_BUILDER_FOLDER.iterdir())
            if path.is_file()
        },
    }
    digest = hashlib.sha256()
    for name, path in sources.items():
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()
