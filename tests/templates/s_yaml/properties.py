"""Check properties strictly against the models of the vendor's SDK.

Every key must be in the model, with its name on the wire, and every value must have the model's
type. A number written as a string is an error.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from alibabacloud_fc20230330 import models

_PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
}
_LIST = re.compile(r"List\[(.+)\]")
_MAPPING = re.compile(r"Dict\[str, (.+)\]")


def find_faults(model: type, value: object, place: str = "") -> Iterator[str]:
    """Yield the differences between `value` and `model`."""
    if not isinstance(value, dict):
        yield f"{place}: not a mapping"
        return
    types = _types(model)
    for key, item in value.items():
        if key not in types:
            yield f"{place}.{key}: unknown to {model.__name__}"
        else:
            yield from _type_faults(types[key], item, f"{place}.{key}")


def _types(model: type) -> dict[str, str]:
    """Return the type annotations of the model's initializer by the name on the wire."""
    parameters = inspect.signature(model).parameters
    wire = {re.sub(r"[^a-z0-9]", "", name): p.annotation for name, p in parameters.items()}
    source = inspect.getsource(model.from_map)  # type: ignore[attr-defined]
    keys = re.findall(r"m\.get\('(\w+)'\)", source)
    return {key: wire[key.lower()] for key in keys}


def _type_faults(annotation: str, item: Any, place: str) -> Iterator[str]:
    list_type, mapping_type = _LIST.fullmatch(annotation), _MAPPING.fullmatch(annotation)
    if list_type:
        if not isinstance(item, list):
            yield f"{place}: not a list"
            return
        for number, element in enumerate(item):
            yield from _type_faults(list_type[1], element, f"{place}[{number}]")
    elif mapping_type:
        for key, element in item.items():
            yield from _type_faults(mapping_type[1], element, f"{place}.{key}")
    elif annotation.startswith("main_models."):
        yield from find_faults(getattr(models, annotation.partition(".")[2]), item, place)
    elif not isinstance(item, _PLAIN[annotation]) or (
        isinstance(item, bool) and annotation != "bool"
    ):
        yield f"{place}: {item!r} is not a {annotation}"
