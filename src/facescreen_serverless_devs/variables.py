"""Serverless Devs' variables: ``${vars.a.b}``, ``${env('NAME', 'default')}``, ``${json(…)}``.

They are resolved as `s preview` does: an empty variable counts as not set, and ``env`` returns a
string, which ``json`` can convert to a number or a boolean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from facescreen_serverless_devs.section import InvalidTemplateError

_EXPRESSION_PATTERN = re.compile(r"\$\{([^${}]*)\}")
_VARS_PATTERN = re.compile(r"vars\.([\w-]+(?:\.[\w-]+)*)")
_ARGUMENT_PATTERN = r"""\s*(?:'([^']*)'|"([^"]*)"|([\w.-]+))\s*"""
_ENV_PATTERN = re.compile(rf"env\({_ARGUMENT_PATTERN}(?:,{_ARGUMENT_PATTERN})?\)")
_JSON_PATTERN = re.compile(r"json\((.+)\)")


def find_env_defaults(value: object) -> dict[str, str | None]:
    """Find every name that ``env`` reads in `value`, with its default; None if there is none."""
    env_matches = (
        _ENV_PATTERN.search(e)
        for text in _iterate_strings(value)
        for e in _EXPRESSION_PATTERN.findall(text)
    )
    return {
        _first_match(env_match.groups()[:3]) or "": _first_match(env_match.groups()[3:])
        for env_match in env_matches
        if env_match is not None
    }


def _iterate_strings(value: object) -> Iterator[str]:
    """The strings in `value`, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _iterate_strings(item)


class VariableResolver:
    """Replaces variables in values of s.yaml."""

    def __init__(self, declared: object, environment: Mapping[str, str]) -> None:
        """`declared` is the top-level ``vars``; ``env`` reads from `environment`."""
        self._declared = declared
        self._environment = environment

    def resolve(self, value: object, key_path: str, resolving: tuple[str, ...] = ()) -> object:
        """Replace every variable in `value`, at any depth.

        A string that consists of one variable takes that variable's value and type. `resolving`
        names the variables whose values are being resolved. Raises InvalidTemplateError.
        """
        if isinstance(value, dict):
            return {k: self.resolve(v, f"{key_path}.{k}", resolving) for k, v in value.items()}
        if isinstance(value, list):
            return [self.resolve(v, f"{key_path}[{i}]", resolving) for i, v in enumerate(value)]
        if not isinstance(value, str):
            return value
        match = _EXPRESSION_PATTERN.fullmatch(value)
        if match:
            return self._resolve_expression(match[1].strip(), key_path, resolving)
        if "${" in _EXPRESSION_PATTERN.sub("", value):
            raise InvalidTemplateError(f"{key_path}: malformed variable in {value!r}")
        return _EXPRESSION_PATTERN.sub(
            lambda m: self._resolve_to_string(m[1].strip(), key_path, resolving), value
        )

    def _resolve_to_string(self, expression: str, key_path: str, resolving: tuple[str, ...]) -> str:
        value = self._resolve_expression(expression, key_path, resolving)
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise InvalidTemplateError(
                f"{key_path}: ${{{expression}}} is neither a string nor a number"
            )
        return str(value)

    def _resolve_expression(
        self, expression: str, key_path: str, resolving: tuple[str, ...]
    ) -> object:
        vars_match = _VARS_PATTERN.fullmatch(expression)
        if vars_match:
            return self._resolve_vars(vars_match[1], key_path, resolving)
        env_match = _ENV_PATTERN.fullmatch(expression)
        if env_match:
            return self._resolve_env(env_match, key_path)
        json_call = _JSON_PATTERN.fullmatch(expression)
        if json_call:
            return self._parse_json(json_call[1].strip(), key_path, resolving)
        raise InvalidTemplateError(f"{key_path}: unknown variable ${{{expression}}}")

    def _resolve_vars(self, path: str, key_path: str, resolving: tuple[str, ...]) -> object:
        if path in resolving:
            raise InvalidTemplateError(f"{key_path}: vars.{path} refers to itself")
        value = self._declared
        for name in path.split("."):
            if not isinstance(value, dict) or name not in value:
                raise InvalidTemplateError(f"{key_path}: no variable vars.{path}")
            value = value[name]
        return self.resolve(value, f"vars.{path}", (*resolving, path))

    def _parse_json(self, expression: str, key_path: str, resolving: tuple[str, ...]) -> object:
        text = self._resolve_to_string(expression, key_path, resolving)
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidTemplateError(f"{key_path}: {text[:80]!r} is not JSON") from error

    def _resolve_env(self, env_match: re.Match[str], key_path: str) -> str:
        name, default = _first_match(env_match.groups()[:3]), _first_match(env_match.groups()[3:])
        value = self._environment.get(name or "") or default
        if value is None:
            raise InvalidTemplateError(
                f"{key_path}: {name} is not set in the environment, and has no default"
            )
        return value


def _first_match(groups: tuple[str | None, ...]) -> str | None:
    """The group of the alternative in `_ARGUMENT_PATTERN` that matched."""
    return next((group for group in groups if group is not None), None)
