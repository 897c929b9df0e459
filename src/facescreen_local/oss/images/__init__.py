"""``x-oss-process=image/…``: the picture that OSS makes of an object on its way out."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from facescreen_local.oss.errors import OssError
from facescreen_local.oss.images.instructions import parse_instructions
from facescreen_local.oss.images.rendering import Made, render

LARGEST_SOURCE = 20 * 1024 * 1024

# Few at once: a decoded picture may take hundreds of megabytes.
_WORKERS = ThreadPoolExecutor(2, "x-oss-process")


async def processed(file: BinaryIO, size: int, process: str) -> Made:
    """Carries out `process` (``image/resize,s_720/format,jpg``) on an object of `size` bytes.

    Raises OssError.
    """
    instructions = parse_instructions(process)
    if size > LARGEST_SOURCE:
        text = f"The source image exceeds {LARGEST_SOURCE} bytes."
        raise OssError(400, "ImageTooLarge", text)
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_WORKERS, lambda: render(file.read(), instructions))
