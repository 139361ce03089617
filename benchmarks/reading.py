"""The speed of reading against that of the automaton inside it, over the same texts in the same run.

`python -m benchmarks.reading` measures it at 1% and 10% of hits, and over articles from which nothing follows, in a
process that holds one reader, as a worker does.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

from ahocorasick_rs import AhoCorasick, BytesAhoCorasick, Implementation

from agents.reading.article import Article, read_article
from agents.reading.fold import fold, fold_text
from agents.reading.portions import Portions
from agents.reading.reader import Reader
from alerting.watch import Watch
from benchmarks.generator import stream, watchlist
from benchmarks.place import CALLED, sample_path
from benchmarks.sizes import READ
from benchmarks.table import Row, load, machine, save, show
from streams.configuration import load_configuration
from streams.memory import freeze_objects

Side = TypeVar("Side")

NOW = datetime(2026, 3, 7, 12, tzinfo=UTC)
SLICE = 200
"""Articles of a turn: long enough to time, short enough that both sides meet the same moment of the machine."""

WATCHES: Final = 100
LITERALS: Final = 100_000
ROUNDS: Final = 5


def main() -> None:
    began = time.perf_counter()
    print(f"{machine()}; {load()}")
    literals = watchlist(LITERALS)
    reader = reader_of(literals)
    table: list[Row] = []
    for rate in (0.01, 0.1):
        articles = stream(READ, seed=3, hit_rate=rate, literals=literals[:CALLED], sample=sample_path())
        texts = Texts(articles.messages)
        table += rows(measure(reader, texts, literals, ROUNDS), f"100k literals, {rate:.0%} hits")
    plain = Texts([m for m, a in zip(texts.messages, texts.articles, strict=True) if not reader.read(a, NOW)])
    table += rows(measure(reader, plain, literals, ROUNDS), "100k literals, articles of which nothing comes")
    show(f"Reading ({time.perf_counter() - began:.0f} s)", table)
    save("reading", table)


def reader_of(literals: Sequence[str]) -> Reader:
    """A reader with the sample's topics and actors, the literals dealt out to at most a hundred watches."""
    sample = load_configuration(None, resolve_secrets=False)
    count = min(WATCHES, len(literals))
    watches = [Watch(id=f"list-{number}", title="Watchlist") for number in range(count)]
    terms = {watch.id: literals[number::count] for number, watch in enumerate(watches)}
    return Reader(
        taxonomies=sample.taxonomies,
        registry=sample.registry,
        watches=[*sample.watches, *watches],
        terms=terms,
    )


class Texts:
    """Articles in the forms that the contestants take: messages, articles, folded texts."""

    def __init__(self, messages: Sequence[bytes]) -> None:
        self.messages = messages
        self.articles = [read_article(message) for message in messages]
        self.folded = [
            (fold_text(article.title).text, fold_text(article.body).text) for article in self.articles
        ]
        self.bytes = [(title.encode(), body.encode()) for title, body in self.folded]


def turns(
    sides: dict[Side, Callable[[int, int], object]], count: int, rounds: int
) -> dict[Side, list[float]]:
    """Microseconds of CPU an article, a value a round for each side; in a round they take turns slice by slice."""
    taken: dict[Side, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        spent = dict.fromkeys(sides, 0.0)
        for start in range(0, count, SLICE):
            end = min(start + SLICE, count)
            for name, side in sides.items():
                began = time.thread_time()
                side(start, end)
                spent[name] += time.thread_time() - began
        if number:  # the first round warms up
            for name, seconds in spent.items():
                taken[name].append(seconds / count * 1e6)
    return taken


def measure(reader: Reader, texts: Texts, literals: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Reading, the bare automaton over text and over bytes, and the steps before it: decoding and folding."""
    folded = [fold(literal) for literal in literals]
    bare = AhoCorasick(folded, implementation=Implementation.ContiguousNFA, store_patterns=False)
    search = BytesAhoCorasick(
        [literal.encode() for literal in folded], implementation=Implementation.ContiguousNFA
    )

    def over_text(start: int, end: int) -> None:
        for title, body in texts.folded[start:end]:
            bare.find_matches_as_indexes(title, overlapping=True)
            bare.find_matches_as_indexes(body, overlapping=True)

    def over_bytes(start: int, end: int) -> None:
        for title, body in texts.bytes[start:end]:
            search.find_matches_as_indexes(title, overlapping=True)
            search.find_matches_as_indexes(body, overlapping=True)

    def reading(start: int, end: int) -> None:
        read_all(reader, texts.articles[start:end])

    def decoding(start: int, end: int) -> None:
        for message in texts.messages[start:end]:
            read_article(message)

    def folding(start: int, end: int) -> None:
        for article in texts.articles[start:end]:
            fold_text(article.title)
            fold_text(article.body)

    sides: dict[str, Callable[[int, int], object]] = {
        "text": over_text,
        "bytes": over_bytes,
        "reading": reading,
        "decoding": decoding,
        "folding": folding,
    }
    freeze_objects()  # as a worker does once it has started
    return turns(sides, len(texts.articles), rounds)


def read_all(reader: Reader, articles: Iterable[Article]) -> None:
    """Read a batch as intake does: in portions of articles that are searched at once."""
    for portion in portions(articles):
        for searched in reader.search(portion):
            reader.read_searched(searched, NOW)


def portions(articles: Iterable[Article]) -> Iterator[list[Article]]:
    """A batch in the portions that intake makes of it."""
    cut: Portions[Article] = Portions()
    for article in articles:
        if portion := cut.take(article, article.characters):
            yield portion
    yield cut.rest()


def rows(taken: dict[str, list[float]], what: str) -> list[Row]:
    """Reading as a fraction of the bare automaton's speed."""
    mid = {name: statistics.median(values) for name, values in taken.items()}

    def against(bare: str, *mine: str) -> list[float]:
        return [b / sum(taken[m][n] for m in mine) for n, b in enumerate(taken[bare])]

    note = (
        f"{mid['reading']:.0f} µs an article, automaton {mid['text']:.0f} µs, folding {mid['folding']:.0f} µs"
    )
    return [
        Row(f"reading / bare automaton over text, {what}", against("text", "reading"), 0.5, note=note),
        Row(
            f"reading / bare automaton over bytes, {what}",
            against("bytes", "reading"),
            note=f"{mid['bytes']:.0f} µs",
        ),
        Row(
            f"decoding + reading / bare automaton, {what}",
            against("text", "decoding", "reading"),
            note=f"decoding {mid['decoding']:.0f} µs",
        ),
    ]


if __name__ == "__main__":
    main()
