"""Only live tests may connect to hosts other than loopback."""

from __future__ import annotations

import sys

import pytest

REMOTE_ADDRESS = ("192.0.2.1", 443)
"""An address for documentation (RFC 5737). Only the audit event is raised; nothing connects."""


def test_a_test_may_not_connect_to_a_remote_host() -> None:
    with pytest.raises(RuntimeError, match="must not connect"):
        sys.audit("socket.connect", None, REMOTE_ADDRESS)


@pytest.mark.live
def test_a_live_test_may_connect_to_a_remote_host() -> None:
    sys.audit("socket.connect", None, REMOTE_ADDRESS)
