"""Whom a mention means, told from what the article says elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from agents.reading.actors.mention import Mention
from agents.reading.actors.registry import Actor


class Context:
    """By their ids: the persons who are named in full, all actors who are surely named, and their countries."""

    def __init__(self, mentions: Iterable[Mention]) -> None:
        self.persons: set[str] = set()
        self.countries: set[str] = set()
        self._sure: set[str] = set()
        self._ends: set[tuple[str | None, int]] = set()
        for mention in mentions:
            actor = mention.actor
            if actor is None or mention.doubtful:
                continue
            self._sure.add(actor.id)
            if mention.role == "cue":
                continue
            if actor.kind == "country":
                self.countries.add(actor.id)
                self._ends.add((actor.id, mention.end))
            elif actor.kind == "person":
                self.persons.add(actor.id)

    def meant(self, mention: Mention) -> Actor | None:
        """Whom a mention means; None where nobody can be told."""
        actor = mention.actor
        if actor is None:
            return self._bearer(mention)
        if mention.role == "cue" or (mention.doubtful and actor.id not in self._sure):
            return None
        return actor

    def _bearer(self, mention: Mention) -> Actor | None:
        """Whom a surname that stands alone means."""
        actors = [bearer.actor for bearer in mention.bearers]
        for actor in actors:
            if actor.id in self.persons:
                return actor
        if mention.titled:
            for actor in actors:
                if actor.country in self.countries:
                    return actor
        if not mention.goes_on:
            for actor in actors:
                if (actor.country, mention.start - 1) in self._ends:  # Turkey's Fidan
                    return actor
        return next((actor for actor in actors if actor.alone), None)
