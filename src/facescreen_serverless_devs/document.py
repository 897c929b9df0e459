"""s.yaml as a document: parsed, and laid over the one that it extends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from facescreen_serverless_devs.section import InvalidTemplateError, Section

_LARGEST_FILE = 1024 * 1024
_TOP_LEVEL = {"edition", "name", "access", "vars", "resources", "extend"}


def read(path: Path) -> dict[str, Any]:
    """The whole document. Raises InvalidTemplateError, and OSError for a file out of reach."""
    document = _parse(path)
    if "extend" not in document:
        return document
    base = path.with_name(Section(document, path.name, _TOP_LEVEL).text("extend"))
    below = _parse(base)
    if "extend" in below:
        raise InvalidTemplateError(
            f"{base.name}: extends another file, and is extended by {path.name}"
        )
    own = {key: value for key, value in document.items() if key != "extend"}
    return dict(_laid_over(below, own))


def _parse(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _LARGEST_FILE:
        raise InvalidTemplateError(f"{path.name}: larger than {_LARGEST_FILE} bytes")
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidTemplateError(f"{path.name}: not YAML: {error}") from error
    Section(document, path.name, _TOP_LEVEL).one_of("edition", {"3.0.0"})
    return dict(document)


def _laid_over(below: Any, above: Any) -> Any:
    """Mappings are merged, at any depth; whatever else is above replaces what is below."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    added = {k: _laid_over(below[k], v) if k in below else v for k, v in above.items()}
    return {**below, **added}
