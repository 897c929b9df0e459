"""What quarantine asks of S3: copies, deletions, access lists."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from facescreen import errors
from facescreen.storage.s3 import S3Store, named, s3_errors

if TYPE_CHECKING:
    from facescreen.model import ObjectRef


class S3QuarantineStore(S3Store):
    """The port QuarantineStore."""

    def copy(self, ref: ObjectRef, to: ObjectRef, *, only_new: bool) -> None:
        only_if = {"IfNoneMatch": "*"} if only_new else {}
        with s3_errors(ref.key):
            self._client.copy_object(
                **named(to),
                CopySource=named(ref),
                CopySourceIfMatch=f'"{ref.etag}"',
                MetadataDirective="COPY",
                TaggingDirective="COPY",
                **only_if,
            )

    def delete(self, ref: ObjectRef) -> None:
        # A version never changes, and the condition would be held against the current one.
        only_if = {} if ref.version_id else {"IfMatch": f'"{ref.etag}"'}
        with s3_errors(ref.key):
            self._client.delete_object(**named(ref), **only_if)

    def acl(self, ref: ObjectRef) -> str:
        with s3_errors(ref.key):
            found = self._client.get_object_acl(**named(ref))
            return json.dumps({"Owner": found["Owner"], "Grants": found["Grants"]})

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        access = {"ACL": acl} if acl == "private" else {"AccessControlPolicy": json.loads(acl)}
        with s3_errors(ref.key, refused=errors.QuarantineRefused):
            self._client.put_object_acl(**named(ref), **access)
