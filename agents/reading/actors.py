"""Which actors of the registry an article names, and how each mention matched.

How a mention is told, in the order of the rules:

1. A name of the registry stands there as a word of its own, with nothing but a suffix, clitic or case ending on it. A
   name has its capital where the script has capitals (a text without any aside), initials have all of theirs.
2. Of two overlapping names the longer is meant; a phrase that an actor is declared `unlike` means nobody.
3. A surname behind a given name or initial of its bearer is the full name; behind another given name it is somebody
   else. Alone, it means whoever of that surname the article names in full, or whose title and country stand there, or
   the one whom the registry calls unambiguous.
4. A city counts as its government, not where it is only a place (`in Moscow`, a dateline).
5. A doubtful name counts where the article names the same actor in another way, or a word that makes it sure.
6. A long word one letter off a surname is that name, where its bearer, his given name or title stands beside it, or
   the slip is one that makes no other word.

Each mention matched `exact` (a name as the registry spells it), `alias` (another name, a surname alone, a people),
`folded` (other case or diacritics), `inflected` (with a suffix, clitic or case ending) or `typo` (one letter off, long
words only). Offsets are those of the original text.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Final, Literal

from rapidfuzz.distance import OSA

from agents.reading.automaton import Automaton, Found, LiteralTable
from agents.reading.fold import FoldedText, fold
from agents.reading.names import (
    LOCATIVE,
    LONGEST_CLITICS,
    Spelling,
    arabic_clitics,
    given_name,
    is_arabic,
    spelling,
    suffix_end,
)
from agents.reading.registry import Actor, ByLanguage, Registry
from agents.reading.spans import Spans
from agents.reading.typos import MAX_LENGTH, MIN_LENGTH, TypoIndex
from streams.wire import ActorReading, Match

BETTER_FIRST: Final[tuple[Match, ...]] = ("exact", "alias", "folded", "inflected", "typo")
EVIDENCE_KEPT: Final = 8
LONGEST_ACRONYM: Final = 3
"""Letters of names in capitals that are looked for as they are written, so that the automaton is spared `us`."""
SHORT: Final = 4
"""Letters up to which a name counts with its own diacritics only."""
SURE_CHANGE: Final = 7
"""Letters that a name needs for a letter too few or too many to make it sure on its own; one more for a wrong one."""

_UNSPACED: Final = "\u2e80"
"""From here on are the scripts that write no spaces between words."""
_BEHIND: Final = frozenset(("", *" .,\n"))
"""What stands behind most names, so that they end there."""
_PROCLITICS: Final = "وفبلك"
"""Arabic letters that may be written on before a name."""
_LOOK_BACK: Final = 64
_BLANK: Final = 64
"""Spaces before a dateline that are looked through."""
_GIVEN_WORDS: Final = 4
_REMEMBERED: Final = 20_000
_LETTER: Final = re.compile(r"[^\W\d_]")
_TOKEN: Final = re.compile(rf"{_LETTER.pattern}{{{MIN_LENGTH},{MAX_LENGTH}}}")
_ARABIC: Final = re.compile(r"[\u0600-\u06ff]")
_CAPITALISED_ASCII: Final = re.compile(rf"[A-Z](?<![A-Za-z].)[A-Za-z]{{{MIN_LENGTH - 1},{MAX_LENGTH - 1}}}")
_PARTICLES: Final = frozenset(
    "al el ad ar as ash at an bin ibn ben bint abu de da dos van von der den du di le la".split()
)
_UPPER_LANGUAGES: Final = frozenset({"en", "tr"})
_DATELINE: Final = re.compile(r"\s*[,(–—:/]|\s+-{1,2}\s")

FieldName = Literal["title", "body"]
_Case = Literal["any", "capital", "upper"]
_Role = Literal["name", "demonym", "metonym", "cue", "unlike"]


@dataclass(frozen=True, slots=True)
class _Form:
    """One way of writing a whole name: whose it is, and how it counts."""

    actor: int  # -1: nobody's; it only stops the names within it
    spelt: str
    match: Match
    case: _Case
    role: _Role
    language: str
    spelling: Spelling
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class _Bearer:
    """One person's surname in one spelling, with the given names that go with it.

    `whole` is the full name; `initials` are the letters with which a word begins that may be one of the given names.
    """

    actor: int
    spelt: str
    spelling: Spelling
    given: tuple[str, ...]
    whole: str
    initials: frozenset[str]
    country: str | None
    alone: bool


@dataclass(slots=True)
class _Owners:
    """What a literal may be the beginning of. `even`: all of it ends alike, by the suffixes of its script."""

    forms: list[_Form] = field(default_factory=list)
    bearers: list[_Bearer] = field(default_factory=list)
    even: bool = True


@dataclass(slots=True)
class _Mention:
    start: int  # in the original text
    end: int
    match: Match
    actor: int = -1  # -1: nobody's, or to be told from the bearers
    bearers: tuple[_Bearer, ...] = ()
    role: _Role = "name"
    titled: bool = False
    full: bool = False
    doubtful: bool = False


@dataclass(slots=True)
class _Context:
    """What the article says elsewhere: which persons are named in full, what is sure, which countries are named."""

    named: set[int] = field(default_factory=set)
    sure: set[int] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)


class _Slips(dict[str, bool]):
    """Capitalised words → whether they may be a name with one wrong letter. Those of the news come again and again."""

    def __init__(self, may_be: Callable[[str], object]) -> None:
        """`may_be` tells of a folded word whether it may be one."""
        self._may_be = may_be

    def __missing__(self, word: str) -> bool:
        if len(self) >= _REMEMBERED:
            self.clear()
        folded = [(fold(word), 0)]
        slip = self[word] = (
            # A letter that becomes several stands there as often (ßß for ss): what the word is, the text tells.
            len(folded[0][0]) != len(word)
            or any(self._may_be(form) for form, _ in (*folded, *_without_particles(folded)))
        )
        return slip


class ActorMatcher:
    """Finds the actors of a registry. Its names are an automaton of their own: of most articles nobody asks whom they
    name.
    """

    def __init__(self, registry: Registry) -> None:
        table = LiteralTable()
        self._actors: tuple[Actor, ...] = tuple(registry.actors.values())
        self._owners: defaultdict[int, _Owners] = defaultdict(_Owners)
        self._acronyms: dict[str, list[_Form]] = {}
        self._typos = TypoIndex()
        self._long: list[_Form | _Bearer] = []
        self._titles = _all_forms(registry.words("titles"))
        self._others = _all_forms(registry.words("given_names"))
        self._common = _all_forms(registry.words("common_words"))
        self._places_after = frozenset(fold(word) for word in registry.words("places_after"))
        for number, actor in enumerate(self._actors):
            self._add(number, actor, table)
        self._names = table.build(often=False)
        self._slips = _Slips(self._meant)
        self._acronym_search = Automaton(
            [acronym.replace("-", " ") for acronym in self._acronyms], often=True
        )

    # Making

    def _add(self, number: int, actor: Actor, table: LiteralTable) -> None:
        doubtful = frozenset(map(fold, actor.doubtful))
        for language, name in _named(actor):
            surname, comma, given = name.partition(",")
            if actor.kind == "person" and comma and given.strip():
                self._add_bearer(number, actor, surname.strip(), tuple(given.split()), table)
            else:
                self._add_form(number, name, "exact", "name", language, table, fold(name) in doubtful)
        others: tuple[tuple[_Role, ByLanguage], ...] = (
            ("name", actor.aliases),
            ("demonym", actor.demonyms),
            ("metonym", actor.metonyms),
        )
        for role, by_language in others:
            for language, own in by_language.items():
                for name in own:
                    self._add_form(number, name, "alias", role, language, table, fold(name) in doubtful)
        for phrase in actor.sure_with:
            self._add_form(number, phrase, "alias", "cue", "und", table)
        for phrase in actor.unlike:
            self._add_form(-1, phrase, "alias", "unlike", "und", table)

    def _add_form(
        self,
        number: int,
        name: str,
        match: Match,
        role: _Role,
        language: str,
        table: LiteralTable,
        doubtful: bool = False,
    ) -> None:
        if name.startswith("ال") and role == "name":
            # With the preposition ل the article's letter goes: للسعودية.
            self._add_form(number, "لل" + name[2:], "inflected", role, language, table, doubtful)
        how = spelling(name, demonym=role == "demonym")
        case: _Case = "any" if role in ("cue", "unlike") else "upper" if _is_acronym(name) else "capital"
        if role == "demonym" and case != "upper" and language not in _UPPER_LANGUAGES:
            case = "any"
        if case == "capital" and name == name.lower() != name.upper():
            case = "any"
        form = _Form(number, name, match, case, role, language, how, doubtful)
        if case == "upper" and len(name.replace(".", "")) <= LONGEST_ACRONYM:
            self._acronyms.setdefault(name, []).append(form)
            return
        owners = self._owners[table.add(how.literal)]
        owners.forms.append(form)
        owners.even = owners.even and how.is_even and role != "demonym"
        if role == "name" and how.whole is None and case == "capital" and number >= 0 and not doubtful:
            self._add_typos(form)

    def _add_bearer(
        self, number: int, actor: Actor, surname: str, given: tuple[str, ...], table: LiteralTable
    ) -> None:
        how = spelling(surname, person=True)
        whole = f"{' '.join(given)} {surname}"
        bearer = _Bearer(number, surname, how, given, whole, _initials(given), actor.country, actor.alone)
        owners = self._owners[table.add(how.literal)]
        owners.bearers.append(bearer)
        owners.even = owners.even and how.is_even
        if how.whole is None:
            self._add_typos(bearer)

    def _add_typos(self, owner: _Form | _Bearer) -> None:
        how = owner.spelling
        number = len(self._long)
        self._long.append(owner)
        for ending in how.endings or ("",):
            if " " not in how.literal and how.literal.isalpha():
                self._typos.add(how.literal + ending, number)

    # Finding

    def find(self, title: FoldedText, body: FoldedText, body_start: int = 0) -> tuple[ActorReading, ...]:
        """The actors named, in the order of their first mention, each with its evidence in title and body.

        What of the body is before `body_start` repeats the title.
        """
        texts = (title, body)
        mentions = self._all_mentions(texts, body_start)
        context = self._context(mentions)
        told = [[m for m in found if self._tell(m, context)] for found in mentions]
        for number, text in enumerate(texts):
            told[number].extend(self._misspelt(text, mentions[number], context))
            told[number].sort(key=_start)
        return self._readings(texts, told)

    def nearly(self, title: FoldedText, body: FoldedText, body_start: int = 0) -> dict[str, str]:
        """By id, why actors whom the article may name are not taken for named; also of some that are."""
        texts = (title, body)
        mentions = self._all_mentions(texts, body_start)
        context = self._context(mentions)
        notes: dict[str, str] = {}
        for text, own in zip(texts, mentions, strict=True):
            for mention in own:
                if mention.role == "cue" or self._tell(mention, context):
                    continue
                shown = text.original[mention.start : mention.end]
                if mention.doubtful:
                    notes.setdefault(self._actors[mention.actor].id, f"{shown} may mean something else here")
                for bearer in mention.bearers:
                    of = self._actors[bearer.actor]
                    notes.setdefault(of.id, f"{shown} alone does not tell that {of.name} is meant")
            for word, start in self._typos.near(_capitalised(text)):
                first, last = text.span(start, start + len(word))
                for _, number in self._typos.find(word):
                    owner = self._long[number]
                    shown = text.original[first:last]
                    notes.setdefault(self._actors[owner.actor].id, f"{shown} is one letter off {owner.spelt}")
        return notes

    def _all_mentions(self, texts: Sequence[FoldedText], body_start: int) -> list[list[_Mention]]:
        """The mentions in title and body; whether names are told by their capitals is a matter of both."""
        plain = not any(_has_capitals(text.original) for text in texts)
        title, body = [self._names.find(text.text) for text in texts]
        if body_start:
            body = [found for found in body if texts[1].origin(found[1]) >= body_start]
        return [
            self._mentions(text, own, plain=plain) for text, own in zip(texts, (title, body), strict=True)
        ]

    def _mentions(self, text: FoldedText, found: Sequence[Found], *, plain: bool) -> list[_Mention]:
        folded, owners = text.text, self._owners
        candidates: list[_Mention] = []
        for number, start, end in found:
            clitic = False
            if start and (before := folded[start - 1]).isalnum() and before < _UNSPACED:
                if not ("\u0600" <= before <= "\u06ff" and is_arabic(folded[start])):
                    continue
                clitic = True
            own = owners[number]
            last = None
            if own.even:
                last = end if folded[end : end + 1] in _BEHIND else suffix_end(folded, end)
                if last is None:
                    continue
            for form in own.forms:
                mention = self._whole(text, form, start, end, last, clitic=clitic, plain=plain)
                if mention is not None:
                    candidates.append(mention)
            if own.bearers:
                mention = self._surname(text, own.bearers, start, end, last, clitic=clitic, plain=plain)
                if mention is not None:
                    candidates.append(mention)
        candidates += self._written_in_capitals(text)
        cues = [mention for mention in candidates if mention.role == "cue"]
        names = [mention for mention in candidates if mention.role != "cue"] if cues else candidates
        return cues + [m for m in _longest(names) if m.actor >= 0 or m.bearers]

    def _written_in_capitals(self, text: FoldedText) -> Iterator[_Mention]:
        """Short initials, as they are written: US, UN, США."""
        original = text.original
        hits = self._acronym_search.find(original)
        last_end = 0
        for _, start, end in sorted(hits, key=lambda hit: (hit[1], -hit[2])):
            if start < last_end or original[end : end + 1].isalnum() or original[start - 1 : start].isalnum():
                continue
            written = original[start:end]
            forms = self._acronyms.get(written)
            if forms is None:  # the automaton takes a hyphen for a space
                continue
            last_end = end
            if len(written) <= 2 and _shouted(original, start, end):
                continue
            suffix = _SUFFIX.match(original, end)
            stop = suffix.end() if suffix else end
            for form in forms:
                match: Match = "inflected" if stop > end else form.match
                yield _Mention(start, stop, match, form.actor, role=form.role, doubtful=form.doubtful)

    def _whole(
        self,
        text: FoldedText,
        form: _Form,
        start: int,
        end: int,
        last: int | None,
        *,
        clitic: bool,
        plain: bool,
    ) -> _Mention | None:
        """The mention that a hit up to `end` is as a whole name; `last` is where it ends, if that is known."""
        folded, how = text.text, form.spelling
        demonym = form.role == "demonym"
        if how.anchor:
            start = _back(folded, start, how.anchor)
        if clitic and not _clitics_fit(folded, start, article=demonym):
            return None
        if last is None:
            last = _end(how, folded, start, end, form.language, demonym=demonym)
            if last is None:
                return None
        first_original, last_original = text.span(start, last)
        if form.role in ("unlike", "cue"):
            return _Mention(first_original, last_original, "alias", form.actor, role=form.role)
        written = text.original[first_original:last_original]
        as_spelt = written == form.spelt
        if not as_spelt:
            if form.case != "any" and not self._written_as(written, form.case, plain=plain):
                return None
            if len(how.literal) <= SHORT and not form.spelt.isascii() and not _as_spelt(written, form.spelt):
                return None
        if form.role == "metonym" and self._is_place(text, start, last, written):
            return None
        if form.doubtful and self._is_first_name(text, start, last):
            return None
        match = form.match
        if clitic or not as_spelt:
            match = _matched(written, form.spelt, match, clitic=clitic)
        return _Mention(
            first_original, last_original, match, form.actor, role=form.role, doubtful=form.doubtful
        )

    def _surname(
        self,
        text: FoldedText,
        bearers: Sequence[_Bearer],
        start: int,
        end: int,
        last: int | None,
        *,
        clitic: bool,
        plain: bool,
    ) -> _Mention | None:
        """The mention that a hit up to `end` is as a surname; `last` is where it ends, if that is known."""
        folded = text.text
        if clitic and not _clitics_fit(folded, start, article=False):
            return None
        if bearers[0].spelling.anchor:
            start = _back(folded, start, bearers[0].spelling.anchor)
        if last is None:
            ends = [_end(bearer.spelling, folded, start, end, "", demonym=False) for bearer in bearers]
            fitting = [(bearer, stop) for bearer, stop in zip(bearers, ends, strict=True) if stop is not None]
            if not fitting:
                return None
            last = fitting[0][1]
            bearers = [bearer for bearer, _ in fitting]
        span = text.span(start, last)
        written = text.original[span[0] : span[1]]
        if not self._written_as(written, "capital", plain=plain):
            return None
        return self._with_given(text, bearers, start, span, written, clitic=clitic, plain=plain)

    def _with_given(
        self,
        text: FoldedText,
        bearers: Sequence[_Bearer],
        start: int,
        span: tuple[int, int],
        written: str,
        *,
        clitic: bool = False,
        plain: bool = False,
    ) -> _Mention | None:
        """The surname with what stands before it: its full name, a bare surname, or None, for somebody else's.

        It begins at `start` of the folded text; `span` is its own in the original.
        """
        first_original, last_original = span
        words: list[_Word] = []
        if not clitic:
            before = _words_before(text.text, start)
            bearer, position = self._bearer_before(text, bearers, before, words, plain=plain)
            if bearer is not None:
                first_original = text.origin(position)
                match = _matched_person(
                    text.original[first_original:last_original],
                    written,
                    [b for b in bearers if b.actor == bearer.actor],
                    self._actors[bearer.actor].name,
                )
                return _Mention(first_original, last_original, match, bearer.actor, full=True)
            words += before
        if words and self._somebody_else(text, words):
            return None
        titled = any(word in self._titles for word, _, _ in words[:2])
        match = _matched(written, bearers[0].spelt, "alias", clitic=clitic)
        return _Mention(first_original, last_original, match, bearers=tuple(bearers), titled=titled)

    def _bearer_before(
        self,
        text: FoldedText,
        bearers: Sequence[_Bearer],
        words: Iterable[_Word],
        seen: list[_Word],
        *,
        plain: bool,
    ) -> tuple[_Bearer | None, int]:
        """Whose given name or initial stands among the words before a surname, and where it begins.

        Only as many words are taken as tell it; they are put into `seen`.
        """
        bearer: _Bearer | None = None
        position = 0
        for at, found in enumerate(words):
            seen.append(found)
            word, begin, dotted = found
            initial = word[0]
            for own in bearers:
                if initial in own.initials and _is_given(word, own.given, dotted=dotted):
                    bearer, position = own, begin
                    bearers = (own,)
                    break
            else:
                if word in _PARTICLES:
                    continue
                if (
                    bearer is not None
                    or at >= 2
                    or word in self._titles
                    or word in self._others
                    or (not plain and text.original[text.origin(begin)].islower())
                ):
                    break
        return bearer, position

    def _somebody_else(self, text: FoldedText, words: Sequence[_Word]) -> bool:
        """Whether the word before a surname is the given name or initial of a person who is not in the registry."""
        word, position, dotted = next((w for w in words if w[0] not in _PARTICLES), words[0])
        if text.original[text.origin(position)].islower() or word in self._titles:
            return False
        if dotted and len(word) == 1:
            return text.text[max(0, position - 2) : position] not in ("u.", "p.", "a.")
        return word in self._others

    def _is_place(self, text: FoldedText, start: int, end: int, written: str) -> bool:
        """Whether a city is no more than where something is."""
        folded = text.text
        if _word_before(folded, start) in self._places_after:
            return True
        if LOCATIVE.search(folded, max(start, end - 8), end):
            return True
        blank = folded[max(0, start - _BLANK) : start]
        blank = blank[len(blank.rstrip()) :]
        at_line_start = "\n" in blank or len(blank) == start
        following = folded[end : end + 12]
        return at_line_start and (
            _DATELINE.match(following) is not None
            or (written.isupper() and not _shouted(text.original, *text.span(start, end)))
        )

    def _is_first_name(self, text: FoldedText, start: int, end: int) -> bool:
        """Whether a doubtful name stands beside one that makes a person of it (`Jordan Smith`, `Michael Jordan`)."""
        folded, original = text.text, text.original
        if _word_before(folded, start) in self._others:
            return True
        if folded[end : end + 1] != " " or not folded[end + 1 : end + 2].isalpha():
            return False
        if not original[text.origin(end + 1)].isupper() or folded[end - 2 : end] == "'s":
            return False
        line = original[max(0, text.origin(start) - 60) : text.origin(end) + 60]
        return not _title_case(line)

    def _written_as(self, written: str, case: _Case, *, plain: bool) -> bool:
        if case == "any":
            return True
        if case == "upper":
            letters = written.partition("'")[0].partition("’")[0]
            return letters == letters.upper()
        if written != written.lower() or written == written.upper():
            return True
        return plain and fold(written) not in self._common

    # Telling who is meant

    def _context(self, mentions: Iterable[Iterable[_Mention]]) -> _Context:
        context = _Context()
        for found in mentions:
            for mention in found:
                if mention.actor < 0 or mention.doubtful:
                    continue
                context.sure.add(mention.actor)
                if mention.role == "cue":
                    continue
                actor = self._actors[mention.actor]
                if actor.kind == "country":
                    context.countries.add(actor.id)
                elif actor.kind == "person":
                    context.named.add(mention.actor)
        return context

    def _tell(self, mention: _Mention, context: _Context) -> bool:
        """Settle whom a mention means; False where nobody can be told."""
        if mention.role == "cue" or (mention.doubtful and mention.actor not in context.sure):
            return False
        if mention.actor < 0:
            mention.actor = _told(mention.bearers, context, titled=mention.titled)
        return mention.actor >= 0

    def _misspelt(self, text: FoldedText, mentions: Sequence[_Mention], context: _Context) -> list[_Mention]:
        """Names with one wrong letter."""
        # Most texts have none, which costs less to find out word by word than place by place.
        original = text.aligned
        words = _long_words(original).findall(original)
        slips = {*filter(self._slips.__getitem__, set(words))}
        if not slips:
            return []
        told: list[_Mention] = []
        counts: Counter[str] | None = None
        spans: Spans | None = None
        for word, start in self._typos.near(_places_of([word for word in words if word in slips], text)):
            for owner, sure in self._meant(word):
                mention = self._slip(text, word, start, owner, context, sure=sure)
                if mention is None:
                    continue
                spans = Spans((m.start, m.end) for m in mentions) if spans is None else spans
                if spans.overlap(mention.start, mention.end, least=len(word) - 2):
                    continue
                counts = Counter(_TOKEN.findall(text.text)) if counts is None else counts
                before = text.text[start - 1 : start]
                if counts[before + word if before.isalpha() else word] <= 2:
                    told.append(mention)
                    break
        return _longest(told)

    def _meant(self, word: str) -> list[tuple[_Form | _Bearer, bool]]:
        """Whose name a misspelt word may be, as far as the word alone tells, and whether it is unmistakable."""
        meant: list[tuple[_Form | _Bearer, bool]] = []
        if word in self._others or word in self._titles:
            return meant
        for known, number in self._typos.find(word):
            owner = self._long[number]
            exchanged = len(word) == len(known) and sorted(word) == sorted(known)
            if "\u0400" <= word[-1] <= "\u052f" and word[-2:] != known[-2:] and not exchanged:
                continue
            sure = _sure_change(known, word)
            alone = sure and len(known) >= SURE_CHANGE and word not in self._common
            if alone or isinstance(owner, _Bearer):
                meant.append((owner, sure))
        return meant

    def _slip(
        self,
        text: FoldedText,
        word: str,
        start: int,
        owner: _Form | _Bearer,
        context: _Context,
        *,
        sure: bool,
    ) -> _Mention | None:
        """The mention that a misspelling is, or None where it may be another word."""
        end = start + len(word)
        stop = suffix_end(text.text, end)
        if stop is None:
            return None
        first, last = span = text.span(start, stop)
        if isinstance(owner, _Form):
            return _Mention(first, last, "typo", owner.actor, role=owner.role)
        mention = self._with_given(
            text, [owner], start, span, text.original[first : text.span(start, end)[1]]
        )
        if mention is None:
            return None
        if word in self._common and not mention.full:
            return None
        mention.match = "typo"
        likely = mention.full or mention.titled or owner.actor in context.named
        if not likely and not (sure and (owner.alone or owner.country in context.countries)):
            return None
        mention.actor = owner.actor
        return mention

    def _readings(
        self, texts: Sequence[FoldedText], told: Sequence[Sequence[_Mention]]
    ) -> tuple[ActorReading, ...]:
        by_actor: dict[int, list[tuple[FieldName, FoldedText, _Mention]]] = {}
        fields: tuple[FieldName, ...] = ("title", "body")
        for name, text, mentions in zip(fields, texts, told, strict=True):
            for mention in mentions:
                by_actor.setdefault(mention.actor, []).append((name, text, mention))
        return tuple(self._reading(number, own) for number, own in by_actor.items())

    def _reading(self, number: int, own: Sequence[tuple[FieldName, FoldedText, _Mention]]) -> ActorReading:
        actor = self._actors[number]
        shown = list(own[:EVIDENCE_KEPT])
        # A misspelling is shown even when the name stands rightly in many other places.
        shown += [one for one in own[EVIDENCE_KEPT:] if one[2].match == "typo"][:1]
        matches = {mention.match for _, _, mention in own}
        # Made in one call: most of an article's actors have several mentions.
        return ActorReading.model_validate(
            {
                "id": actor.id,
                "name": actor.name,
                "kind": actor.kind,
                "wikidata": actor.wikidata,
                "country": actor.country,
                "match": next(match for match in BETTER_FIRST if match in matches),
                "evidence": [
                    {"field": name, "start": m.start, "end": m.end, "text": text.original[m.start : m.end]}
                    for name, text, m in shown
                ],
            }
        )


_start: Final = attrgetter("start")
_WORD_BEFORE: Final = re.compile(r"([^\S\n]*(?:-[^\S\n]*)*)(\.?)([^\W_]+)")
"""Read backwards: what stands between, a full stop of an abbreviation, and the word."""

_Word = tuple[str, int, bool]
"""A word before a name: itself, where it begins, and whether it is abbreviated."""

_SUFFIX: Final = re.compile(r"['’ʼ][^\W\d_]{1,8}(?!\w)")


def _told(bearers: Sequence[_Bearer], context: _Context, *, titled: bool) -> int:
    """Who of a surname is meant where it stands alone; -1 where nobody can be told."""
    named = [bearer.actor for bearer in bearers if bearer.actor in context.named]
    if named:
        return named[0]
    if titled:
        for bearer in bearers:
            if bearer.country in context.countries:
                return bearer.actor
    return next((bearer.actor for bearer in bearers if bearer.alone), -1)


def _longest(mentions: list[_Mention]) -> list[_Mention]:
    """The mentions that no longer one overlaps, in order; of two of one span, nobody's rather than a name."""
    mentions.sort(key=_start)
    kept: list[_Mention] = []
    overlapping: list[_Mention] = []
    end = 0
    for mention in mentions:
        if mention.start >= end and overlapping:
            kept += overlapping if len(overlapping) == 1 else _longest_of(overlapping)
            overlapping = []
        overlapping.append(mention)
        end = max(end, mention.end)
    return kept + _longest_of(overlapping)


