"""Endpoints of the format `apprise`: whatever the library Apprise reaches (mail, chat, SMS, push), in a thread.

Apprise opens its own connections, so the address guard does not hold there: such an endpoint must say
`allow_private`. Its own log is switched off, since it quotes URLs and what services answer.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import os
from functools import lru_cache
from typing import Any

from alerting.endpoint import Endpoint
from alerting.formats import words
from alerting.notice import for_people
from alerting.threads import ThreadsLeftBehind
from alerting.verdict import Failure
from streams.wire import Alert, EndpointDisabled


def installed() -> bool:
    """Whether the optional extra `apprise` is installed."""
    return importlib.util.find_spec("apprise") is not None


async def send(endpoint: Endpoint, event: Alert | EndpointDisabled) -> Failure | None:
    """Send one alert event within the endpoint's deadline; None when Apprise says that it was sent."""
    loop = asyncio.get_running_loop()
    threads = _threads(endpoint.id, endpoint.concurrency)
    call = loop.run_in_executor(threads, _notify, endpoint.url.get_secret_value(), *text(for_people(event)))
    try:
        async with asyncio.timeout(endpoint.timeout.total_seconds()):
            return None if await call else "apprise"
    except TimeoutError:
        return "timeout"
    except Exception:  # noqa: BLE001 - a plugin may raise anything, and its message may quote the URL
        return "apprise"


def text(alert: Alert) -> tuple[str, str]:
    """Title and body, in plain text without line breaks from the article, that mentions nobody at any service."""
    link = (words.safe_link(alert.url) or "").replace("@", "%40")
    more = (
        words.news(alert),
        words.sentence(alert),
        words.topics(alert),
        words.actors(alert),
        words.told(alert),
    )
    # Apprise sends mentions on, and at Discord and Slack looks for them. What matters most comes first: services for
    # short messages get no more.
    lines = (words.tamed(words.headline(alert, 280)), link, *map(words.tamed, more))
    return words.title(alert), "\n".join(line for line in lines if line)


def _notify(url: str, title: str, body: str) -> bool:
    library = _library()
    asset = library.AppriseAsset()
    asset.http_redirects = False  # unless the URL asks for it: a service could send this on into your network
    service = library.Apprise(asset=asset)
    if not service.add(url):
        return False
    for one in service:
        # Many services refuse the whole of what is too long for them. `?overflow=` in the URL says otherwise.
        vars(one).setdefault("overflow_mode", library.OverflowMode.TRUNCATE)
    return bool(service.notify(title=title, body=body, body_format="text", interpret_escapes=False))


@lru_cache(1)
def _library() -> Any:
    """Apprise, imported when it is first needed (which takes half a second), kept quiet and off proxies."""
    # What it sends with reads proxies from the environment and has no parameter against that but this.
    os.environ["no_proxy"] = "*"
    library: Any = importlib.import_module("apprise")
    for name in ("apprise", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return library


@lru_cache(1024)
def _threads(endpoint_id: str, concurrency: int) -> ThreadsLeftBehind:
    """The threads of one endpoint, so that a service that hangs beyond the deadline keeps no other's."""
    return ThreadsLeftBehind(concurrency, f"tocsin-apprise-{endpoint_id}")
