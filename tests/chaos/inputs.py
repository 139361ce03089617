"""Articles with a seed, and what is owed for them, known from how they were made and never from a run.

A story is one text. Its first article opens an alert; its other articles are copies with a word changed. A watch that
is `updating` owes one event for each article of a story, any other one event for the story. All articles of a story
carry the same Kafka key, so that they are read in the order in which they were written.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

from tests.broker.harness import made_up_word


@dataclass(frozen=True)
class Watching:
    """A watch of the run: the word that makes an article match, whom it tells, whether each article counts."""

    id: str
    word: str
    endpoints: tuple[str, ...]
    updating: bool
    share: float


WATCHES = (
    Watching("plain", "tocsinplain", ("desk",), updating=False, share=0.06),
    Watching("updating", "tocsinupdating", ("desk",), updating=True, share=0.02),
    Watching("strict", "tocsinstrict", ("line",), updating=False, share=0.02),
    Watching("both", "tocsinboth", ("desk", "line"), updating=False, share=0.01),
)

ENDPOINTS = ("desk", "line")
ORDERED = "line"

POISON_EVERY = 10

POISON = (
    b"\xff\xfe no UTF-8 %d",
    b'{"id": "p%d", "title": ',
    b'["an array", %d]',
    b'{"id": "p%d"}',
    b'{"id": "p%d", "title": "a NUL\\u0000", "body": "b"}',
    b'{"id": "p%d", "title": "half of a pair \\ud800", "body": "b"}',
    b"[" * 3000 + b"%d",
    b"%d",
)


@dataclass(frozen=True)
class Message:
    """One record to be written to `articles`."""

    key: bytes | None
    value: bytes


@dataclass
class Story:
    """What is owed for one story: `events` webhooks to each of `endpoints`."""

    watch: str
    endpoints: tuple[str, ...]
    articles: list[str]
    updating: bool

    @property
    def events(self) -> int:
        return len(self.articles) if self.updating else 1


@dataclass(frozen=True)
class Inputs:
    """All messages in order, the stories that are owed, and what cannot be read."""

    messages: list[Message]
    stories: list[Story]
    poison: list[bytes]

    @property
    def owed(self) -> int:
        """How many webhooks are owed in all."""
        return sum(story.events * len(story.endpoints) for story in self.stories)


def make_inputs(count: int, seed: int) -> Inputs:
    """`count` messages, one in ten unreadable."""
    rng = random.Random(seed)
    messages: list[Message] = []
    poison: list[bytes] = []
    stories: list[Story] = []
    open_stories: list[tuple[Story, dict[str, Any]]] = []
    for number in range(count):
        if number % POISON_EVERY == POISON_EVERY - 1:
            broken = POISON[number // POISON_EVERY % len(POISON)] % number
            poison.append(broken)
            messages.append(Message(None, broken))
            continue
        if open_stories and rng.random() < 0.05:
            story, first = rng.choice(open_stories[-50:])
            article = _copy(first, number, rng)
            story.articles.append(article["id"])
            messages.append(Message(first["id"].encode(), json.dumps(article).encode()))
            continue
        article = _article(number, rng)
        watching = _drawn(rng)
        if watching is not None:
            article["title"] = f"{watching.word} {article['title']}"
            story = Story(watching.id, watching.endpoints, [article["id"]], watching.updating)
            stories.append(story)
            open_stories.append((story, article))
        messages.append(Message(article["id"].encode(), json.dumps(article).encode()))
    return Inputs(messages, stories, poison)


def _drawn(rng: random.Random) -> Watching | None:
    chance = rng.random()
    for watching in WATCHES:
        chance -= watching.share
        if chance < 0:
            return watching
    return None


def _article(number: int, rng: random.Random) -> dict[str, Any]:
    words = [made_up_word(rng) for _ in range(120)]
    return {
        "id": f"a{number}",
        "title": " ".join(words[:8]),
        "body": " ".join(words[8:]),
        "language": "en",
        "source": "test",
    }


def _copy(first: dict[str, Any], number: int, rng: random.Random) -> dict[str, Any]:
    words = first["body"].split()
    words[rng.randrange(len(words))] = f"changed{number}"
    return first | {"id": f"a{number}", "body": " ".join(words), "source": f"agency{rng.randrange(9)}"}