def _longest_of(mentions: list[_Mention]) -> list[_Mention]:
    mentions.sort(key=lambda m: (m.start - m.end, m.start, m.role != "unlike", BETTER_FIRST.index(m.match)))
    kept: list[_Mention] = []
    taken: set[int] = set()
    meant: dict[tuple[int, int], set[int]] = {}
    for mention in mentions:
        span = (mention.start, mention.end)
        if span in meant:
            if mention.role == "unlike" or -2 in meant[span] or mention.actor in meant[span]:
                continue
        elif not taken.isdisjoint(range(*span)):
            continue
        taken.update(range(*span))
        meant.setdefault(span, set()).add(-2 if mention.role == "unlike" else mention.actor)
        kept.append(mention)
    kept.sort(key=_start)
    return kept


def _end(how: Spelling, folded: str, start: int, end: int, language: str, *, demonym: bool) -> int | None:
    """Where a name that a hit begins ends, its ending included; None where the word is another."""
    if how.whole is not None:
        found = how.whole.match(folded, start)
        return found.end() if found else None
    if how.endings is not None:
        stop = end
        while stop < len(folded) and stop - end <= 6 and folded[stop].isalnum():
            stop += 1
        return stop if folded[end:stop] in how.endings and not folded[stop : stop + 1].isalnum() else None
    return suffix_end(folded, end, language=language, demonym=demonym)


