"""Streams of articles for measuring: seeded, of real lengths, in eight languages, none like another.

The words are invented: for each language a chain over the letters of the shipped sample articles makes a vocabulary,
and words are drawn from it by Zipf's law, so that texts are as long, as repetitive and as little ASCII as news. One
article in fifty carries a sentence of a sample article, so that topics and look-alikes come along as they do in a
stream. Lengths follow the quantiles of 10,000 real articles (0.4 to 64 kB, mean 2.7k characters).

A hit is an article into which a sentence with a watched literal was put. Where a file of real articles is at hand
(JSON Lines, gzipped or not, `title` and `body`) it can be used in place of invented ones, each once.
"""

from __future__ import annotations

import bisect
import gzip
import math
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final

import orjson

ROOT: Final = Path(__file__).resolve().parent.parent
SAMPLES: Final = ROOT / "deploy" / "samples" / "articles.jsonl"

LANGUAGES: Final = {"en": 46, "es": 12, "fr": 10, "de": 10, "ru": 8, "ar": 6, "tr": 5, "uk": 3}
"""Share of each language, in percent."""

LENGTHS: Final = (
    (0.0, 400), (0.1, 430), (0.25, 700), (0.5, 1700), (0.75, 3600), (0.9, 5900), (0.95, 8100), (0.99, 17_400),
    (0.999, 40_000), (1.0, 64_000),
)  # fmt: skip
"""Quantiles of the length of a text, in characters."""

