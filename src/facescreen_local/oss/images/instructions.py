"""Parses ``image/auto-orient,1/resize,s_720/quality,q_80/format,jpg``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from facescreen_local.oss.errors import OssError, invalid_argument_error

MAX_INSTRUCTIONS = 20


@dataclass(frozen=True)
class ImageInstruction:
    """One action: ``resize,s_720`` has the parameter s, ``format,jpg`` has the plain value jpg."""

    action: str
    value: str
    parameters: Mapping[str, str]

    def get_integer_parameter(self, name: str, minimum: int, maximum: int) -> int | None:
        """Return an integer parameter, None if it is absent. Raises OssError."""
        text = self.parameters.get(name)
        return None if text is None else parse_integer(self.action, name, text, minimum, maximum)


def parse_instructions(process: str) -> list[ImageInstruction]:
    """Parse an ``x-oss-process`` value. Raises OssError: InvalidArgument, NoSuchStyle."""
    process_type, *steps = process.split("/")
    if process_type == "style":
        message = "The specified style does not exist."
        raise OssError(404, "NoSuchStyle", message)
    if process_type != "image" or not steps or len(steps) > MAX_INSTRUCTIONS:
        message = f"The process must be image/ and 1 to {MAX_INSTRUCTIONS} actions."
        raise invalid_argument_error("x-oss-process", process, message)
    return [_parse_instruction(step) for step in steps]


def parse_integer(action: str, name: str, value: str, minimum: int, maximum: int) -> int:
    """Parse an integer in a range. Raises OssError InvalidArgument."""
    if value.isascii() and value.isdigit() and len(value) <= len(str(maximum)):
        number = int(value)
        if minimum <= number <= maximum:
            return number
    message = f"{name} of {action} must be a whole number from {minimum} to {maximum}."
    raise invalid_argument_error(name, value, message)


def _parse_instruction(step: str) -> ImageInstruction:
    action, *arguments = step.split(",")
    values, parameters = [], {}
    for argument in arguments:
        name, underscore, value = argument.partition("_")
        if underscore:
            parameters[name] = value
        else:
            values.append(argument)
    if len(values) > 1:
        raise invalid_argument_error(action, step, f"{action} has more than one plain value.")
    return ImageInstruction(action, "".join(values), parameters)
