"""The receiver, a process of its own: writes down every webhook before it answers, and misbehaves with a seed.

    python -m tests.chaos.ledger FILE SEED SHARE

prints its port, then serves until it is ended. One JSON line for each arrival: when, at which endpoint, id, body,
whether the signature held, and the answer (`204`, or a way to misbehave).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from aiohttp import web
from standardwebhooks import Webhook

from tests.broker.harness import SECRET

FAULTS = ("hang", "reset", "500", "429", "drip", "redirect")
TAKEN = "204"
FAULTY_ARRIVALS = 4
"""An id's first arrivals may be treated badly; after that it is taken, so that a run comes to an end."""


@dataclass(frozen=True)
class Arrival:
    """One line of the ledger. `at` is seconds since 1970."""

    at: float
    endpoint: str
    webhook_id: str
    body: str
    verified: bool
    answer: str


def chosen_answer(seed: str, share: float, endpoint: str, webhook_id: str, number: int) -> str:
    """How an arrival is answered: a function of the seed, the id and how often it has come before."""
    if number > FAULTY_ARRIVALS:
        return TAKEN
    digest = hashlib.sha256(f"{seed}/{endpoint}/{webhook_id}/{number}".encode()).digest()
    if int.from_bytes(digest[:4]) / 2**32 >= share:
        return TAKEN
    return FAULTS[digest[4] % len(FAULTS)]


class Ledger:
    """The server's side."""

    def __init__(self, file: IO[str], seed: str, share: float) -> None:
        self._file = file
        self._seed = seed
        self._share = share
        self._arrivals: Counter[tuple[str, str]] = Counter()

    async def receive(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        endpoint = request.match_info["endpoint"]
        webhook_id = request.headers.get("webhook-id", "")
        self._arrivals[endpoint, webhook_id] += 1
        number = self._arrivals[endpoint, webhook_id]
        answer = chosen_answer(self._seed, self._share, endpoint, webhook_id, number)
        arrival = Arrival(time.time(), endpoint, webhook_id, body.decode(), _verified(request, body), answer)
        self._file.write(json.dumps(asdict(arrival)) + "\n")
        self._file.flush()
        return await _answer(request, answer)


def _verified(request: web.Request, body: bytes) -> bool:
    try:
        Webhook(SECRET).verify(body, dict(request.headers))
    except Exception:
        return False
    return True


async def _answer(request: web.Request, answer: str) -> web.StreamResponse:
    match answer:
        case "hang":
            await asyncio.sleep(60)
        case "reset":
            assert request.transport is not None
            request.transport.abort()
        case "500":
            return web.Response(status=500)
        case "429":
            return web.Response(status=429, headers={"retry-after": "1"})
        case "redirect":
            return web.Response(status=307, headers={"location": "http://127.0.0.1:9/elsewhere"})
        case "drip":
            response = web.StreamResponse(status=503)
            await response.prepare(request)
            for _ in range(60):
                await response.write(b".")
                await asyncio.sleep(1)
            return response
    return web.Response(status=204)


async def serve(file: Path, seed: str, share: float) -> None:
    """Serve until the process is ended."""
    with file.open("a", buffering=1) as opened:
        application = web.Application()
        application.router.add_post("/{endpoint}", Ledger(opened, seed, share).receive)
        runner = web.AppRunner(application, access_log=None, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
