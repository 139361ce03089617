"""How cost and memory grow: with literals, length of articles, open stories and pending deliveries.

Costs are CPU time of one thread, so that other work on the machine counts less. Each line is written to
benchmarks/results/growth.json, from which the plots are drawn.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import median
from typing import Any, Final

from agents.reading.article import read_article
from agents.reading.reader import Reader
from alerting.fingerprint import fingerprint
from alerting.gist import gist
from alerting.pending import Owed
from alerting.policy import decide, notifications
from alerting.stories import Stories
from alerting.story import Story
from alerting.telling import Telling
from alerting.watch import Watch
from benchmarks import reading
from benchmarks.generator import LANGUAGES, invented, lexicon, watchlist
from benchmarks.place import CALLED, memory_mb
from benchmarks.reading import reader_of
from benchmarks.sizes import RUNS
from benchmarks.table import Row, save, show
from streams.ids import derive_id
from streams.wire import ActorReading, ArticleRef, Candidate, Evidence, TopicReading, from_bytes

Run = Callable[[int, int], object]
"""Reads the messages from one number to another."""
Taken = dict[tuple[int, bool], list[float]]
"""Microseconds of CPU an article in each round, by watched literals and whether it was read alone."""

LENGTHS: Final = (500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000)
LITERALS: Final = (10, 1_000, 100_000, 1_000_000)
STORIES: Final = (10, 100, 1_000, 10_000, 100_000)
STAGES: Final = ("called_for", "proposed", "negotiating", "agreed", "in_force", "violated")
PARTIES: Final = tuple(f"party-{number}" for number in range(300))
PARTIES_NAMED: Final = {0: 28, 1: 21, 2: 68, 3: 50, 4: 22, 5: 15}
"""How many headlines of 207 real ones name so many parties, with the countries of persons."""
TOPICAL: Final = 100
"""Words of a language that make up a part of each headline."""
_ZIPF: Final = [(rank + 1) ** -1.25 for rank in range(len(PARTIES))]
SEEN_AT: Final = datetime(2026, 3, 7, tzinfo=UTC)


def main() -> None:
    stories = _by_stories()  # first: in room that others have left their memory would not show
    literals = watchlist(LITERALS[-1])
    lengths, growing = _by_length(literals), _by_literals(literals)
    few, many = stories[0]["microseconds"], stories[-1]["microseconds"]
    rows = [
        Row(
            "cost a character at 64k / at 2k characters",
            [lengths[-1]["microseconds"] / 64_000 / (lengths[2]["microseconds"] / 2_000)],
            note="1 is linear",
        ),
        *(
            _against_ten(growing, count, f"cost of an article at {count:,} literals / at 10")
            for count in LITERALS[1:]
        ),
        _against_ten(
            growing, LITERALS[-1], f"the same at {LITERALS[-1]:,}, each article read alone", alone=True
        ),
        Row(
            "decision at 100k open stories of one watch / at 10",
            [many / few],
            3,
            at_most=True,
            note=f"{many:.0f} µs by {few:.0f} µs",
        ),
        Row(
            "memory of an open story",
            [stories[-1]["kb"]],
            unit="kB",
            note=f"in its topic {stories[-1]['wire']:.1f} kB",
        ),
        Row("a pending delivery in its topic", [_pending()], unit="kB"),
    ]
    show("Growth", rows)
    by_literals = [{"literals": count, "microseconds": median(growing[count, False])} for count in LITERALS]
    save("growth", rows, lengths=lengths, literals=by_literals, stories=stories)


def _by_length(literals: list[str]) -> list[dict[str, float]]:
    reader = reader_of(literals)
    found = []
    for length in LENGTHS:
        count = max(20, min(400, 800_000 // length))
        messages = [
            m for m, _ in invented(count, seed=5, hit_rate=0.01, literals=literals[:CALLED], length=length)
        ]
        taken = reading.turns({"": _together(reader, messages)}, len(messages), 3)
        found.append({"length": length, "microseconds": min(taken[""])})
    return found


def _by_literals(literals: list[str]) -> Taken:
    """Microseconds an article at each number of literals, read in portions as intake does, and alone."""
    messages = [m for m, _ in invented(500, seed=6, hit_rate=0.01, literals=literals[:10])]
    sides: dict[tuple[int, bool], Run] = {}
    for count in LITERALS:
        reader = reader_of(literals[:count])
        sides[count, False] = _together(reader, messages)
        sides[count, True] = _alone(reader, messages)
    return reading.turns(sides, len(messages), RUNS)


def _against_ten(taken: Taken, count: int, name: str, *, alone: bool = False) -> Row:
    many, few = taken[count, alone], taken[LITERALS[0], alone]
    note = f"{median(many):.0f} µs by {median(few):.0f} µs"
    return Row(name, [a / b for a, b in zip(many, few, strict=True)], note=note)


def _together(reader: Reader, messages: list[bytes]) -> Run:
    """Decodes and reads messages in portions, as intake does."""
    return lambda start, end: reading.read_all(reader, map(read_article, messages[start:end]))


def _alone(reader: Reader, messages: list[bytes]) -> Run:
    """Decodes and reads messages one by one."""

    def run(start: int, end: int) -> None:
        for message in messages[start:end]:
            reader.read(read_article(message), reading.NOW)

    return run


def candidates(count: int, seed: int) -> Iterator[Candidate]:
    """Candidates of one watch, each of a happening of its own, as policy has them from the topic.

    They are as alike as the reports of a stream of war and talks: a third of all pairs has a party in common, since a
    few parties stand in most headlines, and two headlines of a language have half a word in common on average.
    """
    rng = random.Random(f"candidates {seed}")
    named, shares = [*PARTIES_NAMED], [*PARTIES_NAMED.values()]
    for number, (message, _) in enumerate(invented(count, seed=seed, hit_rate=0, literals=(), length=400)):
        article = read_article(message)
        stage = rng.choice(STAGES)
        parties = dict.fromkeys(rng.choices(PARTIES, _ZIPF, k=rng.choices(named, shares)[0]))
        topical = rng.choices(_topical(article.language), _ZIPF[:TOPICAL], k=1)
        title = " ".join([*map(_name, parties), *topical, *article.title.split()[:6]]).capitalize()
        evidence = (Evidence(field="title", start=0, end=9, text=title[:9]),)
        made = Candidate(
            candidate_id=derive_id("cnd", str(seed), str(number)),
            watch="watch",
            article=ArticleRef(
                id=f"a{seed}-{number}", title=title, source=article.source, language=article.language
            ),
            topics=(TopicReading(topic="ceasefire", score=0.9, stage=stage, evidence=evidence),),
            actors=tuple(
                ActorReading(id=party, name=party, kind="country", match="exact", evidence=evidence)
                for party in parties
            ),
            sentence=article.body[:120],
            fingerprint=fingerprint(f"{title} {article.body}"),
            gist=gist(title, article.body),
            seen_at=SEEN_AT + timedelta(milliseconds=number),
        )
        yield from_bytes(Candidate, made.to_bytes())


@cache
def _topical(language: str) -> tuple[str, ...]:
    words = lexicon(language if language in LANGUAGES else "en").words
    return tuple(word for word in words if len(word) > 5)[-TOPICAL:]


def _name(party: str) -> str:
    """The word for a party, nearly the same in all languages."""
    return derive_id("", party)[1:9]


def _by_stories() -> list[dict[str, float]]:
    """What a decision costs by how many stories are open, and what a story takes of memory."""
    watch = Watch(id="watch", title="Watch", notify=("desk",))
    stories = Stories()
    list(candidates(100, seed=0))  # what making them needs is not theirs
    gc.collect()
    before = memory_mb()
    found: list[dict[str, Any]] = []
    made = 0
    for size in STORIES:
        for candidate in candidates(size - made, seed=size):
            stories.put(Story.opened_by(candidate, Telling.of(candidate), watch.window, stories.next_turn))
        made = size
        asked = list(candidates(300, seed=1))
        best = min(_decisions(stories, asked, watch) for _ in range(3))
        held = (memory_mb() - before) * 1024 / size
        wire = len(next(iter(stories)).to_bytes()) / 1024
        found.append({"stories": size, "microseconds": best, "kb": held, "wire": wire})
    return found


def _decisions(stories: Stories, asked: list[Candidate], watch: Watch) -> float:
    began = time.thread_time()
    for candidate in asked:
        decide(stories, candidate, watch)
    return (time.thread_time() - began) / len(asked) * 1e6


def _pending() -> float:
    watch = Watch(id="watch", title="Watch", notify=("desk",))
    alert = decide(Stories(), next(candidates(1, seed=2)), watch).alert
    assert alert is not None
    owed = Owed(notification=notifications(alert, watch)[0], offset=0, due_at=SEEN_AT)
    return len(owed.to_bytes()) / 1024


if __name__ == "__main__":
    main()
