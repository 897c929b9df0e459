"""Which URLs of callers the service may be asked to download.

They are never fetched here. Still nobody is asked to fetch what lies in a private network, on the
caller's own machine, or where a cloud hands out credentials. Readers of URLs differ wherever a
spelling is odd, so what is not spelt plainly is refused, not made plain.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, TimeoutError

from facescreen.errors import UrlRefusedError

ResolveHost = Callable[[str], list[str]]
"""The addresses of a host name; empty where it has none."""

_DNS_TIMEOUT_S = 3.0
_MAX_DNS_LOOKUPS = 16
"""At one time: a resolver can't be told to give up, so slow ones are counted until they end."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label has letters alone (or is punycode): no address has, in any spelling.
_HOST = rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})"
_URL = re.compile(
    rf"https://(?P<host>{_HOST})(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?",
    re.IGNORECASE | re.ASCII,
)
_PRIVATE_HOST = re.compile(
    r"(?:.*\.)?(?:localhost|localdomain|local|internal|intranet|private|corp|home|lan|arpa|test|"
    r"invalid|onion)",
    re.IGNORECASE,
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
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
"""What is reserved, translated or site-local, and yet global to some Python of 3.10 to 3.13."""


class UrlRules:
    """https, to a host name with public addresses alone; or an origin that is allowed by name."""

    def __init__(
        self,
        allowed_origins: tuple[str, ...],
        resolve: ResolveHost,
        dns_timeout_s: float = _DNS_TIMEOUT_S,
    ) -> None:
        self._allowed = allowed_origins
        self._resolve_addresses = resolve
        self._dns_timeout_s = dns_timeout_s
        self._dns_pool = ThreadPoolExecutor(_MAX_DNS_LOOKUPS)

    def check(self, url: str) -> str:
        """The URL as it was given. Raises UrlRefusedError.

        A name that resolves to a public address now may resolve to another later: what really
        keeps the service out of private networks is the service.
        """
        if self._is_allowed(url):
            return url
        found = _URL.fullmatch(url)
        if found is None or int(found["port"] or 443) > 65535:
            raise UrlRefusedError(
                "only plain https URLs are taken: a host name, percent-encoded, no credentials"
            )
        if _PRIVATE_HOST.fullmatch(found["host"]):
            raise UrlRefusedError("the URL's host is of a private network")
        addresses = self._resolve_host(found["host"])
        if not addresses:
            raise UrlRefusedError("the URL's host has no address")
        if not all(_is_public(address) for address in addresses):
            raise UrlRefusedError("the URL's host has an address that is not public")
        return url

    def _resolve_host(self, host: str) -> list[str]:
        looking = self._dns_pool.submit(self._resolve_addresses, host)
        try:
            return looking.result(self._dns_timeout_s)
        except TimeoutError:
            looking.cancel()
            raise UrlRefusedError("the URL's host can't be looked up in time") from None

    def _is_allowed(self, url: str) -> bool:
        """An origin is followed by a path: ``https://a.example`` allows no ``https://a.example.b``."""
        plain = url.isascii() and url.isprintable() and not set(" \\") & set(url)
        return plain and any(
            url.lower().startswith((f"{origin}/", f"{origin}?")) for origin in self._allowed
        )


def _is_public(address: str) -> bool:
    try:
        found = _unwrap_ipv4(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    reserved = any(found in network for network in _EXTRA_RESERVED_NETWORKS)
    return found.is_global and not found.is_multicast and not reserved


def _unwrap_ipv4(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64 or int(address) < 2**32:
        return ipaddress.IPv4Address(int(address) % 2**32)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
