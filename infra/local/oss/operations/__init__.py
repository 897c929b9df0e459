"""The operations by their API names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import buckets, copying, listing, multipart, reading, tags, writing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp import web

    from ..call import Call

    Operation = Callable[[Call], Awaitable[web.Response]]

OPERATIONS: Mapping[str, Operation] = {
    "ListBuckets": buckets.list_buckets,
    "PutBucket": buckets.put_bucket,
    "DeleteBucket": buckets.delete_bucket,
    "GetBucketInfo": buckets.get_bucket_info,
    "GetBucketLocation": buckets.get_bucket_location,
    "GetBucketVersioning": buckets.get_bucket_versioning,
    "PutBucketVersioning": buckets.put_bucket_versioning,
    "ListObjects": listing.list_objects,
    "ListObjectsV2": listing.list_objects_v2,
    "GetObject": reading.get_object,
    "HeadObject": reading.head_object,
    "GetObjectMeta": reading.get_object_meta,
    "PutObject": writing.put_object,
    "AppendObject": writing.append_object,
    "DeleteObject": writing.delete_object,
    "CopyObject": copying.copy_object,
    "GetObjectTagging": tags.get_object_tagging,
    "PutObjectTagging": tags.put_object_tagging,
    "DeleteObjectTagging": tags.delete_object_tagging,
    "InitiateMultipartUpload": multipart.initiate_multipart_upload,
    "UploadPart": multipart.upload_part,
    "CompleteMultipartUpload": multipart.complete_multipart_upload,
    "AbortMultipartUpload": multipart.abort_multipart_upload,
    "ListParts": multipart.list_parts,
}
