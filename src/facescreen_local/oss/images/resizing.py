"""The resize action, with OSS's modes and limits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PIL import Image, ImageOps

from facescreen_local.oss.errors import invalid_argument_error
from facescreen_local.oss.images.instructions import ImageInstruction

MAX_SIDE_PIXELS = 16_384
MAX_PIXELS = 16_777_216
_RESIZE_MODES = ("lfit", "mfit", "fill", "pad", "fixed")
_COLOR_PATTERN = re.compile("[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class ResizePlan:
    """Scale to `scaled_size`, then crop or pad at the centre to `final_size`."""

    scaled_size: tuple[int, int]
    final_size: tuple[int, int]


def resize(image: Image.Image, instruction: ImageInstruction) -> Image.Image:
    """Resize the image, unless that would enlarge it and ``limit`` is not 0."""
    mode = instruction.parameters.get("m", "lfit")
    if mode not in _RESIZE_MODES:
        raise invalid_argument_error(
            "m", mode, f"m of resize must be one of {', '.join(_RESIZE_MODES)}."
        )
    plan = _plan_resize(image.size, instruction, mode)
    _check_target_size(plan)
    is_enlarged = plan.scaled_size[0] > image.width or plan.scaled_size[1] > image.height
    percentage = "p" in instruction.parameters
    if is_enlarged and not percentage and instruction.get_integer_parameter("limit", 0, 1) != 0:
        return image
    scaled = image.resize(plan.scaled_size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if mode == "pad":
        return ImageOps.pad(scaled, plan.final_size, color=_parse_color(instruction))
    return ImageOps.fit(scaled, plan.final_size) if plan.final_size != plan.scaled_size else scaled


def _plan_resize(size: tuple[int, int], instruction: ImageInstruction, mode: str) -> ResizePlan:
    width, height = size
    percentage = instruction.get_integer_parameter("p", 1, 1000)
    if percentage is not None:
        return _plan_scaling(_scale(size, percentage / 100))
    target_width, target_height = _compute_requested_size(size, instruction)
    ratios = [
        requested / original
        for requested, original in ((target_width, width), (target_height, height))
        if requested
    ]
    if not ratios:
        raise invalid_argument_error("resize", "", "resize needs one of w, h, l, s and p.")
    if not target_width or not target_height:
        return _plan_scaling(_scale(size, ratios[0]))
    if mode == "fixed":
        return _plan_scaling((target_width, target_height))
    covers_target = mode in ("mfit", "fill")
    scaled = _scale(size, max(ratios) if covers_target else min(ratios))
    return (
        ResizePlan(scaled, (target_width, target_height))
        if mode in ("fill", "pad")
        else _plan_scaling(scaled)
    )


def _compute_requested_size(
    size: tuple[int, int], instruction: ImageInstruction
) -> tuple[int | None, int | None]:
    """Return the requested width and height; l and s are the longer and the shorter side."""
    target_width, target_height, longer, shorter = (
        instruction.get_integer_parameter(name, 1, MAX_SIDE_PIXELS) for name in ("w", "h", "l", "s")
    )
    if target_width or target_height:
        return target_width, target_height
    return (longer, shorter) if size[0] >= size[1] else (shorter, longer)


def _scale(size: tuple[int, int], ratio: float) -> tuple[int, int]:
    return max(1, round(size[0] * ratio)), max(1, round(size[1] * ratio))


def _plan_scaling(size: tuple[int, int]) -> ResizePlan:
    return ResizePlan(size, size)


def _check_target_size(plan: ResizePlan) -> None:
    for width, height in (plan.scaled_size, plan.final_size):
        if max(width, height) > MAX_SIDE_PIXELS or width * height > MAX_PIXELS:
            message = f"The target image may have {MAX_PIXELS} pixels at most."
            raise invalid_argument_error("resize", f"{width}x{height}", message)


def _parse_color(instruction: ImageInstruction) -> str:
    color = instruction.parameters.get("color", "FFFFFF")
    if not _COLOR_PATTERN.fullmatch(color):
        raise invalid_argument_error("color", color, "color of resize must be six hex digits.")
    return f"#{color}"
