"""Which actors of the registry an article names.

How a mention is told, in the order of the rules:
1. A literal of the registry stands there as a word of its own, with nothing but a suffix, clitic or case ending on
   it; a name, not a demonym, has its capital where the script has capitals, and initials have all of theirs.
2. Of two overlapping names the longer one is meant; a phrase that an actor is declared `unlike` means nobody.
3. A surname with a given name or initial of the same person before it is that person's full name; with another
   given name before it, it is somebody else. Alone, it means whoever of that surname the article names in full, or
   whoever's title and country the article names, or the one whom the registry calls unambiguous.
4. A capital counts as its government where it speaks or acts.
5. A token one edit away from a surname is that name if its bearer, or his country, or his given name is there too.

Everything starts from a hit of the shared automaton, so an article that names nobody costs next to nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from agents.reading.automaton import Found, LiteralTable
from agents.reading.fold import FoldedText, fold, fold_text
from agents.reading.names import (
    arabic_clitics,
    cyrillic_forms,
    is_arabic,
    phrase_forms,
    suffix_end,
    unspaced,
)
from agents.reading.registry import Actor, Registry, RegistryFile, load_registry
from agents.reading.typos import MIN_LENGTH, TypoIndex
from streams.wire import ActorReading, Evidence, Match

__all__ = ["Actor", "ActorMatcher", "Registry", "RegistryFile", "load_registry"]

_RANK: Final[dict[Match, int]] = {"exact": 0, "alias": 1, "folded": 2, "inflected": 3, "typo": 4}
_MAX_EVIDENCE: Final = 20
_LOOK_BACK: Final = 64
_GIVEN_WORDS: Final = 4
_TOKEN: Final = re.compile(r"[^\W\d_]{6,32}")
_SENTENCE_ENDS: Final = frozenset('.!?:;…"”»)]|\n•')
_TITLE_CASE: Final = 0.6

_Case = Literal["any", "capital", "upper"]


@dataclass(frozen=True, slots=True)
class _Form:
    """One way of writing a whole name: whose it is, and how it counts."""

    actor: int  # -1: nobody's; it only stops the names within it
    match: Match
    case: _Case
    language: str
    demonym: bool = False
    metonym: bool = False
    spelt: str = ""


@dataclass(slots=True)
class _Surname:
    """All bearers of one folded form of a surname."""

    inflected: bool
    by_given: dict[str, int] = field(default_factory=dict)
    by_initial: dict[str, int] = field(default_factory=dict)
    by_country: dict[str, int] = field(default_factory=dict)
    alone: int = -1
    spelt: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Mention:
    start: int  # in the folded text
    end: int
    actor: int
    match: Match
    surname: int = -1  # literal number, where the actor is yet to be told from it
    titled: bool = False
    full: bool = False


class ActorMatcher:
    """Finds the actors of a registry among the automaton's hits. Make it before the table is built."""

    def __init__(self, registry: Registry, table: LiteralTable) -> None:
        self._actors: tuple[Actor, ...] = registry.actors
        self._forms: dict[int, list[_Form]] = {}
        self._surnames: dict[int, _Surname] = {}
        self._surnames_of: dict[int, list[int]] = {}
        self._typos = TypoIndex()
        self._country_ids = {actor.id: n for n, actor in enumerate(self._actors)}
        self._titles = _folded_words(registry.words("titles"))
        self._others = _folded_words(registry.words("given_names"))
        self._acts = frozenset(fold(word) for word in registry.words("acts"))
        for number, actor in enumerate(self._actors):
            self._add(number, actor, table)
        self._mine = self._forms.keys() | self._surnames.keys()

    # Making

    def _add(self, number: int, actor: Actor, table: LiteralTable) -> None:
        person = actor.kind == "person"
        named = {language: list(names) for language, names in actor.names.items()}
        if not named:
            named["und"] = [_catalogued(actor.name) if person else actor.name]
        elif not person:
            named.setdefault("und", []).append(actor.name)
        for language, names in named.items():
            for name in names:
                surname, comma, given = name.partition(",")
                if person and comma and given.strip():
                    self._add_person(number, actor, surname.strip(), given.split(), table)
                else:
                    case: _Case = "upper" if _is_acronym(name) else "capital"
                    self._add_phrase(number, name, "exact", case, language, table)
        for language, names in actor.aliases.items():
            for name in names:
                case = "upper" if _is_acronym(name) else "capital"
                self._add_phrase(number, name, "alias", case, language, table)
        for language, names in actor.demonyms.items():
            for name in names:
                self._add_phrase(number, name, "alias", "any", language, table, demonym=True)
        for language, names in actor.metonyms.items():
            for name in names:
                self._add_phrase(number, name, "alias", "capital", language, table, metonym=True)
        for phrase in actor.unlike:
            self._add_phrase(-1, phrase, "exact", "any", "und", table)

    def _add_phrase(
        self,
        number: int,
        phrase: str,
        match: Match,
        case: _Case,
        language: str,
        table: LiteralTable,
        *,
        demonym: bool = False,
        metonym: bool = False,
    ) -> None:
        if demonym and len(phrase) < 5 and phrase[:1].isupper():
            case = "capital"
        for at, spelt in enumerate(phrase_forms(phrase, plural=demonym)):
            folded = fold(spelt)
            if not folded:
                continue
            how: Match = "inflected" if at > 0 and folded != fold(phrase) and match == "exact" else match
            form = _Form(number, how, case, language, demonym, metonym, spelt)
            forms = self._forms.setdefault(table.add(folded), [])
            if all(other.actor != number for other in forms):
                forms.append(form)

    def _add_person(
        self, number: int, actor: Actor, surname: str, given: Sequence[str], table: LiteralTable
    ) -> None:
        given_forms = {fold(form) for word in given for form in cyrillic_forms(word)}
        initials = {fold(word[0]) for word in given if not is_arabic(word[0])}
        for at, spelt in enumerate(phrase_forms(surname)):
            folded = fold(spelt)
            literal = table.add(folded)
            entry = self._surnames.setdefault(literal, _Surname(inflected=at > 0))
            entry.inflected = entry.inflected and at > 0 and spelt != surname
            entry.spelt.add(spelt)
            for word in given_forms:
                entry.by_given.setdefault(word, number)
            for initial in initials:
                entry.by_initial.setdefault(initial, number)
            if actor.country:
                entry.by_country.setdefault(actor.country, number)
            if actor.alone:
                entry.alone = number
            self._surnames_of.setdefault(number, []).append(literal)
            self._typos.add(folded, literal)

    # Finding

    def find(
        self, title: FoldedText, body: FoldedText, found_title: Sequence[Found], found_body: Sequence[Found]
    ) -> tuple[ActorReading, ...]:
        """The actors named, in the order of their first mention, each with its evidence in title and body."""
        texts = (title, body)
        mentions = [self._mentions(title, found_title), self._mentions(body, found_body)]
        if not (mentions[0] or mentions[1]):
            return ()
        context = self._context(mentions)
        told = [[m for m in found if self._tell(m, context)] for found in mentions]
        for number, text in enumerate(texts):
            told[number] += self._misspelt(text, told[number], mentions[number], context)
            told[number].sort(key=lambda mention: mention.start)
        return self._readings(texts, told)

    def _mentions(self, text: FoldedText, found: Sequence[Found]) -> list[_Mention]:
        mine = self._mine
        candidates = [
            mention for hit in found if hit[0] in mine for mention in self._read(text, *hit) if mention is not None
        ]
        if len(candidates) < 2:
            return [mention for mention in candidates if mention.actor >= 0 or mention.surname >= 0]
        candidates.sort(key=lambda mention: (mention.start, -mention.end, mention.surname >= 0))
        kept: list[_Mention] = []
        for mention in candidates:
            if kept and mention.start < kept[-1].end:
                if mention.end <= kept[-1].end or mention.end - mention.start <= kept[-1].end - kept[-1].start:
                    continue
                kept.pop()
            kept.append(mention)
        return [mention for mention in kept if mention.actor >= 0 or mention.surname >= 0]

    def _read(self, text: FoldedText, number: int, start: int, end: int) -> Iterator[_Mention]:
        """What a hit may mean, if it is a word at all."""
        folded = text.text
        before = folded[start - 1] if start else ""
        clitic = False
        if before.isalnum() and not unspaced(before) and not unspaced(folded[start]):
            if not is_arabic(folded[start]) or not is_arabic(before):
                return
            clitic = True
        for form in self._forms.get(number, ()):
            last = suffix_end(folded, end, form.language, demonym=form.demonym)
            if last is None:
                continue
            first = start
            if clitic:
                if not arabic_clitics(folded[max(0, start - 5) : start], article=form.demonym):
                    continue
            first_original, last_original = text.span(start, end)
            written = text.original[first_original:last_original]
            if not _written_as(written, form.case):
                continue
            if form.metonym and not self._acting(folded, last):
                continue
            match = form.match
            if match == "exact":
                match = "inflected" if last > end or clitic else "exact" if written == form.spelt else "folded"
            yield _Mention(first, last, form.actor, match)
            return
        surname = self._surnames.get(number)
        if surname is None:
            return
        last = suffix_end(folded, end, "und", demonym=False)
        if last is None or (clitic and not arabic_clitics(folded[max(0, start - 5) : start], article=False)):
            return
        first_original, last_original = text.span(start, end)
        written = text.original[first_original:last_original]
        if not _written_as(written, "capital"):
            return
        if last > end or clitic or surname.inflected:
            match = "inflected"
        else:
            match = "exact" if written in surname.spelt else "folded"
        mention = self._with_given(text, number, surname, start, last, match)
        if mention is not None:
            yield mention

    def _with_given(
        self, text: FoldedText, number: int, surname: _Surname, start: int, end: int, match: Match
    ) -> _Mention | None:
        """The surname with what stands before it: its full name, a bare surname, or None, for somebody else's."""
        words = _words_before(text.text, start)
        first, actor = start, -1
        for at, (word, position, dotted) in enumerate(words):
            bearer = surname.by_given.get(word, -1)
            if bearer < 0 and not dotted and is_arabic(word[0]) and len(word) > 3:
                bearer = surname.by_given.get(word[1:], -1)
            if bearer < 0 and (dotted or len(word) == 1) and len(word) <= 5:
                bearer = surname.by_initial.get(word[0], -1)
            if bearer >= 0:
                first, actor = position, bearer
            elif actor >= 0 or at >= 2 or not _capital_at(text, position) or word in self._titles:
                break
        if actor >= 0:
            return _Mention(first, end, actor, match, surname=number, full=True)
        if words and self._somebody_else(text, words[0]):
            return None
        titled = any(word in self._titles for word, _, _ in words[:2])
        return _Mention(start, end, -1, match, surname=number, titled=titled)

    def _somebody_else(self, text: FoldedText, before: tuple[str, int, bool]) -> bool:
        """Whether the word before a surname is the given name of a person who is not in the registry."""
        word, position, dotted = before
        if not _capital_at(text, position) or word in self._titles:
            return False
        if word in self._others or (dotted and len(word) <= 3):
            return True
        return False

    def _acting(self, folded: str, end: int) -> bool:
        following = folded[end : end + 40].split(maxsplit=2)[:2]
        return bool(following) and (
            following[0] in self._acts or (len(following) == 2 and " ".join(following) in self._acts)
        )

    # Telling who is meant

    def _context(self, mentions: Iterable[Iterable[_Mention]]) -> _Context:
        context = _Context()
        for found in mentions:
            for mention in found:
                if mention.actor < 0:
                    continue
                actor = self._actors[mention.actor]
                if actor.kind == "country":
                    context.countries.add(actor.id)
                if mention.full or mention.surname < 0:
                    for literal in self._surnames_of.get(mention.actor, ()):
                        context.bearers.setdefault(literal, mention.actor)
        return context

    def _tell(self, mention: _Mention, context: _Context) -> bool:
        """Settle whom a bare surname means; False where nobody can be told."""
        if mention.actor < 0:
            mention.actor = self._bearer(mention.surname, context, titled=mention.titled)
        return mention.actor >= 0

    def _bearer(self, literal: int, context: _Context, *, titled: bool) -> int:
        if literal in context.bearers:
            return context.bearers[literal]
        surname = self._surnames[literal]
        if titled:
            for country in context.countries:
                if country in surname.by_country:
                    return surname.by_country[country]
        return surname.alone

    def _misspelt(
        self, text: FoldedText, told: Sequence[_Mention], mentions: Sequence[_Mention], context: _Context
    ) -> list[_Mention]:
        """Surnames with one wrong letter, where the article itself makes their bearers likely."""
        if not (context.bearers or context.countries):
            return []
        found: list[_Mention] = []
        counts: Counter[str] | None = None
        for token in _TOKEN.finditer(text.text):
            word = token.group()
            for _, literal in self._typos.find(word):
                start, end = token.span()
                if any(mention.start < end and start < mention.end for mention in mentions):
                    continue
                if not _capital_at(text, start) or word in self._others or word in self._titles:
                    continue
                counts = Counter(_TOKEN.findall(text.text)) if counts is None else counts
                last = suffix_end(text.text, end, "und", demonym=False)
                if counts[word] > 2 or last is None:
                    continue
                mention = self._with_given(text, literal, self._surnames[literal], start, last, "typo")
                if mention is None:
                    continue
                if mention.actor < 0:
                    mention.actor = self._likely(literal, context)
                if mention.actor >= 0:
                    found.append(mention)
                    break
        return found

    def _likely(self, literal: int, context: _Context) -> int:
        if literal in context.bearers:
            return context.bearers[literal]
        surname = self._surnames[literal]
        for country in context.countries:
            if country in surname.by_country:
                return surname.by_country[country]
        return -1

    def _readings(
        self, texts: Sequence[FoldedText], told: Sequence[Sequence[_Mention]]
    ) -> tuple[ActorReading, ...]:
        best: dict[int, Match] = {}
        evidence: dict[int, list[Evidence]] = {}
        fields: tuple[Literal["title", "body"], ...] = ("title", "body")
        for name, text, mentions in zip(fields, texts, told, strict=True):
            for mention in mentions:
                seen = evidence.setdefault(mention.actor, [])
                if _RANK[mention.match] < _RANK[best.setdefault(mention.actor, mention.match)]:
                    best[mention.actor] = mention.match
                if len(seen) < _MAX_EVIDENCE:
                    start, end = text.span(mention.start, mention.end)
                    seen.append(Evidence(field=name, start=start, end=end, text=text.original[start:end]))
        return tuple(
            ActorReading(
                id=self._actors[number].id,
                name=self._actors[number].name,
                kind=self._actors[number].kind,
                wikidata=self._actors[number].wikidata,
                match=best[number],
                evidence=tuple(seen),
            )
            for number, seen in evidence.items()
        )


