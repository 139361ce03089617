"""What is searched for: every way of writing a name of the registry, under the literal that it is found by."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from typing import Final, Literal

from agents.reading.actors.capitals import Case, is_acronym
from agents.reading.actors.given_names import PARTICLES, GivenName, initials_of
from agents.reading.actors.inflection import ARABIC, HEBREW, Spelling, spelling
from agents.reading.actors.registry import Actor, ByLanguage, Registry
from agents.reading.actors.typos import TypoIndex
from agents.reading.automaton import LiteralTable
from agents.reading.fold import fold
from agents.reading.plain_spellings import plain_spelling
from streams.wire import Match

Role = Literal["name", "demonym", "metonym", "cue", "unlike"]
"""What a form is to its actor: a cue makes doubtful names sure, and what is `unlike` is nobody's name."""

LONGEST_ACRONYM: Final = 3
"""Names in capitals of at most so many letters are sought as they are written, so that no pass finds every `us`."""
_WITH_CAPITAL: Final = frozenset({"en", "tr"})
"""Languages that write peoples with a capital in every sense."""
_ARABIC_ARTICLE: Final = re.compile(
    r"(?:(?:a[dlnrstz]|ash|el|аль|эль|ель|а[дзнрстш])-|[ae]l )(?=\w{3})", re.IGNORECASE
)
"""The article of an Arabic surname, which some leave out and others spell differently."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing a whole name: whose it is, and how it counts."""

    actor: Actor
    spelt: str
    spelling: Spelling
    match: Match
    case: Case
    role: Role
    language: str
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Bearer:
    """One person's surname in one spelling, with the given names that go with it.

    `whole` is the full name; `initials` are the letters with which a word begins that may be one of the given names.
    `bare`: a given name must stand before it, as the surname lacks its Arabic article or may be an everyday word.
    """

    actor: Actor
    spelt: str
    spelling: Spelling
    given: tuple[GivenName, ...]
    whole: str
    initials: frozenset[str]
    bare: bool = False


@dataclass(slots=True)
class Owners:
    """What may begin with a literal; bearers by the place of the literal in their surname. `even`: all of it ends
    alike, by the suffixes of its script.
    """

    forms: list[Form] = field(default_factory=list)
    bearers: dict[int, list[Bearer]] = field(default_factory=dict)
    even: bool = True


class Names:
    """All names of a registry.

    `owners` has what each literal of the automaton may begin, by its number; `acronyms` what is searched for as it is
    written instead; `typos` the long names.
    """

    def __init__(self, registry: Registry) -> None:
        self._table = LiteralTable()
        self._owners: defaultdict[int, Owners] = defaultdict(Owners)
        self._acronyms: defaultdict[str, list[Form]] = defaultdict(list)
        self.typos: TypoIndex[Form | Bearer] = TypoIndex()
        named = _named(registry)
        given_names = _given_names(registry)
        for actor in registry.actors.values():
            for name in _names_of(actor, given_names):
                if isinstance(name, Bearer):
                    self._add_bearer(name)
                elif name.role == "unlike" and named.get(fold(name.spelt), actor.id) != actor.id:
                    continue  # the longer name is meant anyway
                elif name.case == "upper" and len(name.spelt.replace(".", "")) <= LONGEST_ACRONYM:
                    self._acronyms[name.spelt].append(name)
                else:
                    self._add_form(name)
        self.automaton = self._table.build(often=False)
        self.owners: Mapping[int, Owners] = self._owners
        self.acronyms: Mapping[str, list[Form]] = self._acronyms

    def _add_bearer(self, bearer: Bearer) -> None:
        owners = self._owners[self._table.add(bearer.spelling.literal)]
        owners.bearers.setdefault(bearer.spelling.anchor, []).append(bearer)
        owners.even = owners.even and bearer.spelling.is_even
        self._add_typos(bearer)

    def _add_form(self, form: Form) -> None:
        owners = self._owners[self._table.add(form.spelling.literal)]
        owners.forms.append(form)
        owners.even = owners.even and form.spelling.is_even and form.role != "demonym"
        if form.role == "name" and form.case == "capital" and not form.doubtful:
            self._add_typos(form)

    def _add_typos(self, name: Form | Bearer) -> None:
        how = name.spelling
        if how.whole is None and how.literal.isalpha():
            for ending in how.endings or ("",):
                self.typos.add(how.literal + ending, name)


def _named(registry: Registry) -> Mapping[str, str]:
    """The names of all actors that are nobody's surname, folded, each with the id of one whom it means."""
    return {
        fold(name): actor.id
        for actor in registry.actors.values()
        for _, name in chain(_proper_names(actor), _each(actor.aliases))
    }


def _each(by_language: ByLanguage) -> Iterator[tuple[str, str]]:
    return ((language, name) for language, own in by_language.items() for name in own)


def _given_names(registry: Registry) -> Set[str]:
    """The given names of all persons, folded."""
    actors = registry.actors.values()
    names = (name for actor in actors for _, name in chain(_proper_names(actor), _each(actor.aliases)))
    own = (given for name in names for given in name.partition(",")[2].split())
    return frozenset(map(fold, chain(registry.words("given_names"), own)))


