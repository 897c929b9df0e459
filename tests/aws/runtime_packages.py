"""What Lambda's managed Python runtime has beside a function's code: its client, and boto3."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

_BROUGHT = ("awslambdaric", "boto3")


def managed_runtime(folder: Path) -> Path:
    """Links these packages, and what they need, into `folder` (Configuration.runtime)."""
    folder.mkdir()
    for found in _with_requirements(_BROUGHT).values():
        for name in {path.parts[0] for path in found.files or () if path.parts[0] != ".."}:
            (folder / name).symlink_to(Path(str(found.locate_file(name))))
    return folder


def _with_requirements(names: tuple[str, ...]) -> dict[str, Distribution]:
    found: dict[str, Distribution] = {}
    wanted = list(names)
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = distribution(name)
            plain = [text for text in found[name].requires or () if "extra ==" not in text]
            wanted += [re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0] for text in plain]
    return found
