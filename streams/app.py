"""The Faust app: brokers, group and batch transport, with everything else that Faust would serve or create off."""

from __future__ import annotations

from typing import Any, Final

import faust
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery

from streams.batch import MAX_BATCH_RECORDS
from streams.connection import faust_options
from streams.outputs import MAX_OUTPUT_BYTES
from streams.settings import Settings
from streams.topics import ARTICLES
from streams.transport import BatchTransport

NEVER: Final = 365 * 24 * 3600.0
"""Seconds (a year) for `max_poll_interval`: after that long without a fetch, aiokafka does not rejoin the group before
the next one. But a worker whose rebalance waits for brokers that acknowledge nothing must rejoin before it can fetch.
A worker that hangs is found by other means (`WorkerHealth.live`).
"""


class _Recovery(Recovery):  # type: ignore[misc]
    async def _wait(self, coro: Any, **_: object) -> None:
        """Wait without a timeout. After one Faust gives up silently, and reads no partition assigned from then on."""
        await super()._wait(coro)


class _Tables(TableManager):  # type: ignore[misc]
    _recovery: Recovery | None = None

    @property
    def recovery(self) -> Recovery:
        """Starts the reading of assigned partitions once their offsets are known."""
        if self._recovery is None:
            self._recovery = _Recovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def on_start(self) -> None:
        """Start without the second in which Faust waits for tables to be added: there are none."""
        await self._update_channels()
        await self.recovery.start()


class _App(faust.App):  # type: ignore[misc]  # faust has no types here
    def _create_directories(self) -> None:
        """Create none: state lives in topics, and the root file system may be read-only."""


def _heartbeat_interval(session: float) -> float:
    return min(session / 6, 3.0)


def longest_pause(settings: Settings) -> float:
    """Seconds for which a worker may be suspended without losing its place in the group.

    Its session counts from the last heartbeat, which may have been sent one interval before.
    """
    session = settings.broker.session_timeout.total_seconds()
    return session - _heartbeat_interval(session)


def build_app(settings: Settings) -> faust.App:
    """A Faust app without agents. Names that reach the wire come from the settings, never from a module path."""
    session = settings.broker.session_timeout.total_seconds()
    options: dict[str, Any] = faust_options(settings.broker)
    app = _App(
        settings.service.group,
        **options,
        broker_client_id=settings.broker.client_id,
        consumer_group_instance_id=settings.service.instance_id,
        consumer_auto_offset_reset="none",  # streams.offset_reset decides
        consumer_metadata_max_age_ms=30_000,  # added partitions are noticed within half a minute, not five
        consumer_max_fetch_size=MAX_OUTPUT_BYTES,
        broker_session_timeout=session,
        broker_heartbeat_interval=_heartbeat_interval(session),
        broker_rebalance_timeout=max(30.0, session),
        broker_request_timeout=max(settings.broker.request_timeout.total_seconds(), session + 5),
        broker_max_poll_interval=NEVER,
        broker_max_poll_records=MAX_BATCH_RECORDS,
        broker_commit_interval=0.5,
        stream_wait_empty=True,
        stream_buffer_maxsize=10_000,  # batches: more than can be under way, so that handing one on never blocks
        table_standby_replicas=0,
        TableManager=_Tables,
        topic_allow_declare=False,  # `tocsin topics` and the worker's start create them
        topic_disable_leader=True,
        web_enabled=False,
        autodiscover=False,
    )
    app.transport = BatchTransport(app.conf.broker_consumer, app)
    app.transport.merged_topics = frozenset({ARTICLES.full_name(settings.topics.prefix)})
    return app
