"""Transfer: how an object's bytes reach the service, by a URL or in the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from facescreen.deepfake.request import MAX_INLINE_BYTES, DetectRequest
from facescreen.screening.pinning import Pin

if TYPE_CHECKING:
    from facescreen.screening.pinning import PinnedObject
    from facescreen.storage.ports import ObjectStore


@dataclass(frozen=True)
class OutgoingContent:
    """A request, and whether it proves what the service sees."""

    request: DetectRequest
    is_proof: bool
    """Whether the service can only see the bytes that were read, whatever is written to their key
    meanwhile."""


class Transfer(Protocol):
    """Builds the request that screens one object."""

    def prepare(self, pinned: PinnedObject, kind: str, *, convert: bool) -> OutgoingContent:
        """Build the request. `kind` is ``image`` or ``video``; with `convert` the store returns
        a conforming JPEG. Raises ContentError, whose `code` is the reason, if it can't."""


class UrlTransfer:
    """Sends a presigned URL, new for each attempt. The service downloads from the bucket."""

    def __init__(self, store: ObjectStore, valid_for_s: int) -> None:
        self._store = store
        self._valid_for_s = valid_for_s

    def prepare(self, pinned: PinnedObject, kind: str, *, convert: bool) -> OutgoingContent:
        def presign() -> str:
            return self._store.presign(pinned.ref, self._valid_for_s, convert=convert)

        return OutgoingContent(DetectRequest(url=presign, kind=kind), pinned.pin is Pin.VERSION)


class InlineTransfer:
    """Sends the bytes, so that no URL leaves the deployment."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def prepare(self, pinned: PinnedObject, kind: str, *, convert: bool) -> OutgoingContent:
        data = self._store.convert(pinned.ref) if convert else pinned.data
        is_proof = not convert or pinned.pin is Pin.VERSION
        return OutgoingContent(DetectRequest.from_bytes(data, kind=kind), is_proof)


class AutoTransfer:
    """Sends images that fit in Base64 inline, and a URL for everything else."""

    def __init__(self, inline: Transfer, by_url: Transfer) -> None:
        self._inline = inline
        self._by_url = by_url

    def prepare(self, pinned: PinnedObject, kind: str, *, convert: bool) -> OutgoingContent:
        fits_inline = kind == "image" and pinned.head.size <= MAX_INLINE_BYTES
        transfer = self._inline if fits_inline and not convert else self._by_url
        return transfer.prepare(pinned, kind, convert=convert)
