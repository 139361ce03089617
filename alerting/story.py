"""A story: the articles that tell one happening under one watch. The value, and how an article finds its story.

Two articles tell the same story when their texts are near-duplicates (wire copy, light rewrites): the estimated
Jaccard similarity of their word shingles, by MinHash, is at least `SAME_TEXT`. Candidates for comparison come from
locality-sensitive buckets, so the cost does not grow with the number of open stories.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Annotated, Final

from pydantic import Field

from alerting.fingerprint import bands, similarity
from streams.ids import derive_id
from streams.wire import Candidate, Moment, Wire

SAME_TEXT: Final = 0.5
"""Least estimated similarity of two texts that tell the same story."""

REMEMBERED: Final = 64
"""Articles, sources and texts that a story remembers by name; beyond that it only counts."""


class Story(Wire):
    """State of one story. `number` is that of the last alert event, `offset` the last input that touched it."""

    story_id: str
    alert_id: str
    watch: str
    opened_at: Moment
    last_seen_at: Moment
    last_event_at: Moment
    expires_at: Moment
    number: Annotated[int, Field(ge=1)]
    articles: Annotated[int, Field(ge=1)]
    article_ids: tuple[str, ...]
    candidate_ids: tuple[str, ...]
    sources: tuple[str, ...]
    fingerprints: tuple[tuple[int, ...], ...]

    @classmethod
    def opened_by(cls, candidate: Candidate, window: timedelta) -> Story:
        """The story that a candidate begins. Its id is a function of the watch and the candidate."""
        story_id = derive_id("sty", candidate.watch, candidate.candidate_id)
        return cls(
            story_id=story_id,
            alert_id=derive_id("alr", candidate.watch, story_id),
            watch=candidate.watch,
            opened_at=candidate.seen_at,
            last_seen_at=candidate.seen_at,
            last_event_at=candidate.seen_at,
            expires_at=candidate.seen_at + window,
            number=1,
            articles=1,
            article_ids=(candidate.article.id,),
            candidate_ids=(candidate.candidate_id,),
            sources=_source(candidate),
            fingerprints=(candidate.fingerprint,) if candidate.fingerprint else (),
        )

    def joined_by(self, candidate: Candidate, window: timedelta, *, event: bool) -> Story:
        """The story after one more article; `event` says that it made an alert event."""
        known = candidate.article.id in self.article_ids
        return self.model_copy(
            update={
                "last_seen_at": max(self.last_seen_at, candidate.seen_at),
                "last_event_at": candidate.seen_at if event else self.last_event_at,
                "expires_at": max(self.expires_at, candidate.seen_at + window),
                "number": self.number + event,
                "articles": self.articles + (not known),
                "article_ids": _remember(self.article_ids, candidate.article.id),
                "candidate_ids": _remember(self.candidate_ids, candidate.candidate_id),
                "sources": _remember(self.sources, *_source(candidate)),
                "fingerprints": self._with_text(candidate.fingerprint),
            }
        )

    def _with_text(self, fingerprint: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        # The first text stays the anchor; one more is kept so that a rewrite of a rewrite is still recognised.
        if not fingerprint or fingerprint in self.fingerprints:
            return self.fingerprints
        return (*self.fingerprints[:1], fingerprint)


def _source(candidate: Candidate) -> tuple[str, ...]:
    return (candidate.article.source,) if candidate.article.source else ()


def _remember(known: tuple[str, ...], *new: str) -> tuple[str, ...]:
    added = tuple(value for value in new if value not in known)
    return (*known, *added)[-REMEMBERED:] if added else known


class Stories:
    """The open stories of one partition, found by article, by text, and by when they end."""

    def __init__(self, stories: Iterable[Story] = ()) -> None:
        self._by_id: dict[str, Story] = {}
        self._by_article: dict[tuple[str, str], str] = {}
        self._by_band: defaultdict[tuple[str, int, int], set[str]] = defaultdict(set)
        self._endings: list[tuple[datetime, str]] = []
        self._now: datetime | None = None
        for story in stories:
            self.put(story)

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Story]:
        return iter(self._by_id.values())

    def put(self, story: Story) -> None:
        """Add a story or replace its former state."""
        former = self._by_id.get(story.story_id)
        if former is not None:
            self._unindex(former)
        self._by_id[story.story_id] = story
        for article_id in story.article_ids:
            self._by_article[story.watch, article_id] = story.story_id
        for key in self._band_keys(story):
            self._by_band[key].add(story.story_id)
        if former is None or former.expires_at != story.expires_at:
            heappush(self._endings, (story.expires_at, story.story_id))
        if self._now is None or story.last_seen_at > self._now:
            self._now = story.last_seen_at

    def _unindex(self, story: Story) -> None:
        for article_id in story.article_ids:
            self._by_article.pop((story.watch, article_id), None)
        for key in self._band_keys(story):
            bucket = self._by_band.get(key)
            if bucket is not None:
                bucket.discard(story.story_id)
                if not bucket:
                    del self._by_band[key]

    @staticmethod
    def _band_keys(story: Story) -> Iterator[tuple[str, int, int]]:
        for fingerprint in story.fingerprints:
            for number, band in enumerate(bands(fingerprint)):
                yield story.watch, number, band

    def of(self, candidate: Candidate) -> Story | None:
        """The open story that a candidate belongs to: that of its article, else that of the most similar text."""
        story_id = self._by_article.get((candidate.watch, candidate.article.id))
        if story_id is not None and self._open(self._by_id[story_id], candidate):
            return self._by_id[story_id]
        if not candidate.fingerprint:
            return None
        near: set[str] = set()
        for number, band in enumerate(bands(candidate.fingerprint)):
            near |= self._by_band.get((candidate.watch, number, band), set())
        best: tuple[float, str] | None = None
        for story_id in sorted(near):
            story = self._by_id[story_id]
            if not self._open(story, candidate):
                continue
            score = max(similarity(text, candidate.fingerprint) for text in story.fingerprints)
            if score >= SAME_TEXT and (best is None or score > best[0]):
                best = (score, story_id)
        return self._by_id[best[1]] if best else None

    @staticmethod
    def _open(story: Story, candidate: Candidate) -> bool:
        return candidate.seen_at < story.expires_at

    def expire(self, now: datetime) -> list[Story]:
        """Forget the stories that had ended by the latest time seen; returns them."""
        if self._now is None or now > self._now:
            self._now = now
        ended = []
        while self._endings and self._endings[0][0] <= self._now:
            moment, story_id = heappop(self._endings)
            story = self._by_id.get(story_id)
            if story is not None and story.expires_at == moment:
                self._unindex(story)
                del self._by_id[story_id]
                ended.append(story)
        return ended
