"""What follows from an article that was read: its reading, and a candidate for each watch that it hits."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Final, NamedTuple, TypeVar
from zlib import crc32

from agents.reading.article import Article
from agents.reading.fold import Span, fold
from agents.reading.scene import Scene
from agents.reading.sentences import sentence_at
from agents.reading.watches import Evaluation
from alerting.fingerprint import fingerprint
from alerting.gist import LONGEST_LEAD, gist
from alerting.names import dateline_in, names_in_body, names_in_dateline
from alerting.watch import Watch
from streams.ids import derive_id
from streams.printable import shortened
from streams.wire import ActorReading, ArticleRef, Candidate, Clause, Evidence, KeywordReading, Reading

TITLE_KEPT: Final = 500
"""Characters of a headline that go on to the wire."""
SENTENCE_KEPT: Final = 500
"""Characters of a sentence that go on to the wire."""

KEPT: Final = 100
"""How many actors, keywords and names of an article, watches in its reading, and conditions of a watch go on to the
wire. A list of persons may name thousands, but a reading is one record, and brokers take none of more than a megabyte.
Watches see them all, and each that matches has its candidate.
"""

ROOM_FOR_EVIDENCE: Final = 20_000
"""Characters of evidence of one kind (actors, keywords, conditions); where there is more, each keeps only its first.
News has a few hundred, but names may have hundreds of letters, and brokers must not refuse the record.
"""

NEAR: Final = 300
"""Characters behind a sentence with evidence that are also read for names, as the places of an order often follow it.
Where a sentence is very long, so many around the evidence stand for it.
"""

_Founded = TypeVar("_Founded", ActorReading, KeywordReading, Clause)

_NO_LETTER: Final = re.compile(r"\W+")


def reading_of(scene: Scene, hits: Sequence[Evaluation], seen_at: datetime) -> Reading:
    """What an article says, with the keywords of the watches that it hits."""
    article = scene.article
    return Reading(
        article=ArticleRef(
            id=article.id,
            title=article.title[:TITLE_KEPT],
            url=article.url,
            source=article.source,
            language=scene.language,
            published_at=article.published_at,
        ),
        topics=tuple(scene.topics.values()),
        actors=_in_room(islice(scene.actors.values(), KEPT)),
        keywords=_keywords(hits),
        watches=tuple(hit.watch.id for hit in hits[:KEPT]),
        read_at=seen_at,
    )


def version_of(article: Article) -> str:
    """Which version of an article's text it is, as an id (`ver_…`)."""
    return derive_id("ver", article.title, article.body, *(str(c) for c in (article.updated_at, article.url)))


def candidates_of(
    scene: Scene, reading: Reading, hits: Sequence[Evaluation], version: str, seen_at: datetime
) -> tuple[Candidate, ...]:
    """One candidate for each watch that a version of the article hits, or may take something back of."""
    if not hits:
        return ()
    article = scene.article
    start = article.body_start
    dateline = dateline_in(article.body, start)
    body = _without(article.body, [dateline])
    signature = fingerprint(f"{article.title} {body[start:]}")
    words = gist(article.title, body[start : start + LONGEST_LEAD])
    own = _without(body, (scene.body.folded.span(*line) for line in scene.elsewhere))
    in_body = {topic.topic: [e for e in topic.evidence if e.field == "body"] for topic in reading.topics}
    with_evidence = [name for name, evidence in in_body.items() if evidence]

    @cache
    def by_topics(*names: str) -> _Decided:
        return _decided_by(scene, own, dateline, [one for name in names for one in in_body[name]])

    candidates = []
    for hit in hits:
        asked_for = _asked_for(hit.watch, reading)
        names = [name for name in with_evidence if name in asked_for] or with_evidence
        decided = by_topics(*names) if names else _decided_by(scene, own, dateline, _of_clauses(hit))
        candidates.append(
            Candidate(
                candidate_id=derive_id("cnd", hit.watch.id, article.id, version),
                watch=hit.watch.id,
                article=reading.article,
                topics=reading.topics,
                actors=reading.actors,
                because=_in_room([clause for clause in hit.clauses if clause.held][:KEPT]),
                sentence=decided.sentence,
                said=decided.said,
                named=decided.named,
                fingerprint=signature,
                gist=words,
                takes_back=hit.takes_back,
                seen_at=seen_at,
            )
        )
    return tuple(candidates)


