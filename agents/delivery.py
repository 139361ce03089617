"""delivery: from `notifications` to webhooks, `deliveries` and `undelivered`. State: what is owed, in `pending`.

The way of a notification: write down that it is owed; its input is done when the broker has acknowledged that. Its
endpoint's line (agents.lines) attempts it when it is due, as often as the endpoint's schedule says. Each attempt goes
to `deliveries`; a success, or a final failure once `undelivered` has it, settles what was owed. A retry due in ten
hours waits in `pending`, in no partition's way, and survives any kill.
"""

from __future__ import annotations

import asyncio
from typing import Any

import faust
import structlog
from aiokafka import ConsumerRecord
from pydantic import ValidationError

from agents.lines import Lines
from alerting.client import WebhookClient
from alerting.pending import Owed, Settled, parse_pending, pending_key
from streams.batches import Batch
from streams.errors import UnreadableArticle
from streams.outputs import Acknowledgement, settle
from streams.rejection import rejection_headers
from streams.service import Service
from streams.state import load_state, write_state
from streams.topics import NOTIFICATIONS, PENDING, REJECTED
from streams.wire import Notification, from_bytes

log = structlog.get_logger("tocsin.delivery")

NAME = "tocsin.delivery"


def register(app: faust.App, service: Service) -> Delivery:
    """Make the agent on a Faust app."""
    delivery = Delivery(service)
    topic = app.topic(service.topic_name(NOTIFICATIONS), value_type=bytes, value_serializer="raw")

    @app.agent(topic, name=NAME, concurrency=1)  # type: ignore[untyped-decorator]
    async def take_notifications(stream: Any) -> None:
        await service.loop(NAME, stream, delivery.handle)

    return delivery


class Partition:
    """One partition of notifications: what has been taken of it, and the lines of its endpoints."""

    def __init__(self, number: int, mark: int, lines: Lines, settled: dict[str, Settled]) -> None:
        self.number = number
        self.mark = mark
        self.lines = lines
        self.settled = settled

    def knows(self, key: str) -> bool:
        """Whether a notification is owed already, or was settled."""
        return key in self.settled or key in self.lines


class Delivery:
    """Takes notifications, and keeps the lines of the endpoints whose partitions are ours."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._client = WebhookClient()
        self._partitions: dict[int, Partition] = {}
        self._loading = asyncio.Lock()
        self._assigned: set[int] = set()
        self._opening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the HTTP client."""

    async def assign(self, partitions: set[int]) -> None:
        """Give up the lines of the partitions we had; open those that are ours now, off the rebalance's way."""
        self._assigned = partitions
        former, self._partitions = self._partitions, {}
        for partition in former.values():
            partition.lines.stop_taking()
        await asyncio.gather(*(partition.lines.stop(grace=3.0) for partition in former.values()))
        if self._opening is not None:
            self._opening.cancel()
        # What is owed must be attempted even where nothing new arrives.
        self._opening = asyncio.ensure_future(self._open_all(set(partitions)))

    async def _open_all(self, numbers: set[int]) -> None:
        try:
            for number in sorted(numbers):
                await self._partition(number)
        except Exception as error:  # noqa: BLE001 - without its state a partition must not be worked on
            self._service.fail(NAME, error)

    def stop_taking(self) -> None:
        """Begin no new attempts."""
        for partition in self._partitions.values():
            partition.lines.stop_taking()

    async def stop(self, grace: float) -> None:
        """Let attempts under way end within `grace` seconds; what is cut off stays owed."""
        if self._opening is not None:
            self._opening.cancel()
        await asyncio.gather(*(partition.lines.stop(grace) for partition in self._partitions.values()))
        self._partitions.clear()
        await self._client.close()

    async def handle(self, batch: Batch) -> None:
        """Take a batch of one partition; returns when what it made owed is acknowledged. Raises OutputRefused."""
        partition = await self._partition(batch[0].partition)
        written: list[Acknowledgement] = []
        for record in batch:
            if record.offset <= partition.mark:
                continue
            notification = _notification(record)
            if notification is None:
                written.append(await self._reject(record))
                continue
            key = pending_key(notification)
            if partition.knows(key):
                continue
            owed = Owed(notification=notification, offset=record.offset, due_at=self._service.now())
            written.append(
                await write_state(
                    self._service.outputs, PENDING, partition.number, key, owed.to_bytes(), offset=record.offset
                )
            )
            # The first attempt need not wait for the acknowledgement: a kill now means that it is read, and sent
            # under the same id, again.
            partition.lines.add(key, owed)
            partition.mark = record.offset
        await settle(written)

    async def _partition(self, number: int) -> Partition:
        async with self._loading:
            partition = self._partitions.get(number)
            if partition is None:
                partition = await self._load(number)
                self._partitions[number] = partition
            return partition

    async def _load(self, number: int) -> Partition:
        service = self._service
        loaded = await load_state(
            PENDING,
            number,
            beside=NOTIFICATIONS,
            parse=parse_pending,
            client_options=service.client_options,
            prefix=service.prefix,
        )
        settled = {key: value for key, value in loaded.values.items() if isinstance(value, Settled)}
        lines = Lines(service, self._client, number, settled)
        owed = {key: value for key, value in loaded.values.items() if isinstance(value, Owed)}
        for key, value in sorted(owed.items(), key=lambda item: item[1].offset):
            lines.add(key, value)
        log.info("delivery.state_loaded", partition=number, owed=len(owed), settled=len(settled), mark=loaded.mark)
        return Partition(number, loaded.mark, lines, settled)

    async def _reject(self, record: ConsumerRecord) -> Acknowledgement:
        error = UnreadableArticle(
            "bad-notification", "the value is no notification; is another program writing to this topic?"
        )
        log.error("notification.rejected", partition=record.partition, offset=record.offset)
        headers = rejection_headers(record, error, self._service.now())
        return await self._service.outputs.send(REJECTED, record.value, key=record.key, headers=headers)


def _notification(record: ConsumerRecord) -> Notification | None:
    try:
        return from_bytes(Notification, record.value or b"")
    except ValidationError:
        return None
