"""What quarantine asks of OSS: copies, deletions, access lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import oss2

from facescreen import errors
from facescreen.storage.oss import OssStore, oss_errors, version_of

if TYPE_CHECKING:
    from facescreen.model import ObjectRef


class OssQuarantineStore(OssStore):
    """The port QuarantineStore, for the buckets of one region: OSS copies to no other."""

    def copy(self, ref: ObjectRef, to: ObjectRef, *, only_new: bool) -> None:
        headers = {
            "x-oss-copy-source-if-match": ref.etag,
            "x-oss-metadata-directive": "COPY",
            "x-oss-tagging-directive": "COPY",
            "x-oss-forbid-overwrite": str(only_new).lower(),
        }
        with oss_errors(ref.key):
            try:
                self._buckets.get(to.bucket).copy_object(
                    ref.bucket, ref.key, to.key, headers, params=version_of(ref)
                )
            except oss2.exceptions.ServerError as error:
                if error.code != "FileAlreadyExists":
                    raise
                raise errors.ObjectChanged("an object stands there already") from None

    def delete(self, ref: ObjectRef) -> None:
        with oss_errors(ref.key):
            self._buckets.get(ref.bucket).delete_object(ref.key, params=version_of(ref))

    def acl(self, ref: ObjectRef) -> str:
        with oss_errors(ref.key):
            found = self._buckets.get(ref.bucket).get_object_acl(ref.key, params=version_of(ref))
        return str(found.acl)

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        with oss_errors(ref.key):
            self._buckets.get(ref.bucket).put_object_acl(ref.key, acl, params=version_of(ref))