def _back(text: str, start: int, words: int) -> int:
    """Where the word that stands so many words before a position begins; of a longer one than any name, its end."""
    for _ in range(words):
        while start > 0 and text[start - 1] in " -\n\t":
            start -= 1
        earliest = max(0, start - _LOOK_BACK)
        while start > earliest and text[start - 1] not in " -\n\t":
            start -= 1
    return start


def _as_spelt(written: str, spelt: str) -> bool:
    """Whether a Latin name has its diacritics, so that `Sam` is not taken for `Şam`. Other scripts are as they are."""
    if spelt[0] >= "\u0250":
        return True
    return written[: len(spelt)].casefold() == spelt.casefold()


def _clitics_fit(folded: str, start: int, *, article: bool) -> bool:
    before = folded[max(0, start - LONGEST_CLITICS - 1) : start]
    return arabic_clitics(before, article=article)


def _as_typed(written: str) -> str:
    """Words with one space between them, their diacritics on the letters: what a registry has."""
    return unicodedata.normalize("NFC", " ".join(written.split()))


def _initials(given: Sequence[str]) -> frozenset[str]:
    """What a word must begin with to be one of some given names, as `_is_given` has it."""
    firsts = {given_name(name).literal[:1] for name in given}
    return frozenset(firsts | set(_PROCLITICS) if any(map(is_arabic, filter(None, firsts))) else firsts)


