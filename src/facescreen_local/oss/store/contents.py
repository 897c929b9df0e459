"""The contents of one version of an object: its bytes and its metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from facescreen_local.oss.store.blobs import Blob

NORMAL_TYPE, APPENDABLE_TYPE, MULTIPART_TYPE = "Normal", "Appendable", "Multipart"
SYMLINK_TYPE = "Symlink"
"""The blob of a symlink contains its target's key."""
DELETE_MARKER_TYPE = "DeleteMarker"
"""A delete marker is a version without bytes."""

DEFAULT_ACL, PRIVATE_ACL, PUBLIC_READ_ACL = "default", "private", "public-read"


@dataclass(frozen=True)
class ObjectMetadata:
    """The metadata of a write.

    `headers` are returned on reads and include Content-Type and ``x-oss-meta-*``. `encryption` are
    the encryption headers of the write, returned on writes and reads.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    acl: str = DEFAULT_ACL
    encryption: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Serialize the metadata for `from_json`."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ObjectMetadata:
        """Parse what `to_json` returns."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class ObjectContents:
    """What one write stores. `etag` is upper-case hex without quotes."""

    object_type: str
    blob: Blob
    etag: str
    metadata: ObjectMetadata

    @property
    def size(self) -> int:
        """The size in bytes."""
        return self.blob.size
