"""What is wrong with an endpoint's URL, secrets, headers, proxy or template: all of it, without quoting any."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from alerting import sendapprise
from alerting.addresses import check_url
from alerting.drill import drill_alert
from alerting.endpoint import PROXY_RULE, Endpoint
from alerting.formats import render
from alerting.formats.template import RenderError
from alerting.headers import header_fault
from alerting.signing import secret_fault
from streams.wire import Alert

_SAMPLE_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)


def endpoint_faults(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Every fault as the key at fault and a message that holds no secret."""
    yield from _url_faults(endpoint)
    for number, secret in enumerate(endpoint.secrets):
        if fault := secret_fault(secret.get_secret_value()):
            yield f"secrets[{number}]", fault
    for name, value in endpoint.headers.items():
        if fault := header_fault(name, value.get_secret_value()):
            yield f"headers.{name}", fault
    if endpoint.proxy is not None and not _is_proxy(endpoint.proxy.get_secret_value()):
        yield "proxy", PROXY_RULE
    if endpoint.format == "apprise":
        yield from _apprise_faults(endpoint)
    if endpoint.format == "template" and endpoint.template:
        yield from _template_faults(endpoint)


def _url_faults(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    url = endpoint.url.get_secret_value()
    if endpoint.format == "apprise":
        return
    fault = check_url(url, allow_private=endpoint.allow_private, allow_http=endpoint.allow_http)
    if fault is not None:
        yield "url", fault


def _is_proxy(url: str) -> bool:
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    # It may have a user and a password, which the URL of an endpoint may not.
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return check_url(bare, allow_private=True, allow_http=True) is None


def _apprise_faults(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    if not sendapprise.installed():
        yield "format", "apprise is not installed; install tocsin[apprise]"
    if not endpoint.allow_private:
        yield (
            "allow_private",
            "Apprise connects by itself, to addresses that are not guarded; set allow_private to accept that",
        )
    for key in ("secrets", "headers", "proxy"):
        if getattr(endpoint, key):
            yield key, "does not reach Apprise; leave it out"


def _template_faults(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Render alerts of each kind, so that a wrong name shows now and not with the first alert."""
    sparse = drill_alert("sample", _SAMPLE_TIME, "sparse")
    updated = {"type": "alert.updated", "number": 2, "articles": 3, "sources": 2}
    # With two of each, since a template may forget the comma between them.
    for alert in (_full_alert(1), _full_alert(2).model_copy(update=updated), sparse):
        try:
            render(endpoint, alert)
        except RenderError as error:
            yield "template", str(error)
            return


def _full_alert(of_each: int) -> Alert:
    """An alert that is no drill, with all that one may have."""
    evidence = [{"field": "title", "start": 0, "end": 5, "text": "Truce"}] * of_each
    topic = {
        "topic": "ceasefire",
        "score": 0.9,
        "stage": "agreed",
        "other_stages": ["proposed"] * of_each,
        "evidence": evidence,
        "stages": [{"stage": "agreed", "evidence": evidence}] * of_each,
    }
    actor = {
        "id": "qatar",
        "name": "Qatar",
        "kind": "country",
        "wikidata": "Q846",
        "country": "qatar",
        "match": "exact",
        "evidence": evidence,
    }
    clause = {"clause": "topic: ceasefire", "held": True, "evidence": evidence, "note": "a note"}
    full = {
        **drill_alert("sample", _SAMPLE_TIME, "full").model_dump(),
        "url": "https://news.example/1",
        "source": "wire",
        "published_at": _SAMPLE_TIME,
        "topics": [topic] * of_each,
        "actors": [actor] * of_each,
        "because": [clause] * of_each,
        "sentence": 'A "truce" \\ was\nagreed.',
        "drill": False,
    }
    return Alert.model_validate(full)