def _matched(written: str, spelt: str, match: Match, *, clitic: bool) -> Match:
    if written == spelt or (written := _as_typed(written)) == spelt:
        return "inflected" if clitic else match
    return "folded" if fold(written) == fold(spelt) and not clitic else "inflected"


def _matched_person(written: str, surname: str, bearers: Sequence[_Bearer], name: str) -> Match:
    """How a given name and a surname match the spellings of one person."""
    spellings = [name, *[bearer.whole for bearer in bearers]]
    if written in spellings or (written := _as_typed(written)) in spellings:
        return "exact"
    if fold(written) in map(_folded, spellings):
        return "folded"
    surnames = [bearer.spelt for bearer in bearers]
    if surname in surnames:
        return "alias"
    return "folded" if fold(surname) in map(_folded, surnames) else "inflected"


def _is_given(word: str, given: Sequence[str], *, dotted: bool) -> bool:
    """Whether a word before a surname is a given name of its bearer, an initial, or a slip of it."""
    first = word[0]
    for name in given:
        how = given_name(name)
        literal = how.literal
        if is_arabic(literal[:1]):
            if word == literal or (first in _PROCLITICS and len(word) > 3 and word[1:] == literal):
                return True
        elif first == literal[:1]:
            if word.startswith(literal) and word[len(literal) :] in (how.endings or ()):
                return True
            folded = _folded(name)
            if ((dotted and len(word) <= 3) or len(word) == 1) and folded.startswith(word):
                return True
            if len(word) >= 5 and OSA.distance(word, folded, score_cutoff=1) <= 1:
                return True
    return False


