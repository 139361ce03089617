"""A classifier of a user's own, held to its contract.

Whatever it raises, and whatever it returns that is not cut from the article, makes the article unreadable with the
reason `classifier`: nothing that it claims without evidence goes on to the wire.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from agents.reading.article import Article
from agents.reading.scene import Scene
from agents.reading.taxonomy import Taxonomies
from agents.reading.topics import Classifier
from streams.errors import UnreadableArticle
from streams.wire import Codes, Evidence, TopicReading

REASON: Final = "classifier"


class GuardedClassifier:
    """Reads with a classifier of which nothing is known."""

    def __init__(self, inner: Classifier, taxonomies: Taxonomies) -> None:
        self._inner = inner
        self._taxonomies = taxonomies
        self._topics = {topic.topic: topic for topic in taxonomies.topics}

    def sift(self, scenes: Sequence[Scene]) -> list[bool]:
        """Which of several articles may be about a topic: any, as far as is known."""
        return [True] * len(scenes)

    def classify_sifted(self, scene: Scene) -> tuple[TopicReading, ...]:
        """What it says, with the taxonomy's codes where it gives none. Raises UnreadableArticle."""
        try:
            said: Any = tuple(self._inner.classify(scene))
        except Exception as error:
            what = f"the classifier failed with {type(error).__name__}: {error}"
            raise UnreadableArticle(REASON, what[:500]) from error
        fault = next(_faults(said, scene.article), None)
        if fault is not None:
            raise UnreadableArticle(REASON, f"the classifier returned {fault}")
        return tuple(self._with_codes(topic) for topic in said)

    def _with_codes(self, topic: TopicReading) -> TopicReading:
        known = self._topics.get(topic.topic)
        if known is None or topic.codes != Codes():
            return topic
        return topic.model_copy(update={"codes": self._taxonomies.codes(known, topic.stage)})


def _faults(said: tuple[Any, ...], article: Article) -> Iterator[str]:
    seen = set()
    for topic in said:
        if not isinstance(topic, TopicReading):
            yield f"{type(topic).__name__} instead of TopicReading"
            return
        if topic.topic in seen:
            yield f"the topic {topic.topic!r} twice"
        seen.add(topic.topic)
        for evidence in (*topic.evidence, *(e for stage in topic.stages for e in stage.evidence)):
            if not _is_cut_from(evidence, article):
                yield f"evidence of {topic.topic!r} that is not cut from the {evidence.field}"


def _is_cut_from(evidence: Evidence, article: Article) -> bool:
    text = article.title if evidence.field == "title" else article.body
    return 0 <= evidence.start < evidence.end and text[evidence.start : evidence.end] == evidence.text
