"""What stories are found by: whatever is added and dropped, what is found is what a dictionary of sets would hold."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.indexes import Index, Texts

CHANGES = st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=200)


@given(CHANGES)
def test_an_index_holds_the_places_of_each_key_in_their_order(changes: list[tuple[int, bool]]) -> None:
    index: Index[int] = Index()
    expected: defaultdict[int, list[int]] = defaultdict(list)
    for place, (key, dropping) in enumerate(changes):
        if dropping and expected[key]:
            index.drop([key], expected[key].pop(len(expected[key]) // 2))
        else:
            index.add([key], place)
            expected[key].append(place)
    for key in range(6):
        for most in (1, 3, 1000):
            assert (index.last([key], most)) == expected[key][-most:]
    assert len(index) == sum(map(bool, expected.values()))


# Bands whose bytes are much alike, so that one is found where another ends.
ALIKE = st.sampled_from([0, 1, 256, 65536, 16777216, 16843009, 257, 0xFFFFFFFF, 0xFF000000, 0xFF])
BANDS = st.lists(ALIKE | st.integers(0, 2**32 - 1), unique=True, max_size=16)
NUMBERS = ALIKE | st.integers(0, 2**32 - 1)


@given(st.dictionaries(NUMBERS, BANDS, max_size=120), st.data())
def test_texts_hold_the_stories_of_each_band(texts: dict[int, list[int]], data: st.DataObject) -> None:
    index = Texts()
    for number, bands in texts.items():
        index.add(bands, number)
    dropped = data.draw(st.sets(st.sampled_from(sorted(texts)))) if texts else set()
    for number in dropped:
        index.drop(texts[number], number)
    expected: defaultdict[int, set[int]] = defaultdict(set)
    for number in texts.keys() - dropped:
        for band in texts[number]:
            expected[band].add(number)
    for band in {band for bands in texts.values() for band in bands}:
        assert index.of([band]) == expected[band]
    assert index.of(sorted(expected)) == set().union(*expected.values())
    assert len(index) == sum(map(len, expected.values()))


def test_a_story_that_is_under_a_band_twice_is_there_until_both_are_dropped() -> None:
    index = Texts()
    index.add([7], 1)
    index.add([7], 1)
    index.drop([7], 1)
    assert index.of([7]) == {1}
    index.drop([7], 1)
    assert index.of([7]) == set()


@pytest.mark.parametrize("number", [1_000, 20_000])
def test_no_bucket_of_texts_grows_with_their_number(number: int) -> None:
    index = Texts()
    for story in range(number):
        index.add([(story * 2654435761) % 2**32], story)
    assert max(map(len, index._buckets)) < 8 * 64
    assert index.of([0]) == {0}
