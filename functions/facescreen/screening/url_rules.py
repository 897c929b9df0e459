"""The rules for URLs from callers, which the service is asked to download.

facescreen never fetches them itself. Still, the service must not be asked to fetch from private
networks, the caller's machine, or a cloud's metadata endpoints. URL parsers differ in unusual
cases, so a URL that is not in plain form is refused instead of normalized.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, TimeoutError

from facescreen.errors import UrlRefusedError

HostResolver = Callable[[str], list[str]]
"""Returns the addresses of a host name; empty if it has none."""

_DNS_TIMEOUT_S = 3.0
_MAX_DNS_LOOKUPS = 16
"""Concurrent lookups. A lookup can't be cancelled, so slow ones count until they end."""

_HOST_LABEL_PATTERN = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label has only letters (or is punycode), which no form of an IP address has.
_HOST_PATTERN = rf"(?:{_HOST_LABEL_PATTERN}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})"
_URL_PATTERN = re.compile(
    rf"https://(?P<host>{_HOST_PATTERN})(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?",
    re.IGNORECASE | re.ASCII,
)
_PRIVATE_HOST_PATTERN = re.compile(
    r"(?:.*\.)?(?:localhost|localdomain|local|internal|intranet|private|corp|home|lan|arpa|test|"
    r"invalid|onion)",
    re.IGNORECASE,
)
_NAT64_NETWORK = ipaddress.ip_network("64:ff9b::/96")
_EXTRA_RESERVED_NETWORKS = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",
            "192.88.99.0/24",
            "::ffff:0:0:0/96",
            "64:ff9b:1::/48",
            "3fff::/20",
            "5f00::/16",
            "fec0::/10",
        ),
    )
)
"""Reserved, translated or site-local networks that some Python of 3.10 to 3.14 treats as global."""


class UrlRules:
    """Allows https URLs whose host names have public addresses only, and the listed origins."""

    def __init__(
        self,
        allowed_origins: tuple[str, ...],
        resolve: HostResolver,
        dns_timeout_s: float = _DNS_TIMEOUT_S,
    ) -> None:
        self._allowed_origins = allowed_origins
        self._resolve_addresses = resolve
        self._dns_timeout_s = dns_timeout_s
        self._dns_pool = ThreadPoolExecutor(_MAX_DNS_LOOKUPS)

    def check(self, url: str) -> str:
        """Return the URL unchanged. Raises UrlRefusedError.

        A name with a public address now may have another one later: only the service itself can
        keep its downloads out of private networks.
        """
        if self._has_allowed_origin(url):
            return url
        match = _URL_PATTERN.fullmatch(url)
        if match is None or int(match["port"] or 443) > 65535:
            raise UrlRefusedError(
                "the URL must be a plain https URL: a host name, percent-encoded, no credentials"
            )
        if _PRIVATE_HOST_PATTERN.fullmatch(match["host"]):
            raise UrlRefusedError("the URL's host is in a private network")
        addresses = self._resolve_host(match["host"])
        if not addresses:
            raise UrlRefusedError("the URL's host has no address")
        if not all(_is_public(address) for address in addresses):
            raise UrlRefusedError("the URL's host has an address that is not public")
        return url

    def _resolve_host(self, host: str) -> list[str]:
        lookup = self._dns_pool.submit(self._resolve_addresses, host)
        try:
            return lookup.result(self._dns_timeout_s)
        except TimeoutError:
            lookup.cancel()
            raise UrlRefusedError("the DNS lookup of the URL's host timed out") from None

    def _has_allowed_origin(self, url: str) -> bool:
        """Whether the URL has an allowed origin, directly before its path or query:
        ``https://a.example`` does not allow ``https://a.example.b``."""
        is_plain = url.isascii() and url.isprintable() and not set(" \\") & set(url)
        return is_plain and any(
            url.lower().startswith((f"{origin}/", f"{origin}?")) for origin in self._allowed_origins
        )


def _is_public(address: str) -> bool:
    try:
        ip_address = _unwrap_ipv4(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    is_reserved = any(ip_address in network for network in _EXTRA_RESERVED_NETWORKS)
    return ip_address.is_global and not ip_address.is_multicast and not is_reserved


def _unwrap_ipv4(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IPv4 address that is embedded in an IPv6 address."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64_NETWORK or int(address) < 2**32:
        return ipaddress.IPv4Address(int(address) % 2**32)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
