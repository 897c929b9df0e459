"""A burst larger than the quota: nothing is lost or paid twice, and the quota is not exceeded.

``make bench`` and the unit tests of the rate limiter measure how much of the quota is used.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.pipeline import burst


@pytest.mark.slow
def test_a_burst_of_uploads_stays_within_the_quota(tmp_path: Path) -> None:
    result = burst.run(tmp_path)
    assert Counter(result.published) == Counter(result.keys)
    assert Counter(result.paid) == Counter(result.keys)
    assert set(result.verdicts.values()) == {"high_risk"}
    assert result.call_times.busiest_second <= burst.QUOTA
