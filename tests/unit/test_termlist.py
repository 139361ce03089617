"""A packed list of keywords is the list it was made from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.config_files.termlist import PACK_FROM, TermList, keyword_warnings, pack, read_terms

TERMS = st.lists(st.text(max_size=6), max_size=20)


@given(TERMS)
def test_it_gives_back_what_was_put_in(terms: list[str]) -> None:
    held = TermList(terms)
    assert [*held] == terms
    assert [held[at] for at in range(len(held))] == terms
    assert len(held) == len(terms)


@given(TERMS, st.slices(20))
def test_a_slice_is_that_of_the_list(terms: list[str], part: slice) -> None:
    assert TermList(terms)[part] == terms[part]


def test_an_index_beyond_its_end_is_an_error() -> None:
    with pytest.raises(IndexError):
        TermList(["truce"])[1]
    assert TermList(["truce"])[-1] == "truce"


def test_few_keywords_stay_a_tuple_and_many_are_packed() -> None:
    assert pack(["truce"]) == ("truce",)
    assert isinstance(pack([str(number) for number in range(PACK_FROM)]), TermList)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(end: str) -> None:
    text = end.join(["# names", "Gaza", " Khan Younis ", "", "...", "corrid*"])
    terms, faults = read_terms(text, "t.txt")
    assert terms == ("Gaza", "Khan Younis", "corrid*")
    assert [(fault.line, fault.message) for fault in faults] == [
        (5, "the keyword has no letter or digit to look for")
    ]
    assert [warning.line for warning in keyword_warnings(text, "t.txt")] == [6]