@dataclass(slots=True)
class _Context:
    """What the article says elsewhere: who of a surname is named in full, and which countries are named."""

    bearers: dict[int, int] = field(default_factory=dict)
    countries: set[str] = field(default_factory=set)


def _catalogued(name: str) -> str:
    given, _, surname = name.rpartition(" ")
    return f"{surname}, {given}" if given else name


def _folded_words(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(form) for word in words for form in cyrillic_forms(word))


def _is_acronym(name: str) -> bool:
    return name.isupper() and len(name) <= 6


def _written_as(written: str, case: _Case) -> bool:
    if case == "any":
        return True
    if case == "upper":
        return written == written.upper()
    return written != written.lower() or written == written.upper()


def _capital_at(text: FoldedText, position: int) -> bool:
    character = text.original[text.origin(position)]
    return not character.islower()


_WORD_BEFORE: Final = re.compile(r"([^\W\d_][^\W\d_.'-]*(?:[.'-][^\W\d_]+)*)(\.?)(\s+|(?<=\.))\Z")


def _words_before(text: str, start: int) -> list[tuple[str, int, bool]]:
    """Up to four words before a position, nearest first, with where each begins and whether it is abbreviated."""
    words: list[tuple[str, int, bool]] = []
    low = max(0, start - _LOOK_BACK)
    end = start
    for _ in range(_GIVEN_WORDS):
        at = end
        while at > low and text[at - 1].isspace():
            at -= 1
        dotted = at > low and text[at - 1] == "."
        if at == end and not dotted:
            break
        stop = at - 1 if dotted else at
        begin = stop
        while begin > low and (text[begin - 1].isalnum() or (text[begin - 1] in "-'" and begin - 1 > low)):
            begin -= 1
        word = text[begin:stop].strip("-'")
        if not word or (dotted and len(word) > 4):
            break
        words.append((word, begin, dotted))
        end = begin
    return words
