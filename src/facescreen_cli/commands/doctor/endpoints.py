"""Whether each service can be reached, how long each step takes, and whose clock is right."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from typing import TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from facescreen_cli.commands.doctor.result import CheckResult, fault, ok, warning

_STEP_TIMEOUT_S = 5.0
"""For each step; a look-up has the system's own."""
_MAX_SKEW_S, _MIN_SKEW_WARNING_S = 900, 30
"""Signatures are taken up to a quarter of an hour off."""

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class EndpointResult:
    """One endpoint, tried once."""

    service: str
    line: CheckResult
    reachable: bool
    skew_s: float | None = None
    """Seconds that the service's clock is ahead of this machine's; None where it told no time."""


def check_endpoint(service: str, url: str, ca_file: str) -> EndpointResult:
    """Looks the name up, connects, agrees on TLS, asks for the time."""
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    name = f"endpoint {service}"
    if parts.scheme in getproxies() and not proxy_bypass(host):
        return EndpointResult(service, ok(name, f"{parts.netloc}: by a proxy, not timed"), True)
    attempt = _ConnectionAttempt(
        host, parts.port or (443 if secure else 80), ca_file if secure else None
    )
    try:
        skew = attempt.skew_s()
    except (OSError, UnicodeError) as error:  # the latter for what is no name at all
        step, remedy = _explain_error(attempt.step, error)
        return EndpointResult(service, fault(name, f"{parts.netloc}: {step}", remedy), False)
    told = ", ".join(f"{step} {taken * 1000:.1f} ms" for step, taken in attempt.taken.items())
    return EndpointResult(service, ok(name, f"{parts.netloc}: {told}"), True, skew)


def check_clock(reached: list[EndpointResult]) -> CheckResult:
    """The service that is furthest off against this machine."""
    told = [(abs(r.skew_s), r.skew_s, r.service) for r in reached if r.skew_s is not None]
    if not told:
        return warning("clock", "no service told the time", "See the endpoints.")
    off, skew, service = max(told)
    if off < _MIN_SKEW_WARNING_S:
        return ok("clock", f"within {max(1, round(off))} s of the services")
    where = "behind" if skew > 0 else "ahead of"
    says = f"this machine is {off:.0f} s {where} {service}"
    remedy = "Set this machine's clock (NTP)."
    if off < _MAX_SKEW_S:
        return warning("clock", says, remedy)
    return fault("clock", f"{says}, which refuses what is signed so", remedy)


@dataclass
class _ConnectionAttempt:
    """One connection, step by step."""

    host: str
    port: int
    ca_file: str | None
    """None for plain HTTP, empty for the public authorities alone."""
    step: str = ""
    """Under way."""
    taken: dict[str, float] = field(default_factory=dict)
    """Seconds by step."""

    def skew_s(self) -> float | None:
        """Raises OSError; `step` says at which one."""
        address = self._timed("DNS", self._address)
        with self._timed(
            "TCP", lambda: socket.create_connection(address, _STEP_TIMEOUT_S)
        ) as plain:
            if self.ca_file is None:
                return self._asked(plain)
            with self._timed("TLS", lambda: self._secured(plain)) as secured:
                return self._asked(secured)

    def _timed(self, step: str, take: Callable[[], ResultT]) -> ResultT:
        self.step, started = step, time.perf_counter()
        done = take()
        self.taken[step] = time.perf_counter() - started
        return done

    def _address(self) -> tuple[str, int]:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return str(found[0][4][0]), self.port

    def _secured(self, plain: socket.socket) -> ssl.SSLSocket:
        trusted = ssl.create_default_context()
        if self.ca_file:
            trusted.load_verify_locations(self.ca_file)
        return trusted.wrap_socket(plain, server_hostname=self.host)

    def _asked(self, connection: socket.socket) -> float | None:
        """What the answer's Date says; the status of a question without a name is no matter."""
        self.step = "HTTP"
        asked = f"HEAD / HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n\r\n"
        connection.sendall(asked.encode("ascii"))
        with HTTPResponse(connection, method="HEAD") as answer:
            try:
                answer.begin()
                told = parsedate_to_datetime(answer.headers.get("Date", ""))
            except (HTTPException, ValueError, TypeError):
                return None
        return told.timestamp() - time.time()


def _explain_error(step: str, error: OSError | UnicodeError) -> tuple[str, str]:
    """What went wrong, and what to do."""
    if step == "DNS":
        return (
            "its name can't be looked up",
            "Check the endpoint's spelling and this network's DNS.",
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        remedy = "Something between answers in its place, or CLOUDAUTH_CA_FILE is missing."
        return f"its certificate is not trusted ({error.verify_message})", remedy
    if isinstance(error, TimeoutError):
        remedy = "Open the network's way there; from outside its VPC an internal endpoint is deaf."
        return f"no answer within {_STEP_TIMEOUT_S:g} s ({step})", remedy
    said = error.strerror if isinstance(error, OSError) else ""
    return f"{said or type(error).__name__} ({step})", "Check the endpoint and the network."
