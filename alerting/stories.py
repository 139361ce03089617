"""The open stories of one partition, and how an article finds its own among them.

Rules, in order:

1. Another version of an article that a story holds belongs to that story.
2. A near-duplicate of a text (wire copy, light rewrite) belongs to its story: the estimated Jaccard similarity of the
   word shingles, by MinHash, is at least `SAME_TEXT`.
3. Other words on the same happening belong to the story that they are nearest to, if they are near enough
   (alerting.telling). A story is the nearer the more of its articles are near.
4. What may take back something is often told in quite other words, and in the language of who denies it. It belongs to
   the nearest story that told so, if that is only like it (`MAY_BE_DENIED`).

The stories to compare come from indexes of texts (locality-sensitive buckets), of headline words by party and of proper
names: a bounded number, newest first, so the cost does not grow with the number of open stories.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator
from datetime import UTC, datetime
from heapq import heappop, heappush, heapreplace
from operator import attrgetter
from typing import Final

from alerting.fingerprint import SAME_TEXT, bands
from alerting.indexes import Index, Texts
from alerting.story import Story
from alerting.telling import MAY_BE_DENIED, SAME_HAPPENING, Sought, Telling
from streams.wire import Candidate

LOOKED_UP: Final = 40
"""Stories of a party, and of each word among these, that are looked at, the last touched first."""
COMPARED: Final = 24
"""Stories that an article is compared with in full, at most."""

NO_PARTY: Final = ""
"""Stands for a party where stories are looked up by the proper names of their headlines."""

_NUMBER_BITS: Final = 28
_NUMBER: Final = (1 << _NUMBER_BITS) - 1
"""The bits of a place that say which story stands there."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class _Indexes:
    """How the stories of one watch are found: by articles and texts (numbers), and by words (places)."""

    def __init__(self) -> None:
        self.by_article: dict[str, int] = {}
        self.by_text = Texts()
        # Without a party in common no words suffice but names. So words are looked up among the stories of a party.
        self.by_party: defaultdict[str, Index[str]] = defaultdict(Index)

    def add(self, story: Story, place: int, known: Container[bytes] = ()) -> None:
        """Put a story in, except for texts by which it is already known."""
        number = place & _NUMBER
        self.by_article.update(dict.fromkeys(story.article_ids, number))
        self.by_text.add(_bands(story, known), number)
        for party, words in _words(story).items():
            self.by_party[party].add(words, place)

    def drop(self, story: Story, place: int, known: Container[bytes] = ()) -> None:
        """Take a story out, except for texts by which it is to stay known."""
        number = place & _NUMBER
        for article_id in story.article_ids:
            if self.by_article.get(article_id) == number:
                del self.by_article[article_id]
        self.by_text.drop(_bands(story, known), number)
        for party, words in _words(story).items():
            index = self.by_party[party]
            index.drop(words, place)
            if not index:
                del self.by_party[party]


def _bands(story: Story, known: Container[bytes]) -> list[int]:
    return [band for text in story.fingerprints if text not in known for band in bands(text)]


def _words(story: Story) -> dict[str, Iterable[str]]:
    """Under which words a story stands, of each of its parties; and under which names without one."""
    words: dict[str, Iterable[str]] = {}
    for telling in story.tellings:
        looked_up = telling.looked_up_by()
        for party in telling.parties:
            words[party] = dict.fromkeys((*words[party], *looked_up)) if party in words else looked_up
        if telling.proper:
            words[NO_PARTY] = dict.fromkeys((*words.get(NO_PARTY, ()), *telling.proper))
    return words


