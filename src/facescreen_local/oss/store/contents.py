"""What one version of an object is made of: its bytes, and all that is said of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from facescreen_local.oss.store.blobs import Blob

NORMAL, APPENDABLE, MULTIPART = "Normal", "Appendable", "Multipart"
SYMLINK = "Symlink"
"""Its bytes are its target's key."""
DELETE_MARKER = "DeleteMarker"
"""It has no bytes: the version says that there is nothing any more."""

DEFAULT, PRIVATE, PUBLIC_READ = "default", "private", "public-read"


@dataclass(frozen=True)
class Metadata:
    """What a write says of its bytes.

    `headers` are those to give back on reading, Content-Type and ``x-oss-meta-*`` among them;
    `encryption` are the headers that asked for it, told to writers and readers alike.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    acl: str = DEFAULT
    encryption: Mapping[str, str] = field(default_factory=dict)

    def dumped(self) -> str:
        """As text, for `loaded`."""
        return json.dumps(asdict(self))

    @classmethod
    def loaded(cls, text: str) -> Metadata:
        """What was `dumped`."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Contents:
    """What one write brings; `etag` is bare, upper-case hex."""

    kind: str
    blob: Blob
    etag: str
    metadata: Metadata

    @property
    def size(self) -> int:
        """In bytes."""
        return self.blob.size
