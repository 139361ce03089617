"""Addresses that a webhook must not reach: an own table, since the standard library's differs between versions.

`check_url` at load, `check_address` on what a name resolved to and on the very address that is connected.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from typing import Final
from urllib.parse import urlsplit

from streams.errors import AddressRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Source: IANA special-purpose address registries; deprecated and transition ranges that can carry a private address.
_REFUSED: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ipaddress.ip_network(network), what)
    for network, what in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by carriers"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud metadata"),
        ("169.254.0.0/16", "link-local, cloud metadata"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.52.193.0/24", "AMT"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/8", "loopback, unspecified, mapped or compatible IPv4"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("100::/64", "discard"),
        ("100:0:0:1::/64", "dummy"),
        ("2001::/23", "Teredo and protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "AS112"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "private, cloud metadata"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)


def check_address(address: str) -> None:
    """Raise AddressRefused where an IP address must not be called."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        raise AddressRefused("the host did not resolve to an IP address") from None
    if "%" in address:
        raise AddressRefused("an address with a zone must not be called")
    for network, what in _REFUSED:
        if parsed.version == network.version and parsed in network:
            raise AddressRefused(f"the address is {what}; set allow_private where that is meant")


def check_url(url: str, *, allow_private: bool = False, allow_http: bool = False) -> str | None:
    """What is wrong with an endpoint's URL, in words that do not hold it; None where nothing is."""
    if not url or any(ord(character) <= 0x20 or unicodedata.category(character) in ("Cc", "Cf", "Zs") for character in url):
        return "the url is empty or holds white space or control characters"
    if "\\" in url:
        return "the url holds a backslash"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "the url cannot be understood; check host and port"
    return _check_scheme(parts.scheme, allow_http) or _check_host(parts.netloc, host, allow_private)


def _check_scheme(scheme: str, allow_http: bool) -> str | None:
    if scheme == "https" or (scheme == "http" and allow_http):
        return None
    if scheme == "http":
        return "the url is http; use https, or set allow_http where that is meant"
    return f"the url's scheme is {scheme[:20] or 'missing'!r}; use https"


def _check_host(netloc: str, host: str | None, allow_private: bool) -> str | None:
    if not host:
        return "the url has no host"
    if "@" in netloc:
        return "the url holds a user or password; put credentials into headers"
    if "%" in netloc:
        return "the url's host holds a zone or an escape"
    if not host.isascii():
        return "the url's host is not ASCII; write it in its xn-- form"
    try:
        check = str(ipaddress.ip_address(host))
    except ValueError:
        if _looks_like_number(host):
            return "the url's host is an unusual spelling of an IP address; write it as usual"
        return None
    if allow_private:
        return None
    try:
        check_address(check)
    except AddressRefused as error:
        return str(error)
    return None


def _looks_like_number(host: str) -> bool:
    # What inet_aton takes for an address: 127.1, 2130706433, 0x7f000001, 0177.0.0.1.
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.lower().startswith("0x")