class Stories:
    """The open stories of one partition, found by article, by text, by words and parties, and by when they end.

    Each has a number, which another story gets when it is over, and a place, which grows with each story that is put
    and has the number in its lowest bits.
    """

    def __init__(self, stories: Iterable[Story] = ()) -> None:
        self._stories: dict[int, Story] = {}
        self._places: dict[str, int] = {}
        self._free: list[int] = []
        self._put = 0
        self._of_watch: defaultdict[str, _Indexes] = defaultdict(_Indexes)
        # One for each story; where the story has since been prolonged, the end that it had.
        self._endings: list[tuple[datetime, str]] = []
        stories = sorted(stories, key=lambda story: (story.turn, story.story_id))
        # The latest time seen: of the stories that were restored, then of each candidate (`expire`).
        self._now = max((story.last_seen_at for story in stories), default=_LONG_AGO)
        self._turn = 0
        for story in stories:
            self.put(story)

    def __len__(self) -> int:
        return len(self._stories)

    def __iter__(self) -> Iterator[Story]:
        return iter(self._stories.values())

    def put(self, story: Story) -> None:
        """Add a story or replace its former state."""
        indexes = self._of_watch[story.watch]
        former_place = self._places.get(story.story_id)
        if former_place is None:
            number = self._free.pop() if self._free else len(self._stories)
            known: frozenset[bytes] = frozenset()
            heappush(self._endings, (self._kept_until(story), story.story_id))
        else:
            number = former_place & _NUMBER
            former = self._stories[number]
            if former == story:
                return  # untouched: it must not become the last touched, as nothing of that would be written
            known = frozenset(former.fingerprints).intersection(story.fingerprints)
            indexes.drop(former, former_place, known)
        self._put += 1
        place = self._put << _NUMBER_BITS | number
        self._stories[number] = story
        self._places[story.story_id] = place
        indexes.add(story, place, known)
        self._turn = max(self._turn, story.turn)

    def _kept_until(self, story: Story) -> datetime:
        """When a new story can be forgotten: at its end; if that is past, because it is read late, a window from now.

        Otherwise each copy that is read late would open a story, because the one before would be forgotten already.
        """
        if story.expires_at > self._now:
            return story.expires_at
        return self._now + (story.expires_at - story.last_seen_at)

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
        number = indexes.by_article.get(candidate.article.id)
        if number is not None and self._open(story := self._stories[number], candidate):
            return story
        return self._of_text(indexes, candidate) or self._of_happening(indexes, candidate, telling)

    def _of_text(self, indexes: _Indexes, candidate: Candidate) -> Story | None:
        near = map(self._stories.__getitem__, indexes.by_text.of(bands(candidate.fingerprint)))
        of_id = sorted(near, key=attrgetter("story_id"))
        return self._best(
            of_id, candidate, lambda story: story.text_likeness(candidate.fingerprint), SAME_TEXT
        )

    def _of_happening(self, indexes: _Indexes, candidate: Candidate, telling: Telling) -> Story | None:
        words = dict.fromkeys(telling.parties, telling.looked_up_by())
        found: list[int] = []
        for party, looked_up in (*words.items(), (NO_PARTY, telling.all_proper())):
            index = indexes.by_party.get(party)
            if index is not None:
                found += index.last(looked_up, LOOKED_UP)
        shared = Counter(found)
        places = [place for place, count in shared.items() if count > 1]
        if len(places) < COMPARED:
            places = list(shared)
        places.sort(reverse=True)
        # Of as many shared words the last touched stay first.
        places.sort(key=shared.__getitem__, reverse=True)
        nearest = [self._stories[place & _NUMBER] for place in places[:COMPARED]]
        sought = Sought(telling, takes_back=candidate.takes_back)

        def nearness(story: Story) -> float:
            return sought.nearness(story.tellings)

        story = self._best(nearest, candidate, nearness, SAME_HAPPENING)
        if story is None and candidate.takes_back:
            told = [story for story in nearest if story.taken_back_by(telling)]
            story = self._best(told, candidate, nearness, MAY_BE_DENIED)
        return story

    def _best(
        self, stories: Iterable[Story], candidate: Candidate, score: Callable[[Story], float], least: float
    ) -> Story | None:
        """The open story with the highest score of some, if it is enough; the first of several."""
        best, highest = None, 0.0
        for story in stories:
            if self._open(story, candidate) and (scored := score(story)) > highest:
                best, highest = story, scored
        return best if highest >= least else None

    @staticmethod
    def _open(story: Story, candidate: Candidate) -> bool:
        return candidate.seen_at < story.expires_at

    def expire(self, now: datetime) -> list[Story]:
        """Forget the stories that had ended by the latest time seen; returns them."""
        self._now = max(self._now, now)
        ended = []
        while self._endings and self._endings[0][0] <= self._now:
            story_id = self._endings[0][1]
            place = self._places[story_id]
            story = self._stories[place & _NUMBER]
            if story.expires_at > self._now:
                heapreplace(self._endings, (story.expires_at, story_id))
                continue
            heappop(self._endings)
            self._of_watch[story.watch].drop(story, place)
            del self._places[story_id], self._stories[place & _NUMBER]
            self._free.append(place & _NUMBER)
            ended.append(story)
        return ended
