"""QuarantineStore on OSS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import oss2

from facescreen.errors import ObjectChangedError
from facescreen.storage.keys import drop_null_version
from facescreen.storage.oss.errors import translate_oss_errors
from facescreen.storage.oss.object_store import OssStore, build_version_params

if TYPE_CHECKING:
    from facescreen.model import ObjectRef


class OssQuarantineStore(OssStore):
    """QuarantineStore on OSS, for the buckets of one region: OSS can't copy to another."""

    def copy(self, ref: ObjectRef, to: ObjectRef, *, must_be_new: bool) -> None:
        headers = {
            "x-oss-copy-source-if-match": ref.etag,
            "x-oss-metadata-directive": "COPY",
            "x-oss-tagging-directive": "COPY",
            "x-oss-forbid-overwrite": str(must_be_new).lower(),
        }
        with translate_oss_errors(ref.key):
            try:
                self._buckets.get(to.bucket).copy_object(
                    ref.bucket, ref.key, to.key, headers, params=build_version_params(ref)
                )
            except oss2.exceptions.ServerError as error:
                if error.code != "FileAlreadyExists":
                    raise
                raise ObjectChangedError("an object with that key exists already") from None

    def can_delete(self, ref: ObjectRef) -> bool:
        return bool(drop_null_version(ref.version_id))

    def delete(self, ref: ObjectRef) -> None:
        with translate_oss_errors(ref.key):
            self._buckets.get(ref.bucket).delete_object(ref.key, params=build_version_params(ref))

    def get_acl(self, ref: ObjectRef) -> str:
        with translate_oss_errors(ref.key):
            response = self._buckets.get(ref.bucket).get_object_acl(
                ref.key, params=build_version_params(ref)
            )
        return str(response.acl)

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        with translate_oss_errors(ref.key):
            self._buckets.get(ref.bucket).put_object_acl(
                ref.key, acl, params=build_version_params(ref)
            )
