"""Which actors of the registry an article names, and how each mention matched.

A name is found by its folded literals in the shared automaton. Around a literal the original text decides how it
matched: `exact` (the registry's spelling of the name), `alias` (another of its names), `folded` (other case or
diacritics), `inflected` (with a possessive or case suffix), `typo` (one or two letters off, long name parts only).

A surname alone counts once the full name appeared in the article, or where the registry says that it is well known. A
misspelt surname counts where the actor is named rightly, or where its given name stands before it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import yaml
from pydantic import Field
from rapidfuzz.distance import OSA

from agents.reading.automaton import Found, LiteralTable
from agents.reading.fold import FoldedText, fold
from agents.reading.words import ends_word, is_ending, starts_word, word_end
from alerting.watch import Identifier, Part
from streams.wire import ActorKind, ActorReading, Evidence, Match

Name = Annotated[str, Field(min_length=2, max_length=120)]

BETTER_FIRST: Final[tuple[Match, ...]] = ("exact", "alias", "folded", "inflected", "typo")
EVIDENCE_KEPT: Final = 8
TYPO_LENGTH: Final = 6
"""Letters that a name part must have for a misspelling of it to count."""

_ARABIC_CLITICS: Final = ("وال", "بال", "فال", "كال", "لل", "ال", "و", "ف", "ب", "ك", "ل")


class Actor(Part):
    """One actor. `aliases` are other full names, in any script; `surnames` are what it is called once it was named."""

    id: Identifier
    kind: ActorKind
    name: Name
    wikidata: Annotated[str, Field(pattern=r"^Q[1-9][0-9]*$")] | None = None
    aliases: tuple[Name, ...] = ()
    surnames: tuple[Name, ...] = ()
    well_known: bool = False
    demonyms: tuple[Name, ...] = ()


class ActorFile(Part):
    """One file of `actors/`."""

    actors: tuple[Actor, ...]


@dataclass(frozen=True, slots=True)
class Registry:
    """All actors, by id."""

    actors: Mapping[str, Actor]


def load_registry(folder: Path) -> Registry:
    """Read the files of a folder. Raises OSError, yaml.YAMLError, pydantic's ValidationError."""
    actors: dict[str, Actor] = {}
    for path in sorted(folder.glob("*.yaml")):
        value = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        for actor in ActorFile.model_validate(value).actors:
            actors[actor.id] = actor
    return Registry(actors)


@dataclass(frozen=True, slots=True)
class _Literal:
    actor: str
    spelling: str
    kind: Literal["name", "alias", "surname"]
    sure: bool


@dataclass(frozen=True, slots=True)
class _Mention:
    actor: str
    field: Literal["title", "body"]
    start: int
    end: int
    match: Match
    sure: bool


_TOKEN: Final = re.compile(r"\w[\w'-]*")


class ActorMatcher:
    """The registry, ready to be found."""

    def __init__(self, registry: Registry, table: LiteralTable) -> None:
        self._registry = registry
        self._literals: defaultdict[int, list[_Literal]] = defaultdict(list)
        self._long_parts: defaultdict[str, set[str]] = defaultdict(set)
        for actor in registry.actors.values():
            for literal in _literals(actor):
                stem = _stem(fold(literal.spelling))
                if stem:
                    self._literals[table.add(stem)].append(literal)
            if actor.kind == "person":
                for surname in actor.surnames:
                    folded = fold(surname)
                    if len(folded) >= TYPO_LENGTH and " " not in folded:
                        self._long_parts[actor.id].add(folded)

    def find(
        self, title: FoldedText, body: FoldedText, found_title: Sequence[Found], found_body: Sequence[Found]
    ) -> tuple[ActorReading, ...]:
        """The actors named, in the order of their first mention."""
        mentions = [*self._mentions("title", title, found_title), *self._mentions("body", body, found_body)]
        if not mentions:
            return ()
        mentions = _longest(mentions)
        named = {mention.actor for mention in mentions if mention.sure}
        kept = [mention for mention in mentions if mention.actor in named]
        texts = {"title": title, "body": body}
        kept += self._typos(named, kept, texts)
        return tuple(self._reading(actor, kept, texts) for actor in dict.fromkeys(m.actor for m in kept))

    def _mentions(
        self, field: Literal["title", "body"], text: FoldedText, found: Sequence[Found]
    ) -> Iterable[_Mention]:
        for number, start, end in found:
            literals = self._literals.get(number)
            if literals is None:
                continue
            for literal in literals:
                mention = _mention(literal, field, text, start, end)
                if mention is not None:
                    yield mention

    def _typos(
        self, named: set[str], kept: list[_Mention], texts: Mapping[str, FoldedText]
    ) -> list[_Mention]:
        """Misspelt surnames of actors that the article names rightly too. Looks at capitalised long words only."""
        parts = [(actor, part) for actor in named for part in self._long_parts.get(actor, ())]
        if not parts:
            return []
        taken = {(m.field, m.start) for m in kept}
        typos = []
        for field, text in texts.items():
            for token in _TOKEN.finditer(text.text):
                word = token.group().partition("'")[0]
                if len(word) < TYPO_LENGTH - 1 or (field, token.start()) in taken:
                    continue
                if not text.original[text.origin(token.start())].isupper():
                    continue
                for actor, part in parts:
                    if (
                        word[0] == part[0]
                        and word != part
                        and abs(len(word) - len(part)) <= 1
                        and _is_typo(word, part)
                    ):
                        place: Literal["title", "body"] = "title" if field == "title" else "body"
                        typos.append(
                            _Mention(actor, place, token.start(), token.start() + len(word), "typo", False)
                        )
        return typos

    def _reading(
        self, actor_id: str, mentions: list[_Mention], texts: Mapping[str, FoldedText]
    ) -> ActorReading:
        actor = self._registry.actors[actor_id]
        own = [mention for mention in mentions if mention.actor == actor_id]
        evidence = []
        for mention in own[:EVIDENCE_KEPT]:
            text = texts[mention.field]
            start, end = text.span(mention.start, mention.end)
            evidence.append(
                Evidence(field=mention.field, start=start, end=end, text=text.original[start:end])
            )
        # A misspelling is shown even when the name stands rightly in many other places.
        misspelt = next((m for m in own[EVIDENCE_KEPT:] if m.match == "typo"), None)
        if misspelt is not None:
            start, end = texts[misspelt.field].span(misspelt.start, misspelt.end)
            evidence.append(
                Evidence(
                    field=misspelt.field, start=start, end=end, text=texts[misspelt.field].original[start:end]
                )
            )
        best = min((mention.match for mention in own), key=BETTER_FIRST.index)
        return ActorReading(
            id=actor.id,
            name=actor.name,
            kind=actor.kind,
            wikidata=actor.wikidata,
            match=best,
            evidence=tuple(evidence),
        )


