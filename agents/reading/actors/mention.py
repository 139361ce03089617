"""A place where an actor may be named, and which of several that overlap are meant."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Final, NamedTuple

from agents.reading.actors.matching import BETTER_FIRST
from agents.reading.actors.names import Bearer, Role
from agents.reading.actors.registry import Actor
from agents.reading.fold import FoldedText, Span
from streams.wire import Match


class Hit(NamedTuple):
    """The literal of a name, where it stands in a folded text.

    `last` is where the name ends, if that is known; `clitic`: in Arabic something is written on before it; `plain`: the
    article has no capitals.
    """

    text: FoldedText
    start: int
    end: int
    last: int | None
    clitic: bool
    plain: bool


@dataclass(slots=True)
class Mention:
    """A name at a span of the original text.

    Without an `actor` it is a surname alone, whose owner is to be told from its `bearers`; `titled`: behind a title;
    `goes_on`: before a word with a capital (`Johnson Matthey`).
    """

    start: int
    end: int
    match: Match
    actor: Actor | None
    bearers: tuple[Bearer, ...] = ()
    role: Role = "name"
    titled: bool = False
    goes_on: bool = False
    doubtful: bool = False


by_start: Final = attrgetter("start")


def longest(mentions: list[Mention]) -> list[Mention]:
    """The mentions that no longer one overlaps, in order; of those of one span, nobody's, or else every actor's.

    What overlaps a longer one is kept where it is the country of who is named there.
    """
    mentions.sort(key=by_start)
    kept: list[Mention] = []
    overlapping: list[Mention] = []
    end = 0
    for mention in mentions:
        if mention.start >= end and overlapping:
            kept += overlapping if len(overlapping) == 1 else _longest_of(overlapping)
            overlapping = []
        overlapping.append(mention)
        end = max(end, mention.end)
    return kept + _longest_of(overlapping)


def _longest_of(mentions: list[Mention]) -> list[Mention]:
    mentions.sort(key=_rank)
    kept: list[Mention] = []
    of_span: dict[Span, list[Mention]] = {}
    taken: dict[int, list[Mention]] = {}
    meant: set[tuple[Span, str]] = set()
    for mention in mentions:
        span = (mention.start, mention.end)
        whose = (span, mention.actor.id if mention.actor is not None else "")
        if whose in meant:
            continue
        if span in of_span:
            if of_span[span][0].role == "unlike":
                continue
            of_span[span].append(mention)
        elif taken.keys().isdisjoint(range(*span)):
            of_span[span] = [mention]
            taken.update(dict.fromkeys(range(*span), of_span[span]))
        elif not any(_holds_its_country(longer, mention) for longer in taken.get(mention.start, ())):
            continue
        meant.add(whose)
        kept.append(mention)
    kept.sort(key=by_start)
    return kept


def _holds_its_country(longer: Mention, mention: Mention) -> bool:
    """Whether a mention is the country in the name of one of its own: in `Israeli army` Israel is named, too.

    `longer` is kept where the mention begins.
    """
    if longer.actor is None or mention.actor is None:
        return False
    return longer.actor.country == mention.actor.id and mention.end <= longer.end


def _rank(mention: Mention) -> tuple[int, int, bool, int]:
    """Before all shorter ones, and nobody's before all of one span."""
    return (
        mention.start - mention.end,
        mention.start,
        mention.role != "unlike",
        BETTER_FIRST.index(mention.match),
    )
