"""The operations by their API names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from facescreen_local.oss.context import Call
from facescreen_local.oss.operations import (
    access,
    buckets,
    copying,
    deleting,
    listing,
    multipart,
    post,
    reading,
    symlinks,
    tags,
    uploads,
    writing,
)

Operation = Callable[[Call], Awaitable[web.Response]]

OPERATIONS: Mapping[str, Operation] = {
    "ListBuckets": buckets.list_buckets,
    "PutBucket": buckets.put_bucket,
    "DeleteBucket": buckets.delete_bucket,
    "GetBucketInfo": buckets.get_bucket_info,
    "GetBucketLocation": buckets.get_bucket_location,
    "GetBucketStat": buckets.get_bucket_stat,
    "GetBucketAcl": access.get_bucket_acl,
    "GetBucketPolicy": access.get_bucket_policy,
    "GetBucketVersioning": buckets.get_bucket_versioning,
    "PutBucketVersioning": buckets.put_bucket_versioning,
    "ListObjects": listing.list_objects,
    "ListObjectsV2": listing.list_objects_v2,
    "ListObjectVersions": listing.list_object_versions,
    "GetObject": reading.get_object,
    "HeadObject": reading.head_object,
    "GetObjectMeta": reading.get_object_meta,
    "PutObject": writing.put_object,
    "PostObject": post.post_object,
    "AppendObject": writing.append_object,
    "DeleteObject": deleting.delete_object,
    "DeleteMultipleObjects": deleting.delete_multiple_objects,
    "CopyObject": copying.copy_object,
    "GetObjectACL": access.get_object_acl,
    "PutObjectACL": access.put_object_acl,
    "GetObjectTagging": tags.get_object_tagging,
    "PutObjectTagging": tags.put_object_tagging,
    "DeleteObjectTagging": tags.delete_object_tagging,
    "GetSymlink": symlinks.get_symlink,
    "PutSymlink": symlinks.put_symlink,
    "InitiateMultipartUpload": multipart.initiate_multipart_upload,
    "UploadPart": multipart.upload_part,
    "UploadPartCopy": copying.upload_part_copy,
    "CompleteMultipartUpload": multipart.complete_multipart_upload,
    "AbortMultipartUpload": multipart.abort_multipart_upload,
    "ListParts": uploads.list_parts,
    "ListMultipartUploads": uploads.list_multipart_uploads,
}
SIGNED_WITHIN = frozenset({"PostObject"})
"""The form says who sends it; a signature in header or URL is not looked at."""
OPEN_TO_ALL = SIGNED_WITHIN | {"GetObject", "HeadObject", "GetObjectMeta"}
"""These decide for themselves what they do for someone who signs nothing."""