def _words_before(text: str, start: int) -> Iterator[_Word]:
    """Up to four words before a position, nearest first, with where each begins and whether it is abbreviated."""
    backwards = text[max(0, start - _LOOK_BACK) : start][::-1]
    at = 0
    for _ in range(_GIVEN_WORDS):
        found = _WORD_BEFORE.match(backwards, at)
        if found is None:
            break
        between, dot, word = found.groups()
        if not (between or dot) or (dot and len(word) > 4):
            break
        at = found.end()
        yield word[::-1], start - at, bool(dot)


def _word_before(text: str, start: int) -> str:
    """The nearest of these words; "" where there is none."""
    return next((word for word, _, _ in _words_before(text, start)), "")


def _sure_change(known: str, word: str) -> bool:
    """Whether a slip makes the name unmistakable: letters exchanged, or in a long name one missing, added or wrong."""
    if len(known) == len(word):
        if sorted(known) == sorted(word):
            return True
        return len(known) > SURE_CHANGE
    if word == known + "a" or word[:-1] == known or known[:-1] == word:
        return False
    return len(known) >= SURE_CHANGE


def _plain(name: str) -> str:
    """A name in its usual order, whether it is given so or as in a catalogue."""
    surname, comma, given = name.partition(",")
    return f"{given.strip()} {surname.strip()}" if comma else name


