"""StateStore on OSS."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import oss2

from facescreen.errors import InvalidSettingsError, ObjectNotFoundError
from facescreen.storage.oss.client import BucketCache, list_page
from facescreen.storage.oss.errors import translate_oss_errors
from facescreen.storage.oss.responses import read_body
from facescreen.storage.ports import iterate_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.clients.credentials import CredentialSource


class OssStateStore:
    """StateStore on OSS, on appendable objects in an unversioned bucket.

    AppendObject is a compare-and-swap: the position must equal the length. x-oss-forbid-overwrite
    is not documented to let only one of two simultaneous writers succeed.
    """

    def __init__(
        self, credentials: CredentialSource, *, endpoint: str, region: str, bucket: str
    ) -> None:
        self._bucket = BucketCache(credentials, endpoint, region).get(bucket)

    def read(self, key: str) -> bytes:
        try:
            with translate_oss_errors(key), self._bucket.get_object(key) as response:
                return read_body(response)
        except ObjectNotFoundError:
            return b""

    def append(self, key: str, position: int, data: bytes) -> bool:
        with translate_oss_errors(key):
            try:
                appended = self._bucket.append_object(key, position, data)
            except oss2.exceptions.PositionNotEqualToLength:
                return False
        # In a versioned bucket the id of an appendable object is ``null``.
        if "x-oss-version-id" in appended.headers:
            raise InvalidSettingsError(
                "STATE_BUCKET must be an unversioned bucket; this one has versioning enabled"
            )
        return True

    def list_keys(self, prefix: str, after: str) -> Iterator[str]:
        for summary in iterate_objects(partial(list_page, self._bucket, prefix), after):
            yield summary.key
