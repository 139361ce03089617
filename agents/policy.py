"""policy: from `candidates` to `alerts` and `notifications`. State: the open stories of each watch, in `stories`.

The way of a candidate: find its story, decide (alerting.policy), publish the alert and one notification for each
endpoint; when the broker has acknowledged those, write the stories in the order of the candidates, and only then is
the batch done. A kill in between leaves the stories as of some candidate; those before it are passed over by their
offset, those after it are decided again with the same result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import faust
import structlog
from aiokafka import ConsumerRecord

from alerting.policy import Decision, decide, is_asked_for, notifications
from alerting.stories import Stories
from alerting.story import Story
from alerting.watch import Watch
from streams.batch import Batch
from streams.breathing import breathe, step_aside
from streams.errors import UnreadableArticle
from streams.lingering import Acknowledgement
from streams.outputs import LONGEST_VALUE, settle, value_of
from streams.partitions import Partitions
from streams.record_time import written_at
from streams.rejection import reject
from streams.service import Members, Service
from streams.state import Loaded, OwnedState, load_state
from streams.topics import ALERTS, CANDIDATES, NOTIFICATIONS, STORIES
from streams.wire import Alert, Candidate

log = structlog.get_logger("tocsin.policy")

NAME = "tocsin.policy"


def register(app: faust.App, service: Service) -> Policy:
    """Make the agent on a Faust app."""
    policy = Policy(service)
    service.make_agent(app, NAME, CANDIDATES, policy.handle)
    return policy


class _Change(NamedTuple):
    """What the candidate at an offset changes. `state` is its story as it is written, None if that has not changed."""

    offset: int
    decision: Decision
    state: bytes | None

    @classmethod
    def of(cls, offset: int, decision: Decision) -> _Change:
        """What a decision about the candidate at an offset changes."""
        return cls(offset, decision, decision.story.to_bytes() if decision.changed else None)


@dataclass(slots=True)
class Partition:
    """The open stories of one partition, the offset of the last input that they include, and where they are written."""

    stories: Stories
    mark: int
    state: OwnedState


@dataclass(slots=True)
class Decided:
    """What has come of a batch so far: what it published, the changes to write once that is acknowledged, and the
    records of unknown watches, which are to be read again. `read_at` is by the loop's clock.
    """

    read_at: float
    published: list[Acknowledgement] = field(default_factory=list)
    changes: list[_Change] = field(default_factory=list)
    unknown: list[ConsumerRecord] = field(default_factory=list)


class Policy:
    """Decides batches of candidates."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._load_state = partial(
            load_state,
            STORIES,
            beside=CANDIDATES,
            parse=Story.from_bytes,
            client_options=service.client_options,
            outputs=service.outputs,
        )
        self._partitions = Partitions(self._load, self._partition_of)
        self._watches = Members(lambda: service.in_force.configuration.watches)

    def assign(self, partitions: set[int]) -> None:
        """Load the stories of our new partitions, so that the first candidate of each need not wait."""
        self.release()
        self._partitions.open_ahead(partitions, partial(self._service.fail, NAME))

    async def _load(self, number: int) -> tuple[Loaded[Story], Stories]:
        loaded = await self._load_state(number)
        # Ten thousand take a second; a worker that stood still for ten would be taken for dead.
        return loaded, await asyncio.to_thread(Stories, loaded.values.values())

    def _partition_of(self, number: int, found: tuple[Loaded[Story], Stories]) -> Partition:
        loaded, stories = found
        state = OwnedState(self._service.outputs, STORIES, number, loaded.record_keys)
        partition = Partition(stories, loaded.mark, state)
        log.info("policy.state_loaded", partition=number, stories=len(partition.stories), mark=partition.mark)
        return partition

    def release(self) -> None:
        """Drop all state: partitions are assigned anew, and one that we get back may have been another worker's."""
        self._partitions.give_up()

    async def handle(self, batch: Batch) -> Awaitable[None]:
        """Decide a batch of one partition; what it returns ends when all is acknowledged, or raises OutputRefused."""
        number = batch[0].partition
        partition = await self._partitions.get(number)
        decided = Decided(asyncio.get_running_loop().time())
        async for record in breathe(batch):
            if record.offset > partition.mark:
                await self._take(partition, record, decided)
        return self._keep(partition, decided)

    async def _take(self, partition: Partition, record: ConsumerRecord, decided: Decided) -> None:
        candidate = value_of(record, Candidate)
        if candidate is None:
            decided.published.append(await self._reject(record))
            return
        watch = self._watches.get(candidate.watch)
        if watch is None or not watch.enabled:
            # Also one that was known here: it may have come back, and other workers learn of it first.
            if self._service.may_be_known_soon(written_at(record)):
                decided.unknown.append(record)
            else:
                self._service.metrics.rulings.labels("watch-gone").inc()
            return
        if not is_asked_for(partition.stories, candidate, watch):
            self._service.metrics.rulings.labels("unasked").inc()
            log.info(
                "alert.unasked",
                watch=watch.id,
                article=candidate.article.id,
                reason="no open story told what it may take back, or it was taken back already",
            )
            return
        decision = decide(partition.stories, candidate, watch)
        change = _Change.of(record.offset, decision)
        if len(change.state or b"") > LONGEST_VALUE:
            decided.published.append(await self._reject(record))
            return
        partition.stories.put(decision.story)
        decided.changes.append(change)
        if decision.ruling == "throttled":
            # No topic says so, and somebody may ask why there was no alert of this article.
            log.info(
                "alert.throttled",
                alert=decision.story.alert_id,
                watch=watch.id,
                article=candidate.article.id,
                reason=decision.reason,
            )
        decided.published += await self._publish(decision, watch)
        partition.mark = record.offset

    async def _reject(self, record: ConsumerRecord) -> Acknowledgement:
        # Only a foreign or newer producer can have written it; its bytes are kept for whoever looks.
        error = UnreadableArticle(
            "bad-candidate",
            "the value is no candidate, or is too long; is another program writing to this topic?",
        )
        log.error("candidate.rejected", partition=record.partition, offset=record.offset)
        return await reject(self._service.outputs, record, error, self._service.now())

    async def _publish(self, decision: Decision, watch: Watch) -> list[Acknowledgement]:
        metrics = self._service.metrics
        metrics.rulings.labels(decision.ruling).inc()
        alert = decision.alert
        if alert is None:
            return []
        metrics.alerts.labels(alert.type).inc()
        # Notifications first: a webhook waits for them.
        published = [
            await self._service.outputs.publish(
                NOTIFICATIONS,
                notification,
                key=notification.endpoint,
                event_id=f"{alert.webhook_id}/{notification.endpoint}",
                time=alert.at,
            )
            for notification in notifications(alert, watch)
        ]
        if published:
            await step_aside()
        published.append(await self._publish_alert(alert))
        log.info(
            alert.type,
            alert=alert.alert_id,
            number=alert.number,
            watch=watch.id,
            article=alert.article_id,
            reason=decision.reason,
        )
        return published

    async def _publish_alert(self, alert: Alert) -> Acknowledgement:
        return await self._service.outputs.publish(
            ALERTS, alert, key=alert.watch.id, event_id=alert.webhook_id, time=alert.at
        )

    async def _keep(self, partition: Partition, decided: Decided) -> None:
        """Write the stories of a batch, once its alerts are safe and those of all batches before it are written."""
        await settle(decided.published)
        # Before any story is written: as of a later input, these would be passed over after a kill.
        await self._service.put_back(CANDIDATES, decided.unknown, decided.read_at)
        written: list[Acknowledgement] = []
        for change in decided.changes:
            written += await self._write(partition.state, change)
        await settle(written)

    @staticmethod
    async def _write(state: OwnedState, change: _Change) -> list[Acknowledgement]:
        # The candidate's own story comes first: a kill in between leaves its offset as the mark, so that it is not
        # decided again, while stories that are over are found to be over by the next candidate as well.
        written: list[Acknowledgement] = []
        offset, decision, value = change
        own = decision.story
        if value is not None:
            written += await state.write(own.story_id, value, offset=offset)
        for story in decision.ended:
            # An article that opened a story and comes again when that is over opens it anew, under the same id.
            if story.story_id != own.story_id:
                written += await state.forget(story.story_id, offset=offset)
        return written

    def observe(self) -> None:
        """Set the metric of open stories, as of now."""
        self._service.metrics.stories.set(sum(len(p.stories) for p in self._partitions.held()))
