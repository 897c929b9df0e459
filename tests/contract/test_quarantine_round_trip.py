"""Quarantine and release of an object, on OSS and on S3."""

from __future__ import annotations

import pytest

from facescreen.errors import ObjectNotFoundError
from facescreen.model import Finding, Verdict
from facescreen.records.ledger import Ledger
from facescreen.screening.quarantine import Quarantine, QuarantineRecords, build_quarantine_ref
from facescreen.settings.table import QuarantineSettings
from facescreen_cli.commands.release.releaser import NotReleasedError, Releaser
from tests.contract.alibaba_services import AlibabaServices
from tests.contract.aws_services import AwsServices
from tests.contract.object_writers import ObjectWriter

FINDING = Finding(Verdict.HIGH_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z")


def test_a_released_object_is_restored_and_not_quarantined_again(
    services: AlibabaServices | AwsServices, object_writer: ObjectWriter
) -> None:
    store = services.store()
    ledger = Ledger(services.state(services.bucket), prefix=object_writer.ref("ledger/").key)
    settings = QuarantineSettings(
        "move", services.bucket, object_writer.ref("held/").key, on_emulated=False
    )
    quarantine = Quarantine(store, QuarantineRecords(ledger), settings)
    releasing = Releaser(store, QuarantineRecords(ledger), settings)
    ref = object_writer.put("é +%41.jpg", b"0123456789", {"team": "kyc"})
    head = store.head(ref)
    quarantined = quarantine.apply(ref, head, FINDING)
    assert quarantined is not None
    quarantine.delete_original(ref, head, quarantined)
    with pytest.raises(ObjectNotFoundError):
        store.head(ref)
    quarantine_ref = build_quarantine_ref(settings, ref, FINDING.merchant_biz_id)
    assert quarantine_ref is not None
    assert (quarantined.bucket, quarantined.key) == (quarantine_ref.bucket, quarantine_ref.key)
    releasing.execute(releasing.plan(quarantine_ref))
    restored_head = store.head(ref)
    assert store.read(ref, 0, 99) == b"0123456789"
    assert store.get_tags(ref) == {"team": "kyc"}
    second_result = quarantine.apply(ref, restored_head, FINDING)
    assert second_result is not None
    assert second_result.status == "released"
    with pytest.raises(NotReleasedError, match="released already"):
        releasing.plan(quarantine_ref)
