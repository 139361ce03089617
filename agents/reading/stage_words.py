"""The words of a sentence that say a stage, and what a word of denial makes of them.

Of phrases that end with the same word those say its stage that name most of it: `extended`, not `extend*`; `سيبدأ`
(will begin), not `يبدأ` (begins) with a particle before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.reading.denial import denial_before, denied_to
from agents.reading.fold import Span
from agents.reading.phrases import Phrase


@dataclass(slots=True)
class StageWords:
    """Words of stages: whose they are, whose where they are denied, and the phrase (None: spelled out) whose head
    stands from `begin` to `end`; `denied_as` are those of the latter.
    """

    begin: int
    end: int
    phrase: Phrase[Any] | None
    names: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    denied_as: list[tuple[int, Phrase[Any] | None]] = field(default_factory=list)

    def add(self, name: str, head: Span, phrase: Phrase[Any] | None) -> None:
        """A phrase of a stage ends with these words; its head stands there."""
        begin, end = head
        if not self.names or end > self.end or (end == self.end and begin < self.begin):
            self.names, self.begin, self.end, self.phrase = [name], begin, end, phrase
        elif head == (self.begin, self.end):
            self.names.append(name)

    def add_denied(self, name: str, end: int, phrase: Phrase[Any] | None) -> None:
        """A phrase that says a stage where it is denied ends with these words."""
        self.denied.append(name)
        self.denied_as.append((end, phrase))

    def denial(
        self, text: str, span: Span, negations: Sequence[Span], listed: list[Span], language: str
    ) -> Span | None:
        """From where to where these words stand with what denies them; None where nothing does.

        `listed` are the words of stages before them, of which they become one.
        """
        start, stop = span
        known_as = [(self.end, self.phrase), *self.denied_as]
        ends = (denied_to(phrase, text, (end, stop), negations, language) for end, phrase in known_as)
        until = next((end for end in ends if end is not None), None)
        if until is not None:
            return start, until
        if self.names:
            listed.append(span)
        begin = denial_before(text, span, negations, listed, language)
        return (begin, stop) if begin is not None else None

    def stages(
        self, span: Span, denial: Span | None, contrary: Mapping[str, str]
    ) -> Iterator[tuple[str, Span]]:
        """The stages that they say, and where. What is denied says what the language says of these words (`not
        respected`), else the contrary that the topic names.
        """
        if denial is not None and self.denied:
            yield from ((name, denial) for name in self.denied)
            return
        for name in self.names:
            if denial is not None and name in contrary:
                yield contrary[name], denial
            else:
                yield name, span
