"""DeleteObject and DeleteMultipleObjects."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.body import receive_xml
from facescreen_local.oss.context import RequestContext, encoding_elements, xml_response
from facescreen_local.oss.errors import malformed_xml
from facescreen_local.oss.events import removed
from facescreen_local.oss.names import check_key, checked_version
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.store.objects import Removal
from facescreen_local.protocol.xml_body import child_text, element, parse_xml

MOST_OBJECTS = 1000


@OPERATIONS.register("DELETE", "/bucket/key", name="DeleteObject")
async def delete_object(context: RequestContext) -> web.Response:
    """Delete the object, or the version named: 204 whether or not there was anything."""
    removal = _remove(context, "DeleteObject", context.key, context.version_id)
    said = {}
    if removal.version_id is not None:
        said["x-oss-version-id"] = removal.version_id
    if removal.delete_marker:
        said["x-oss-delete-marker"] = "true"
    return web.Response(status=204, headers=said)


@OPERATIONS.register("POST", "/bucket", "delete", name="DeleteMultipleObjects")
async def delete_multiple_objects(context: RequestContext) -> web.Response:
    """Delete the objects listed. Quietly, only failures are told, and there are none."""
    root = parse_xml(await receive_xml(context.request), "Delete")
    quiet = (root.findtext("Quiet") or "").strip().lower() == "true"
    wanted = [_named(each) for each in root.iterfind("Object")]
    if not 1 <= len(wanted) <= MOST_OBJECTS:
        raise malformed_xml()
    context.store.buckets.get(context.bucket)
    said = encoding_elements(context)
    for key, version in wanted:
        removal = _remove(context, "DeleteObjects", key, version)
        said.append(_deleted(context, key, version, removal))
    return web.Response() if quiet else xml_response(element("DeleteResult", *said))


def _named(listed: Element) -> tuple[str, str | None]:
    """The key and the version, if there is one named. Raises OssError."""
    key, version = child_text(listed, "Key"), listed.find("VersionId")
    check_key(key)
    return key, None if version is None else checked_version(version.text or "")


def _remove(context: RequestContext, operation: str, key: str, version: str | None) -> Removal:
    removal = context.store.objects.remove(context.bucket, key, version)
    for change in removed(operation, context.bucket, removal):
        context.notify(change)
    return removal


def _deleted(context: RequestContext, key: str, version: str | None, removal: Removal) -> Element:
    said = [element("Key", context.encoded(key))]
    if version is not None:
        said.append(element("VersionId", version))
    if removal.delete_marker and removal.version_id is not None:
        said.append(element("DeleteMarker", "true"))
        said.append(element("DeleteMarkerVersionId", removal.version_id))
    return element("Deleted", *said)
