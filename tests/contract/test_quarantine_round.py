"""Into quarantine and back out of it, on OSS and on S3."""

from __future__ import annotations

import pytest

from facescreen.errors import ObjectNotFoundError
from facescreen.model import Finding, Verdict
from facescreen.records.ledger import Ledger
from facescreen.screening.quarantine import Quarantine, QuarantineRecords, build_quarantine_ref
from facescreen.settings.table import QuarantineSettings
from facescreen_cli.commands.release.releaser import NotReleasedError, Releaser
from tests.contract.aws import AwsPlace
from tests.contract.objects import Objects
from tests.contract.place import Place

FOUND = Finding(Verdict.HIGH_RISK, "fs" + "0" * 30, "2026-11-23T04:05:06Z")


def test_there_and_back(place: Place | AwsPlace, objects: Objects) -> None:
    store = place.store()
    ledger = Ledger(place.state(place.bucket), prefix=objects.ref("ledger/").key)
    settings = QuarantineSettings("move", place.bucket, objects.ref("held/").key, on_stand_in=False)
    quarantine = Quarantine(store, QuarantineRecords(ledger), settings)
    releasing = Releaser(store, QuarantineRecords(ledger), settings)
    ref = objects.put("é +%41.jpg", b"0123456789", {"team": "kyc"})
    head = store.head(ref)
    taken = quarantine.apply(ref, head, FOUND)
    assert taken is not None
    quarantine.delete_original(ref, head, taken)
    with pytest.raises(ObjectNotFoundError):
        store.head(ref)
    held = build_quarantine_ref(settings, ref, FOUND.merchant_biz_id)
    assert held is not None
    assert (taken.bucket, taken.key) == (held.bucket, held.key)
    releasing.carry_out(releasing.plan(held))
    back = store.head(ref)
    assert store.read(ref, 0, 99) == b"0123456789"
    assert store.get_tags(ref) == {"team": "kyc"}
    again = quarantine.apply(ref, back, FOUND)
    assert again is not None
    assert again.status == "released"
    with pytest.raises(NotReleasedError, match="released already"):
        releasing.plan(held)
