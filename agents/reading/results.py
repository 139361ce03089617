"""What follows from an article that was read: its reading, and a candidate for each watch that it hits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Final

from agents.reading.scene import Scene
from agents.reading.sentences import sentence_at
from agents.reading.watches import Evaluation
from alerting.fingerprint import fingerprint
from alerting.gist import LONGEST_LEAD, gist
from streams.ids import derive_id
from streams.printable import shortened
from streams.wire import ArticleRef, Candidate, Evidence, KeywordReading, Reading

TITLE_KEPT: Final = 500
SENTENCE_KEPT: Final = 500
"""Characters of a headline and of a sentence that go on to the wire."""

KEPT: Final = 100
"""Actors and keywords of an article, and conditions of a watch, that go on to the wire, the first of each. A list of
persons may name thousands; what is said of an article is one record, and brokers take none of more than a megabyte.
Watches see them all.
"""


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
        actors=tuple(islice(scene.actors.values(), KEPT)),
        keywords=_keywords(hits),
        watches=tuple(hit.watch.id for hit in hits),
        read_at=seen_at,
    )


def candidates_of(
    scene: Scene, reading: Reading, hits: Sequence[Evaluation], seen_at: datetime
) -> tuple[Candidate, ...]:
    """One candidate for each watch that the article hits."""
    if not hits:
        return ()
    article = scene.article
    signature = fingerprint(f"{article.title} {article.body[article.body_start :]}")
    words = gist(article.title, article.body[article.body_start : article.body_start + LONGEST_LEAD])
    version = derive_id(
        "ver", article.title, article.body, *(str(c) for c in (article.updated_at, article.url))
    )
    return tuple(
        Candidate(
            candidate_id=derive_id("cnd", hit.watch.id, article.id, version),
            watch=hit.watch.id,
            article=reading.article,
            topics=reading.topics,
            actors=reading.actors,
            because=hit.clauses[:KEPT],
            sentence=_sentence(scene, reading, hit),
            fingerprint=signature,
            gist=words,
            seen_at=seen_at,
        )
        for hit in hits
    )


def _keywords(hits: Sequence[Evaluation]) -> tuple[KeywordReading, ...]:
    """The words that made queries and terms hold, by their folded form."""
    by_term: defaultdict[str, dict[Evidence, None]] = defaultdict(dict)
    for hit in hits:
        for clause in hit.clauses:
            if clause.clause.startswith(("query:", "terms:")) and clause.held:
                for evidence in clause.evidence:
                    by_term[evidence.text.casefold()][evidence] = None
    return tuple(
        KeywordReading(term=term, evidence=tuple(found)) for term, found in islice(by_term.items(), KEPT)
    )


def _sentence(scene: Scene, reading: Reading, hit: Evaluation) -> str:
    """The sentence of the body around the first evidence there is; the title where none is in the body."""
    article, body = scene.article, scene.body.folded
    evidence = chain(
        (e for t in reading.topics for e in t.evidence), (e for c in hit.clauses for e in c.evidence)
    )
    place = next((e.start for e in evidence if e.field == "body"), None)
    if place is None:
        return article.title[:SENTENCE_KEPT]
    start, end = sentence_at(body.text, body.position(place))
    first, last = body.span(start, end)
    sentence = " ".join(article.body[first:last].split())
    return shortened(sentence, SENTENCE_KEPT)
