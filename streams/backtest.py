"""Which alerts a configuration would have raised on past articles, compared with the one in force. Pure.

Articles are read and candidates decided by the same functions as in the service, with the time that the caller gives
for each article; nothing is sent. Alerts of the two configurations are the same if they belong to the same watch and
share an article: a wider query may open the same story with an earlier article.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Final, TypeVar

from agents.reading.article import Article
from alerting.policy import decide, is_asked_for
from alerting.stories import Stories
from streams.configuration import Configuration
from streams.reading import build_reader
from streams.wire import Alert, Candidate, Clause

TERMS_REPORTED: Final = 30
"""Words of queries and keywords that a report lists, the noisiest first."""
WORDS_KEPT: Final = 6
"""Words that are kept of an alert."""

K = TypeVar("K")


@dataclass(slots=True)
class Raised:
    """One alert as it was opened, its articles and updates. `why_not`: why the other configuration lacks it."""

    alert: Alert
    articles: set[str]
    updates: int = 0
    why_not: str = ""

    @property
    def watch(self) -> str:
        """The watch's id."""
        return self.alert.watch.id

    @property
    def words(self) -> tuple[str, ...]:
        """The distinct words of the evidence for its conditions."""
        return tuple(dict.fromkeys(_words(self.alert.because)))[:WORDS_KEPT]


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a query or keyword: for how many articles and alerts it was evidence."""

    watch: str
    term: str
    hits: int
    alerts: int


class Side:
    """One configuration, and what it raised."""

    def __init__(self, configuration: Configuration) -> None:
        """Raises QueryError where a query cannot be understood, ConfigurationError as `build_reader` does."""
        self._reader = build_reader(configuration)
        self._watches = {watch.id: watch for watch in configuration.watches}
        self._stories = Stories()
        self._raised: dict[str, Raised] = {}
        self._hits = 0
        self._term_hits: Counter[tuple[str, str]] = Counter()
        self._term_alerts: Counter[tuple[str, str]] = Counter()

    @property
    def raised(self) -> list[Raised]:
        """All alerts, in the order in which they were opened."""
        return list(self._raised.values())

    @property
    def hits(self) -> int:
        """How many articles matched, counted once for each watch."""
        return self._hits

    @property
    def watches(self) -> tuple[str, ...]:
        """The watches that are switched on."""
        return tuple(watch.id for watch in self._watches.values() if watch.enabled)

    def feed(self, article: Article, seen_at: datetime) -> list[Raised]:
        """Read an article and decide about its hits; returns the alerts that it opened."""
        read = self._reader.read(article, seen_at)
        if read is None:
            return []
        opened = [self._decide(candidate) for candidate in read.candidates]
        return [raised for raised in opened if raised is not None]

    def _decide(self, candidate: Candidate) -> Raised | None:
        watch = self._watches[candidate.watch]
        if not is_asked_for(self._stories, candidate, watch):
            return None
        decision = decide(self._stories, candidate, watch)
        self._stories.put(decision.story)
        if decision.ruling == "repeat":
            return None
        self._hits += 1
        terms = {(candidate.watch, term) for term in _terms(candidate.because)}
        self._term_hits.update(terms)
        if decision.ruling == "opened" and decision.alert is not None:
            self._term_alerts.update(terms)
            raised = Raised(decision.alert, {candidate.article.id})
            self._raised[decision.story.alert_id] = raised
            return raised
        raised = self._raised[decision.story.alert_id]
        raised.articles.add(candidate.article.id)
        raised.updates += decision.ruling == "updated"
        return None

    def why_not(self, watch: str, article: Article, seen_at: datetime) -> str:
        """Why a watch does not match an article; empty if it does."""
        found = self._watches.get(watch)
        if found is None or not found.enabled:
            return "the watch is not there" if found is None else "the watch is switched off"
        evaluations = self._reader.explain(article, seen_at).evaluations
        evaluation = next(each for each in evaluations if each.watch.id == watch)
        failed = [clause for clause in evaluation.clauses if not clause.held]
        return "; ".join(clause.clause + (f" ({clause.note})" if clause.note else "") for clause in failed)

    def noisiest(self) -> list[Term]:
        """The words with most alerts, then most hits."""
        terms = [
            Term(watch, term, hits, self._term_alerts[watch, term])
            for (watch, term), hits in self._term_hits.items()
        ]
        terms.sort(key=lambda term: (-term.alerts, -term.hits, term.watch, term.term))
        return terms[:TERMS_REPORTED]


@dataclass(frozen=True, slots=True)
class Difference:
    """The alerts that the new configuration would lose and gain; none without a new one."""

    lost: tuple[Raised, ...] = ()
    gained: tuple[Raised, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """Alerts of one watch or day."""

    in_force: int
    new: int
    lost: int
    gained: int


@dataclass(slots=True)
class Backtest:
    """Both configurations over the same articles; `new` is None if only the one in force is tested."""

    in_force: Side
    new: Side | None = None
    articles: int = 0
    unreadable: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def feed(self, article: Article, seen_at: datetime) -> None:
        """Feed an article, seen at this time, to both. Call in order of time."""
        self.articles += 1
        self.first = seen_at if self.first is None else min(self.first, seen_at)
        self.last = seen_at if self.last is None else max(self.last, seen_at)
        before = self.in_force.feed(article, seen_at)
        if self.new is None:
            return
        after = self.new.feed(article, seen_at)
        for ours, theirs, other in ((before, after, self.new), (after, before, self.in_force)):
            raised_too = {raised.watch for raised in theirs}
            for raised in ours:
                if raised.watch not in raised_too:
                    raised.why_not = other.why_not(raised.watch, article, seen_at)

    def difference(self) -> Difference:
        """The alerts that only one of the two raised."""
        if self.new is None:
            return Difference()
        return Difference(
            lost=tuple(_without_counterpart(self.in_force.raised, self.new.raised)),
            gained=tuple(_without_counterpart(self.new.raised, self.in_force.raised)),
        )

    def by_watch(self) -> dict[str, Count]:
        """Alerts by watch, for all watches that either has."""
        watches = (*self.in_force.watches, *(self.new.watches if self.new else ()))
        return self._counts(lambda raised: raised.watch, watches)

    def by_day(self) -> dict[date, Count]:
        """Alerts by the day (UTC) on which they were opened."""
        return dict(sorted(self._counts(lambda raised: raised.alert.at.date()).items()))

    def _counts(self, key: Callable[[Raised], K], keys: Iterable[K] = ()) -> dict[K, Count]:
        """Alerts by a key of theirs; the `keys` come first, even without an alert."""
        difference = self.difference()
        in_force, new, lost, gained = (
            Counter(map(key, part))
            for part in (
                self.in_force.raised,
                self.new.raised if self.new else (),
                difference.lost,
                difference.gained,
            )
        )
        return {
            each: Count(in_force[each], new[each], lost[each], gained[each])
            for each in dict.fromkeys((*keys, *chain(in_force, new)))
        }


def _without_counterpart(own: Iterable[Raised], others: Iterable[Raised]) -> Iterable[Raised]:
    theirs = {(other.watch, article) for other in others for article in other.articles}
    return (each for each in own if not any((each.watch, article) in theirs for article in each.articles))


def _words(clauses: Iterable[Clause]) -> Iterable[str]:
    return (
        " ".join(evidence.text.split()) for clause in clauses if clause.held for evidence in clause.evidence
    )


def _terms(clauses: Iterable[Clause]) -> Iterable[str]:
    """The words of queries and keywords, whatever their case."""
    own = (clause for clause in clauses if clause.clause.startswith(("query:", "terms:")))
    return (word.casefold() for word in _words(own))
