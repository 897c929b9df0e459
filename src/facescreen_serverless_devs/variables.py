"""Serverless Devs' variables: ``${vars.a.b}``, ``${env('NAME', 'default')}``, ``${json(…)}``.

As `s preview` resolves them: a name that is empty counts as not set, and what ``env`` gives is a
text, which ``json`` makes a number or a switch of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from facescreen_serverless_devs.section import InvalidTemplateError

_EXPRESSION = re.compile(r"\$\{([^${}]*)\}")
_VARS = re.compile(r"vars\.([\w-]+(?:\.[\w-]+)*)")
_WORD = r"""\s*(?:'([^']*)'|"([^"]*)"|([\w.-]+))\s*"""
_ENV = re.compile(rf"env\({_WORD}(?:,{_WORD})?\)")
_JSON = re.compile(r"json\((.+)\)")


def names_of(value: object) -> dict[str, str | None]:
    """Every name that ``env`` reads somewhere in `value`, and the default that it has there."""
    found = (_ENV.search(e) for text in _texts(value) for e in _EXPRESSION.findall(text))
    return {
        _first(env.groups()[:3]) or "": _first(env.groups()[3:]) for env in found if env is not None
    }


def _texts(value: object) -> Iterator[str]:
    """At any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


class Variables:
    """Replaces variables in values of s.yaml."""

    def __init__(self, declared: object, environment: Mapping[str, str]) -> None:
        """`declared` is the top-level ``vars``; `environment` is what ``env`` reads."""
        self._declared = declared
        self._environment = environment

    def resolve(self, value: object, place: str, within: tuple[str, ...] = ()) -> object:
        """`value` with every variable in it replaced, at any depth.

        A text that is one variable and nothing else takes that variable's value and type.
        `within` names the variables whose values are being resolved. Raises InvalidTemplateError.
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
            raise InvalidTemplateError(f"{place}: malformed variable in {value!r}")
        return _EXPRESSION.sub(lambda m: self._text(m[1].strip(), place, within), value)

    def _text(self, expression: str, place: str, within: tuple[str, ...]) -> str:
        value = self._value(expression, place, within)
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise InvalidTemplateError(f"{place}: ${{{expression}}} is neither a text nor a number")
        return str(value)

    def _value(self, expression: str, place: str, within: tuple[str, ...]) -> object:
        declared = _VARS.fullmatch(expression)
        if declared:
            return self._declared_value(declared[1], place, within)
        env = _ENV.fullmatch(expression)
        if env:
            return self._environment_value(env, place)
        parsed = _JSON.fullmatch(expression)
        if parsed:
            return self._parsed(parsed[1].strip(), place, within)
        raise InvalidTemplateError(f"{place}: unknown variable ${{{expression}}}")

    def _declared_value(self, path: str, place: str, within: tuple[str, ...]) -> object:
        if path in within:
            raise InvalidTemplateError(f"{place}: vars.{path} refers to itself")
        value = self._declared
        for name in path.split("."):
            if not isinstance(value, dict) or name not in value:
                raise InvalidTemplateError(f"{place}: no variable vars.{path}")
            value = value[name]
        return self.resolve(value, f"vars.{path}", (*within, path))

    def _parsed(self, expression: str, place: str, within: tuple[str, ...]) -> object:
        text = self._text(expression, place, within)
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidTemplateError(f"{place}: {text[:80]!r} is not JSON") from error

    def _environment_value(self, env: re.Match[str], place: str) -> str:
        name, default = _first(env.groups()[:3]), _first(env.groups()[3:])
        value = self._environment.get(name or "") or default
        if value is None:
            raise InvalidTemplateError(
                f"{place}: the environment has no {name}, and no default is given"
            )
        return value


def _first(groups: tuple[str | None, ...]) -> str | None:
    """What the one alternative of `_WORD` that took part has matched."""
    return next((group for group in groups if group is not None), None)
