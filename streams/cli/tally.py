"""Counts what `tocsin up` sees, and decides whether everything that was due has arrived. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.wire import Alert, Attempt, Notification, Reading


@dataclass(slots=True)
class Tally:
    """Counts of one run. `due` and `verified` count by webhook id, which is due once for each endpoint."""

    published: int = 0
    classified: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    due: Counter[str] = field(default_factory=Counter)
    verified: Counter[str] = field(default_factory=Counter)
    unverified: int = 0
    delivered: int = 0
    given_up: int = 0

    def reading(self, reading: Reading) -> None:
        """An article was read."""
        self.classified += 1
        self.topics.update(f"{topic.topic} {topic.stage}" for topic in reading.topics)

    def alert(self, alert: Alert) -> None:
        """An alert was opened or updated."""
        self.alerts[alert.type.removeprefix("alert.")] += 1

    def notification(self, notification: Notification) -> None:
        """An endpoint is to be told."""
        self.due[notification.alert.webhook_id] += 1

    def attempt(self, attempt: Attempt) -> None:
        """An endpoint was called."""
        self.delivered += attempt.outcome == "delivered"

    @property
    def arrived(self) -> int:
        """Webhooks that were due and arrived verified."""
        return sum(min(count, self.verified[webhook]) for webhook, count in self.due.items())

    @property
    def repeated(self) -> int:
        """Verified webhooks beyond those that were due."""
        return sum(max(0, count - self.due[webhook]) for webhook, count in self.verified.items())

    @property
    def settled(self) -> bool:
        """Whether everything due was delivered or given up."""
        return self.due.total() <= self.delivered + self.given_up

    @property
    def complete(self) -> bool:
        """Whether everything due was delivered and arrived verified."""
        return (
            self.due.total() <= self.delivered
            and self.arrived == self.due.total()
            and not self.unverified
            and not self.given_up
        )

    @property
    def ending(self) -> str:
        """The last line where everything due arrived."""
        if self.due:
            return "every webhook that was due arrived, and its signature is right"
        return "no webhook was due; `tocsin explain` says of each article which watches it matches, and why not others"

    def rows(self) -> Iterator[tuple[str, str]]:
        """The rows of the summary: a name and a value each."""
        yield "articles played", str(self.published)
        yield "  with a topic, or a watch's words", str(self.classified)
        for name, count in sorted(self.topics.items()):
            yield f"    {name}", str(count)
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(self.rejected.items()))
        yield "  rejected", f"{self.rejected.total()}" + (f"  ({reasons})" if reasons else "")
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.alerts.items()))
        yield "alerts", f"{self.alerts.total()}" + (f"  ({kinds})" if kinds else "")
        yield "webhooks due", str(self.due.total())
        yield "  delivered", str(self.delivered)
        yield "  verified by the receiver", f"{self.arrived} of {self.due.total()}"
        yield "  not verified", str(self.unverified)
        yield "  repeated", str(self.repeated)
        yield "  given up", str(self.given_up)
        if not self.settled:
            yield "  still owed", str(self.due.total() - self.delivered - self.given_up)
