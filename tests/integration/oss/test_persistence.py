"""State that a restart keeps, and files that it removes."""

from __future__ import annotations

from pathlib import Path

import oss2
import pytest
from oss2.models import PartInfo

from facescreen_local.auth.account import LocalAccount
from tests.integration.oss.conftest import run_oss
from tests.integration.oss.test_tags import make_tagging, read_tags


def test_unused_bytes_are_deleted(tmp_path: Path) -> None:
    with run_oss(LocalAccount.create(), tmp_path) as cloud:
        cloud.service.create_bucket("tidy")
        bucket = cloud.bucket("tidy")
        for body in (b"old", b"new"):
            bucket.put_object("k", body)
        bucket.append_object("log", 0, b"a")
        bucket.append_object("log", 1, b"b")
        for headers in (
            {"x-oss-forbid-overwrite": "true"},
            {"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="},
        ):
            with pytest.raises(oss2.exceptions.ServerError):
                bucket.put_object("k", b"refused", headers=headers)
        assert len(list((tmp_path / "blobs").iterdir())) == 2
        bucket.delete_object("k")
        bucket.delete_object("log")
        assert list((tmp_path / "blobs").iterdir()) == []


def test_objects_versions_and_uploads_survive_a_restart(tmp_path: Path) -> None:
    local_account = LocalAccount.create()
    with run_oss(local_account, tmp_path) as cloud:
        cloud.service.create_bucket("kept", versioning=True)
        bucket = cloud.bucket("kept")
        old = bucket.put_object("é", b"old", headers={"x-oss-meta-a": "1"})
        bucket.put_object("é", b"new")
        bucket.put_object_tagging(
            "é", make_tagging({"a": "1"}), params={"versionId": old.versionid}
        )
        upload = bucket.init_multipart_upload("v").upload_id
        part = bucket.upload_part("v", upload, 1, b"part")
        bucket.put_object("gone", b"")
        bucket.delete_object("gone", params={"versionId": bucket.head_object("gone").versionid})
    (tmp_path / "blobs" / "left-by-a-killed-process").write_bytes(b"half")
    with run_oss(local_account, tmp_path) as cloud:
        bucket = cloud.bucket("kept")
        assert bucket.get_object("é").read() == b"new"
        old_version = bucket.get_object("é", params={"versionId": old.versionid})
        assert (old_version.read(), old_version.etag) == (b"old", old.etag)
        assert old_version.headers["x-oss-meta-a"] == "1"
        assert read_tags(bucket, "é", old.versionid) == {"a": "1"}
        bucket.complete_multipart_upload("v", upload, [PartInfo(1, part.etag)])
        assert bucket.get_object("v").read() == b"part"
        assert len(list((tmp_path / "blobs").iterdir())) == 3