def _literals(actor: Actor) -> Iterable[_Literal]:
    yield _Literal(actor.id, actor.name, "name", True)
    for alias in (*actor.aliases, *actor.demonyms):
        yield _Literal(actor.id, alias, "alias", True)
    for surname in actor.surnames:
        yield _Literal(actor.id, surname, "surname", actor.well_known)


def _stem(folded: str) -> str:
    """What is searched: a Cyrillic name without the last vowel, which its cases replace."""
    if folded and "а" <= folded[-1] <= "я" and folded[-1] in "аяийьоеы" and len(folded) > 4:
        return folded[:-1]
    return folded


def _mention(
    literal: _Literal, field: Literal["title", "body"], text: FoldedText, start: int, end: int
) -> _Mention | None:
    folded = text.text
    begin = start
    if not starts_word(folded, start):
        begin = _before_clitic(folded, start)
        if begin < 0:
            return None
    spelling = fold(literal.spelling)
    stop = word_end(folded, end)
    whole = folded[start:stop]
    original = text.original[slice(*text.span(start, stop))]
    if literal.spelling.isupper() and not original.isupper() and len(spelling) <= 4:
        return None  # an abbreviation such as US or EU is not the word us or eu
    if whole == spelling:
        if begin < start:
            return _Mention(literal.actor, field, begin, stop, "inflected", literal.sure)
        if original != literal.spelling:
            match: Match = "folded"
        else:
            match = "exact" if literal.kind == "name" else "alias"
        if folded[stop : stop + 1] == "'" and not ends_word(folded, stop + 1):
            match = "inflected"
        return _Mention(literal.actor, field, start, stop, match, literal.sure)
    if is_ending(folded, start, end, stop):
        return _Mention(literal.actor, field, begin, stop, "inflected", literal.sure)
    return None


def _before_clitic(text: str, start: int) -> int:
    """Where an Arabic word begins whose clitics (`و`, `ال`, …) stand before a position; -1 where they do not."""
    for clitic in _ARABIC_CLITICS:
        begin = start - len(clitic)
        if begin >= 0 and text.startswith(clitic, begin) and starts_word(text, begin):
            return begin
    return -1


def _is_typo(word: str, part: str) -> bool:
    allowed = 1 if len(part) < 9 else 2
    return OSA.distance(word, part, score_cutoff=allowed) <= allowed


def _longest(mentions: list[_Mention]) -> list[_Mention]:
    """Mentions that no longer mention of another literal contains, first to last."""
    order = {"title": 0, "body": 1}
    mentions.sort(key=lambda m: (order[m.field], m.start, -m.end, BETTER_FIRST.index(m.match)))
    kept: list[_Mention] = []
    for mention in mentions:
        last = kept[-1] if kept else None
        apart = last is None or last.field != mention.field or mention.start >= last.end
        if apart or (last is not None and (mention.start, mention.end) == (last.start, last.end)):
            kept.append(mention)
    return kept
