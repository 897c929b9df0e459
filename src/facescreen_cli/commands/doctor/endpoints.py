"""Checks that each service can be reached, how long each step takes, and the clock."""

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
"""For each step except the DNS lookup, which has the system's own timeout."""
_MAX_SKEW_S, _MIN_SKEW_WARNING_S = 900, 30
"""Services accept signatures that are up to 15 minutes off."""

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class EndpointResult:
    """The result of one attempt to reach an endpoint."""

    service: str
    result: CheckResult
    reachable: bool
    skew_s: float | None = None
    """Seconds by which the service's clock is ahead of this machine's; None if unknown."""


def check_endpoint(service: str, url: str, ca_file: str) -> EndpointResult:
    """Resolve the name, connect, negotiate TLS, and read the service's time."""
    parts = urlsplit(url)
    host, is_https = parts.hostname or "", parts.scheme == "https"
    name = f"endpoint {service}"
    if parts.scheme in getproxies() and not proxy_bypass(host):
        return EndpointResult(service, ok(name, f"{parts.netloc}: by a proxy, not timed"), True)
    attempt = _ConnectionAttempt(
        host, parts.port or (443 if is_https else 80), ca_file if is_https else None
    )
    try:
        skew = attempt.measure_skew_s()
    except (OSError, UnicodeError) as error:  # UnicodeError: not a valid name
        step, remedy = _explain_error(attempt.step, error)
        return EndpointResult(service, fault(name, f"{parts.netloc}: {step}", remedy), False)
    times = ", ".join(f"{step} {s * 1000:.1f} ms" for step, s in attempt.durations_s.items())
    return EndpointResult(service, ok(name, f"{parts.netloc}: {times}"), True, skew)


def check_clock(results: list[EndpointResult]) -> CheckResult:
    """Compare this machine's clock with the service that differs most."""
    times = [(abs(r.skew_s), r.skew_s, r.service) for r in results if r.skew_s is not None]
    if not times:
        return warning("clock", "no service sent its time", "See the endpoints.")
    skew_abs_s, skew, service = max(times)
    if skew_abs_s < _MIN_SKEW_WARNING_S:
        return ok("clock", f"within {max(1, round(skew_abs_s))} s of the services")
    where = "behind" if skew > 0 else "ahead of"
    message = f"this machine is {skew_abs_s:.0f} s {where} {service}"
    remedy = "Set this machine's clock (NTP)."
    if skew_abs_s < _MAX_SKEW_S:
        return warning("clock", message, remedy)
    return fault("clock", f"{message}, which rejects signatures with this time", remedy)


@dataclass
class _ConnectionAttempt:
    """One connection, step by step."""

    host: str
    port: int
    ca_file: str | None
    """None for plain HTTP, empty to trust only the public authorities."""
    step: str = ""
    """The current step."""
    durations_s: dict[str, float] = field(default_factory=dict)
    """Seconds by step."""

    def measure_skew_s(self) -> float | None:
        """Run all steps; returns the clock skew. Raises OSError; `step` names the failed step."""
        address = self._time_step("DNS", self._resolve)
        with self._time_step(
            "TCP", lambda: socket.create_connection(address, _STEP_TIMEOUT_S)
        ) as tcp_socket:
            if self.ca_file is None:
                return self._request_date(tcp_socket)
            with self._time_step("TLS", lambda: self._start_tls(tcp_socket)) as tls_socket:
                return self._request_date(tls_socket)

    def _time_step(self, step: str, run: Callable[[], ResultT]) -> ResultT:
        self.step, started = step, time.perf_counter()
        result = run()
        self.durations_s[step] = time.perf_counter() - started
        return result

    def _resolve(self) -> tuple[str, int]:
        addresses = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return str(addresses[0][4][0]), self.port

    def _start_tls(self, tcp_socket: socket.socket) -> ssl.SSLSocket:
        tls_context = ssl.create_default_context()
        if self.ca_file:
            tls_context.load_verify_locations(self.ca_file)
        return tls_context.wrap_socket(tcp_socket, server_hostname=self.host)

    def _request_date(self, connection: socket.socket) -> float | None:
        """Send a HEAD request and compare the response's Date. Its status doesn't matter."""
        self.step = "HTTP"
        request = f"HEAD / HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode("ascii"))
        with HTTPResponse(connection, method="HEAD") as answer:
            try:
                answer.begin()
                times = parsedate_to_datetime(answer.headers.get("Date", ""))
            except (HTTPException, ValueError, TypeError):
                return None
        return times.timestamp() - time.time()


def _explain_error(step: str, error: OSError | UnicodeError) -> tuple[str, str]:
    """Returns what went wrong, and what to do."""
    if step == "DNS":
        return (
            "its name can't be looked up",
            "Check the endpoint's name and this network's DNS.",
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        remedy = "A proxy may be intercepting TLS, or CLOUDAUTH_CA_FILE is missing."
        return f"its certificate is not trusted ({error.verify_message})", remedy
    if isinstance(error, TimeoutError):
        remedy = "Allow the connection; an internal endpoint responds only inside its VPC."
        return f"no response within {_STEP_TIMEOUT_S:g} s ({step})", remedy
    reason = error.strerror if isinstance(error, OSError) else ""
    return f"{reason or type(error).__name__} ({step})", "Check the endpoint and the network."
