"""Run in a network namespace of its own: sinks on addresses that must not be called, and calls that try to reach them.

Prints, as JSON, how many TCP connections each local address took, and how each call ended.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from ipaddress import ip_address

from alerting.addresses import check_url
from alerting.client import WebhookClient
from alerting.endpoint import Endpoint

FORBIDDEN = (
    "169.254.169.254", "169.254.1.1", "168.63.129.16", "100.100.100.200", "192.0.0.192",
    "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "100.127.255.254",
    "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.254", "192.88.99.1",
    "192.31.196.1", "192.52.193.1", "192.175.48.1", "0.0.0.1", "240.0.0.1",
    "fd00:ec2::254", "fd20:ce::254", "fd12:3456::1", "fc00::1", "fec0::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2001::1", "2001:db8::1", "2001:10::1", "100::1", "5f00::1",
    "3fff::1", "2620:4f:8000::1", "::7f00:1", "::ffff:0:7f00:1", "4000::1",
)  # fmt: skip
"""Addresses of ranges that are special, as many as a machine can hold."""

LOOPBACK = ("127.0.0.1", "127.0.0.2", "127.255.255.254", "::1")

SPELLINGS = (
    "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "0x7f.1", "017700000001", "localhost", "localhost.",
    "１２７.0.0.1", "127。0。0。1", "127．0．0．1", "①②⑦.0.0.1", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "0.0.0.0", "ok@127.0.0.1", "ok:x@169.254.169.254",
    "169.254.169.254.", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]",
    "[::1%25lo]", "127.0.0.1\\@allowed.example", "allowed.example\\@127.0.0.1", "127.0.0.1\t", "127.0.0.1\r\n",
    "127.0.0.1\x00.allowed.example",
)  # fmt: skip

ALLOWED = (
    "93.184.215.14",
    "8.8.4.4",
    "192.0.3.1",
    "100.128.0.1",
    "172.32.0.1",
    "2606:2800:21f:cb07::1",
    "2a00::1",
)


def hold(address: str) -> bool:
    """Give this namespace's loopback interface an address; whether it took it."""
    bits = "128" if ":" in address else "32"
    command = ["ip", "addr", "add", f"{address}/{bits}", "dev", "lo", *(["nodad"] if ":" in address else [])]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def hold_all() -> list[str]:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return [address for address in (*FORBIDDEN, *ALLOWED) if hold(address)]


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def endpoint(url: str, number: int) -> Endpoint:
    return Endpoint(id=f"e{number}", url=url, allow_http=True, concurrency=1)


async def main() -> dict[str, object]:
    held = hold_all()
    accepted: Counter[str] = Counter()
    location = ""

    async def sink(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted[str(ip_address(writer.get_extra_info("sockname")[0]))] += 1
        await reader.readuntil(b"\r\n\r\n")
        status = (
            b"HTTP/1.1 307 Moved\r\nlocation: %s\r\n" % location.encode()
            if location
            else b"HTTP/1.1 204 No\r\n"
        )
        writer.write(status + b"content-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    four = await asyncio.start_server(sink, "0.0.0.0", 0)
    port = four.sockets[0].getsockname()[1]
    await asyncio.start_server(sink, "::", port)
    forbidden = [address for address in (*FORBIDDEN, *LOOPBACK) if address in held or address in LOOPBACK]
    public = [address for address in ALLOWED if address in held]
    answers: list[list[str]] = []

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0)

    ends: dict[str, str | int | None] = {}
    calls = 0

    async def call(client: WebhookClient, what: str, url: str) -> None:
        nonlocal calls
        calls += 1
        result = await client.post(endpoint(url, calls), b"{}", {})
        ends[what] = result.status or result.failure

    # Reaching every sink without the guard shows that a connection would count.
    for address in forbidden:
        reader, writer = await asyncio.open_connection(address, port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await reader.read()
        writer.close()
    reachable = dict(accepted)
    accepted.clear()

    client = WebhookClient()
    loads: dict[str, str | None] = {}
    for host in (*map(bracketed, forbidden), *SPELLINGS):
        url = f"http://{host}:{port}/x"
        loads[host] = check_url(url, allow_http=True)
        await call(client, f"direct {host}", url)
    for address in public:
        await call(client, f"allowed {address}", f"http://{bracketed(address)}:{port}/x")
    await client.close()

    client = WebhookClient(resolve=resolve)
    for address in forbidden:
        for addresses in ([address], [public[0], address], [address, public[0]], [f"::ffff:{address}"]):
            if addresses[0].startswith("::ffff:") and ":" in address:
                continue
            answers[:] = [addresses]
            await call(client, f"resolved {addresses}", f"http://name.example:{port}/x")
        # The name leads elsewhere at the second look-up, when the first connection has gone.
        answers[:] = [[public[0]], [address]]
        await call(client, f"first {address}", f"http://name.example:{port}/x")
        await call(client, f"then {address}", f"http://name.example:{port}/x")
        location = f"http://{bracketed(address)}:{port}/y"
        answers[:] = [[public[0]]]
        await call(client, f"redirect to {address}", f"http://name.example:{port}/x")
        location = ""
    await client.close()
    return {
        "held": held, "reachable": reachable, "accepted": dict(accepted), "ends": ends, "loads": loads,
        "forbidden": forbidden, "public": public,
    }  # fmt: skip


if __name__ == "__main__":
    json.dump(asyncio.run(main()), sys.stdout)