def _named(actor: Actor) -> Iterator[tuple[str, str]]:
    """The names of an actor with their languages; `name` itself, where none of them is it, in catalogue order."""
    for language, own in actor.names.items():
        for name in own:
            yield language, name
    if not any(_plain(name) == actor.name for own in actor.names.values() for name in own):
        yield "und", _catalogued(actor.name) if actor.kind == "person" else actor.name


def _catalogued(name: str) -> str:
    """A person's name with the surname first, that being its last word."""
    if "," in name:
        return name
    given, _, surname = name.rpartition(" ")
    return f"{surname}, {given}" if given else name


def _all_forms(words: Iterable[str]) -> frozenset[str]:
    """Folded words with their Cyrillic cases."""
    forms: set[str] = set()
    for word in words:
        how = spelling(word)
        forms.update(how.literal + ending for ending in how.endings or ("",))
    return frozenset(forms)


def _capitalised(text: FoldedText) -> list[tuple[str, int]]:
    """The folded words that may be long names, with where each begins: those whose first letter is not a small one.

    Arabic ones also without the particle that is written on.
    """
    original = text.aligned
    return _folded_at([found.span() for found in _long_words(original).finditer(original)], text)


def _places_of(words: Iterable[str], text: FoldedText) -> list[tuple[str, int]]:
    """The same of some of these words, given as they are written and in order."""
    original = text.aligned
    match = _long_words(original).match
    spans: list[tuple[int, int]] = []
    at = 0
    for word in words:
        at = original.index(word, at)
        while (found := match(original, at)) is None or found.group() != word:
            at = original.index(word, at + 1)
        spans.append(found.span())
        at = found.end()
    return _folded_at(spans, text)


