"""The open stories of one partition, and how an article finds its own among them.

Who is compared comes from indexes, of texts (locality-sensitive buckets), of headline words and of parties, newest
first and a bounded number, so the cost does not grow with the number of open stories.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime
from heapq import heappop, heappush, heapreplace
from itertools import chain, islice
from operator import itemgetter
from typing import Final, Generic, TypeVar

from alerting.fingerprint import bands
from alerting.story import SAME_HAPPENING, SAME_TEXT, Story, Telling, party_key
from streams.wire import Candidate

LOOKED_UP: Final = 100
"""Stories of a word or a party that are looked at, the last touched first."""
COMPARED: Final = 24

K = TypeVar("K", bound=Hashable)


class Index(Generic[K]):
    """Ids of stories by a key, the last added last.

    By far most keys are those of one story, whose id stands there by itself: a container for each would be half of
    what a story takes of memory.
    """

    def __init__(self) -> None:
        self._held: dict[K, str | dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, key: K, story_id: str) -> None:
        """Put a story under a key."""
        held = self._held.setdefault(key, story_id)
        if isinstance(held, dict):
            held[story_id] = None
        elif held != story_id:
            self._held[key] = {held: None, story_id: None}

    def drop(self, key: K, story_id: str) -> None:
        """Forget that a story is under a key, if it is."""
        held = self._held.get(key)
        if isinstance(held, dict):
            held.pop(story_id, None)
            if not held:
                del self._held[key]
        elif held == story_id:
            del self._held[key]

    def of(self, key: K) -> dict[str, None]:
        """The stories of a key."""
        held = self._held.get(key)
        if held is None:
            return {}
        return {held: None} if isinstance(held, str) else held


class _Indexes:
    """By what the stories of one watch are found."""

    def __init__(self) -> None:
        self.by_article: dict[str, str] = {}
        self.by_band: Index[int] = Index()
        self.by_word: Index[str] = Index()

    def add(self, story: Story) -> None:
        for article_id in story.article_ids:
            self.by_article[article_id] = story.story_id
        for band in _bands(story):
            self.by_band.add(band, story.story_id)
        for word in _words(story):
            self.by_word.add(word, story.story_id)

    def drop(self, story: Story) -> None:
        for article_id in story.article_ids:
            self.by_article.pop(article_id, None)
        for band in _bands(story):
            self.by_band.drop(band, story.story_id)
        for word in _words(story):
            self.by_word.drop(word, story.story_id)


def _bands(story: Story) -> Iterator[int]:
    return chain.from_iterable(map(bands, story.fingerprints))


def _words(story: Story) -> Iterable[str]:
    return dict.fromkeys(key for telling in story.tellings for key in telling.looked_up_by())


class Stories:
    """The open stories of one partition, found by article, by text, by words and parties, and by when they end."""

    def __init__(self, stories: Iterable[Story] = ()) -> None:
        self._by_id: dict[str, Story] = {}
        self._of_watch: defaultdict[str, _Indexes] = defaultdict(_Indexes)
        # One for each story; where the story has since been prolonged, the end that it had.
        self._endings: list[tuple[datetime, str]] = []
        self._now: datetime | None = None
        self._turn = 0
        for story in sorted(stories, key=lambda story: (story.turn, story.story_id)):
            self.put(story)

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Story]:
        return iter(self._by_id.values())

    def put(self, story: Story) -> None:
        """Add a story or replace its former state."""
        indexes = self._of_watch[story.watch]
        former = self._by_id.get(story.story_id)
        if former is None:
            heappush(self._endings, (story.expires_at, story.story_id))
        else:
            indexes.drop(former)
        self._by_id[story.story_id] = story
        indexes.add(story)
        self._turn = max(self._turn, story.turn)
        if self._now is None or story.last_seen_at > self._now:
            self._now = story.last_seen_at

    @property
    def next_turn(self) -> int:
        """The turn of the next input that touches a story."""
        return self._turn + 1

    def of(self, candidate: Candidate, telling: Telling) -> Story | None:
        """The open story that a candidate, with what is to be remembered of it, belongs to.

        It is that of its article, of its text, or of its happening.
        """
        indexes = self._of_watch.get(candidate.watch)
        if indexes is None:
            return None
        story_id = indexes.by_article.get(candidate.article.id)
        if story_id is not None and self._open(self._by_id[story_id], candidate):
            return self._by_id[story_id]
        return self._of_text(indexes, candidate) or self._of_happening(indexes, candidate, telling)

    def _of_text(self, indexes: _Indexes, candidate: Candidate) -> Story | None:
        near = {one for band in bands(candidate.fingerprint) for one in indexes.by_band.of(band)}
        return self._best(sorted(near), candidate, lambda story: story.text_likeness(candidate), SAME_TEXT)

    def _of_happening(self, indexes: _Indexes, candidate: Candidate, telling: Telling) -> Story | None:
        shared: Counter[str] = Counter()
        for word in telling.looked_up_by():
            shared.update(islice(reversed(indexes.by_word.of(word)), LOOKED_UP))
        # Without a party in common no words suffice, and most stories of a word have none.
        akin: set[str] = set()
        for party in telling.parties:
            akin |= shared.keys() & indexes.by_word.of(party_key(party)).keys()
        nearest = sorted(akin, key=lambda one: (-shared[one], -self._by_id[one].turn, one))[:COMPARED]
        return self._best(nearest, candidate, lambda story: story.nearness(telling), SAME_HAPPENING)

    def _best(
        self, ids: Iterable[str], candidate: Candidate, score: Callable[[Story], float], least: float
    ) -> Story | None:
        """Of some stories the open one with the highest score, the first of several, where it is enough."""
        stories = (self._by_id[story_id] for story_id in ids)
        scored = ((score(story), story) for story in stories if self._open(story, candidate))
        best = max(scored, key=itemgetter(0), default=None)
        return best[1] if best is not None and best[0] >= least else None

    @staticmethod
    def _open(story: Story, candidate: Candidate) -> bool:
        return candidate.seen_at < story.expires_at

    def expire(self, now: datetime) -> list[Story]:
        """Forget the stories that had ended by the latest time seen; returns them."""
        if self._now is None or now > self._now:
            self._now = now
        ended = []
        while self._endings and self._endings[0][0] <= self._now:
            story = self._by_id[self._endings[0][1]]
            if story.expires_at > self._now:
                heapreplace(self._endings, (story.expires_at, story.story_id))
                continue
            heappop(self._endings)
            self._of_watch[story.watch].drop(story)
            del self._by_id[story.story_id]
            ended.append(story)
        return ended
