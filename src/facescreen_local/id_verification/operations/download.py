"""Downloads the image or video at a FaceUrl."""

from __future__ import annotations

import asyncio

import aiohttp
from yarl import URL

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.limits import MAX_MEDIA_BYTES

_CHUNK_BYTES = 64 * 1024


async def download(session: aiohttp.ClientSession, url: str, timeout_s: float) -> bytes:
    """Return the bytes at `url`, which is not re-encoded: a presigned URL would become invalid.

    Raises IdVerificationError: ToolargeImage, or DownloadTimeout for any other failure. The
    documentation has no other code for a failed download, and this one makes clients retry with a
    new URL, which an expired signature (HTTP 403) needs.
    """
    try:
        async with session.get(
            URL(url, encoded=True),
            allow_redirects=False,
            headers={"Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=timeout_s),
        ) as response:
            if response.status != 200:
                message = f"The URL returned HTTP status {response.status}."
                raise IdVerificationError("DownloadTimeout", message)
            return await _read_content(response)
    except asyncio.TimeoutError:
        message = f"The download took longer than {timeout_s:g} s."
        raise IdVerificationError("DownloadTimeout", message) from None
    # An invalid host name is a ValueError.
    except (aiohttp.ClientError, ValueError) as error:
        message = f"The URL can't be downloaded ({type(error).__name__})."
        raise IdVerificationError("DownloadTimeout", message) from None


async def _read_content(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        content += chunk
        if len(content) > MAX_MEDIA_BYTES:
            raise IdVerificationError("ToolargeImage", "The file is larger than 10 MB.")
    return bytes(content)
