"""The stores that the contract tests of object stores run on, each with a writer of its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.testing.object_store import MemoryStore
from tests.contract.alibaba_services import ALIBABA_FIXTURES, SERVICE_FIXTURES
from tests.contract.object_writers import ObjectWriter, OssWriter
from tests.support.pictures import to_conforming_jpeg

if TYPE_CHECKING:
    from facescreen.storage.ports import QuarantineStore

OSS_STORES = ["memory-oss", *ALIBABA_FIXTURES]
S3_STORES = ["memory-s3", "aws"]
STORES = ["memory-oss", "memory-s3", *SERVICE_FIXTURES]
"""All of them: parameters of the fixtures `store_and_writer` and `versioned_store_and_writer`."""

NODE_SKEWS_S = (0.45, -0.45, 0)
"""How far the clocks of the in-memory store's nodes are ahead."""

StoreAndWriter = tuple["QuarantineStore", ObjectWriter]
OssStoreAndWriter = tuple["QuarantineStore", OssWriter]


def create_memory_store(fixture: str, *, versioned: bool = False) -> MemoryStore:
    """Create the store that a parameter in STORES names."""
    name = fixture.removeprefix("memory-")
    convert = to_conforming_jpeg if name == "oss" else None
    return MemoryStore(name=name, versioned=versioned, convert=convert, node_skews_s=NODE_SKEWS_S)
