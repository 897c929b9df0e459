"""Mutations that keep JSON valid: with bytes changed at random, most inputs fail in the parser."""

from __future__ import annotations

import json
from random import Random
from typing import Any

_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 10**30, 10**400, 1e300, "", "9", "x" * 4000, "\ud800", "%FF", "a/"),
    *([], {}, [[]], [{}] * 200, "{}", "[" * 2000),
)


def mutate_json(content: bytes, seed: int) -> bytes | None:
    """Change one value in the JSON of `content`, which may follow a line of something else. Returns
    None if there is no JSON."""
    start = 0 if content.startswith((b"{", b"[")) else content.find(b"\n") + 1
    before, body = content[:start], content[start:]
    try:
        value = json.loads(body)
        return before + json.dumps(_mutate_value(value, Random(seed))).encode()  # noqa: S311
    except (ValueError, RecursionError):
        return None


def _mutate_value(value: Any, random: Random) -> Any:
    """Descend at random, also into JSON inside strings, and change one value."""
    if isinstance(value, str) and value.startswith(("{", "[")) and random.random() < 0.9:
        return json.dumps(_mutate_value(json.loads(value), random))
    if not isinstance(value, (dict, list)) or not value or random.random() < 0.1:
        return _choose_replacement(value, random)
    key = random.choice(list(value) if isinstance(value, dict) else range(len(value)))
    if random.random() < 0.8:
        value[key] = _mutate_value(value[key], random)
    elif isinstance(value, list):
        value.insert(key, value[random.randrange(len(value))])
    else:
        _remove_or_rename(value, key, random)
    return value


def _remove_or_rename(value: dict[str, Any], key: str, random: Random) -> None:
    """Remove a field, or move its value to another field."""
    removed = value.pop(key)
    if value and random.random() < 0.5:
        value[random.choice(list(value))] = removed


def _choose_replacement(value: Any, random: Random) -> Any:
    if random.random() < 0.7:
        return random.choice(_VALUES)
    wrapped = value
    for _ in range(random.choice((1, 2, 4, 300, 600))):
        wrapped = [wrapped]
    return random.choice((wrapped, {"Records": wrapped}, {"Message": json.dumps(value)}))
