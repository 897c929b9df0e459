"""Quarantine and release of an object, on OSS and on S3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from facescreen.errors import ObjectNotFoundError
from facescreen.model import Finding, Verdict
from facescreen.records.ledger import Ledger
from facescreen.records.ledger_entry import ScreeningRecord
from facescreen.screening.pinning import ObjectPinner
from facescreen.screening.quarantine import Quarantine, QuarantineRecords, build_quarantine_ref
from facescreen.settings.table import QuarantineSettings
from facescreen.storage.ports import QuarantineStore, StateStore
from facescreen.timing import Deadline
from facescreen_cli.commands.release.releaser import NotReleasedError, Releaser
from tests.contract.alibaba_services import AlibabaServices
from tests.contract.aws_services import AwsServices
from tests.contract.object_writers import ObjectWriter

FINDING = Finding(Verdict.HIGH_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z")
DATA = b"0123456789"


@dataclass(frozen=True)
class PrefixedStateStore:
    """A StateStore under the folder that the test deletes at its end."""

    store: StateStore
    prefix: str

    def read(self, key: str) -> bytes:
        return self.store.read(self.prefix + key)

    def append(self, key: str, position: int, data: bytes) -> bool:
        return self.store.append(self.prefix + key, position, data)

    def list_keys(self, prefix: str, after: str) -> Iterator[str]:
        raise NotImplementedError


class QuarantineHarness:
    """A quarantine and a releaser, with one object under the test's own folder. Times are not
    trusted, so that nothing waits: all comparisons are by bytes."""

    def __init__(
        self, services: AlibabaServices | AwsServices, object_writer: ObjectWriter, action: str
    ) -> None:
        self.store: QuarantineStore = services.store()
        state = services.state(services.bucket)
        self.ledger = Ledger(PrefixedStateStore(state, object_writer.ref("").key))
        self.settings = QuarantineSettings(
            action, services.bucket, object_writer.ref("held/").key, on_emulated=False
        )
        self.pinner = ObjectPinner(self.store, margin_s=1, trust_times=False)
        records = QuarantineRecords(self.ledger)
        self.quarantine = Quarantine(self.store, self.pinner, records, self.settings)
        self.releasing = Releaser(self.store, self.pinner, records, self.settings)
        self.ref = object_writer.put("é +%41.jpg", DATA, {"team": "kyc"})

    def screen(self) -> tuple[str, str, str]:
        """Quarantine the object as after a call. Returns the status, and the copy's location."""
        pinned = self.pinner.pin(self.ref, Deadline.after(60))
        record = ScreeningRecord("content", pinned.sha256, FINDING)
        quarantined = self.quarantine.apply(pinned, record, Deadline.after(60))
        assert quarantined is not None
        self.quarantine.delete_original(quarantined.pinned, quarantined.result)
        result = quarantined.result
        return result.status, result.bucket or "", result.key or ""


def test_a_released_object_is_restored_and_not_quarantined_again(
    services: AlibabaServices | AwsServices, object_writer: ObjectWriter
) -> None:
    harness = QuarantineHarness(services, object_writer, "move")
    store, ref, releasing = harness.store, harness.ref, harness.releasing
    original_acl = store.get_acl(ref)
    is_deleted = store.can_delete(ref)
    copy_ref = build_quarantine_ref(harness.settings, ref, FINDING.merchant_biz_id)
    assert copy_ref is not None
    status = "moved" if is_deleted else "private"
    assert harness.screen() == (status, copy_ref.bucket, copy_ref.key)
    if is_deleted:
        with pytest.raises(ObjectNotFoundError):
            store.head(ref)
    else:
        assert store.get_acl(ref) == "private"
    releasing.execute(releasing.plan(copy_ref))
    assert store.read(ref, 0, 99) == DATA
    assert store.get_tags(ref) == {"team": "kyc"}
    assert store.get_acl(ref) == original_acl
    assert harness.screen() == ("released", "", "")
    with pytest.raises(NotReleasedError, match="released already"):
        releasing.plan(copy_ref)


def test_a_private_object_gets_its_acl_back(
    services: AlibabaServices | AwsServices, object_writer: ObjectWriter
) -> None:
    harness = QuarantineHarness(services, object_writer, "private")
    store, ref = harness.store, harness.ref
    original_acl = store.get_acl(ref)
    assert harness.screen() == ("private", "", "")
    private_acl = store.get_acl(ref)
    assert harness.screen() == ("private", "", "")
    assert store.get_acl(ref) == private_acl
    harness.releasing.execute(harness.releasing.plan(ref))
    assert store.get_acl(ref) == original_acl
    assert harness.screen() == ("released", "", "")
