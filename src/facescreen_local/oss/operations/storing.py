"""What the operations that store a whole new object do alike."""

from __future__ import annotations

from collections.abc import Mapping

from facescreen_local.oss.conditions import make_overwrite_check
from facescreen_local.oss.context import OssRequestContext
from facescreen_local.oss.events import build_created_change
from facescreen_local.oss.store.contents import ObjectContents
from facescreen_local.oss.store.versions import StoredObject


def store_object(
    context: OssRequestContext,
    operation: str,
    key: str,
    contents: ObjectContents,
    headers: Mapping[str, str],
) -> StoredObject:
    """Store an object and send the event of `operation`. `headers` are those of the request, or the
    fields of a form. Raises OssError FileAlreadyExists if they forbid an overwrite."""
    write_result = context.store.objects.put(
        context.bucket,
        key,
        contents,
        check=make_overwrite_check(headers),
        modified=context.date_write(),
    )
    context.notify(build_created_change(operation, context.bucket, write_result))
    return write_result.stored
