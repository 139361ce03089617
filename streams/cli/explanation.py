"""How an article was read, as `tocsin explain` shows it to a person: topics, actors and watches, with the words that
decided them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from rich.text import Text

from agents.reading.article import Article
from agents.reading.reader import Explanation
from agents.reading.topics import ENOUGH
from agents.reading.watches import Evaluation
from streams.printable import clean
from streams.wire import ActorReading, Clause, Evidence, TopicReading

EVIDENCE_SHOWN: Final = 4
"""Pieces of evidence shown for one topic or clause."""
ACTORS_SHOWN: Final = 20
WATCHES_SHOWN: Final = 20
"""Watches shown that did not match, but of which something held, unless they were asked for."""
CLAUSE_SHOWN: Final = 60
"""Characters of a clause shown even on a narrow page; of a watch that was asked for, all are shown."""
LONGEST_CLAUSE: Final = 10_000
NARROWEST: Final = 60
"""Columns of a page, at least."""
BEFORE: Final = 40
"""Characters of the text in front of a piece of evidence."""


def explained(
    article: Article, explanation: Explanation, width: int, *, with_all: bool = False, coloured: bool = False
) -> Text:
    """Everything about one article, in lines of about `width` columns.

    Watches of which nothing held are only named, unless `with_all`. Words of evidence are in brackets, unless it is
    `coloured`.
    """
    page = _Page(article, max(width, NARROWEST), coloured=coloured)
    return Text("\n").join(
        [
            _heading(article, explanation),
            Text("  topics", style="bold cyan"),
            *(_topics(page, explanation.reading.topics) or [_none("none")]),
            *_weak(page, explanation.weak),
            Text("  actors", style="bold cyan"),
            *(_actors(explanation.reading.actors, page.width) or [_none("none of the registry")]),
            Text("  watches", style="bold cyan"),
            *_watches(page, explanation.evaluations, with_all=with_all),
        ]
    )


@dataclass(frozen=True, slots=True)
class _Page:
    """What is explained, the number of columns, and whether colours (or else brackets) mark the evidence."""

    article: Article
    width: int
    coloured: bool


def _none(what: str) -> Text:
    return Text(f"    {what}", style="dim")


def _heading(article: Article, explanation: Explanation) -> Text:
    title = " ".join((article.title or article.body[:200]).split())
    published = article.published_at
    facts = (
        article.id,
        explanation.reading.article.language,
        article.source or "no source named",
        f"{published:%Y-%m-%d %H:%M} UTC" if published is not None else "no time named",
    )
    return Text.assemble((clean(title[:200]), "bold"), "\n  ", (clean(" · ".join(facts)), "dim"))


def in_context(article: Article, evidence: Evidence, width: int, *, coloured: bool = True) -> Text:
    """The words of a piece of evidence, marked, with the text around them, on one line."""
    text = article.title if evidence.field == "title" else article.body
    before = clean(" ".join(text[max(0, evidence.start - 200) : evidence.start].split("\n")[-1].split()))
    after = clean(" ".join(text[evidence.end : evidence.end + 200].split("\n")[0].split()))
    words = clean(" ".join(text[evidence.start : evidence.end].split()))
    glue_before = " " if before and text[evidence.start - 1 : evidence.start].isspace() else ""
    glue_after = " " if after and text[evidence.end : evidence.end + 1].isspace() else ""
    if not coloured:
        words = f"[{words}]"
    before = _last(before, min(BEFORE, width // 2))
    after = _first(after, max(10, width - len(before) - len(words) - 2))
    return Text.assemble((before + glue_before, "dim"), (words, "bold yellow"), (glue_after + after, "dim"))


def _last(text: str, size: int) -> str:
    if len(text) <= size:
        return text
    cut = text[-size:]
    return "…" + (cut.partition(" ")[2] or cut)


def _first(text: str, size: int) -> str:
    if len(text) <= size:
        return text
    cut = text[:size]
    return (cut.rpartition(" ")[0] or cut) + "…"


def _weak(page: _Page, topics: Sequence[TopicReading]) -> Iterator[Text]:
    for topic in topics:
        said = f"    nearly: {clean(topic.topic)} {topic.score:.2f}, below {ENOUGH:.2f}"
        yield Text(said, style="yellow")
        yield from _evidence_lines(page, topic.evidence[:2], indent=8)


def _topics(page: _Page, topics: Sequence[TopicReading]) -> list[Text]:
    lines = []
    for topic in topics:
        codes = [*(f"CAMEO {code}" for code in topic.codes.cameo), *topic.codes.iptc, *topic.codes.gdelt]
        also = f"  also {', '.join(topic.other_stages)}" if topic.other_stages else ""
        lines.append(
            Text.assemble(
                "    ",
                (f"{clean(topic.topic)} {clean(topic.stage)}", "bold"),
                f"  {topic.score:.2f}",
                (f"  {clean(' · '.join(codes))}{clean(also)}", "dim"),
            )
        )
        lines += _evidence_lines(page, topic.evidence, indent=8)
        lines += _stage_lines(page, topic)
    return lines


def _stage_lines(page: _Page, topic: TopicReading) -> list[Text]:
    """By which words a topic is at its stages; nothing of a stage that no other words say than the topic's first."""
    said = [
        f"{clean(stage.stage)} {_quoted(stage.evidence)}"
        for stage in topic.stages
        if stage.evidence != topic.evidence[:1]
    ]
    name = " " * 8 + "stage  "
    lines = wrap("; ".join(said), page.width - len(name), break_on_hyphens=False)
    return [
        Text.assemble((" " * len(name) if number else name, "cyan"), (line, "yellow"))
        for number, line in enumerate(lines)
    ]


