"""DeleteObject and DeleteMultipleObjects."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.body import receive_xml
from facescreen_local.oss.context import Call, encoding_elements, xml_response
from facescreen_local.oss.errors import malformed_xml
from facescreen_local.oss.events import removed
from facescreen_local.oss.names import check_key, checked_version
from facescreen_local.oss.store.objects import Removal
from facescreen_local.protocol.xml_body import element, parse, text_of

MOST_OBJECTS = 1000


async def delete_object(call: Call) -> web.Response:
    """DELETE /bucket/key: 204 whether or not there was anything."""
    removal = _remove(call, "DeleteObject", call.key, call.version_id)
    said = {}
    if removal.version_id is not None:
        said["x-oss-version-id"] = removal.version_id
    if removal.delete_marker:
        said["x-oss-delete-marker"] = "true"
    return web.Response(status=204, headers=said)


async def delete_multiple_objects(call: Call) -> web.Response:
    """POST /bucket?delete, with a list. Quietly, only failures would be told, and none can be."""
    root = parse(await receive_xml(call.request), "Delete")
    quiet = (root.findtext("Quiet") or "").strip().lower() == "true"
    wanted = [_named(each) for each in root.iterfind("Object")]
    if not 1 <= len(wanted) <= MOST_OBJECTS:
        raise malformed_xml()
    call.store.buckets.get(call.bucket)
    said = encoding_elements(call)
    for key, version in wanted:
        removal = _remove(call, "DeleteObjects", key, version)
        said.append(_deleted(call, key, version, removal))
    return web.Response() if quiet else xml_response(element("DeleteResult", *said))


def _named(listed: Element) -> tuple[str, str | None]:
    """The key and the version, if there is one named. Raises OssError."""
    key, version = text_of(listed, "Key"), listed.find("VersionId")
    check_key(key)
    return key, None if version is None else checked_version(version.text or "")


def _remove(call: Call, operation: str, key: str, version: str | None) -> Removal:
    removal = call.store.objects.remove(call.bucket, key, version)
    for change in removed(operation, call.bucket, removal):
        call.notify(change)
    return removal


def _deleted(call: Call, key: str, version: str | None, removal: Removal) -> Element:
    said = [element("Key", call.encoded(key))]
    if version is not None:
        said.append(element("VersionId", version))
    if removal.delete_marker and removal.version_id is not None:
        said.append(element("DeleteMarker", "true"))
        said.append(element("DeleteMarkerVersionId", removal.version_id))
    return element("Deleted", *said)
