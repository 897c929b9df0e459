"""A burst larger than the quota: nothing lost, nothing paid twice, the quota kept.

That the quota is used as well is measured by ``make bench``, and by the unit tests of the pace.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.pipeline import burst


@pytest.mark.slow
def test_a_burst_of_uploads(tmp_path: Path) -> None:
    result = burst.run(tmp_path)
    assert Counter(result.published) == Counter(result.keys)
    assert Counter(result.paid) == Counter(result.keys)
    assert set(result.verdicts.values()) == {"high_risk"}
    assert result.busiest_second <= burst.QUOTA
