"""DeleteObject and DeleteMultipleObjects."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.body import receive_xml
from facescreen_local.oss.context import OssRequestContext, encoding_elements, xml_response
from facescreen_local.oss.errors import malformed_xml_error
from facescreen_local.oss.events import build_removed_changes
from facescreen_local.oss.names import check_key, validate_version_id
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.store.objects import RemovalResult
from facescreen_local.protocol.xml_body import child_text, element, parse_xml

MAX_DELETED_OBJECTS = 1000


@OPERATIONS.register("DELETE", "/bucket/key", name="DeleteObject")
async def delete_object(context: OssRequestContext) -> web.Response:
    """Delete the object or the given version: 204 even if it does not exist."""
    removal = _remove_and_notify(context, "DeleteObject", context.key, context.version_id)
    headers = {}
    if removal.version_id is not None:
        headers["x-oss-version-id"] = removal.version_id
    if removal.delete_marker:
        headers["x-oss-delete-marker"] = "true"
    return web.Response(status=204, headers=headers)


@OPERATIONS.register("POST", "/bucket", "delete", name="DeleteMultipleObjects")
async def delete_multiple_objects(context: OssRequestContext) -> web.Response:
    """Delete the listed objects. In quiet mode, only failures are listed, and there are none."""
    root = parse_xml(await receive_xml(context.request), "Delete")
    quiet = (root.findtext("Quiet") or "").strip().lower() == "true"
    objects = [_read_object(each) for each in root.iterfind("Object")]
    if not 1 <= len(objects) <= MAX_DELETED_OBJECTS:
        raise malformed_xml_error()
    context.store.buckets.get(context.bucket)
    elements = encoding_elements(context)
    for key, version in objects:
        removal = _remove_and_notify(context, "DeleteObjects", key, version)
        elements.append(_deleted_element(context, key, version, removal))
    return web.Response() if quiet else xml_response(element("DeleteResult", *elements))


def _read_object(object_element: Element) -> tuple[str, str | None]:
    """Return the key, and the version if one is given. Raises OssError."""
    key, version = child_text(object_element, "Key"), object_element.find("VersionId")
    check_key(key)
    return key, None if version is None else validate_version_id(version.text or "")


def _remove_and_notify(
    context: OssRequestContext, operation: str, key: str, version: str | None
) -> RemovalResult:
    removal = context.store.objects.remove(context.bucket, key, version, context.date_write())
    for change in build_removed_changes(operation, context.bucket, removal):
        context.notify(change)
    return removal


def _deleted_element(
    context: OssRequestContext, key: str, version: str | None, removal: RemovalResult
) -> Element:
    elements = [element("Key", context.encode_name(key))]
    if version is not None:
        elements.append(element("VersionId", version))
    if removal.delete_marker and removal.version_id is not None:
        elements.append(element("DeleteMarker", "true"))
        elements.append(element("DeleteMarkerVersionId", removal.version_id))
    return element("Deleted", *elements)