def _names_of(actor: Actor, given_names: Set[str]) -> Iterator[Form | Bearer]:
    """Every way of writing an actor's names, and the phrases that make them sure or are nobody's.

    `given_names` are those of anybody.
    """
    doubtful = frozenset((*actor.doubtful, *map(fold, actor.doubtful)))
    names: tuple[tuple[Match, Iterator[tuple[str, str]]], ...] = (
        ("exact", _proper_names(actor)),
        ("alias", _each(actor.aliases)),
    )
    for match, (language, name) in ((match, name) for match, own in names for name in own):
        surname, comma, written = name.partition(",")
        surname, given = surname.strip(), written.split()
        if actor.kind == "person" and comma and given:
            yield _bearer(actor, surname, given)
            if plain := plain_spelling(surname, language):
                yield _bearer(actor, plain, given)
            if article := _ARABIC_ARTICLE.match(surname):
                bare = _bearer(actor, surname[article.end() :], given)
                yield replace(bare, whole=" ".join((*given, surname)), bare=True)
            if _may_come_first(surname, given, given_names):
                yield from _forms(actor, " ".join((surname, *given)), match, "name", language, doubtful)
        else:
            yield from _forms(actor, name, match, "name", language, doubtful)
    others: tuple[tuple[Role, ByLanguage], ...] = (
        ("demonym", actor.demonyms),
        ("metonym", actor.metonyms),
    )
    for role, by_language in others:
        for language, name in _each(by_language):
            yield from _forms(actor, name, "alias", role, language, doubtful)
    phrases: tuple[tuple[Role, tuple[str, ...]], ...] = (("cue", actor.sure_with), ("unlike", actor.unlike))
    for role, own in phrases:
        for phrase in own:
            yield Form(actor, phrase, spelling(phrase), "alias", "any", role, "und")


def _may_come_first(surname: str, given: Sequence[str], given_names: Set[str]) -> bool:
    """Whether a name means the same with its surname first: not `Ahmed Hassan`, nor `Hassan Ahmed`."""
    folded = fold(surname)
    if folded[:1] in ARABIC or folded[:1] in HEBREW:
        return False
    return len(given) > 1 or folded not in given_names


def _proper_names(actor: Actor) -> Iterator[tuple[str, str]]:
    """The names of an actor with their languages; `name` itself, where none of them is it, in catalogue order."""
    yield from _each(actor.names)
    if not any(_plain(name) == actor.name for own in actor.names.values() for name in own):
        yield "und", _catalogued(actor.name) if actor.kind == "person" else actor.name


def _plain(name: str) -> str:
    """A name in its usual order, whether it is given so or as in a catalogue."""
    surname, comma, given = name.partition(",")
    return f"{given.strip()} {surname.strip()}" if comma else name


def _catalogued(name: str) -> str:
    """A person's name with the surname first, that being its last word."""
    if "," in name:
        return name
    given, _, surname = name.rpartition(" ")
    return f"{surname}, {given}" if given else name


def _bearer(actor: Actor, surname: str, given: list[str]) -> Bearer:
    # Any Silva may be a `da Silva`, and Abdel Fattah is Abdelfattah, too.
    telling = [name for name in given if fold(name) not in PARTICLES] or given
    joined = (first + name for first, name in pairwise(given) if fold(name) not in PARTICLES)
    names = tuple(map(GivenName.of, (*telling, *joined)))
    whole = " ".join((*given, surname))
    return Bearer(actor, surname, spelling(surname, person=True), names, whole, initials_of(names))


def _forms(
    actor: Actor, name: str, match: Match, role: Role, language: str, doubtful: frozenset[str]
) -> Iterator[Form]:
    how = spelling(name, language=language, demonym=role == "demonym")
    case = _case(name, role, language)
    # Initials are doubtful as they are written only: `Uno` is, `UNO` is not.
    is_doubtful = (name if case == "upper" else fold(name)) in doubtful
    form = Form(actor, name, how, match, case, role, language, is_doubtful)
    if case == "upper" and len(name) >= LONGEST_ACRONYM and name.isascii() and name.isalpha():
        # W.H.O.; of two letters they are those of a person, too.
        dotted = "".join(f"{letter}." for letter in name)
        yield replace(form, spelt=dotted, spelling=spelling(dotted))
    if plain := plain_spelling(name, language):
        how = spelling(plain, demonym=role == "demonym")
        yield replace(form, spelt=plain, spelling=how, match="folded" if match == "exact" else match)
    if name.startswith("ال") and role == "name":
        # With the preposition ل the article's letter goes: للسعودية.
        without = "لل" + name[2:]
        yield replace(form, spelt=without, spelling=spelling(without), match="inflected")
    yield form


def _case(name: str, role: Role, language: str) -> Case:
    """How a name must be written: as its language has it, and one in small letters in any way."""
    if is_acronym(name):
        return "upper"
    if role == "demonym" and language not in _WITH_CAPITAL:
        return "any"
    return "any" if name == name.lower() != name.upper() else "capital"
