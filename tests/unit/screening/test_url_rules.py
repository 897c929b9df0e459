"""Which URLs from callers are accepted, with one named case for each hostile form."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from facescreen.errors import UrlRefusedError
from facescreen.http.problems import build_error_problem
from facescreen.screening.url_rules import UrlRules

PUBLIC_ADDRESSES = ["8.8.8.8", "2001:4860:4860::8888"]
DNS_RECORDS = {
    "cdn.example.com": PUBLIC_ADDRESSES,
    "selfies.oss-ap-southeast-1.aliyuncs.com": PUBLIC_ADDRESSES,
    "selfies.s3.eu-central-1.amazonaws.com": PUBLIC_ADDRESSES,
    "xn--fiqs8s.xn--fiqs8s": PUBLIC_ADDRESSES,
    "two.example.com": ["8.8.8.8", "10.0.0.1"],
}


def rules(*allowed: str) -> UrlRules:
    return UrlRules(allowed, lambda host: DNS_RECORDS.get(host.lower(), []))


HOSTILE_URLS = {
    "plain http": "http://cdn.example.com/a.jpg",
    "ftp": "ftp://cdn.example.com/a.jpg",
    "file": "file:///etc/passwd",
    "data": "data:image/jpeg;base64,AAAA",
    "gopher": "gopher://cdn.example.com/",
    "javascript": "javascript:alert(1)",
    "no scheme": "//cdn.example.com/a.jpg",
    "no host": "https:///a.jpg",
    "three slashes": "https:////cdn.example.com/a.jpg",
    "one slash": "https:/cdn.example.com/a.jpg",
    "user": "https://user@cdn.example.com/a.jpg",
    "user and password": "https://user:word@cdn.example.com/a.jpg",
    "a host as user": "https://cdn.example.com@127.0.0.1/a.jpg",
    "a backslash for a slash": "https://cdn.example.com\\@127.0.0.1/",
    "backslashes": "https:\\\\127.0.0.1\\",
    "a tab": "https://cdn.exa\tmple.com/",
    "a newline": "https://cdn.example.com/\nhost: 127.0.0.1",
    "a leading blank": " https://cdn.example.com/",
    "a blank": "https://cdn.example.com/a b",
    "loopback": "https://127.0.0.1/",
    "loopback, short": "https://127.1/",
    "loopback, decimal": "https://2130706433/",
    "loopback, hexadecimal": "https://0x7f000001/",
    "loopback, octal": "https://0177.0.0.1/",
    "loopback, mixed": "https://0x7f.0.0x1/",
    "loopback, padded": "https://127.000.000.001/",
    "loopback, IPv6": "https://[::1]/",
    "loopback, mapped": "https://[::ffff:127.0.0.1]/",
    "loopback, mapped in hexadecimal": "https://[::ffff:7f00:1]/",
    "loopback, NAT64": "https://[64:ff9b::7f00:1]/",
    "any address": "https://0.0.0.0/",
    "zero": "https://0/",
    "unspecified, IPv6": "https://[::]/",
    "a zone": "https://[fe80::1%25eth0]/",
    "metadata": "https://169.254.169.254/latest/meta-data/",
    "metadata, decimal": "https://2852039166/",
    "metadata, octal": "https://0251.0376.0251.0376/",
    "metadata of Alibaba Cloud": "https://100.100.100.200/latest/meta-data/",
    "metadata of Alibaba Cloud, decimal": "https://1684301000/",
    "metadata, IPv6": "https://[fd00:ec2::254]/",
    "private, 10": "https://10.0.0.1/",
    "private, 172": "https://172.16.0.1/",
    "private, 192": "https://192.168.1.1/",
    "full-width digits": "https://１２７.０.０.１/",
    "circled digits": "https://①②⑦.⓪.⓪.①/",
    "ideographic full stops": "https://127。0。0。1/",
    "a full-width name": "https://ｌocalhost/",
    "an encoded host": "https://%31%32%37.0.0.1/",
    "an encoded dot": "https://127%2e0%2e0%2e1/",
    "a soft hyphen": "https://local\u00adhost/",
    "a trailing dot": "https://cdn.example.com./a.jpg",
    "a trailing dot behind an address": "https://127.0.0.1./",
    "localhost": "https://localhost/",
    "localhost, upper case": "https://LOCALHOST/",
    "below localhost": "https://a.localhost/",
    "a single label": "https://intranet/",
    "mDNS": "https://printer.local/",
    "internal": "https://metadata.google.internal/",
    "reverse": "https://1.0.0.127.in-addr.arpa/",
    "an address with a port": "https://127.0.0.1:443/",
    "port 0": "https://cdn.example.com:0/",
    "a port beyond": "https://cdn.example.com:65536/",
    "a port that is no number": "https://cdn.example.com:https/",
    "an empty port": "https://cdn.example.com:/",
    "an underscore": "https://a_b.example.com/",
    "an empty label": "https://cdn..example.com/",
    "a fragment": "https://cdn.example.com/a.jpg#b",
    "unencoded letters": "https://cdn.example.com/é.jpg",
    "angle brackets": "https://cdn.example.com/<a>",
    "a name without an address": "https://nowhere.example.com/",
    "a name with a private address too": "https://two.example.com/",
    "nothing": "",
    "a nul": "https://cdn.example.com/\0",
}


@pytest.mark.parametrize("name", HOSTILE_URLS)
def test_a_hostile_url_is_refused(name: str) -> None:
    with pytest.raises(UrlRefusedError) as raised:
        rules().check(HOSTILE_URLS[name])
    problem = build_error_problem(raised.value)
    assert (problem.status, problem.code) == (400, "UrlRefused")


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example.com",
        "https://cdn.example.com/a.jpg",
        "https://CDN.Example.COM/a.jpg?x=1&y=a%2Fb",
        "https://cdn.example.com:8443/a.jpg",
        "https://cdn.example.com?sig=1",
        "https://selfies.oss-ap-southeast-1.aliyuncs.com/kyc/%C3%A9%20%2B.jpg"
        "?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=LTAI%2F20261123%2Faliyun_v4",
        "https://selfies.s3.eu-central-1.amazonaws.com/a.jpg?X-Amz-Signature=0f&X-Amz-Expires=60",
        "https://xn--fiqs8s.xn--fiqs8s/",
    ],
)
def test_an_ordinary_url_is_accepted_unchanged(url: str) -> None:
    assert rules().check(url) == url


@pytest.mark.parametrize(
    "host",
    [
        "x.localhost",
        "a.localdomain",
        "printer.local",
        "metadata.google.internal",
        "files.internal",
        "wiki.intranet",
        "vault.private",
        "db.corp",
        "nas.home",
        "router.lan",
        "nas.home.arpa",
        "shop.test",
        "shop.invalid",
        "shop.onion",
        "DB.Corp",
    ],
)
def test_a_private_networks_host_name_is_refused_whatever_its_address(host: str) -> None:
    with pytest.raises(UrlRefusedError, match="in a private network"):
        UrlRules((), lambda _: PUBLIC_ADDRESSES).check(f"https://{host}/a.jpg")


@pytest.mark.parametrize("host", ["corp.example.com", "db.acmecorp", "local.example", "a.homes"])
def test_a_similar_public_host_name_is_accepted(host: str) -> None:
    assert UrlRules((), lambda _: PUBLIC_ADDRESSES).check(f"https://{host}/") == f"https://{host}/"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "172.31.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001:0:808:808::f5ff:fffe",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "fec0::1",
        "64:ff9b:1::7f00:1",
        "::ffff:0:7f00:1",
        "192.88.99.1",
        "192.0.0.8",
        "3fff::1",
        "5f00::1",
        "not an address",
    ],
)
def test_a_host_name_with_a_private_address_is_refused(address: str) -> None:
    with pytest.raises(UrlRefusedError, match="not public"):
        UrlRules((), lambda _: ["8.8.8.8", address]).check("https://rebind.example.com/")


class SlowResolver:
    """Resolves one name at once, and the others after `release` is set or after 10 s."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.lookups: list[str] = []

    def __call__(self, host: str) -> list[str]:
        self.lookups.append(host)
        if host != "cdn.example.com":
            self.release.wait(10)
        return PUBLIC_ADDRESSES


