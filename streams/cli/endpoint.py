"""`tocsin endpoint`: what an endpoint would get, a test alert to it, a secret for it.

`status`, `retry` and `enable`, which ask the brokers, are in `endpoint_state`.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from agents.reading.article import Article, read_article
from alerting import sendapprise
from alerting.attempt import USER_AGENT, Attempted, attempt
from alerting.client import WebhookClient
from alerting.drill import drill_alert
from alerting.endpoint import Endpoint
from alerting.formats import render
from alerting.formats.template import RenderError
from alerting.headers import request_headers
from alerting.policy import decide
from alerting.redact import excerpt, redact_url
from alerting.signing import new_secret, public_key
from alerting.stories import Stories
from alerting.watch import Watch
from streams.cli import COMMANDS, Group, app
from streams.cli.endpoint_state import Id, enable, find_endpoint, retry, status
from streams.cli.options import Config
from streams.cli.pipes import say
from streams.configuration import Configuration, load_configuration
from streams.errors import UnreadableArticle, UsageError
from streams.printable import clean
from streams.reading import build_reader
from streams.suggestion import not_configured
from streams.tls import authorities_fault
from streams.wire import Alert, AlertWatch

commands = typer.Typer(
    cls=Group,
    help=COMMANDS["endpoint"],
    no_args_is_help=True,
)
app.add_typer(commands, name="endpoint")


@commands.command()
def preview(
    endpoint_id: Id,
    file: Annotated[Path, typer.Argument(help="An article as JSON; `-` reads standard input.")],
    config: Config = None,
    watch: Annotated[
        str | None, typer.Option(help="Show the alert of this watch [default: the first that matches].")
    ] = None,
    headers: Annotated[bool, typer.Option("--headers", help="Print the headers of the call too.")] = False,
) -> None:
    """Print the body that an endpoint would get for an article. Sends nothing."""

    def needed(given: Mapping[str, Any]) -> bool:
        # For a signature, or as the endpoint's content-type says whether its body is JSON or text.
        own = given.get("headers")
        typed = isinstance(own, dict) and "content-type" in map(str.lower, own)
        return given.get("id") == endpoint_id and (headers or typed)

    configuration = load_configuration(config, resolve_secrets=False, endpoint_secrets=needed)
    endpoint = find_endpoint(configuration, endpoint_id)
    now = datetime.now(UTC)
    alert = _alert_of(configuration, _read(file), endpoint, watch, now)
    if endpoint.format == "apprise":
        _say("\n".join(sendapprise.text(alert)))
        return
    try:
        body, content_type = render(endpoint, alert)
    except RenderError as error:
        raise UsageError(f"endpoint {endpoint_id}: template: {error}") from error
    if headers:
        own = {name.lower() for name in endpoint.headers}
        for name, value in request_headers(
            endpoint, alert.webhook_id, body, content_type, now, USER_AGENT
        ).items():
            _say(f"{name}: {'…' if name in own else value}")
        _say("")
    _say(_pretty(body))


@commands.command(name="test")
def send_test(endpoint_id: Id, config: Config = None) -> None:
    """Send an endpoint one test alert, marked as a drill. Exits 1 if it is not accepted."""
    configuration = load_configuration(
        config, resolve_secrets=False, endpoint_secrets=lambda given: given.get("id") == endpoint_id
    )
    endpoint = find_endpoint(configuration, endpoint_id)
    authorities = configuration.settings.service.webhook_ca_file
    if authorities is not None and (fault := authorities_fault(authorities)) is not None:
        raise UsageError(f"service.webhook_ca_file: {authorities} {fault}")
    drill = drill_alert(endpoint.id, datetime.now(UTC), secrets.token_hex(8))
    attempted = asyncio.run(_send(endpoint, drill, authorities))
    result, verdict = attempted.result, attempted.verdict
    place = redact_url(endpoint.url.get_secret_value())
    said = "delivered" if verdict.delivered else "failed"
    _say(f"{endpoint.id} ({place}): {said}, {verdict.reason}, {result.latency_ms:.0f} ms")
    if not verdict.delivered:
        _say(f"an alert would be {'tried again' if verdict.outcome == 'retry' else 'given up'}")
    if result.body and not verdict.delivered:
        _say(f"the answer begins: {excerpt(result.body, _secrets_of(endpoint))}")
    if not verdict.delivered:
        raise typer.Exit(1)


@commands.command()
def secret(
    ed25519: Annotated[
        bool, typer.Option("--ed25519", help="A key pair (v1a) in place of a shared secret (v1).")
    ] = False,
) -> None:
    """Print a new signing secret; with --ed25519 also, on stderr, the public key for receivers."""
    made = new_secret(ed25519=ed25519)
    _say(made)
    if ed25519:
        print(f"public key for receivers: {public_key(made)}", file=sys.stderr)


commands.command()(status)
commands.command()(retry)
commands.command()(enable)


async def _send(endpoint: Endpoint, alert: Alert, authorities: str | None) -> Attempted:
    client = WebhookClient(ca_file=authorities)
    try:
        return await attempt(client, endpoint, alert, alert.at)
    finally:
        await client.close()


def _read(file: Path) -> Article:
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return read_article(raw.strip())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except UnreadableArticle as error:
        raise UsageError(f"{file} is no article: {error}") from error


def _alert_of(
    configuration: Configuration, article: Article, endpoint: Endpoint, wanted: str | None, now: datetime
) -> Alert:
    """The alert that the article would open: of the wanted watch, else one that notifies it, else any."""
    known = [watch.id for watch in configuration.watches]
    if wanted is not None and wanted not in known:
        raise not_configured("watch", wanted, known)
    reader = build_reader(configuration)
    read = reader.read(article, now)
    watches = _in_order_of_interest(configuration.watches, endpoint, wanted)
    for watch in watches:
        for candidate in read.candidates if read is not None else ():
            if candidate.watch == watch.id:
                alert = decide(Stories(), candidate, watch).alert
                if alert is not None:
                    return alert
    print("tocsin: no watch matches this article; shown as a drill about it", file=sys.stderr)
    update: dict[str, Any] = {
        "headline": article.title,
        "url": article.url,
        "source": article.source,
        "article_id": article.id,
    }
    reading = reader.explain(article, now).reading
    update |= {"topics": reading.topics, "actors": reading.actors}
    if watches:
        first = watches[0]
        update["watch"] = AlertWatch(id=first.id, title=first.title, severity=first.severity)
    return drill_alert(endpoint.id, now, "preview").model_copy(update=update)


def _in_order_of_interest(watches: Sequence[Watch], endpoint: Endpoint, wanted: str | None) -> list[Watch]:
    if wanted is not None:
        return [watch for watch in watches if watch.id == wanted]
    return sorted(watches, key=lambda watch: endpoint.id not in watch.notify)


def _secrets_of(endpoint: Endpoint) -> list[str]:
    values = [endpoint.url, endpoint.proxy, *endpoint.secrets, *endpoint.headers.values()]
    return [value.get_secret_value() for value in values if value is not None]


def _pretty(body: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except ValueError:
        return body.decode(errors="replace")


def _say(text: str) -> None:
    for line in text.split("\n"):
        say(clean(line))
