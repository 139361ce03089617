"""An attempt from the alert to the verdict, against the receiver of this project and the official verifier."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from alerting import sendapprise, signing
from alerting.attempt import Attempted, attempt
from alerting.client import WebhookClient
from alerting.sendapprise import installed
from streams.misbehaviours import MISBEHAVIOURS
from streams.receiver import Answer, Received, Receiver
from streams.wire import EndpointDisabled
from tests import builders
from tests.edge.servers import NO_CONTENT, answering, forever, serving

SECRET = signing.new_secret()


@asynccontextmanager
async def receiving(
    *plan: Answer, secret: str = SECRET, **changes: Any
) -> AsyncIterator[tuple[Receiver, list[Received]]]:
    got: list[Received] = []
    receiver = Receiver(secrets=[secret], on_webhook=got.append, plan=plan, **changes)
    await receiver.start()
    try:
        yield receiver, got
    finally:
        await receiver.stop()


async def tell(url: str, **changes: Any) -> Attempted:
    client = WebhookClient()
    try:
        endpoint = builders.endpoint(**({"url": url, "secrets": (SECRET,)} | changes))
        return await attempt(client, endpoint, builders.alert(), datetime.now(UTC))
    finally:
        await client.close()


async def test_a_webhook_arrives_signed_and_verifies() -> None:
    async with receiving() as (receiver, got):
        attempted = await tell(receiver.url)
    assert (attempted.verdict.outcome, attempted.result.status) == ("delivered", 204)
    assert (got[0].verified, got[0].repeated, got[0].alert) == (True, False, builders.alert())


async def test_the_official_library_verifies_the_request_as_it_was_sent() -> None:
    async with serving(answering(NO_CONTENT)) as served:
        await tell(served.url())
    head, _, body = served.requests[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    headers = {name.lower(): value for name, value in headers.items()}
    assert Webhook(SECRET).verify(body, headers)
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("tocsin/")


async def test_while_a_secret_is_rotated_receivers_with_either_verify_and_ed25519_signs_along() -> None:
    old, new, asymmetric = SECRET, signing.new_secret(), signing.new_secret(ed25519=True)
    async with serving(answering(NO_CONTENT)) as served:
        await tell(served.url(), secrets=(new, old, asymmetric))
    head, _, body = served.requests[0].partition(b"\r\n\r\n")
    lines = (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    headers = {name.lower(): value for name, value in lines}
    for secret in (old, new):
        assert Webhook(secret).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_secret()).verify(body, headers)
    versions = [part.partition(",")[0] for part in headers["webhook-signature"].split(" ")]
    assert versions == ["v1", "v1", "v1a"]
    signature = base64.b64decode(headers["webhook-signature"].rpartition("v1a,")[2])
    key = base64.b64decode(signing.public_key(asymmetric).removeprefix("whpk_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)


async def test_a_second_attempt_has_the_same_id_and_body_and_shows_as_a_repeat() -> None:
    async with receiving(MISBEHAVIOURS["reset"]) as (receiver, got):
        first = await tell(receiver.url)
        second = await tell(receiver.url)
    assert [first.verdict.outcome, second.verdict.outcome] == ["retry", "delivered"]
    assert [received.repeated for received in got] == [False, True]
    assert got[0].webhook_id == got[1].webhook_id
    assert got[0].body == got[1].body
    assert receiver.counts == {"verified": 2, "repeated": 1}


async def test_one_alert_told_in_two_formats_is_no_repeat_to_a_receiver_of_both() -> None:
    async with receiving() as (receiver, got):
        await tell(receiver.url)
        await tell(receiver.url, format="slack")
    assert got[0].webhook_id == got[1].webhook_id
    assert [received.repeated for received in got] == [False, False]


async def test_a_receiver_with_another_secret_refuses() -> None:
    async with receiving(secret=signing.new_secret()) as (receiver, got):
        attempted = await tell(receiver.url)
    assert (attempted.result.status, got[0].reason) == (401, "the signature is not that of this secret")


async def test_a_webhook_whose_id_is_no_text_is_refused() -> None:
    async with receiving() as (receiver, got):
        url = httpx.URL(receiver.url)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(
            b"POST / HTTP/1.1\r\nhost: x\r\nwebhook-id: \xff\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"
        )
        assert (await reader.read()).startswith(b"HTTP/1.1 401 ")
        writer.close()
        await writer.wait_closed()
    assert [(received.webhook_id, received.verified) for received in got] == [("", False)]


async def test_a_webhook_without_a_signature_or_with_an_old_timestamp_is_refused() -> None:
    later = datetime.now(UTC) + timedelta(minutes=6)
    async with receiving(now=lambda: later) as (receiver, got):
        await tell(receiver.url)
        await tell(receiver.url, secrets=())
    assert [received.reason for received in got] == [
        "the timestamp is more than 0:05:00 away",
        "no signature",
    ]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("hang", "no complete answer in time"),
        ("drip", "503 unavailable"),
        ("flood", "503 unavailable"),
        ("reset", "the connection broke; the receiver may have taken it"),
        ("redirect", "307: redirects are not followed; set the endpoint's url to the final address"),
        ("busy", "429 too many requests"),
        ("gone", "410 gone: the endpoint wants no more webhooks"),
    ],
)
async def test_each_fault_of_a_receiver_has_its_reason(
    fault: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerting.client.BODY_PATIENCE", 0.2)
    async with receiving(MISBEHAVIOURS[fault]) as (receiver, _):
        attempted = await tell(receiver.url, timeout=timedelta(seconds=0.4 if fault == "hang" else 30))
    assert attempted.verdict.reason == reason


async def test_a_fault_that_never_ends_does_when_the_sender_hangs_up() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        begun.set()
        try:
            return await MISBEHAVIOURS["hang"](request)
        finally:
            ended.set()

    async with receiving(hang) as (receiver, _):
        telling = asyncio.ensure_future(tell(receiver.url))
        await begun.wait()
        telling.cancel()
        await ended.wait()


@pytest.mark.parametrize("name", ["slack", "teams", "discord"])
async def test_formats_for_people_are_signed_too_and_summarised_by_the_receiver(name: str) -> None:
    async with receiving() as (receiver, got):
        attempted = await tell(receiver.url, format=name)
    assert attempted.verdict.delivered
    assert got[0].verified
    assert "HIGH Truce in Ukraine" in got[0].summary


async def test_what_cannot_be_rendered_calls_nobody() -> None:
    async with serving(answering(NO_CONTENT)) as served:
        attempted = await tell(served.url(), format="template", template="{{ alert.nothing }}")
        assert (attempted.verdict.outcome, served.accepted) == ("give-up", 0)


@pytest.mark.parametrize("failing", ["refused", "hanging", "echoing", "unreadable"])
async def test_no_secret_is_logged_or_told_whatever_fails(
    caplog: pytest.LogCaptureFixture, failing: str
) -> None:
    """Canaries in URL, header and secret; every logger at its most talkative."""
    caplog.set_level(logging.INFO)
    echo = b"HTTP/1.1 500 canary-path-token\r\ncontent-length: 17\r\n\r\ncanary-path-token"
    answer = {"hanging": forever, "echoing": answering(echo)}.get(failing, answering(b"\0canary-path-token"))
    async with serving(answer) as served:
        attempted = await tell(
            served.url(),
            headers={"authorization": "Bearer canary-header"},
            timeout=timedelta(seconds=0.3),
            allow_private=failing != "refused",
        )
    assert not attempted.verdict.delivered
    assert "canary" not in repr(attempted.verdict)
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert "canary" not in "".join(logged)
    assert SECRET not in "".join(logged)


@pytest.mark.skipif(not installed(), reason="the optional extra `apprise` is not installed")
@pytest.mark.parametrize(("answer", "outcome"), [(200, "delivered"), (500, "retry")])
async def test_apprise_sends_and_says_whether_it_did(answer: int, outcome: str) -> None:
    async with serving(answering(b"HTTP/1.1 %d X\r\ncontent-length: 0\r\n\r\n" % answer)) as served:
        attempted = await tell(f"json://127.0.0.1:{served.port}/canary", format="apprise", secrets=())
        assert (attempted.verdict.outcome, served.accepted) == (outcome, 1)
        assert b"Sides agree ceasefire" in served.requests[0]


@pytest.mark.skipif(not installed(), reason="the optional extra `apprise` is not installed")
async def test_apprise_uses_no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answering(NO_CONTENT)) as proxy, serving(answering(NO_CONTENT)) as served:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        attempted = await tell(f"json://127.0.0.1:{served.port}/x", format="apprise", secrets=())
        assert (attempted.verdict.outcome, proxy.accepted, served.accepted) == ("delivered", 0, 1)


@pytest.mark.skipif(not installed(), reason="the optional extra `apprise` is not installed")
async def test_apprise_follows_no_redirect() -> None:
    async with serving(answering(NO_CONTENT)) as within:
        away = b"HTTP/1.1 307 X\r\nlocation: %b\r\ncontent-length: 0\r\n\r\n" % within.url().encode()
        async with serving(answering(away)) as served:
            attempted = await tell(f"json://127.0.0.1:{served.port}/x", format="apprise", secrets=())
        assert (attempted.verdict.outcome, served.accepted, within.accepted) == ("retry", 1, 0)


@pytest.mark.skipif(not installed(), reason="the optional extra `apprise` is not installed")
async def test_an_apprise_service_that_hangs_beyond_the_deadline_takes_no_thread_of_another() -> None:
    async with serving(forever) as hanging, serving(answering(NO_CONTENT)) as well:
        short = {"format": "apprise", "secrets": (), "timeout": timedelta(seconds=0.2)}
        stuck = [tell(f"json://127.0.0.1:{hanging.port}/", id="stuck", **short) for _ in range(40)]
        outcomes = {attempted.verdict.reason for attempted in await asyncio.gather(*stuck)}
        assert outcomes == {"no complete answer in time"}
        assert hanging.accepted <= builders.endpoint().concurrency
        attempted = await tell(f"json://127.0.0.1:{well.port}/", id="well", format="apprise", secrets=())
        assert (attempted.verdict.outcome, well.accepted) == ("delivered", 1)


@pytest.mark.skipif(not installed(), reason="the optional extra `apprise` is not installed")
async def test_apprise_logs_no_url(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(answering(b"HTTP/1.1 500 canary\r\ncontent-length: 6\r\n\r\ncanary")) as served:
        await tell(f"json://127.0.0.1:{served.port}/canary", format="apprise", secrets=())
    await tell("nosuchservice://canary", format="apprise", secrets=())
    assert "canary" not in caplog.text


@pytest.mark.skipif(not installed(), reason="the optional extra `apprise` is not installed")
async def test_an_apprise_url_that_means_nothing_is_a_failure() -> None:
    attempted = await tell("nosuchservice://canary", format="apprise", secrets=())
    assert (attempted.verdict.outcome, attempted.verdict.reason) == ("retry", "Apprise could not send it")


async def test_whatever_apprise_raises_is_a_failure_that_quotes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(url: str, title: str, body: str) -> bool:
        raise RuntimeError(f"cannot reach {url}")

    monkeypatch.setattr(sendapprise, "_notify", failing)
    attempted = await tell("json://canary/", format="apprise", secrets=())
    assert (attempted.verdict.outcome, attempted.verdict.reason) == ("retry", "Apprise could not send it")
    assert "canary" not in caplog.text


async def test_by_apprise_people_are_told_that_an_endpoint_was_disabled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []

    def telling(url: str, title: str, body: str) -> bool:
        told.append(body)
        return True

    monkeypatch.setattr(sendapprise, "_notify", telling)
    event = EndpointDisabled(webhook_id="msg_1", at=builders.MOMENT, endpoint="desk", reason="410 gone")
    endpoint = builders.endpoint(url="json://x/", format="apprise", secrets=())
    assert await sendapprise.send(endpoint, event) is None
    assert told[0].startswith("desk gets no more alerts: 410 gone")


async def test_one_of_fifty_endpoints_that_hangs_slows_no_other() -> None:
    async with serving(forever) as hanging, serving(answering(NO_CONTENT, keep_open=True)) as well:
        client = WebhookClient()
        stuck = [
            asyncio.ensure_future(
                attempt(
                    client,
                    builders.endpoint(id="stuck", url=hanging.url(), timeout=timedelta(minutes=5)),
                    builders.alert(),
                    builders.MOMENT,
                )
            )
            for _ in range(8)
        ]
        others = [builders.endpoint(id=f"e{number}", url=well.url()) for number in range(49)]
        async with asyncio.timeout(60):
            told = await asyncio.gather(
                *(attempt(client, endpoint, builders.alert(), builders.MOMENT) for endpoint in others)
            )
        assert all(attempted.verdict.delivered for attempted in told)
        assert not any(task.done() for task in stuck)
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
        await client.close()
