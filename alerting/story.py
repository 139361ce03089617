"""A story: the articles that tell one happening under one watch. The value, and what it becomes as articles join it.

Which articles belong to it is found in alerting.stories; what they tell beyond it is said in alerting.news.

Open stories are most of what a worker holds. So they are slotted dataclasses, not pydantic models (which take three
times as much), and words that many happenings have in common are one string.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field, TypeAdapter

from alerting.fingerprint import similarity
from alerting.gist import interned
from alerting.telling import Telling, named_by
from alerting.watch import TAKES_BACK
from streams.ids import derive_id
from streams.wire import Candidate, Fingerprint, Moment

TELLINGS: Final = 4
"""Articles that a story is compared by: the first, and the last ones."""

TEXTS: Final = 8
"""Texts that are no copies of each other by which a story knows copies: the first, and the last ones."""

ARTICLES: Final = 256
"""Articles, and versions of them, that a story remembers: what comes again beyond that is counted as one more."""

REMEMBERED: Final = 64
"""Sources, stages and parties that a story remembers."""

NAMES: Final = 512
"""Names that it remembers: an article has some twenty, a hundred at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """State of one story.

    - `number`: that of the last alert event.
    - `turn`: grows with each input that touches a story of the partition.
    - `stages`: those reached so far, as `topic:stage`; the one told last stands at the end.
    - `named`: the words that may be names, and the numbers, of the headlines that were told and of what stood by the
      evidence, and what `alerting.telling.named_by` marks among them. `named_since`: those told since the story last
      came to another stage; none where it never did.
    - `parties`: those of the headlines that were told. `reached`: at which stages they were told, and which of them
      first. Both come beside what `tellings` hold.
    - `said`: checksums of the sentences that decided, or stood on top of the others with evidence.
    - `versions`: of articles of which several versions came, the last one's candidate and its time.
    """

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
    fingerprints: tuple[Fingerprint, ...]
    tellings: tuple[Telling, ...] = ()
    stages: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    turn: int = 0
    reached: tuple[str, ...] = ()
    versions: dict[str, tuple[str, Moment]] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    named_since: tuple[str, ...] = ()

    @classmethod
    def opened_by(cls, candidate: Candidate, telling: Telling, window: timedelta, turn: int = 0) -> Story:
        """The story that a candidate, with what is to be remembered of it, begins.

        Its id is a function of the watch and the candidate.
        """
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
            tellings=(telling,),
            stages=stages_of(candidate),
            named=named_by(candidate, telling),
            turn=turn,
            said=candidate.said[:2],
        )

    def joined_by(
        self,
        candidate: Candidate,
        telling: Telling,
        window: timedelta,
        *,
        event: bool,
        is_known: bool,
        is_copy: bool,
        turn: int = 0,
    ) -> Story:
        """The story after one more article; `event` says that it made an alert event, `is_known` that the story had all
        of its headline, `is_copy` that it had its text (see `alerting.news`).

        What its headline names is remembered only if it was told, or was known; so are the parties of a stage. The
        stage that it tells is the story's last one only if it was told: a late copy brings back none that was left.
        """
        known = candidate.article.id in self.article_ids
        named = named_by(candidate, telling) if event else ()
        tellings = self.tellings
        if event or is_known:
            tellings = (*tellings[:1], *(*tellings[1:], telling)[1 - TELLINGS :])
        return replace(
            self,
            last_seen_at=max(self.last_seen_at, candidate.seen_at),
            last_event_at=max(self.last_event_at, candidate.seen_at) if event else self.last_event_at,
            expires_at=max(self.expires_at, candidate.seen_at + window),
            number=self.number + event,
            articles=self.articles + (not known),
            article_ids=_remember(self.article_ids, candidate.article.id, most=ARTICLES),
            candidate_ids=_remember(self.candidate_ids, candidate.candidate_id, most=ARTICLES),
            sources=_remember(self.sources, *_source(candidate)),
            fingerprints=self.fingerprints if is_copy else self._with_text(candidate.fingerprint),
            tellings=tellings,
            # What was not told had none that the watch wanted then; it may come to want more.
            stages=_told_last(self.stages, stages_of(candidate)) if event else self.stages,
            named=_remember(self.named, *named, most=NAMES),
            parties=_remember(self.parties, *telling.parties) if event else self.parties,
            reached=_remember(self.reached, *telling.reached()) if event else self.reached,
            turn=turn,
            versions=self._with_version(candidate) if known else self.versions,
            said=_remember(self.said, *candidate.said[:2]) if event else self.said,
            named_since=self._named_since(named, telling) if event else self.named_since,
        )

    def left(self, stages: Mapping[str, str]) -> list[tuple[str, str]]:
        """Of some topics and stages those where another stage of the topic was told last."""
        last = {topic: stage for topic, _, stage in (told.partition(":") for told in self.stages)}
        return [(topic, stage) for topic, stage in stages.items() if last.get(topic, stage) != stage]

    def taken_back_by(self, telling: Telling) -> list[tuple[str, str]]:
        """Of what an article may take back, as topic and stage, that of which the story told otherwise last."""
        return [left for left in self.left(telling.stages) if left[1] == TAKES_BACK]

    def _named_since(self, named: tuple[str, ...], telling: Telling) -> tuple[str, ...]:
        if self.left(telling.stages):
            return named
        return _remember(self.named_since, *named, most=NAMES) if self.named_since else ()

    def _with_text(self, text: bytes) -> tuple[bytes, ...]:
        if not text:
            return self.fingerprints
        # The first text stays the anchor; more are kept, as a happening has several wires, each with its copies.
        return (*self.fingerprints[:1], *(*self.fingerprints[1:], text)[1 - TEXTS :])

    def _with_version(self, candidate: Candidate) -> dict[str, tuple[str, datetime]]:
        others = {key: value for key, value in self.versions.items() if key != candidate.article.id}
        others[candidate.article.id] = (candidate.candidate_id, candidate.seen_at)
        return dict(list(others.items())[-REMEMBERED:])

    def repeated_by(self, candidate: Candidate, window: timedelta, turn: int) -> Story:
        """The story after an article that it has counted came once more: the same, or open for another window.

        It is prolonged only when half of that is over, so that what is sent every minute is not written every minute.
        """
        until = candidate.seen_at + window
        if until - self.expires_at < window / 2:
            return self
        last_seen_at = max(self.last_seen_at, candidate.seen_at)
        return replace(self, last_seen_at=last_seen_at, expires_at=until, turn=turn)

    def text_likeness(self, text: bytes) -> float:
        """The estimated similarity, 0 to 1, of a text and the nearest of the story's, both as signatures."""
        return max((similarity(own, text) for own in self.fingerprints), default=0.0)

    @staticmethod
    def from_bytes(value: bytes) -> Story:
        """The story that a record of `stories` holds, whichever version wrote it. Raises pydantic's ValidationError."""
        return _AS_JSON.validate_json(value)

    def to_bytes(self) -> bytes:
        """The JSON value as it is written to the topic: UTF-8, fields in the order of declaration."""
        return _AS_JSON.dump_json(self)


_AS_JSON: Final = TypeAdapter(Story)


def stages_of(candidate: Candidate) -> tuple[str, ...]:
    """The stages that a candidate says are reached, as `topic:stage`; what it tells beside them may be long past."""
    return interned(f"{topic.topic}:{topic.stage}" for topic in candidate.topics)


def _source(candidate: Candidate) -> tuple[str, ...]:
    return (candidate.article.source,) if candidate.article.source else ()


def _remember(known: tuple[str, ...], *new: str, most: int = REMEMBERED) -> tuple[str, ...]:
    of_these = frozenset(known)
    added = tuple(value for value in dict.fromkeys(new) if value not in of_these)
    return (*known, *added)[-most:] if added else known


def _told_last(known: tuple[str, ...], told: tuple[str, ...]) -> tuple[str, ...]:
    return (*(value for value in known if value not in told), *told)[-REMEMBERED:]
