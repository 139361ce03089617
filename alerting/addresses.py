"""Addresses that a webhook must not reach: a table of our own, since the standard library's differs between versions.

`check_url` is for loading, `check_address` for each address that a name resolved to, just before it is connected.
`allow_private` opens the ranges of private networks and of this machine. Cloud metadata, multicast and the like stay
closed, also wrapped into IPv6 (mapped, NAT64, 6to4, Teredo). Of these wrappings only NAT64 is ever called, judged by
the address within.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

from streams.errors import AddressRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")

# How a cluster that speaks IPv6 alone reaches the rest of the net: the IPv4 address is in the last four octets.
# Source: RFC 6052, section 2.1.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")

_NETLOC: Final = re.compile(r"(?:\[[^\[\]]*\]|[^\[\]:]*)(?::[0-9]*)?")

_HOST: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")

# Source: IANA special-purpose address registries; deprecated and transition ranges that can carry a private
# address.
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
        ("64:ff9b:1::/48", "NAT64 into a private network"),
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


# Never, even with `allow_private`: these hand out credentials or reach many at once, and none is a webhook.
_NEVER: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/32",
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure
        "169.254.0.0/16",  # AWS, Azure, Google, and most others
        "192.0.0.192/32",  # Oracle
        "224.0.0.0/4",
        "255.255.255.255/32",
        "::/128",
        "fd00:42::42/128",  # Scaleway
        "fd00:100::100:200/128",  # Alibaba
        "fd00:a9fe:a9fe::1/128",  # Akamai
        "fd00:c1::a9fe:a9fe/128",  # Oracle
        "fd00:ec2::/32",  # AWS
        "fd20:ce::/32",  # Google
        "fe80::/10",  # OpenStack
        "ff00::/8",
    )
)


def check_address(address: str, *, allow_private: bool = False) -> None:
    """Raise AddressRefused where an IP address must not be called."""
    if "%" in address:
        raise AddressRefused("an address with a zone must not be called")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        raise AddressRefused("the host did not resolve to an IP address") from None
    if any(_within(form, network) for form in (parsed, *_wrapped(parsed)) for network in _NEVER):
        raise AddressRefused("the address is one of cloud metadata, multicast or none at all")
    if allow_private:
        return
    if _within(parsed, _NAT64):
        parsed = ipaddress.IPv4Address(parsed.packed[-4:])
    for network, what in _REFUSED:
        if _within(parsed, network):
            raise AddressRefused(f"the address is {what}; set allow_private where that is meant")
    if isinstance(parsed, ipaddress.IPv6Address) and parsed not in _GLOBAL_UNICAST:
        raise AddressRefused("the address is outside global unicast; set allow_private where that is meant")


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _wrapped(address: Address) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address may lead to."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    number = int(address)
    last = ipaddress.IPv4Address(number & 0xFFFFFFFF)  # compatible, mapped, translated, NAT64
    in_6to4 = ipaddress.IPv4Address(number >> 80 & 0xFFFFFFFF)
    teredo = ipaddress.IPv4Address(~number & 0xFFFFFFFF)
    top = number >> 96
    if top == 0x20010000:
        return (teredo, ipaddress.IPv4Address(number >> 64 & 0xFFFFFFFF))
    if top >> 16 == 0x2002:
        return (in_6to4,)
    if number >> 80 == 0x0064FF9B0001:
        return (last, *_translated(address.packed))
    return (last,) if top >> 16 in (0, 0x0064) else ()


def _translated(octets: bytes) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 addresses that one of the prefix for local translation may lead to, for each length of the prefix that a
    network may use (48, 56 or 64 bits). Source: RFC 6052, section 2.2; RFC 8215.
    """
    forms = (octets[6:8] + octets[9:11], octets[7:8] + octets[9:12], octets[9:13])
    return tuple(ipaddress.IPv4Address(form) for form in forms if any(form))


def check_url(url: str, *, allow_private: bool = False, allow_http: bool = False) -> str | None:
    """What is wrong with an endpoint's URL, without quoting it; None where nothing is."""
    if not url or any(
        ord(character) <= 0x20 or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zs")
        for character in url
    ):
        return "the url is empty or holds white space, control characters or what is no text"
    if "\\" in url:
        return "the url holds a backslash"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "the url cannot be understood; check host and port"
    if port == 0:
        return "the url's port is 0"
    return _check_scheme(parts.scheme, "://" in url, allow_http) or _check_host(
        parts.netloc, host, allow_private
    )


def _check_scheme(scheme: str, slashed: bool, allow_http: bool) -> str | None:
    if scheme == "https" or (scheme == "http" and allow_http):
        return None
    if scheme == "http":
        return "the url is http; use https, or set allow_http where that is meant"
    if not slashed:  # what stands before a colon may be anything, and a secret
        return "the url does not say its scheme; begin it with https://"
    return f"the url's scheme is {scheme[:20]!r}; use https"


def _check_host(netloc: str, host: str | None, allow_private: bool) -> str | None:
    if not host:
        return "the url has no host"
    for holds, fault in (
        ("@" in netloc, "the url holds a user or password; put credentials into headers"),
        ("%" in netloc, "the url's host holds a zone or an escape"),
        (not _NETLOC.fullmatch(netloc), "the url cannot be understood; check host and port"),
        (not host.isascii(), "the url's host is not ASCII; write it in its xn-- form"),
        (":" not in host and not _HOST.fullmatch(host[:300]), "the url's host is no host name"),
    ):
        if holds:
            return fault
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        if "[" in netloc:  # an address of a version to come
            return "the url's host stands in brackets, and is no IPv6 address"
        return _check_name(host.rstrip(".").rpartition(".")[2].lower(), allow_private)
    try:
        check_address(address, allow_private=allow_private)
    except AddressRefused as error:
        return str(error)
    return None


def _check_name(last_label: str, allow_private: bool) -> str | None:
    # What inet_aton takes for an address: 127.1, 2130706433, 0x7f000001, 0177.0.0.1.
    if last_label.isdigit() or last_label.startswith("0x"):
        return "the url's host is an unusual spelling of an IP address; write it as usual"
    if last_label == "localhost" and not allow_private:
        return "the url's host is this machine; set allow_private where that is meant"
    return None
