"""Whether a worker is alive and ready, and its figures. `streams.health` serves them, `streams.worker` acts on them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from agents.delivery import Delivery
from agents.policy import Policy
from streams.contact import Contact
from streams.health import Health
from streams.service import Service
from streams.transport import BatchConsumer

STUCK_AFTER = timedelta(minutes=3)
"""The worker is not alive when a batch has waited for longer and its agent has made no progress for as long."""

UNANSWERED_AFTER = timedelta(seconds=30)
"""The worker is not ready when no broker has answered its fetches of a topic for longer. More than the loss of one
broker of three takes.
"""

STARTING = "starting; if no broker answers, the log says so (broker.away)"
NO_PARTITIONS = (
    "no partitions assigned: the group is still forming, or more workers run than topics have partitions"
)


class WorkerHealth:
    """What can be told of a worker from its agents' progress and from its consumer, which is there once it starts."""

    def __init__(
        self, service: Service, policy: Policy, delivery: Delivery, consumer: Callable[[], BatchConsumer]
    ) -> None:
        self._service = service
        self._policy = policy
        self._delivery = delivery
        self._consumer = consumer
        self._contact = Contact()
        self._assigned = False
        self._assigned_at = service.now()
        self.joining = False
        """Whether the worker has got as far as to join its group; a broker has answered by then."""
        self.stopping = False

    def assigned(self, partitions: int) -> None:
        """Take note that so many partitions are assigned to this worker now."""
        self._service.metrics.lag.clear()  # or the lag of partitions that moved away would stay as it was
        self._assigned = partitions > 0
        self._assigned_at = self._service.now()

    def revoked(self) -> None:
        """Take note that no partition is assigned until the next are."""
        self._assigned = False

    def live(self) -> Health:
        """Whether every agent that has something to do makes progress."""
        for name, beat in self._service.heartbeats.items():
            # Only its own topic counts: an agent without input makes no progress while another reads a backlog.
            waits = self._waits(self._service.topic_name(self._service.inputs[name]))
            still = min(waits, asyncio.get_running_loop().time() - beat)
            if still > STUCK_AFTER.total_seconds():
                return Health(
                    False,
                    f"{name} has made no progress for {still:.0f} s; its oldest record waits {waits:.0f} s",
                )
        return Health(True, "alive")

    def ready(self) -> Health:
        """Whether partitions are assigned to this worker and brokers answer its fetches."""
        if self.stopping:
            return Health(False, "stopping")
        if not self._assigned:
            return Health(False, NO_PARTITIONS if self.joining else STARTING)
        now = self._service.now().timestamp()
        for topic, answered_at in sorted(self._last_answers().items()):
            if now - answered_at > UNANSWERED_AFTER.total_seconds():
                return Health(
                    False, f"no broker has answered a fetch of {topic} for {now - answered_at:.0f} s"
                )
        return Health(True, "ready")

    def exposition(self) -> bytes:
        """The metrics, brought up to date."""
        metrics = self._service.metrics
        self._policy.observe()
        self._delivery.observe()
        metrics.ready.set(self.ready().ok)
        metrics.oldest_unhandled.set(self._waits())
        if self._assigned:
            consumer = self._consumer()
            for topic, count in consumer.lost.items():
                metrics.lost.labels(topic).set(count)
            for tp, lag in consumer.lags():
                metrics.lag.labels(tp.topic, str(tp.partition)).set(lag)
        return metrics.exposition()

    def log_contact(self) -> None:
        """Log when brokers no longer answer, and when they answer again. Call it once a second."""
        if self._assigned:
            self._contact.look(self._service.now().timestamp(), self._last_answers())

    def _last_answers(self) -> dict[str, float]:
        return self._consumer().last_answers(self._assigned_at.timestamp())

    def _waits(self, topic: str | None = None) -> float:
        """Seconds since the oldest batch that is not handled arrived, of all topics or of one; 0 if there is none."""
        if not self._assigned:
            return 0.0
        came = self._consumer().oldest_unhandled(topic)
        return asyncio.get_running_loop().time() - came if came is not None else 0.0