def _folded_at(spans: Iterable[tuple[int, int]], text: FoldedText) -> list[tuple[str, int]]:
    folded = text.text
    words = [(folded[start:end], start) for start, end in spans]
    without = _without_particles(words)
    return words + without if without and _ARABIC.search(text.original) else words


def _long_words(original: str) -> re.Pattern[str]:
    """What finds the long words of a text whose first letter is not a small one."""
    if original.isascii():
        return _CAPITALISED_ASCII
    return _capitalised_pattern(beyond=len(original.encode("utf-16-le", "surrogatepass")) > 2 * len(original))


def _without_particles(words: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(word[1:], at + 1) for word, at in words if word[0] in _PROCLITICS and len(word) > MIN_LENGTH]


@cache
def _capitalised_pattern(*, beyond: bool) -> re.Pattern[str]:
    """For texts with characters beyond the first plane, or without: letters as a set of those of the first plane are
    told in half the time.
    """
    letters = [code for code in range(0x1_0000) if _LETTER.match(chr(code))]
    first = _ranges(code for code in letters if not chr(code).islower() and (code >= 0x80 or code < 0x5B))
    letter = _LETTER.pattern if beyond else f"[{_ranges(letters)}]"
    if beyond:
        first += "\U00010000-\U0010ffff"
    return re.compile(rf"[{first}](?<!{letter}.)(?<={letter}){letter}{{{MIN_LENGTH - 1},{MAX_LENGTH - 1}}}")


def _ranges(codes: Iterable[int]) -> str:
    """Characters, given in order, as the ranges of a set."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(begin)}-{chr(end)}" for begin, end in ranges)


_folded = cache(fold)
"""Of names of registries only, so it holds no more than they do."""


def _is_acronym(name: str) -> bool:
    letters = name.replace(".", "").replace("-", "")
    return letters == letters.upper() != letters.lower() and len(letters) <= 6 and " " not in name


def _has_capitals(text: str) -> bool:
    return text[:200].lower() != text[:200] or text.lower() != text


def _shouted(text: str, start: int, end: int) -> bool:
    """Whether the words around are all in capitals, so that capitals tell nothing."""
    around = text[max(0, start - 16) : start] + text[end : end + 16]
    letters = [character for character in around if character.isalpha()]
    return len(letters) >= 4 and not any(map(str.islower, letters))


def _title_case(line: str) -> bool:
    """Whether a line is a headline in which most words have a capital."""
    words = [word for word in line.split() if word[:1].isalpha() and len(word) > 3]
    return len(words) > 3 and sum(word[0].isupper() for word in words) >= 0.7 * len(words)
