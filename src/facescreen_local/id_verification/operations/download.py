"""Fetches the image or video that a FaceUrl names."""

from __future__ import annotations

import asyncio

import aiohttp
from yarl import URL

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.limits import LARGEST

_CHUNK = 64 * 1024


async def download(session: aiohttp.ClientSession, url: str, timeout_s: float) -> bytes:
    """The bytes at `url`, which is sent as it is: a presigned one would not survive re-encoding.

    Raises IdVerificationError: ToolargeImage, or DownloadTimeout for whatever else went wrong. The
    page has no other code for a URL that gives nothing, and it is the one that makes a client try
    again with a fresh URL, which is what an expired signature (HTTP 403) needs.
    """
    try:
        async with session.get(
            URL(url, encoded=True),
            allow_redirects=False,
            headers={"Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=timeout_s),
        ) as response:
            if response.status != 200:
                text = f"The URL answered with HTTP status {response.status}."
                raise IdVerificationError("DownloadTimeout", text)
            return await _read(response)
    except asyncio.TimeoutError:
        text = f"The download took longer than {timeout_s:g} s."
        raise IdVerificationError("DownloadTimeout", text) from None
    # A host name that can't be one is a ValueError.
    except (aiohttp.ClientError, ValueError) as error:
        text = f"The URL can't be downloaded ({type(error).__name__})."
        raise IdVerificationError("DownloadTimeout", text) from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        content += chunk
        if len(content) > LARGEST:
            raise IdVerificationError("ToolargeImage", "The file is larger than 10 MB.")
    return bytes(content)
