"""intake: from `articles` to `classified`, `rejected` and `candidates`. Holds no state.

The way of an article: read it from its bytes, read what it says, publish the reading, and put each hit of a watch
under the watch's key. What cannot be read goes to `rejected` with its bytes untouched. A batch is done when the broker
has acknowledged all of this.

Most articles are read within a millisecond. One that fills a message, or has a word of thousands of watches, can take
seconds, so it is read in a thread: webhooks, which are called by the same loop, do not wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

import faust
import structlog
from aiokafka import ConsumerRecord

from agents.reading.article import Article, read_article
from agents.reading.portions import Portions
from agents.reading.reader import Read, Reader, Searched
from streams.batch import Batch
from streams.breathing import breathe, step_aside
from streams.errors import UnreadableArticle
from streams.lingering import Acknowledgement
from streams.outputs import settle
from streams.record_time import seen_at
from streams.rejection import reject
from streams.service import Service
from streams.topics import ARTICLES, CANDIDATES, CLASSIFIED

log = structlog.get_logger("tocsin.intake")

NAME = "tocsin.intake"

T = TypeVar("T")

LONG: Final = 200_000
"""A message of so many bytes, or a portion of so many characters, is read in a thread. Hardly any news article has a
quarter of it.
"""

TO_TELL: Final = 3
"""Telling what an article is about takes as long as searching so many times its characters."""

A_WATCH: Final = 1_000
"""Evaluating a watch takes as long as reading so many characters."""

A_QUESTION: Final = 100
"""Telling whether an article calls a watch takes as long as reading so many characters."""


async def _aside(size: int, read: Callable[..., T], *arguments: Any) -> T:
    """What a call returns, made in a thread where it may take long."""
    return read(*arguments) if size < LONG else await asyncio.to_thread(read, *arguments)


def register(app: faust.App, service: Service) -> None:
    """Make the agent on a Faust app."""
    intake = Intake(service)
    service.make_agent(app, NAME, ARTICLES, intake.handle)


class Intake:
    """Reads batches of article records."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def handle(self, batch: Batch) -> Awaitable[None]:
        """Read a batch; what it returns ends when everything is acknowledged, or raises OutputRefused."""
        acknowledgements: list[Acknowledgement] = []
        portions: Portions[tuple[ConsumerRecord, Article]] = Portions()
        async for record in breathe(batch):
            try:
                article = await _aside(len(record.value or b""), read_article, record.value)
            except UnreadableArticle as error:
                acknowledgements.append(await self._reject(record, error))
                continue
            if portion := portions.take((record, article), article.characters):
                acknowledgements += await self._read_portion(portion)
        acknowledgements += await self._read_portion(portions.rest())
        return settle(acknowledgements)

    async def _read_portion(self, portion: Sequence[tuple[ConsumerRecord, Article]]) -> list[Acknowledgement]:
        reader = self._service.in_force.reader
        articles = [article for _, article in portion]
        size = sum(article.characters for article in articles)
        searched = await _aside(size, reader.search, articles)
        acknowledgements: list[Acknowledgement] = []
        async for (record, _), own in breathe([*zip(portion, searched, strict=True)]):
            acknowledgements += await self._read(reader, record, own)
            # A batch of articles that thousands of watches match takes longer than an agent may seem to be stuck.
            self._service.beat(NAME)
        return acknowledgements

    async def _read(
        self, reader: Reader, record: ConsumerRecord, searched: Searched
    ) -> list[Acknowledgement]:
        service = self._service
        try:
            at = seen_at(record, service.now())
            size = searched.scene.article.characters
            asking = size * TO_TELL + reader.asked_about(searched) * A_QUESTION
            called = await _aside(asking, reader.called_by, searched)
            read = None
            if called is not None:
                size += len(called) * A_WATCH
                read = await _aside(size, reader.read_called, searched, called, at)
        except UnreadableArticle as error:
            return [await self._reject(record, error)]
        if read is None:
            service.metrics.articles.labels("nothing").inc()
            return []
        service.metrics.articles.labels("hit" if read.candidates else "topic").inc()
        return await self._publish(read)

    async def _publish(self, read: Read) -> list[Acknowledgement]:
        # Candidates first: an alert waits for them.
        outputs = self._service.outputs
        published: list[Acknowledgement] = []
        async for candidate in breathe(read.candidates):
            self._service.metrics.hits.inc()
            published.append(
                await outputs.publish(
                    CANDIDATES,
                    candidate,
                    key=candidate.watch,
                    event_id=candidate.candidate_id,
                    time=candidate.seen_at,
                )
            )
        if published:
            await step_aside()
        article_id = read.reading.article.id
        published.append(
            await outputs.publish(
                CLASSIFIED,
                read.reading,
                key=article_id,
                event_id=f"{article_id}/{read.version}/reading",
                time=read.reading.read_at,
            )
        )
        return published

    async def _reject(self, record: ConsumerRecord, error: UnreadableArticle) -> Acknowledgement:
        metrics = self._service.metrics
        metrics.articles.labels("rejected").inc()
        metrics.rejected.labels(error.reason).inc()
        log.warning(
            "article.rejected",
            reason=error.reason,
            message=str(error),
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
        )
        return await reject(self._service.outputs, record, error, self._service.now())