def _evidence_lines(page: _Page, evidence: Sequence[Evidence], indent: int) -> list[Text]:
    shown = list(dict.fromkeys(evidence))
    lines = [
        Text.assemble(
            " " * indent,
            (f"{piece.field:5}  ", "cyan"),
            in_context(page.article, piece, page.width - indent - 7, coloured=page.coloured),
        )
        for piece in shown[:EVIDENCE_SHOWN]
    ]
    if len(shown) > EVIDENCE_SHOWN:
        lines.append(Text(f"{'':{indent + 7}}and {len(shown) - EVIDENCE_SHOWN} more", style="dim"))
    return lines


def _actors(actors: Sequence[ActorReading], width: int) -> list[Text]:
    longest = max((min(len(actor.name), 30) for actor in actors), default=0)
    lines = []
    for actor in actors[:ACTORS_SHOWN]:
        head = f"    {clean(actor.name):{longest}}  {actor.kind:12}  {actor.match:9}  "
        first, *more = wrap(_quoted(actor.evidence), max(30, width - len(head))) or [""]
        lines.append(
            Text.assemble(
                (head[: longest + 6], "bold"),
                (head[longest + 6 :], "dim"),
                (first, "yellow"),
                *((f"\n{'':{len(head)}}{line}", "yellow") for line in more),
            )
        )
    if len(actors) > ACTORS_SHOWN:
        lines.append(Text(f"    and {len(actors) - ACTORS_SHOWN} more", style="dim"))
    return lines


def _quoted(evidence: Iterable[Evidence]) -> str:
    """The distinct words, each with how often it occurs."""
    words = Counter(" ".join(piece.text.split()) for piece in evidence)
    return ", ".join(
        f"“{clean(word)}”" + (f" ×{count}" if count > 1 else "") for word, count in words.items()
    )


def _watches(page: _Page, evaluations: Sequence[Evaluation], *, with_all: bool) -> Iterator[Text]:
    matched = [evaluation for evaluation in evaluations if evaluation.matched]
    others = [evaluation for evaluation in evaluations if not evaluation.matched]
    near = [evaluation for evaluation in others if with_all or _something_held(evaluation)]
    # The nearest first: fewest conditions that did not hold.
    near.sort(key=lambda evaluation: sum(not clause.held for clause in evaluation.clauses))
    shown = len(near) if with_all else WATCHES_SHOWN
    for evaluation in (*matched, *near[:shown]):
        yield _watch_line(evaluation)
        if evaluation.takes_back:
            yield Text("        opens no alert, but updates one that told of this", style="yellow")
        for clause in evaluation.clauses:
            yield from _clause_lines(
                page, clause, EVIDENCE_SHOWN if evaluation.matched else 1, whole=with_all
            )
    far = [evaluation for evaluation in others if not (with_all or _something_held(evaluation))]
    for what, rest in (("something held of", near[shown:]), ("nothing held of", far)):
        if rest:
            names = _first(", ".join(evaluation.watch.id for evaluation in rest), page.width)
            yield Text(f"    ✗ {what} {len(rest)}: {names}", style="dim")
    if not evaluations:
        yield _none("none in the configuration")


def _something_held(evaluation: Evaluation) -> bool:
    return any((clause.held and clause.evidence) or _is_near(clause) for clause in evaluation.clauses)


def _is_near(clause: Clause) -> bool:
    """Whether a clause nearly held. Another language or source is not nearly the right one."""
    return bool(clause.note) and not clause.clause.startswith(("language:", "source:"))


def _watch_line(evaluation: Evaluation) -> Text:
    watch = evaluation.watch
    told = f"  {watch.severity}, tells {', '.join(watch.notify)}" if watch.notify else f"  {watch.severity}"
    mark = ("✓ ", "bold green") if evaluation.matched else ("✗ ", "bold red")
    return Text.assemble(
        "    ", mark, (clean(watch.id), "bold"), f"  {clean(watch.title)}", (clean(told), "dim")
    )


def _clause_lines(page: _Page, clause: Clause, shown: int, *, whole: bool) -> Iterator[Text]:
    held = ("held      ", "green") if clause.held else ("not held  ", "red")
    size = LONGEST_CLAUSE if whole else max(CLAUSE_SHOWN, page.width - 18)
    yield Text.assemble("        ", held, _first(clean(clause.clause), size))
    if clause.note:
        said = f"nearly: {clause.note}" if _is_near(clause) else clause.note
        yield Text.assemble("                  ", (clean(said), "yellow"))
    yield from _evidence_lines(page, clause.evidence[:shown], indent=18)