def _keywords(hits: Sequence[Evaluation]) -> tuple[KeywordReading, ...]:
    """The words that made queries and terms hold, by their folded form."""
    by_term: defaultdict[str, dict[Evidence, None]] = defaultdict(dict)
    for hit in hits:
        for clause in hit.clauses:
            if clause.clause.startswith(("query:", "terms:")) and clause.held:
                for evidence in clause.evidence:
                    by_term[evidence.text.casefold()][evidence] = None
    return _in_room(
        KeywordReading(term=term, evidence=tuple(found)) for term, found in islice(by_term.items(), KEPT)
    )


def _in_room(found: Iterable[_Founded]) -> tuple[_Founded, ...]:
    """The same, with so little evidence that it fits a record."""
    every = tuple(found)
    if sum(len(evidence.text) for one in every for evidence in one.evidence) <= ROOM_FOR_EVIDENCE:
        return every
    return tuple(one.model_copy(update={"evidence": one.evidence[:1]}) for one in every)


def _asked_for(watch: Watch, reading: Reading) -> list[str]:
    """The topics of an article that a watch asks for or hears of as taken back: they decide, whatever else it tells."""
    wanted = watch.topics
    if wanted is None:
        return []
    return [topic.topic for topic in reading.topics if wanted.wants(topic) or wanted.takes_back(topic)]


def _of_clauses(hit: Evaluation) -> list[Evidence]:
    """The first evidence in the body that a watch has where no topic has any: keywords may stand all over it."""
    return [e for clause in hit.clauses for e in clause.evidence if e.field == "body"][:1]


class _Decided(NamedTuple):
    """What stands where evidence in the body is: the sentence around the first of it (the title where there is none), a
    checksum of that and then one of each with evidence, in order, and the names and numbers that stand by.
    """

    sentence: str
    said: tuple[str, ...]
    named: dict[str, str]


def _decided_by(scene: Scene, own: str, dateline: Span, evidence: Sequence[Evidence]) -> _Decided:
    """`own` is the body without its dateline, which stood there, and without lines that lead elsewhere."""
    if not evidence:
        return _Decided(scene.article.title[:SENTENCE_KEPT], (), {})
    body = scene.body.folded
    sentences = [body.span(*sentence_at(scene.unwrapped_body, body.position(one.start))) for one in evidence]
    first, last = sentences[0]
    sentence = " ".join(body.original[first:last].split())
    near = [_near(*one) for one in zip(sentences, evidence, strict=True)]
    named = _named_around(scene, own, near)
    if any(first <= dateline[0] < last for first, last in near):
        named = names_in_dateline(body.original[slice(*dateline)]) | named
    said = (*_said_in(own, sentences[:1]), *_said_in(own, sorted(sentences)))
    return _Decided(shortened(sentence, SENTENCE_KEPT), said, named)


def _near(sentence: Span, evidence: Evidence) -> Span:
    """The span of a sentence around some evidence and of what follows it."""
    first, last = sentence
    return max(first, evidence.start - NEAR), min(last, evidence.end + NEAR) + NEAR


def _said_in(text: str, spans: Iterable[Span]) -> tuple[str, ...]:
    """Checksums of the letters of some sentences, each once."""
    letters = (_NO_LETTER.sub("", fold(text[first:last])) for first, last in dict.fromkeys(spans))
    sums = (f"{crc32(one.encode(errors='surrogatepass')):08x}" for one in letters)
    return tuple(dict.fromkeys(sums))


def _word_end(text: str, first: int, last: int) -> int:
    """Where a part of a text ends without the word that its end may cut."""
    if last < len(text):
        while first < last and (text[last - 1].isalnum() or text[last - 1] == "_"):
            last -= 1
    return last


def _without(text: str, spans: Iterable[Span]) -> str:
    """A text with nothing but line ends where some spans of it are, which are in order."""
    kept, at = [], 0
    for first, last in spans:
        kept += [text[at:first], "\n" * (last - first)]
        at = last
    return "".join((*kept, text[at:]))


def _named_around(scene: Scene, text: str, spans: Iterable[Span]) -> dict[str, str]:
    """The names and numbers of some parts of a body."""
    # An outlet puts its name behind what it copies; of a host the longest part is one (`www.coastnews.example`).
    outlet = max(scene.source.replace(" ", "").split("."), key=len)
    named: dict[str, str] = {}
    for first, last in dict.fromkeys(spans):
        near = text[first : _word_end(text, first, last)]
        found = names_in_body(near)
        own = [name for name in found if name in outlet]
        if own and outlet in fold(near).replace(" ", ""):
            for name in own:
                del found[name]
        named |= found
    return dict(islice(named.items(), KEPT))
