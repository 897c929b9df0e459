"""Transfer: how an object's bytes reach the service, by a URL or in the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from facescreen.deepfake.request import MAX_INLINE_BYTES, DetectRequest

if TYPE_CHECKING:
    from facescreen.model import ObjectRef
    from facescreen.storage.ports import ObjectStore


class Transfer(Protocol):
    """Builds the request that screens one object."""

    def build_request(self, ref: ObjectRef, kind: str, *, convert: bool) -> DetectRequest:
        """Build the request. `kind` is ``image`` or ``video``; with `convert` the store returns
        a conforming JPEG."""


class UrlTransfer:
    """Sends a presigned URL, new for each attempt. The service downloads from the bucket."""

    def __init__(self, store: ObjectStore, valid_for_s: int) -> None:
        self._store = store
        self._valid_for_s = valid_for_s

    def build_request(self, ref: ObjectRef, kind: str, *, convert: bool) -> DetectRequest:
        def presign() -> str:
            return self._store.presign(ref, self._valid_for_s, convert=convert)

        return DetectRequest(url=presign, kind=kind)


class InlineTransfer:
    """Reads the bytes and sends them, so that no URL leaves the deployment."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def build_request(self, ref: ObjectRef, kind: str, *, convert: bool) -> DetectRequest:
        return DetectRequest.from_bytes(self._store.download(ref, convert=convert), kind=kind)


class AutoTransfer:
    """Sends images that fit in Base64 inline, and a URL for everything else."""

    def __init__(self, inline: Transfer, by_url: Transfer) -> None:
        self._inline = inline
        self._by_url = by_url

    def build_request(self, ref: ObjectRef, kind: str, *, convert: bool) -> DetectRequest:
        fits = ref.size is not None and ref.size <= MAX_INLINE_BYTES
        transfer = self._inline if fits and kind == "image" and not convert else self._by_url
        return transfer.build_request(ref, kind, convert=convert)
