"""Patterns of a topic: where all parts of one stand near each other in a sentence (`halt` near `the fighting`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from agents.reading.fold import Span
from agents.reading.phrases import Phrase
from agents.reading.taxonomy import Pattern

_MOST_SPANS: Final = 6
"""Spans of one part that a pattern looks at in a sentence."""


def part_spans(phrase: Phrase[Any] | None, start: int, end: int, stop: int) -> Sequence[Span]:
    """Where a part of patterns stands whose head was found from the space before it to `end`, and that ends at `stop`.

    One with a gap stands at its head, too: another part may stand in the gap (`bring ... together`).
    """
    if phrase is None or not phrase.words_behind_gap:
        return ((start + 1, stop),)
    return (start + 1, stop), (start + 1, end)


def places_of(pattern: Pattern, parts: Mapping[str, Sequence[Span]]) -> list[Span]:
    """The places in a sentence where all parts of a pattern stand near each other; it has all of them."""
    spans = [parts[part][:_MOST_SPANS] for part in pattern.parts]
    reaches: list[tuple[Span, ...]] = [(span,) for span in spans[0]]
    for following in spans[1:]:
        reaches = [
            (*reach, span) for reach in reaches for span in following if _is_near(span, reach, pattern.within)
        ]
        reaches = sorted(reaches, key=_length)[:_MOST_SPANS]
    return [*dict.fromkeys((min(reach)[0], max(end for _, end in reach)) for reach in reaches)]


def _is_near(span: Span, reach: Sequence[Span], within: int) -> bool:
    """Whether a part stands near others, before, behind or between them, and is none of their words."""
    start, end = span
    return (
        all(end <= first or last <= start for first, last in reach)
        and start - max(last for _, last in reach) <= within
        and min(first for first, _ in reach) - end <= within
    )


def _length(reach: Sequence[Span]) -> int:
    return max(last for _, last in reach) - min(first for first, _ in reach)
