"""Image processing: ``x-oss-process=image/…`` on reads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from facescreen_local.oss.errors import OssError
from facescreen_local.oss.images.instructions import parse_instructions
from facescreen_local.oss.images.rendering import RenderResult, render

MAX_SOURCE_BYTES = 20 * 1024 * 1024

# Only a few at once, because a decoded image can take hundreds of megabytes.
_IMAGE_EXECUTOR = ThreadPoolExecutor(2, "x-oss-process")


async def process_image(file: BinaryIO, size_bytes: int, process_parameter: str) -> RenderResult:
    """Apply `process_parameter` (``image/resize,s_720/format,jpg``) to an image in `file`.

    Raises OssError.
    """
    instructions = parse_instructions(process_parameter)
    if size_bytes > MAX_SOURCE_BYTES:
        message = f"The source image exceeds {MAX_SOURCE_BYTES} bytes."
        raise OssError(400, "ImageTooLarge", message)
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_IMAGE_EXECUTOR, lambda: render(file.read(), instructions))
