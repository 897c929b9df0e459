"""A burst larger than the quota: nothing lost, nothing paid twice, the quota kept and used."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from tests.local.pipeline.outside import Outside, running, until

if TYPE_CHECKING:
    from pathlib import Path

QUOTA = 10
UPLOADS, CLIENTS = 200, 8


def test_a_burst_of_uploads_keeps_to_the_quota_and_uses_it(tmp_path: Path) -> None:
    with running(tmp_path, CALLS_PER_SECOND=str(QUOTA)) as (cloud, outside):
        photo = next(s.path for s in cloud.samples() if s.name.endswith("flagged.jpg")).read_bytes()
        keys = [f"burst/{number}.jpg" for number in range(UPLOADS)]

        def upload(share: list[str]) -> None:
            client = Outside(outside.told)
            for key in share:
                client.put(key, photo)
            client.close()

        # Instances start first: two cores can't start twenty in the time of a call.
        upload(warm := [f"warm/{number}.jpg" for number in range(24)])
        until(lambda: len(outside.receive()) >= len(warm), "the first messages")
        outside.admin.post("/reset")
        outside.behave(cloudauth={"quota": QUOTA, "latency_ms": 300})
        outside.messages.clear()

        clients = [threading.Thread(target=upload, args=[keys[n::CLIENTS]]) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        until(lambda: len(outside.receive()) >= UPLOADS, "every message", 120)
        outside.settled()
        for client in clients:
            client.join()

        assert Counter(m["data"]["object"]["key"] for m in outside.receive()) == Counter(keys)
        assert Counter(call["object"].split("/", 3)[3] for call in outside.calls()) == Counter(keys)
        assert all(outside.tags(key)["deepfake-verdict"] == "high_risk" for key in keys)

        times = sorted(datetime.fromisoformat(c["time"][:-1]).timestamp() for c in outside.calls())

    busiest = max(sum(start <= t < start + 1 for t in times) for start in times)
    rate = (len(times) - 1) / (times[-1] - times[0])
    assert busiest <= QUOTA
    assert rate >= 0.95 * QUOTA
