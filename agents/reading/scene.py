"""One article as its watches see it: folded texts, where literals stand in them, language, topics, actors."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Final

from agents.reading.article import Article
from agents.reading.automaton import Automaton, Found
from agents.reading.excerpt import unwrapped
from agents.reading.fold import FoldedText, Span, fold, fold_text
from agents.reading.joined import CodedTexts
from agents.reading.keywords import Token, tokens_of, word_at
from agents.reading.language import identify
from streams.wire import ActorReading, Evidence, FieldName, TopicReading

FieldSpan = tuple[FieldName, int, int]
"""A field and a span (start, end) of its folded text."""

EVIDENCE_KEPT: Final = 6
"""Pieces of evidence of a clause, at most."""
_LOOKED_AT: Final = 2000
"""Characters of the body by which the language is told, besides the title."""
_REACH: Final = 40
"""Characters before and behind a position that are cut into words first."""
_start: Final = attrgetter("start")
_TURKIC: Final = frozenset({"tr", "az"})
_TURKIC_LETTERS: Final = "ığşəİ"
"""Turkish and Azerbaijani of more than a few words cannot be written without one of them."""
_TOO_SHORT: Final = 300
"""Shorter articles, in characters, may have none of these letters though they are Turkish."""


@dataclass(slots=True)
class Text:
    """A field's folded text and the literals that were found in it; its words are cut when first asked for."""

    name: FieldName
    folded: FoldedText
    found: Sequence[Found] = ()
    _tokens: list[Token] | None = None
    _starts: Sequence[int] = ()
    _cut: int = 0

    @property
    def tokens(self) -> list[Token]:
        """The words, in order."""
        if self._tokens is None:
            self._tokens = tokens_of(self.folded.text)
            self._starts = [token.start for token in self._tokens]
        return self._tokens

    def token_at(self, position: int) -> int:
        """Which of the words is the last that begins at a position or before it; -1 where none does."""
        return bisect_right(self._starts, position) - 1 if self.tokens else -1

    def tokens_around(self, position: int, count: int) -> tuple[Sequence[Token], int]:
        """At least `count` words before and behind a position, if there are so many, and which of them stands there.

        That is the last that begins at the position or before it, -1 where none does. Only the surroundings are cut
        into words, until these add up to as much as the whole text.
        """
        if self._tokens is None and self._cut < len(self.folded.text):
            return self._cut_around(position, count)
        return self.tokens, self.token_at(position)

    def _cut_around(self, position: int, count: int) -> tuple[Sequence[Token], int]:
        text = self.folded.text
        reach = _REACH
        while True:
            # No word has a space in it, so between two of them all words are cut as in the whole text.
            start = text.rfind(" ", 0, max(0, position - reach)) + 1
            end = text.find(" ", position + reach)
            tokens = tokens_of(text, start, end if end >= 0 else len(text))
            self._cut += (end if end >= 0 else len(text)) - start
            at = bisect_right(tokens, position, key=_start) - 1
            if (start == 0 or at >= count) and (end < 0 or len(tokens) > at + count):
                return tokens, at
            reach *= 4


class Scene:
    """Everything about one article against which watches are evaluated."""

    def __init__(self, article: Article) -> None:
        self.article = article
        self.title = Text("title", fold_text(article.title))
        self.body = Text("body", fold_text(article.body))
        self.topics: dict[str, TopicReading] = {}
        self.actors: dict[str, ActorReading] = {}
        self.elsewhere: Sequence[Span] = ()
        """Lines of the folded body that the classifier found to lead elsewhere (`agents.reading.links`), in order."""
        # What an explanation tells of topics that are too weak, and of actors that may or may not be named.
        self.weak_topics: dict[str, TopicReading] = {}
        self.doubtful_actors: Mapping[str, str] = {}

    @classmethod
    def of(cls, article: Article, automaton: Automaton) -> Scene:
        """The scene of one article, with the literals that stand in it."""
        scene = cls(article)
        look_for(automaton, [scene], coded_texts([scene]))
        return scene

    def counts(self, text: Text, start: int) -> bool:
        """Whether what begins at a place of a folded text counts: not in a title repeated at the head of the body."""
        begin = self.article.body_start
        return not begin or text is self.title or text.folded.origin(start) >= begin

    @property
    def texts(self) -> tuple[Text, Text]:
        """Title and body."""
        return self.title, self.body

    def text(self, name: FieldName) -> Text:
        """The text of a field."""
        return self.title if name == "title" else self.body

    def set_topics(self, topics: Sequence[TopicReading]) -> None:
        """Say what the article is about."""
        self.topics = {topic.topic: topic for topic in topics}

    def set_actors(self, actors: Sequence[ActorReading]) -> None:
        """Say whom the article names."""
        self.actors = {actor.id: actor for actor in actors}

    @cached_property
    def unwrapped_body(self) -> str:
        """The folded body with a space for each end of a line that only its width made."""
        return unwrapped(self.body.folded)

    @cached_property
    def language(self) -> str:
        """The primary language tag."""
        return identify(f"{self.article.title} {self.article.body[:_LOOKED_AT]}", self.article.language)

    @cached_property
    def source(self) -> str:
        """The folded source."""
        return fold(self.article.source or "")

    @property
    def may_be_turkish(self) -> bool:
        """Whether words may take the endings of Turkish, told at next to no cost.

        Identifying a language costs more than looking for a million terms. Letters of Turkish tell enough, and in a
        short text looking for its endings costs little.
        """
        article = self.article
        if article.language:
            return self.language in _TURKIC
        if article.characters < _TOO_SHORT:
            return True
        for letter in _TURKIC_LETTERS:  # noqa: SIM110 - a generator would take twice as long
            if letter in article.body or letter in article.title:
                return True
        return False

    @cached_property
    def turkish(self) -> bool:
        """Whether words take the endings of Turkish."""
        return self.may_be_turkish and self.language in _TURKIC

    @cached_property
    def spans(self) -> dict[int, list[FieldSpan]]:
        """Where each literal stands, by its number."""
        spans: defaultdict[int, list[FieldSpan]] = defaultdict(list)
        for text in self.texts:
            for number, start, end in text.found:
                spans[number].append((text.name, start, end))
        return dict(spans)

    def word_span(self, word: str, text: str, start: int) -> Span | None:
        """The span of a watched word whose stem stands at a position of a folded text; None where it is another."""
        span = word_at(word, text, start, turkish=False)
        # The language is asked for only where it matters: finding it out costs more than all the rest.
        if span is None and (turkish := word_at(word, text, start, turkish=True)) and self.turkish:
            return turkish
        return span

    def evidence(self, spans: Iterable[FieldSpan]) -> tuple[Evidence, ...]:
        """The words of the original at spans of the folded texts; the first few, each once."""
        evidence = []
        for name, start, end in list(dict.fromkeys(spans))[:EVIDENCE_KEPT]:
            text = self.text(name).folded
            first, last = text.span(start, end)
            evidence.append(Evidence.cut(name, text.original, first, last))
        return tuple(evidence)


def coded_texts(scenes: Iterable[Scene]) -> CodedTexts:
    """The titles and bodies of several articles."""
    return CodedTexts([text.folded.text for scene in scenes for text in scene.texts])


def look_for(automaton: Automaton, scenes: Sequence[Scene], joined: CodedTexts) -> None:
    """Look for literals in several articles; `joined` are their texts."""
    texts = [(scene, text) for scene in scenes for text in scene.texts]
    every = automaton.find_all(joined)
    for (scene, text), found in zip(texts, every, strict=True):
        if found:
            text.found = [own for own in found if scene.counts(text, own[1])]