@pytest.fixture
def slow_resolver() -> Iterator[SlowResolver]:
    resolver = SlowResolver()
    yield resolver
    resolver.release.set()


def test_a_slow_lookup_times_out(slow_resolver: SlowResolver) -> None:
    url_rules = UrlRules((), slow_resolver, dns_timeout_s=0.2)
    started = time.monotonic()
    with pytest.raises(UrlRefusedError, match="lookup of the URL's host timed out"):
        url_rules.check("https://slow.example.com/")
    assert time.monotonic() - started < 10
    assert url_rules.check("https://cdn.example.com/") == "https://cdn.example.com/"


def test_the_number_of_concurrent_lookups_is_limited(slow_resolver: SlowResolver) -> None:
    url_rules = UrlRules((), slow_resolver, dns_timeout_s=0.01)
    for number in range(40):
        with pytest.raises(UrlRefusedError, match="timed out"):
            url_rules.check(f"https://slow{number}.example.com/")
    assert len(slow_resolver.lookups) == 16


def test_an_allowed_origin_skips_the_other_rules() -> None:
    url_rules = rules("http://127.0.0.1:8080")
    assert url_rules.check("http://127.0.0.1:8080/a.jpg?b") == "http://127.0.0.1:8080/a.jpg?b"
    for url in (
        "http://127.0.0.1:80801/",
        "http://127.0.0.1:8080@10.0.0.1/",
        "http://127.0.0.1:8080.evil.example/",
        "http://127.0.0.1:8080\\@10.0.0.1/",
        "https://127.0.0.1:8080/",
        "http://127.0.0.1/",
    ):
        with pytest.raises(UrlRefusedError):
            url_rules.check(url)


def test_the_error_does_not_show_the_urls_query() -> None:
    with pytest.raises(UrlRefusedError) as raised:
        rules().check("https://127.0.0.1/?x-oss-signature=s3cr3t")
    assert "s3cr3t" not in build_error_problem(raised.value).to_json()
