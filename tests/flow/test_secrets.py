"""Canaries in every URL, header, signing secret and proxy: none is in a log, a figure, a topic or an error."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from alerting.breaker import BreakerState
from alerting.endpoint import Endpoint
from alerting.sendapprise import installed
from streams.embedded import EmbeddedBroker
from streams.logs import configure_logs
from streams.topics import NOTIFICATIONS
from tests import builders
from tests.edge.servers import NO_CONTENT, answering, forever, serving
from tests.flow.desk import USED, Desk

CANARY = "canary0secret7"
KEY = base64.b64encode(CANARY.encode() * 3).decode()
HIDDEN = (CANARY, KEY, KEY[:20], base64.b64encode(CANARY.encode()).decode().rstrip("="))


@pytest.fixture
async def desk(embedded: EmbeddedBroker, prefix: str) -> AsyncIterator[Desk]:
    desk = Desk(embedded, prefix)
    yield desk
    await desk.kill()


@pytest.fixture
def logged(own_logs: None, capfd: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """All logs, as a worker writes them to stderr, and whatever else is said."""
    configure_logs(json=True)
    return capfd


def secretive(name: str, url: str, **changes: Any) -> Endpoint:
    values = {
        "id": name,
        "url": url,
        "secrets": (f"whsec_{KEY}",),
        "headers": {"authorization": f"Bearer {CANARY}"},
        "schedule": (timedelta(0),),
        "timeout": timedelta(seconds=0.3 if name in ("hanging", "plain") else 30),
        "slow_wait": timedelta(0),
    }
    return builders.endpoint(**(values | changes))


async def test_no_canary_is_in_logs_figures_topics_or_errors(
    desk: Desk, logged: pytest.CaptureFixture[str]
) -> None:
    echo = f"HTTP/1.1 500 {CANARY}\r\nretry-after: {CANARY}\r\ncontent-length: 14\r\n\r\n{CANARY}".encode()
    moved = (
        f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/{CANARY}\r\ncontent-length: 0\r\n\r\n".encode()
    )
    gone = f"HTTP/1.1 410 {CANARY}\r\ncontent-length: 0\r\n\r\n".encode()
    path = f"{CANARY}?key={CANARY}#{CANARY}"
    async with AsyncExitStack() as stack:
        ports = {
            name: (await stack.enter_async_context(serving(answer))).port
            for name, answer in (
                ("echoing", answering(echo)),
                ("moved", answering(moved)),
                ("gone", answering(gone)),
                ("hanging", forever),
                ("garbage", answering(CANARY.encode() + b"\0\r\n\r\n")),
                ("well", answering(NO_CONTENT)),
            )
        }
        endpoints = [secretive(name, f"http://127.0.0.1:{port}/{path}") for name, port in ports.items()]
        well = ports["well"]
        endpoints += [
            secretive("refused", f"http://127.0.0.1:{well}/{path}", allow_private=False),
            secretive("plain", f"https://127.0.0.1:{well}/{path}"),
            secretive("closed", f"http://127.0.0.1:1/{path}"),
            secretive("nameless", f"http://{CANARY}.invalid/{path}"),
            secretive("unusable", f"http://[{CANARY}/{path}"),
            secretive(
                "proxied", f"http://127.0.0.1:{well}/{path}", proxy=f"http://{CANARY}:{CANARY}@127.0.0.1:1"
            ),
            secretive(
                "template", f"http://127.0.0.1:{well}/{path}", format="template", template=f"{CANARY}{{"
            ),
            secretive("unsigned", f"http://127.0.0.1:{well}/{path}", secrets=(f"whsec_{CANARY}!",)),
            secretive("asymmetric", f"http://127.0.0.1:{well}/{path}", secrets=(f"whsk_{KEY[:20]}",)),
        ]
        if installed():
            endpoints.append(
                secretive(
                    "apprise", f"json://{CANARY}:{CANARY}@127.0.0.1:1/{path}", format="apprise", secrets=()
                )
            )
        await desk.start(*endpoints)
        for endpoint in endpoints:
            await desk.notify(endpoint.id, 1)
        await desk.restart()
        await desk.quiet()
        outcomes = {
            endpoint.id: [a.outcome for a in await desk.attempts(endpoint.id)] for endpoint in endpoints
        }
        records = [record for topic in USED for record in await desk.raw(topic)]
        desk.delivery.observe()
        figures = desk.service.metrics.exposition().decode()
    said = logged.readouterr()
    # What is looked through holds what happened to every endpoint.
    assert outcomes.pop("well") == ["delivered"]
    assert outcomes.pop("gone") == ["disabled"]
    assert all(found[-1] == "given_up" for found in outcomes.values()), outcomes
    assert said.err.count('"event": "delivery.given_up"') == len(outcomes) + 1
    assert "tocsin_attempts_total" in figures
    assert {record.topic for record in records} >= {t.full_name(desk.prefix) for t in USED[:4]}
    written = [repr((record.key, record.value, record.headers)) for record in records]
    for text in (said.err, said.out, figures, *written):
        for hidden in HIDDEN:
            assert hidden not in text


def test_no_canary_is_in_the_words_for_a_value() -> None:
    endpoint = secretive("desk", f"https://hooks.example/{CANARY}", proxy=f"http://{CANARY}@127.0.0.1:1")
    for text in (
        repr(endpoint),
        str(endpoint),
        endpoint.model_dump_json(),
        repr(BreakerState()),
        NOTIFICATIONS.value,
    ):
        assert CANARY not in text
        assert KEY not in text
