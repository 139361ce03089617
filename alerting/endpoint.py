"""An endpoint: where alerts are sent, in which format, how often and how patiently. The value only."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, SecretStr

from streams.config_values import Duration, Identifier, Part

Format = Literal["standard", "slack", "teams", "discord", "apprise", "template"]

STANDARD_SCHEDULE = tuple(
    timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)
"""Waits after the first, second, … failed attempt: the schedule of Standard Webhooks."""

PROXY_RULE = "a proxy is http://host:port or https://host:port"


class RateLimit(Part):
    """At most `count` attempts in any span of `per`."""

    count: Annotated[int, Field(ge=1)]
    per: Duration = timedelta(seconds=1)


class Breaker(Part):
    """When to stop calling an endpoint that fails, and for how long."""

    failing: Annotated[float, Field(gt=0, le=1)] = 0.7
    of_at_least: Annotated[int, Field(ge=1)] = 10
    within: Duration = timedelta(minutes=5)
    pause: Duration = timedelta(seconds=30)
    disable_after: Duration = timedelta(hours=120)


class Endpoint(Part):
    """One endpoint. `url`, `secrets` and `headers` hold secrets: never print them.

    `secrets` are Standard Webhooks signing keys (`whsec_…`, or `whsk_…` for Ed25519), several while one is
    being rotated. In the file they are references (`env:NAME` or `file:PATH`), here they are resolved.
    `slow_wait` is the least wait after 429 and time-outs.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    id: Identifier
    title: str = ""
    url: SecretStr
    format: Format = "standard"
    secrets: tuple[SecretStr, ...] = ()
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    template: str | None = None
    timeout: Duration = timedelta(seconds=15)
    schedule: tuple[Duration, ...] = STANDARD_SCHEDULE
    slow_wait: Duration = timedelta(seconds=60)
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.2
    rate_limit: RateLimit | None = None
    concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    ordered: bool = False
    breaker: Breaker = Breaker()
    allow_private: bool = False
    allow_http: bool = False
    proxy: SecretStr | None = None
    fallback: Identifier | None = None
    enabled: bool = True
