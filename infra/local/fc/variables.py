"""Serverless Devs' variables: ``${vars.a.b}``, ``${env('NAME', 'default')}``, ``${env(NAME)}``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .section import BadTemplate

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPRESSION = re.compile(r"\$\{([^${}]*)\}")
_VARS = re.compile(r"vars\.([\w-]+(?:\.[\w-]+)*)")
_WORD = r"""\s*(?:'([^']*)'|"([^"]*)"|([\w.-]+))\s*"""
_ENV = re.compile(rf"env\({_WORD}(?:,{_WORD})?\)")


def names_of(text: str) -> dict[str, str | None]:
    """Every name that ``env`` reads somewhere in `text`, and the default that it has there."""
    found = (_ENV.fullmatch(expression.strip()) for expression in _EXPRESSION.findall(text))
    return {
        _first(env.groups()[:3]) or "": _first(env.groups()[3:]) for env in found if env is not None
    }


class Variables:
    """Replaces variables in values of s.yaml."""

    def __init__(self, declared: object, environment: Mapping[str, str]) -> None:
        """`declared` is the top-level ``vars``; `environment` is what ``env`` reads."""
        self._declared = declared
        self._environment = environment

    def resolve(self, value: object, place: str, within: tuple[str, ...] = ()) -> object:
        """`value` with every variable in it replaced, at any depth.

        A text that is one variable and nothing else takes that variable's value and type.
        `within` names the variables whose values are being resolved. Raises BadTemplate.
        """
        if isinstance(value, dict):
            return {k: self.resolve(v, f"{place}.{k}", within) for k, v in value.items()}
        if isinstance(value, list):
            return [self.resolve(v, f"{place}[{i}]", within) for i, v in enumerate(value)]
        if not isinstance(value, str):
            return value
        whole = _EXPRESSION.fullmatch(value)
        if whole:
            return self._value(whole[1].strip(), place, within)
        if "${" in _EXPRESSION.sub("", value):
            raise BadTemplate(f"{place}: malformed variable in {value!r}")
        return _EXPRESSION.sub(lambda m: self._text(m[1].strip(), place, within), value)

    def _text(self, expression: str, place: str, within: tuple[str, ...]) -> str:
        value = self._value(expression, place, within)
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise BadTemplate(f"{place}: ${{{expression}}} is neither a text nor a number")
        return str(value)

    def _value(self, expression: str, place: str, within: tuple[str, ...]) -> object:
        declared = _VARS.fullmatch(expression)
        if declared:
            return self._declared_value(declared[1], place, within)
        env = _ENV.fullmatch(expression)
        if env:
            return self._environment_value(env, place)
        raise BadTemplate(f"{place}: unknown variable ${{{expression}}}")

    def _declared_value(self, path: str, place: str, within: tuple[str, ...]) -> object:
        if path in within:
            raise BadTemplate(f"{place}: vars.{path} refers to itself")
        value = self._declared
        for name in path.split("."):
            if not isinstance(value, dict) or name not in value:
                raise BadTemplate(f"{place}: no variable vars.{path}")
            value = value[name]
        return self.resolve(value, f"vars.{path}", (*within, path))

    def _environment_value(self, env: re.Match[str], place: str) -> str:
        name, default = _first(env.groups()[:3]), _first(env.groups()[3:])
        if name is None or name not in self._environment:
            if default is None:
                raise BadTemplate(
                    f"{place}: the environment has no {name}, and no default is given"
                )
            return default
        return self._environment[name]


def _first(groups: tuple[str | None, ...]) -> str | None:
    """What the one alternative of `_WORD` that took part has matched."""
    return next((group for group in groups if group is not None), None)
