"""Parses s.yaml, and merges it with the file that it extends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from facescreen_serverless_devs.section import InvalidTemplateError, TemplateSection

_MAX_FILE_BYTES = 1024 * 1024
_TOP_LEVEL_KEYS = {"edition", "name", "access", "vars", "resources", "extend"}


def read_template(path: Path) -> dict[str, Any]:
    """Read a template, merged with the one that it extends. Raises InvalidTemplateError, and
    OSError if a file can't be read."""
    document = _parse_file(path)
    if "extend" not in document:
        return document
    base_path = path.with_name(
        TemplateSection(document, path.name, _TOP_LEVEL_KEYS).get_string("extend")
    )
    base = _parse_file(base_path)
    if "extend" in base:
        raise InvalidTemplateError(
            f"{base_path.name}: {path.name} extends it, so it must not extend another file"
        )
    own = {key: value for key, value in document.items() if key != "extend"}
    return dict(_merge(base, own))


def _parse_file(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise InvalidTemplateError(f"{path.name}: larger than {_MAX_FILE_BYTES} bytes")
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidTemplateError(f"{path.name}: not YAML: {error}") from error
    TemplateSection(document, path.name, _TOP_LEVEL_KEYS).get_choice("edition", {"3.0.0"})
    return dict(document)


def _merge(base: Any, override: Any) -> Any:
    """Merge mappings at any depth; any other value in `override` replaces the one in `base`."""
    if not isinstance(base, dict) or not isinstance(override, dict):
        return override
    merged = {k: _merge(base[k], v) if k in base else v for k, v in override.items()}
    return {**base, **merged}
