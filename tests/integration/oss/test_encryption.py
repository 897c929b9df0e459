"""Server-side encryption, requested by a header and returned on writes and reads."""

from __future__ import annotations

from typing import Any

import oss2
import pytest
from oss2.models import PartInfo

ENCRYPTION = "x-oss-server-side-encryption"
KMS = {ENCRYPTION: "KMS", f"{ENCRYPTION}-key-id": "9468da86-3509-4f8d-a61e-6eab1eac0001"}


def _encryption_headers(response: Any) -> dict[str, str]:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return {name: value for name, value in headers.items() if name.startswith(ENCRYPTION)}


@pytest.mark.parametrize("encryption", [{ENCRYPTION: "AES256"}, KMS])
def test_the_encryption_is_returned_on_writes_and_reads(
    bucket: Any, encryption: dict[str, str]
) -> None:
    assert (
        _encryption_headers(bucket.put_object("k", b"bytes", headers=dict(encryption)))
        == encryption
    )
    for response in (bucket.get_object("k"), bucket.head_object("k")):
        assert _encryption_headers(response) == encryption
    assert (
        _encryption_headers(bucket.append_object("log", 0, b"a", headers=dict(encryption)))
        == encryption
    )


def test_a_copy_is_encrypted_only_if_requested(bucket: Any) -> None:
    bucket.put_object("k", b"bytes", headers=dict(KMS))
    assert _encryption_headers(bucket.copy_object(bucket.bucket_name, "k", "plain")) == {}
    copied = bucket.copy_object(bucket.bucket_name, "k", "c", headers={ENCRYPTION: "AES256"})
    assert (
        _encryption_headers(copied)
        == _encryption_headers(bucket.head_object("c"))
        == {ENCRYPTION: "AES256"}
    )


def test_a_multipart_upload_is_encrypted_from_its_start(bucket: Any) -> None:
    upload = bucket.init_multipart_upload("v", headers=dict(KMS))
    part = bucket.upload_part("v", upload.upload_id, 1, b"bytes")
    completed = bucket.complete_multipart_upload("v", upload.upload_id, [PartInfo(1, part.etag)])
    for response in (upload, part, completed, bucket.head_object("v")):
        assert _encryption_headers(response) == KMS


def test_another_algorithm_is_refused(bucket: Any) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.put_object("k", b"bytes", headers={ENCRYPTION: "ROT13"})
    assert (raised.value.status, raised.value.code) == (400, "InvalidEncryptionAlgorithmError")
