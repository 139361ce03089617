"""The literals of topics, queries and short lists, and finding all of them in several texts at once.

Those that begin with a word are found by their words (`wordstarts`); what may stand anywhere in a word, or has none, by
an automaton.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from agents.reading.automaton import Automaton, Found
from agents.reading.joined import Joined
from agents.reading.wordstarts import WordStarts, words_of

_ONE_SPACE: Final = str.maketrans("-\n\t", "   ")


class LiteralTable:
    """Collects literals before they can be looked for. The same folded literal always has the same number.

    A hyphen, a line break and a tab are taken for a space, in literals and in texts.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._within: set[int] = set()
        self._built = False

    def add(self, literal: str, *, within: bool = False) -> int:
        """The number of a literal, which must be folded and not empty. `within`: it is found within words too."""
        if not literal:
            raise ValueError("an empty literal would match everywhere")
        if self._built:
            raise ValueError("the literals of this table are built already")
        number = self._numbers.setdefault(literal.translate(_ONE_SPACE), len(self._numbers))
        if within:
            self._within.add(number)
        return number

    def __len__(self) -> int:
        return len(self._numbers)

    def build(self) -> Literals:
        """All literals added so far, ready to be found. Empties the table."""
        self._built = True
        literals = [*self._numbers]
        self._numbers.clear()
        return Literals(literals, self._within)

    def build_automaton(self) -> Automaton:
        """The same where all of them are to be found within words too."""
        self._built = True
        literals = [*self._numbers]
        self._numbers.clear()
        return Automaton(literals)


class Literals:
    """All literals, ready to be found."""

    def __init__(self, literals: Sequence[str], within: Iterable[int]) -> None:
        """Literals are numbered by their place; those of `within` are found within words too."""
        anywhere = {*within, *(n for n, literal in enumerate(literals) if not words_of(literal))}
        self._numbers = sorted(anywhere)
        self._automaton = Automaton([literals[number] for number in self._numbers])
        self._starts = WordStarts((n, literal) for n, literal in enumerate(literals) if n not in anywhere)

    def find(self, folded: str) -> list[Found]:
        """Every occurrence of every literal in a folded text, ordered by where it ends."""
        return self.find_joined(Joined([folded])).get(0, [])

    def find_joined(self, joined: Joined) -> dict[int, list[Found]]:
        """The same by text, of the texts in which there are any."""
        by_text: defaultdict[int, list[Found]] = defaultdict(list)
        for literal, start, end in self._starts.find(joined):
            number = joined.number_at(start)
            begin = joined.begins[number]
            by_text[number].append((literal, start - begin, end - begin))
        if self._numbers:
            for number, found in enumerate(self._automaton.find_all(joined.texts)):
                if found:
                    own = [(self._numbers[place], start, end) for place, start, end in found]
                    by_text[number] = sorted(by_text[number] + own, key=lambda one: (one[2], one[1]))
        return by_text
