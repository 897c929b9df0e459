"""Reads ``image/auto-orient,1/resize,s_720/quality,q_80/format,jpg``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from facescreen_local.oss.errors import OssError, invalid_argument

MOST_INSTRUCTIONS = 20


@dataclass(frozen=True)
class Instruction:
    """One action; ``resize,s_720`` has the parameter s, ``format,jpg`` the plain value jpg."""

    action: str
    value: str
    parameters: Mapping[str, str]

    def number(self, name: str, lowest: int, highest: int) -> int | None:
        """A parameter's whole number; None if it is not there. Raises OssError."""
        given = self.parameters.get(name)
        return None if given is None else whole_number(self.action, name, given, lowest, highest)


def parse_instructions(process: str) -> list[Instruction]:
    """Raises OssError InvalidArgument, NotImplemented."""
    kind, *steps = process.split("/")
    if kind == "style":
        text = "The specified style does not exist."
        raise OssError(404, "NoSuchStyle", text)
    if kind != "image" or not steps or len(steps) > MOST_INSTRUCTIONS:
        text = f"The process must be image/ and 1 to {MOST_INSTRUCTIONS} actions."
        raise invalid_argument("x-oss-process", process, text)
    return [_instruction(step) for step in steps]


def whole_number(action: str, name: str, given: str, lowest: int, highest: int) -> int:
    """Raises OssError InvalidArgument."""
    if given.isascii() and given.isdigit() and len(given) <= len(str(highest)):
        found = int(given)
        if lowest <= found <= highest:
            return found
    text = f"{name} of {action} must be a whole number from {lowest} to {highest}."
    raise invalid_argument(name, given, text)


def _instruction(step: str) -> Instruction:
    action, *given = step.split(",")
    values, parameters = [], {}
    for part in given:
        name, underscore, value = part.partition("_")
        if underscore:
            parameters[name] = value
        else:
            values.append(part)
    if len(values) > 1:
        raise invalid_argument(action, step, f"{action} has more than one plain value.")
    return Instruction(action, "".join(values), parameters)
