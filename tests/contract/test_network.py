"""Only live tests get past loopback."""

from __future__ import annotations

import sys

import pytest

OUTSIDE = ("192.0.2.1", 443)
"""An address for documentation (RFC 5737). No connection is made: the audit event is all."""


def test_a_test_may_not_connect_to_anywhere() -> None:
    with pytest.raises(RuntimeError, match="must not connect"):
        sys.audit("socket.connect", None, OUTSIDE)


@pytest.mark.live
def test_a_live_test_may() -> None:
    sys.audit("socket.connect", None, OUTSIDE)
