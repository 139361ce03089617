"""Texts that are joined are told apart again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.reading.joined import Joined


@given(st.lists(st.text(max_size=5)), st.sampled_from(["\n", " \x01 "]))
def test_each_place_is_told_to_be_in_the_text_that_it_is_in(texts: list[str], separator: str) -> None:
    joined = Joined(texts, separator)
    for number, text in enumerate(texts):
        begin = joined.begins[number]
        assert joined.text[begin : begin + len(text)] == text
        assert [joined.number_at(begin + at) for at in range(len(text))] == [number] * len(text)


@given(st.lists(st.binary(max_size=5)))
def test_bytes_are_joined_as_texts_are(texts: list[bytes]) -> None:
    joined = Joined(texts, b"\0")
    assert joined.text[:1] == joined.text[-1:] == b"\0"
    assert [
        joined.text[begin : begin + len(own)] for begin, own in zip(joined.begins, texts, strict=False)
    ] == texts
