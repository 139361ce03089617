"""News: what an article tells beyond its story, and why it is told. Pure.

That an article belongs to a story (alerting.stories) can be wrong, and it may tell another happening or more of this
one: a report written into the mould of another, a version with three hundred dead instead of five, the next entry of a
live blog. So that alone does not silence it. It surely tells the same only where

1. neither the headline nor what stands by the evidence brings a name or a number that the story had not;
2. the headline brings no party, none that was not told to be at this stage, and puts none in front that never was;
   nor does it, or the sentence that decided, name what was not named since the story came to this stage; nor do both
   put a place first that was only mentioned (alerting.focus); and where it has no party, or is another one but for a
   word or two, it brings no other telling word either;
3. the story has not come to another stage since;
4. it is another version or a near-duplicate, or an article of the story has the same stages, shares parties and
   particular words and is close in time.

Else `News.reason` says why it is told. Copies of a text have headlines of their own, and come late. So where as good as
all of the text is the same, of the headline only a new number counts, a word that takes something back, and a name that
the lead has too: a copy's lead is that of the story; and any such word where headline and deciding sentence are others
by a word or two. Nor is an agency's dateline news that a copy puts before a text which had none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Final

from alerting.fingerprint import COPY, SAME_TEXT
from alerting.focus import Focus
from alerting.gist import STEM, in_lead, is_mould, telling_words, words_of
from alerting.names import IN_DATELINE, has_digit, is_ordinary, is_same_name, says_again, takes_back, weekday
from alerting.story import Story
from alerting.telling import (
    Telling,
    headline_names,
    named_in_body,
    names_of_known_persons,
    pair_of,
    sentence_names,
)
from streams.printable import shortened
from streams.wire import Candidate

SHOWN: Final = 6
LONGEST_SHOWN: Final = 40
"""Words that are said to be new, and characters of each, at most."""
LATE: Final = timedelta(hours=6)
"""How long after the last event another source still copies what was told before it. Most copies come sooner; and an
order that is given again in the same words must not be silent for long.
"""
EVENING: Final = timedelta(hours=8)
"""For so long after midnight UTC some newsrooms still write the day before."""


class News:
    """What a candidate, with what is to be remembered of it, tells beyond a story. Each comparison is made once."""

    def __init__(self, story: Story, candidate: Candidate, telling: Telling) -> None:
        self._story = story
        self._candidate = candidate
        self._telling = telling

    @property
    def reason(self) -> str:
        """Why it may tell another happening or more of this one; empty where it surely tells the same.

        In words, for whoever is told.
        """
        reason = self._more()
        if reason and all(own.language != self._telling.language for own in self._story.tellings):
            return f"it is the first in {self._telling.language}"  # of which all words are new
        return reason

    @property
    def same(self) -> str:
        """In words, what is told where there is no reason: the same as by the last article, or as by one before."""
        return (
            f"it tells {_spoken(self._left)} as one before the last did"
            if self._left
            else "it tells the same"
        )

    @property
    def takes_back(self) -> str:
        """In words, what of the story an article may take back; empty where it told nothing of that, or was told so."""
        return _spoken(self._story.taken_back_by(self._telling))

    def is_given_again(self, pause: timedelta) -> bool:
        """Whether who told a stage that the story has left tells it word for word once more, as an order to leave that
        was lifted may be given again, and nobody has told that stage for as long as `pause`.

        That is a page which has come back to what it said before another version, or another copy by a source of the
        story. Other sources copy what they have not told yet, and late.
        """
        story, candidate = self._story, self._candidate
        if not self._left or candidate.seen_at <= story.last_event_at:
            return False
        if candidate.candidate_id in story.candidate_ids:
            # What is read twice does not come back: its time is before that of the version that came after it.
            last, at = story.versions.get(candidate.article.id, (candidate.candidate_id, candidate.seen_at))
            comes_back = last != candidate.candidate_id and candidate.seen_at > at
        else:
            comes_back = candidate.article.source in story.sources
        told = (own.seen_at for own in story.tellings if not own.stages.items().isdisjoint(self._left))
        return comes_back and all(candidate.seen_at - at >= pause for at in told)

    @property
    def late_copy(self) -> str:
        """In words, which stages that the story has left since a source that is new to it copies, soon after the
        last event; empty where it is no such copy. To be asked where there is no `reason`: all but copies have one.

        Told as an update, it would say that an order is in force which was lifted.
        """
        story, candidate = self._story, self._candidate
        source = candidate.article.source
        is_late = source and source not in story.sources and candidate.seen_at - story.last_event_at <= LATE
        return _spoken(self._left) if is_late else ""

    def joined(self, window: timedelta, *, event: bool, turn: int = 0) -> Story:
        """The story after this article; `event` says that it made an alert event."""
        return self._story.joined_by(
            self._candidate,
            self._telling,
            window,
            event=event,
            is_known=self._is_known,
            is_copy=self._is_copy,
            turn=turn,
        )

    def _more(self) -> str:
        story, candidate = self._story, self._candidate
        new = self._new
        if not named_in_body(candidate).keys().isdisjoint(new):
            return _brings(new)
        version, said = self._is_version, frozenset(story.said)
        first_said = not said.issuperset(candidate.said[:1])
        # Behind what decides stands what is on top.
        if version and not said.issuperset(candidate.said[:2]) and not said.isdisjoint(candidate.said):
            return "it says something else before what was told"
        if self._is_copy and not (self._left and (version or first_said)):
            return (
                _brings(self._counting_in_copy(new))
                or self._as_well(self._counting_in_copy(self._newly_named))
                or _new_in_it(self._headed_in_lead if first_said and self._is_of_mould else ())
                or (self._tells_first if first_said else "")
            )
        if new:
            return _brings(new)
        called = {actor.id: actor.name for actor in candidate.actors}
        if parties := self._new_parties():
            return _new_in_it(called.get(party, party) for party in parties)
        if self._left:
            return f"it tells {_spoken(self._left)}, which the last one did not"
        if self._newly_reached:
            reached, parties = self._newly_reached
            return f"it tells {reached} of {', '.join(called.get(party, party) for party in parties)} as well"
        if self._newly_led:
            first = self._telling.side_by_side or self._telling.parties[:1]
            named = " and ".join(called.get(party, party) for party in first)
            return f"its headline puts {named} first, as none did that told {_spoken(self._newly_led)}"
        if self._newly_named:
            return self._as_well(self._newly_named)
        if self._tells_first:
            return self._tells_first
        if headed := _new_in_it(self._headed_in_lead if version else self._newly_headed):
            return headed
        if (
            version
            or self._likeness >= SAME_TEXT
            or any(own.is_near(self._telling) for own in story.tellings)
        ):
            return ""
        return "it is like the story, but not so near that it surely tells the same"

    @property
    def _is_known(self) -> bool:
        """Whether the story had all that the headline names, and was last at its stages, with its parties."""
        return not (
            self._left
            or self._newly_reached
            or self._newly_led
            or self._tells_first
            or self._newly_named
            or not headline_names(self._candidate).keys().isdisjoint(self._new)
        )

    @cached_property
    def _likeness(self) -> float:
        return self._story.text_likeness(self._candidate.fingerprint)

    @property
    def _is_version(self) -> bool:
        return self._candidate.article.id in self._story.article_ids

    @property
    def _is_copy(self) -> bool:
        return self._likeness >= COPY

    @cached_property
    def _left(self) -> list[tuple[str, str]]:
        """Of the article's topics and stages those where another was told last: a truce may be restored."""
        return self._story.left(self._telling.stages)

    def _new_parties(self) -> list[str]:
        """Of the parties of the headline those that no headline told of."""
        known = {*self._story.parties, *(party for own in self._story.tellings for party in own.parties)}
        return [party for party in self._telling.parties if party not in known]

    @cached_property
    def _reached(self) -> set[str]:
        """Which parties were told to be at which stages, and which of them first."""
        return {*self._story.reached, *(pair for own in self._story.tellings for pair in own.reached())}

    @cached_property
    def _newly_reached(self) -> tuple[str, list[str]] | None:
        """The first stage of the article, with its topic, and those parties of its headline of which none was told to
        be there.

        One side of a conflict breaks a truce, then the other; or two conflicts are one story.
        """
        for topic, stage in self._telling.stages.items():
            parties = self._telling.parties
            newly = [party for party in parties if pair_of(topic, stage, party) not in self._reached]
            if newly:
                return f"{topic} {stage}", newly
        return None

    @cached_property
    def _newly_led(self) -> list[tuple[str, str]]:
        """The topics and stages of the article that no headline told with the same party in front.

        Two sides accuse each other of breaking a truce: both stand in each headline, who accuses first.
        """
        stages = self._telling.stages.items()
        return [stage for stage in stages if not self._reached.issuperset(self._telling.led(*stage))]

    @cached_property
    def _new(self) -> dict[str, str]:
        """The names and numbers of the article that nothing told of the story had, as they are written."""
        names = {**headline_names(self._candidate), **named_in_body(self._candidate)}
        return {**self._unknown(names, self._story.named, self._story.tellings), **self._of_others}

    @property
    def _of_others(self) -> dict[str, str]:
        """The words of the headline for once more, and by which something is taken back, where no article that had them
        named all that it names: an order is given again for one town, then for another.
        """
        names = headline_names(self._candidate)
        words = {
            name: word
            for name, word in names.items()
            if (says_again(name) or takes_back(name)) and (not self._is_version or self._is_in_lead(name))
        }
        named = {stem for name, word in names.items() if name not in words for stem in telling_words(word)}
        told = [{*own.gist.words, *own.expected} for own in self._story.tellings] if words else []
        return {
            name: word
            for name, word in words.items()
            if not any({name[:STEM], *named} <= own for own in told)
        }

    @cached_property
    def _tells_first(self) -> str:
        """In words, which place it tells of that the story only mentioned: an order for the next town."""
        first = Focus(self._candidate, self._telling.all_proper()).new(self._story.named)
        return f"it tells of {first}, which others only mentioned" if first else ""

    @cached_property
    def _newly_named(self) -> dict[str, str]:
        """The names that nothing told of the story since it came to its stage: an order that was given for two towns is
        lifted for one of them, then for the other.
        """
        story, stages = self._story, self._telling.stages.items()
        if self._left or not story.named_since:
            return {}
        since = [own for own in story.tellings if not own.stages.items().isdisjoint(stages)]
        names = {**headline_names(self._candidate), **sentence_names(self._candidate)}
        return self._unknown(names, story.named_since, since)

    def _unknown(
        self, names: Mapping[str, str], named: Sequence[str], tellings: Sequence[Telling]
    ) -> dict[str, str]:
        """Of some names and numbers those that are not among those that were named, nor in some tellings."""
        expected = {word for own in tellings for word in own.expected}
        words = {word for own in tellings for word in own.gist.words} | expected
        told: defaultdict[str, list[str]] = defaultdict(list)
        for name in named:
            told[name[:STEM].removesuffix(IN_DATELINE)].append(name.removesuffix(IN_DATELINE))
        # The day on which something was told says nothing new, wherever it is written first.
        told_on = {at.weekday() for own in tellings for at in (own.seen_at, own.seen_at - EVENING)}
        # Of a dateline that a copy puts before a text which had none.
        is_frame = self._is_copy and not any(name.endswith(IN_DATELINE) for name in self._story.named)
        of_persons = names_of_known_persons(
            self._candidate, named, (party for own in tellings for party in own.parties)
        )

        def is_known(name: str) -> bool:
            if name.endswith(IN_DATELINE) and is_frame:
                return True
            name = name.removesuffix(IN_DATELINE)
            stem = name[:STEM]
            if weekday(name) in told_on or name in of_persons:
                return True
            # A number of a lead may be a date or a block of houses: by it none of a headline is known.
            if stem in told and (stem not in expected or stem.isdigit()):
                return any(is_same_name(name, other) for other in told[stem])
            return stem in words and not stem.isdigit()

        return {name: word for name, word in names.items() if not is_known(name)}

    @cached_property
    def _newly_headed(self) -> list[str]:
        """The words of a headline that no article of the story had in headline or lead, where by them alone a hospital
        that is emptied is told from an airport: the headline has no party, or is that of another but for a word or two.
        """
        if self._telling.parties and not self._is_of_mould:
            return []
        known = {name.removesuffix(IN_DATELINE)[:STEM] for name in self._story.named}
        for own in self._story.tellings:
            known.update(own.gist.words, own.expected)
        words = words_of(self._candidate.article.title)
        # A number is a name: where it is news, that is said already.
        return [
            word
            for word in words
            if telling_words(word) - known and not has_digit(word) and not is_ordinary(word)
        ]

    @cached_property
    def _is_of_mould(self) -> bool:
        return any(is_mould(own.gist, self._telling.gist) for own in self._story.tellings)

    @property
    def _headed_in_lead(self) -> list[str]:
        """Of these the ones that the lead has too: another version's headline is often put otherwise, and no more."""
        return [word for word in self._newly_headed if all(map(self._is_in_lead, telling_words(word)))]

    def _is_in_lead(self, name: str) -> bool:
        return in_lead(name, self._candidate.article.title, self._candidate.gist)

    def _as_well(self, names: Mapping[str, str]) -> str:
        if not names:
            return ""
        return f"it tells {_spoken(self._telling.stages.items())} of {_listed(names.values())} as well"

    def _counting_in_copy(self, names: Mapping[str, str]) -> dict[str, str]:
        """Of the new names of a copy those that are more than the ones of a headline of its own."""
        return {
            name: word
            for name, word in names.items()
            if has_digit(name) or takes_back(name) or self._is_in_lead(name)
        }


def _spoken(stages: Iterable[tuple[str, str]]) -> str:
    return ", ".join(map(" ".join, stages))


def _brings(new: Mapping[str, str]) -> str:
    """What new names and numbers an article brings; empty where there are none."""
    taken_back = "it retracts or corrects what was told; " if any(map(takes_back, new)) else ""
    return taken_back + _new_in_it(new.values()) if new else ""


def _new_in_it(words: Iterable[str]) -> str:
    listed = _listed(words)
    return f"new in it: {listed}" if listed else ""


def _listed(words: Iterable[str]) -> str:
    shown = [shortened(word, LONGEST_SHOWN) for word in dict.fromkeys(words)]
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return f"{', '.join(shown[:SHOWN])}{more}"
