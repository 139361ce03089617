"""Which addresses and URLs are refused, over the whole table and with odd spellings."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.addresses import check_address, check_url
from streams.errors import AddressRefused

REFUSED = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
    "168.63.129.16",
    "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.1.1", "192.175.48.1",
    "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a01:203", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1",
    "2620:4f:8000::1",
    "3fff::1",
    "4000::1", "5f00::1", "8000::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "febf::1",
    "fec0::1",
    "feff::1", "ff02::1", "fe80::1%eth0", "2606:4700::1111%1", "not an address", "",
)  # fmt: skip

ALLOWED = (
    "1.1.1.1", "8.8.8.8", "93.184.215.14", "100.63.255.255", "100.128.0.0", "168.63.129.15", "168.63.129.17",
    "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255", "198.17.255.255", "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111", "2606:4700::a9fe:a9fe",
    "2a00:1450:4001:800::200e", "2001:4860:4860::8888", "2003::1", "2400:cb00::1",
    "64:ff9b::808:808",
)  # fmt: skip

NEVER = (
    "0.0.0.0", "169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192",
    "224.0.0.1",
    "255.255.255.255", "::", "fd00:ec2::254", "fd20:ce::254", "ff02::1", "::ffff:169.254.169.254",
    "::169.254.169.254", "::ffff:0:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1", "2001:0:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:5601:5601",
    "2002:a83f:8110::", "::ffff:168.63.129.16",
    "fd00:42::42", "fd00:100::100:200", "fd00:a9fe:a9fe::1", "fd00:c1::a9fe:a9fe", "fe80::a9fe:a9fe",
)  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_special_addresses_are_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(address)


@pytest.mark.parametrize("address", ALLOWED)
def test_public_addresses_just_outside_the_ranges_are_allowed(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize("address", NEVER)
def test_metadata_and_multicast_are_refused_whatever_is_allowed(address: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(address, allow_private=True)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.5.5",
        "100.64.0.1",
        "::1",
        "fc00::1",
        "fd00:42::43",
        "fd12:3456::a9fe:a9fe",
        "2002:c0a8:101::a9fe:a9fe",
    ],
)
def test_private_addresses_are_allowed_where_the_endpoint_says_so(address: str) -> None:
    check_address(address, allow_private=True)


@pytest.mark.parametrize("length", [48, 56, 64, 96])
@pytest.mark.parametrize("address", ["169.254.169.254", "100.100.100.200", "192.0.0.192"])
def test_metadata_is_refused_also_by_way_of_a_local_translator(length: int, address: str) -> None:
    """RFC 6052: the address stands behind the prefix, around the eighth octet, which is none of it."""
    four = ipaddress.IPv4Address(address).packed
    octets = bytearray(bytes.fromhex("0064ff9b0001") + bytes(10))
    places = [place for place in range(length // 8, 16) if place != 8][:4]
    for place, octet in zip(places, four, strict=True):
        octets[place] = octet
    octets[15] |= 1 if length < 96 else 0
    with pytest.raises(AddressRefused):
        check_address(str(ipaddress.IPv6Address(bytes(octets))), allow_private=True)
    check_address("64:ff9b:1::10.1.2.3", allow_private=True)


@given(st.ip_addresses(v=4))
def test_what_the_standard_library_calls_private_is_refused(address: ipaddress.IPv4Address) -> None:
    if address.is_private or address.is_multicast or address.is_reserved or address.is_loopback:
        with pytest.raises(AddressRefused):
            check_address(str(address))


@given(st.ip_addresses(v=4))
def test_an_address_wrapped_into_ipv6_is_refused(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for wrapped in (number, 0xFFFF << 32 | number, 0x2002 << 112 | number << 80):
        with pytest.raises(AddressRefused):
            check_address(str(ipaddress.IPv6Address(wrapped)))


@given(st.ip_addresses(v=4), st.booleans())
def test_behind_a_public_translator_an_address_is_judged_as_itself(
    address: ipaddress.IPv4Address, allow_private: bool
) -> None:
    translated = str(ipaddress.IPv6Address(0x0064FF9B << 96 | int(address)))
    verdicts = [refusal(form, allow_private=allow_private) for form in (str(address), translated)]
    assert verdicts[0] == verdicts[1]


def refusal(address: str, *, allow_private: bool) -> str | None:
    try:
        check_address(address, allow_private=allow_private)
    except AddressRefused as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    "url",
    ["https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://0/",
     "https://127.0.0.1/", "https://127.0.0.1./", "https://0x7f.1/", "https://0X7F.1/", "https://１２７.0.0.1/",
     "https://127。0。0。1/",
     "https://[::]/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/",
     "https://[fe80::1%eth0]/", "https://localhost/", "https://LOCALHOST./", "https://x.localhost/",
     "https://169.254.169.254/latest", "https://10.0.0.1/", "https://ok@127.0.0.1/",
     "https://user:canary@hooks.example/",
     "https://hooks.example@127.0.0.1/", "https://hooks.example\\@127.0.0.1/", "https:\\\\127.0.0.1\\",
     "https://hooks.example\t/", "https://hooks\r\n.example/", "https://hooks.example\0/",
     " https://hooks.example/",
     "https://hooks.example/ x", "https://hooks\u200b.example/", "https://hooks\u00a0.example/",
     "https://höoks.example/",
     "https://%31%32%37.0.0.1/", "http://hooks.example/", "ftp://hooks.example/", "file:///etc/passwd",
     "gopher://hooks.example/", "unix:///run/x.sock", "javascript:alert(1)", "//hooks.example/",
     "hooks.example", "",
     "https://", "https:///x", "https://:443/", "https://hooks.example:0/", "https://hooks.example:99999/",
     "https://hooks.example:x/", "https://[::1/", "https://hooks..example/", "https://-hooks.example/",
     "https://" + "a" * 64 + ".example/", "https://hooks.example:80:80/", "https://ho$ks.example/",
     "https://[2606:4700::1]x/", "https://x[2606:4700::1]/", "https://[2606:4700::1]8443/",
     "https://hooks.example/\udcff", "https://[v1.a]/canary", "https://[v1.a:b]/canary"],
)  # fmt: skip
def test_urls_that_are_not_plain_are_refused_and_not_quoted(url: str) -> None:
    fault = check_url(url)
    assert fault is not None
    assert "canary" not in fault
    assert not url or url not in fault


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example/", "https://hooks.example:8443/a/b?c=d&e=f%20g#h", "https://1.1.1.1/",
    "https://[2606:4700::1]/",
     "https://xn--bcher-kva.example/", "https://hooks.example.", "https://a_b.example/",
     "HTTPS://HOOKS.EXAMPLE/",
     "https://0x7f000001.example/", "https://1.example/"],
)  # fmt: skip
def test_ordinary_urls_are_allowed(url: str) -> None:
    assert check_url(url) is None


def test_http_and_loopback_need_to_be_allowed_each_on_its_own() -> None:
    url = "http://127.0.0.1:8787/hook"
    assert check_url(url, allow_private=True) is not None
    assert check_url(url, allow_http=True) is not None
    assert check_url(url, allow_private=True, allow_http=True) is None
    assert check_url("http://localhost:1/", allow_private=True, allow_http=True) is None
    assert check_url("ftp://hooks.example/", allow_private=True, allow_http=True) is not None


@given(st.text(max_size=80))
def test_no_text_breaks_the_check(text: str) -> None:
    check_url(text)
    check_url("https://" + text)
