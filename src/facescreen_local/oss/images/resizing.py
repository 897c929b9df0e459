"""The resize action: which size a picture gets, as the modes and limits of OSS have it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PIL import Image, ImageOps

from facescreen_local.oss.errors import invalid_argument
from facescreen_local.oss.images.instructions import Instruction

LONGEST_SIDE = 16_384
MOST_PIXELS = 16_777_216
_MODES = ("lfit", "mfit", "fill", "pad", "fixed")
_COLOR = re.compile("[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class Plan:
    """Scale to `scaled`, then crop or pad around the centre to `final`. Sizes: width, height."""

    scaled: tuple[int, int]
    final: tuple[int, int]


def resize(image: Image.Image, instruction: Instruction) -> Image.Image:
    """The picture in its new size; the same picture where it would have to grow."""
    mode = instruction.parameters.get("m", "lfit")
    if mode not in _MODES:
        raise invalid_argument("m", mode, f"m of resize must be one of {', '.join(_MODES)}.")
    plan = _plan(image.size, instruction, mode)
    _check_size(plan)
    grows = plan.scaled[0] > image.width or plan.scaled[1] > image.height
    percentage = "p" in instruction.parameters
    if grows and not percentage and instruction.number("limit", 0, 1) != 0:
        return image
    scaled = image.resize(plan.scaled, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if mode == "pad":
        return ImageOps.pad(scaled, plan.final, color=_color(instruction))
    return ImageOps.fit(scaled, plan.final) if plan.final != plan.scaled else scaled


def _plan(size: tuple[int, int], instruction: Instruction, mode: str) -> Plan:
    width, height = size
    percentage = instruction.number("p", 1, 1000)
    if percentage is not None:
        return _same(_scaled(size, percentage / 100))
    wide, high = _box(size, instruction)
    ratios = [asked / had for asked, had in ((wide, width), (high, height)) if asked]
    if not ratios:
        raise invalid_argument("resize", "", "resize needs one of w, h, l, s and p.")
    if not wide or not high:
        return _same(_scaled(size, ratios[0]))
    if mode == "fixed":
        return _same((wide, high))
    outer = mode in ("mfit", "fill")
    scaled = _scaled(size, max(ratios) if outer else min(ratios))
    return Plan(scaled, (wide, high)) if mode in ("fill", "pad") else _same(scaled)


def _box(size: tuple[int, int], instruction: Instruction) -> tuple[int | None, int | None]:
    """The width and height asked for; l and s are for the longer and the shorter side."""
    wide, high, longer, shorter = (
        instruction.number(name, 1, LONGEST_SIDE) for name in ("w", "h", "l", "s")
    )
    if wide or high:
        return wide, high
    return (longer, shorter) if size[0] >= size[1] else (shorter, longer)


def _scaled(size: tuple[int, int], ratio: float) -> tuple[int, int]:
    return max(1, round(size[0] * ratio)), max(1, round(size[1] * ratio))


def _same(size: tuple[int, int]) -> Plan:
    return Plan(size, size)


def _check_size(plan: Plan) -> None:
    for width, height in (plan.scaled, plan.final):
        if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
            text = f"The target image may have {MOST_PIXELS} pixels at most."
            raise invalid_argument("resize", f"{width}x{height}", text)


def _color(instruction: Instruction) -> str:
    color = instruction.parameters.get("color", "FFFFFF")
    if not _COLOR.fullmatch(color):
        raise invalid_argument("color", color, "color of resize must be six hex digits.")
    return f"#{color}"
