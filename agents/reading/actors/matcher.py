"""The matcher: from title and body to the actors that they name."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from agents.reading.actors.acronyms import Acronyms
from agents.reading.actors.context import Context
from agents.reading.actors.matching import BETTER_FIRST
from agents.reading.actors.mention import Mention, by_start
from agents.reading.actors.misspellings import Misspellings
from agents.reading.actors.names import Names
from agents.reading.actors.registry import Actor, Registry
from agents.reading.actors.search import MentionSearch
from agents.reading.actors.surnames import Surnames
from agents.reading.actors.whole_names import WholeNames
from agents.reading.actors.wordlists import WordLists
from agents.reading.fold import FoldedText
from streams.wire import LONGEST_EVIDENCE, ActorReading, FieldName

EVIDENCE_KEPT: Final = 8
"""Pieces of evidence of an actor, at most."""

_Shown = tuple[FieldName, FoldedText, Mention]


class ActorMatcher:
    """Finds the actors of a registry. Its names have an automaton of their own, since for most articles nobody asks
    whom they name.
    """

    def __init__(self, registry: Registry) -> None:
        names, words = Names(registry), WordLists.of(registry)
        surnames = Surnames(words)
        acronyms = Acronyms(names.acronyms, words.common)
        self._search = MentionSearch(names, acronyms, WholeNames(words), surnames)
        self._misspellings = Misspellings(names.typos, surnames, words)

    def find(self, title: FoldedText, body: FoldedText, body_start: int = 0) -> tuple[ActorReading, ...]:
        """The actors named, in the order of their first mention, each with its evidence in title and body.

        What of the body is before `body_start` repeats the title.
        """
        in_title, in_body = self._search.find(title, body, body_start)
        context = Context(chain(in_title, in_body))
        fields: tuple[tuple[FieldName, FoldedText, list[Mention]], ...] = (
            ("title", title, in_title),
            ("body", body, in_body),
        )
        by_actor: dict[str, tuple[Actor, list[_Shown]]] = {}
        for field, text, mentions in fields:
            misspelt = self._misspellings.find(text, mentions, context)
            every = sorted([*mentions, *misspelt], key=by_start) if misspelt else mentions
            for mention in every:
                actor = context.meant(mention)
                if actor is not None:
                    by_actor.setdefault(actor.id, (actor, []))[1].append((field, text, mention))
        return tuple(_reading(actor, own) for actor, own in by_actor.values())

    def nearly(self, title: FoldedText, body: FoldedText, body_start: int = 0) -> dict[str, str]:
        """By id, why actors whom the article may name are not taken for named; also of some that are."""
        in_title, in_body = self._search.find(title, body, body_start)
        context = Context(chain(in_title, in_body))
        notes: dict[str, str] = {}
        for text, mentions in ((title, in_title), (body, in_body)):
            for mention in mentions:
                if mention.role == "cue" or context.meant(mention) is not None:
                    continue
                shown = text.original[mention.start : mention.end]
                if mention.actor is not None:
                    notes.setdefault(mention.actor.id, f"{shown} may mean something else here")
                for bearer in mention.bearers:
                    actor = bearer.actor
                    notes.setdefault(actor.id, f"{shown} alone does not tell that {actor.name} is meant")
            for name, shown in self._misspellings.nearly(text):
                notes.setdefault(name.actor.id, f"{shown} is one letter off {name.spelt}")
        return notes


def _reading(actor: Actor, mentions: Sequence[_Shown]) -> ActorReading:
    shown = list(mentions[:EVIDENCE_KEPT])
    # A misspelling is shown even when the name stands rightly in many other places.
    shown += [one for one in mentions[EVIDENCE_KEPT:] if one[2].match == "typo"][:1]
    matches = {mention.match for _, _, mention in mentions}
    # Made in one call: most of an article's actors have several mentions.
    return ActorReading.model_validate(
        {
            "id": actor.id,
            "name": actor.name,
            "kind": actor.kind,
            "wikidata": actor.wikidata,
            "country": actor.country,
            "match": min(matches, key=BETTER_FIRST.index),
            "evidence": [_evidence(*one) for one in shown],
        }
    )


def _evidence(field: FieldName, text: FoldedText, mention: Mention) -> dict[str, Any]:
    start, end = mention.start, min(mention.end, mention.start + LONGEST_EVIDENCE)
    return {"field": field, "start": start, "end": end, "text": text.original[start:end]}
