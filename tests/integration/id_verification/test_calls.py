"""The recorded times of calls stay within the quota."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from facescreen_local.id_verification.store.calls import CallRateLimit, DetectionCall

QUOTA = 3


@given(st.lists(st.integers(0, 4_000_000), max_size=60))
def test_no_second_has_more_recorded_calls_than_the_quota(microseconds: list[int]) -> None:
    rate = CallRateLimit()
    moments = [1_800_000_000 + one / 1e6 for one in sorted(microseconds)]
    admitted = [moment for moment in moments if rate.allow(QUOTA, moment)]
    recorded = [
        _epoch_seconds(DetectionCall.from_parameters(moment, "DeepfakeDetectIntl", {}).time)
        for moment in admitted
    ]
    assert all(sum(first <= one < first + 1 for one in recorded) <= QUOTA for first in recorded)
    assert len(admitted) >= min(QUOTA, len(moments))


def _epoch_seconds(time: str) -> float:
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()
