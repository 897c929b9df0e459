"""The second of the three steps of an upload, without an SDK."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import httpx


@dataclass
class UploadForm:
    """A form, valid until a test changes it."""

    permission: dict[str, Any]
    tls_context: ssl.SSLContext
    fields: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.fields = {
            "OSSAccessKeyId": self.permission["AccessKeyId"],
            "policy": self.permission["EncodedPolicy"],
            "Signature": self.permission["Signature"],
            "key": self.permission["ObjectKey"],
            "success_action_status": "201",
        }

    @property
    def host(self) -> str:
        return "{Bucket}.{Endpoint}".format(**self.permission)

    @property
    def file_url(self) -> str:
        """The value of FaceFile after the upload."""
        return f"http://{self.host}/{self.permission['ObjectKey']}"

    def post(self, file: bytes = b"a file", /, **request: Any) -> httpx.Response:
        """Post the form with `file`, or `request` unchanged if given."""
        form = {"data": self.fields, "files": {"file": ("a.jpg", file)}}
        with httpx.Client(verify=self.tls_context, trust_env=False) as client:
            return client.request("POST", f"https://{self.host}/", **(request or form))

    def post_raw(self, *parts: str, boundary: str = "b", cut_bytes: int = 0) -> httpx.Response:
        """Post `parts` with boundaries around them, without the last `cut_bytes` bytes."""
        body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
        content = body.encode("latin-1")
        kind = f"multipart/form-data; boundary={boundary}".encode("latin-1")
        return self.post(
            content=content[: len(content) - cut_bytes], headers={"content-type": kind}
        )


def form_part(name: str, value: str) -> str:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'


def parse_xml_response(response: httpx.Response) -> dict[str, str]:
    """Return the elements of an XML response."""
    assert response.headers["content-type"] == "application/xml"
    root = ElementTree.fromstring(response.text)  # noqa: S314  (the service's own)
    return {child.tag: child.text or "" for child in root}


def assert_refused(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, parse_xml_response(response)["Code"]) == (status, code)
    assert parse_xml_response(response)["RequestId"] == response.headers["x-oss-request-id"]
    assert parse_xml_response(response)["HostId"] == response.request.url.netloc.decode()
