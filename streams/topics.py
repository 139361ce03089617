"""Every Kafka topic of Tocsin, declared once: name, key, value and cleanup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Cleanup = Literal["delete", "compact"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `name` is without the prefix; `public` topics are a contract with other applications."""

    name: str
    key: str
    value: str
    cleanup: Cleanup = "delete"
    public: bool = True

    def full_name(self, prefix: str) -> str:
        """Its name on the brokers, where all of an installation's topics begin with `prefix`."""
        return prefix + self.name


ARTICLES: Final = Topic("articles", "article id or none", "an article, see docs/articles.md")
REJECTED: Final = Topic("rejected", "as received", "the original bytes; headers tocsin-error-*")
CLASSIFIED: Final = Topic("classified", "article id", "Reading")
CANDIDATES: Final = Topic("candidates", "watch id", "Candidate", public=False)
ALERTS: Final = Topic("alerts", "watch id", "Alert")
NOTIFICATIONS: Final = Topic("notifications", "endpoint id", "Notification", public=False)
DELIVERIES: Final = Topic("deliveries", "endpoint id", "Attempt")
UNDELIVERED: Final = Topic("undelivered", "endpoint id", "Undelivered")
STORIES: Final = Topic("stories", "story id", "state of policy", cleanup="compact", public=False)
PENDING: Final = Topic("pending", "webhook id", "state of delivery", cleanup="compact", public=False)

ALL: Final = (
    ARTICLES, REJECTED, CLASSIFIED, CANDIDATES, ALERTS, NOTIFICATIONS, DELIVERIES, UNDELIVERED, STORIES, PENDING,
)  # fmt: skip
