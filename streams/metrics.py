"""The metrics of a worker, for Prometheus. Each worker has its own registry, so that tests do not share counts."""

from __future__ import annotations

from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from streams.wire import AlertType, Outcome

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 36000)
RESULTS: Final = ("hit", "topic", "nothing", "rejected")
"""Of reading an article: a watch matched; it has a topic, but no watch matched; neither; it could not be read."""


class Metrics:
    """All metrics of a worker, by name."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self.registry = registry
        self.ready = Gauge("tocsin_ready", "1 while the worker reads: /ready answers 200.", registry=registry)
        self.articles = Counter("tocsin_articles", "Articles read, by result.", ["result"], registry=registry)
        self.rejected = Counter(
            "tocsin_rejected", "Messages that could not be read.", ["reason"], registry=registry
        )
        self.hits = Counter("tocsin_hits", "Candidates: hits of one watch in one article.", registry=registry)
        self.rulings = Counter("tocsin_rulings", "Decisions about candidates.", ["ruling"], registry=registry)
        self.alerts = Counter("tocsin_alerts", "Alert events.", ["type"], registry=registry)
        self.attempts = Counter(
            "tocsin_attempts", "Delivery attempts, by outcome.", ["outcome"], registry=registry
        )
        # Start every series at 0: increase() and rate() do not see the first event of a series.
        for outcome in get_args(Outcome):
            self.attempts.labels(outcome)
        for kind in get_args(AlertType):
            self.alerts.labels(kind)
        for result in RESULTS:
            self.articles.labels(result)
        self.given_up = Counter(
            "tocsin_given_up", "Notifications handed to the topic undelivered.", registry=registry
        )
        self.latency = Histogram(
            "tocsin_latency_seconds",
            "From the article's record in Kafka to its webhook's first success.",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.lag = Gauge(
            "tocsin_lag", "Records not committed yet.", ["topic", "partition"], registry=registry
        )
        self.lost = Gauge(
            "tocsin_lost_records",
            "Records deleted before this worker had read them, since it started.",
            ["topic"],
            registry=registry,
        )
        self.oldest_unhandled = Gauge(
            "tocsin_oldest_unhandled_seconds",
            "How long the oldest record has been here that was fetched and is not done.",
            registry=registry,
        )
        self.stories = Gauge("tocsin_stories", "Open stories.", registry=registry)
        self.pending = Gauge("tocsin_pending", "Notifications owed.", ["endpoint"], registry=registry)
        self.oldest_owed = Gauge(
            "tocsin_oldest_owed_seconds",
            "Age of the oldest notification owed; 0 where none is.",
            ["endpoint"],
            registry=registry,
        )
        self.breaker_open = Gauge(
            "tocsin_breaker_open", "1 while an endpoint is not called.", ["endpoint"], registry=registry
        )
        self.configuration_refused = Counter(
            "tocsin_configuration_refused", "New configurations refused for their faults.", registry=registry
        )
        self.configuration_outdated = Gauge(
            "tocsin_configuration_outdated",
            "1 while the files hold a version that was refused, and one before it is in force.",
            registry=registry,
        )
        self.configuration_loaded_at = Gauge(
            "tocsin_configuration_loaded_timestamp_seconds",
            "When the configuration in force was loaded.",
            registry=registry,
        )

    def exposition(self) -> bytes:
        """The text format that Prometheus scrapes."""
        return generate_latest(self.registry)