VOCABULARY: Final = 4_000
_ORDER: Final = 3
_WORD: Final = re.compile(r"[^\W\d_]+")
_SENTENCE: Final = re.compile(r"[^.!?\n]{40,300}[.!?]")
_SOURCES: Final = tuple(f"{name} {kind}" for name in ("Harbour", "Northern", "Coast", "Valley", "Capital", "Delta")
                        for kind in ("Wire", "Post", "Courier", "Radio", "Times"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Articles:
    """A stream: the messages as they go into Kafka, and which of them (by number) carry a watched literal."""

    messages: list[bytes]
    hits: frozenset[int]

    @property
    def size(self) -> int:
        """Bytes of all messages."""
        return sum(map(len, self.messages))


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What a language's invented texts are made of."""

    words: tuple[str, ...]
    bag: tuple[str, ...]
    sentences: tuple[str, ...]


@cache
def lexicon(language: str) -> Lexicon:
    """The vocabulary of a language: its shortest real words, and invented ones that none of the samples holds."""
    texts = [
        f"{item.get('title', '')}. {item['body']}"
        for item in map(orjson.loads, SAMPLES.read_bytes().splitlines())
        if item.get("language") == language and isinstance(item.get("body"), str)
    ]
    real: defaultdict[str, int] = defaultdict(int)
    chain: defaultdict[str, list[str]] = defaultdict(list)
    for text in texts:
        for found in _WORD.finditer(text):
            word = found.group().lower()
            real[word] += 1
            padded = "^" * _ORDER + word + "$"
            for at in range(_ORDER, len(padded)):
                chain[padded[at - _ORDER : at]].append(padded[at])
    short = sorted((w for w in real if len(w) <= 3), key=lambda w: (-real[w], w))[:60]
    rng = random.Random(f"words of {language}")
    keys = [key for key in chain if key.isalpha()]
    telling = _telling()
    invented: dict[str, None] = {}
    while len(invented) < VOCABULARY:
        word = _invent(chain, keys, rng)
        if word not in real and word[:4] not in telling and (language != "en" or word.isascii()):
            invented[word] = None
    words = (*short, *invented)
    # A bag in which each word lies as often as Zipf's law has it: drawing from it is quicker than by weights.
    bag = rng.choices(words, [1 / (rank + 2.7) for rank in range(len(words))], k=30_000)
    return Lexicon(words, tuple(bag), tuple(s.strip() for text in texts for s in _SENTENCE.findall(text)))


@cache
def _telling() -> frozenset[str]:
    """How the words of topics and actors begin. No invented word begins so, or every article would be about a topic."""
    return frozenset(
        found.group().lower()[:4]
        for folder in ("topics", "actors")
        for path in sorted((ROOT / "deploy" / "config" / folder).glob("*.yaml"))
        for found in _WORD.finditer(path.read_text())
    )


def _invent(chain: dict[str, list[str]], keys: list[str], rng: random.Random) -> str:
    """A word of 4 to 14 letters that begins inside a real one, so that it begins like none."""
    while True:
        word = keys[int(rng.random() * len(keys))]
        while len(word) < 14:
            # Now and then a letter from elsewhere, or a small sample would only repeat its words.
            following = chain.get(
                word[-_ORDER:] if rng.random() > 0.12 else keys[int(rng.random() * len(keys))]
            )
            letter = following[int(rng.random() * len(following))] if following else "$"
            if letter == "$":
                break
            word += letter
        if len(word) >= 4:
            return word


def length_at(share: float) -> int:
    """The length (characters) below which a share of the articles is."""
    at = bisect.bisect_right([q for q, _ in LENGTHS], share) - 1
    if at + 1 >= len(LENGTHS):
        return LENGTHS[-1][1]
    (q0, n0), (q1, n1) = LENGTHS[at], LENGTHS[at + 1]
    part = (share - q0) / (q1 - q0)
    return round(math.exp(math.log(n0) + part * (math.log(n1) - math.log(n0))))


def watchlist(count: int, seed: int = 1) -> list[str]:
    """Different literals, as teams watch them: names of persons, firms and places, of one to three words.

    One in five begins with a word of the texts' vocabulary, so that texts often hold the beginning of a literal. The
    first of a longer list are those of a shorter one.
    """
    rng = random.Random(f"watchlist {seed}")
    chance = rng.random  # of the generator's methods by far the fastest
    languages, shares = [*LANGUAGES], [*LANGUAGES.values()]
    vocabulary = {language: lexicon(language).words[-VOCABULARY:] for language in languages}
    literals: dict[str, None] = {}
    while len(literals) < count:
        for language in rng.choices(languages, shares, k=1000):
            words = vocabulary[language]
            own = _name(chance, words)
            kind = chance()
            if kind < 0.2:
                literal = f"{words[int(chance() * VOCABULARY)]} {own}"
            elif kind < 0.6:
                literal = f"{own} {_name(chance, words)}"
            elif kind < 0.8:
                literal = own + words[int(chance() * VOCABULARY)]
            else:
                literal = f"{own} {_name(chance, words)} {words[int(chance() * VOCABULARY)]}"
            literals[literal.title()] = None
    return [*literals][:count]


def _name(chance: Callable[[], float], words: Sequence[str]) -> str:
    """A word that is in no text: the heads of two."""
    one, other = words[int(chance() * VOCABULARY)], words[int(chance() * VOCABULARY)]
    return one[: 2 + int(chance() * 3)] + other[: 3 + int(chance() * 3)]


def invented(
    count: int,
    *,
    seed: int,
    hit_rate: float,
    literals: Sequence[str],
    length: int | None = None,
    first: int = 0,
) -> Iterator[tuple[bytes, bool]]:
    """Messages, and whether each is a hit. `length` (characters) makes all bodies as long; numbers begin at `first`."""
    rng = random.Random(f"stream {seed}")
    languages, shares = [*LANGUAGES], [*LANGUAGES.values()]
    for number in range(first, first + count):
        language = rng.choices(languages, shares)[0]
        words = lexicon(language)
        wanted = length if length is not None else length_at(rng.random())
        title = _sentence(rng, words, rng.randrange(6, 13)).rstrip(".")
        sentences = list(_text(rng, words, wanted, typographic=rng.random() < 0.35))
        if rng.random() < 0.02:
            sentences.insert(rng.randrange(len(sentences) + 1), rng.choice(words.sentences))
        hit = rng.random() < hit_rate
        if hit:
            put_in(rng, sentences, rng.choice(literals))
        yield _message(rng, number, title, sentences, language), hit


def real(path: Path, *, seed: int, hit_rate: float, literals: Sequence[str]) -> Iterator[tuple[bytes, bool]]:
    """The real articles of a file, in an order of the seed, each once, literals put into a share of them."""
    rng = random.Random(f"stream {seed}")
    raw = path.read_bytes()
    items = [
        orjson.loads(line) for line in (gzip.decompress(raw) if path.suffix == ".gz" else raw).splitlines()
    ]
    rng.shuffle(items)
    for number, item in enumerate(items):
        hit = rng.random() < hit_rate
        if hit:
            paragraphs = item["body"].split("\n")
            put_in(rng, paragraphs, rng.choice(literals))
            item["body"] = "\n".join(paragraphs)
        item["id"] = f"r{number}"
        yield orjson.dumps(item), hit


def stream(
    count: int, *, seed: int, hit_rate: float, literals: Sequence[str], sample: Path | None = None
) -> Articles:
    """Articles of the sample as far as it reaches, then invented ones."""
    made: list[tuple[bytes, bool]] = []
    if sample is not None:
        made += islice(real(sample, seed=seed, hit_rate=hit_rate, literals=literals), count)
    made += invented(count - len(made), seed=seed, hit_rate=hit_rate, literals=literals)
    return Articles(
        [message for message, _ in made], frozenset(number for number, (_, hit) in enumerate(made) if hit)
    )


def put_in(rng: random.Random, parts: list[str], literal: str) -> None:
    """Put a sentence with a literal among the parts of a text."""
    parts.insert(rng.randrange(len(parts) + 1), f"({literal})")


def _text(rng: random.Random, words: Lexicon, wanted: int, *, typographic: bool) -> Iterator[str]:
    made = 0
    while made < wanted:
        sentence = _sentence(rng, words, rng.randrange(8, 30))
        if made == 0 and typographic:  # what makes so much English text not ASCII
            sentence = f"“{sentence[:-1]}” – "
        made += len(sentence) + 1
        yield sentence


def _sentence(rng: random.Random, words: Lexicon, count: int) -> str:
    chosen = rng.choices(words.bag, k=count)
    if count > 12:
        chosen[count // 2] += ","
        if rng.random() < 0.2:
            chosen[3] = chosen[3].capitalize()
        if rng.random() < 0.1:
            chosen[-2] = str(rng.randrange(2, 2000))
    chosen[0] = chosen[0].capitalize()
    return " ".join(chosen) + "."


def _message(rng: random.Random, number: int, title: str, sentences: list[str], language: str) -> bytes:
    paragraphs = [" ".join(sentences[at : at + 4]) for at in range(0, len(sentences), 4)]
    body = "\n".join(paragraphs)
    if rng.random() < 0.08:
        body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    source = rng.choice(_SOURCES)
    item = {
        "id": f"g{number}",
        "title": title,
        "body": body,
        "source": source,
        "url": f"https://{source.lower().replace(' ', '-')}.example/{number}",
        "published_at": f"2026-03-{1 + number % 28:02}T{number % 24:02}:15:00Z",
    }
    if rng.random() < 0.8:
        item["language"] = language
    return orjson.dumps(item)
