"""Fingerprints: how alike two texts are by their signatures, and by which keys one finds the other."""

from __future__ import annotations

from array import array

import pytest

from alerting.fingerprint import PLACES, ROWS, bands, fingerprint, similarity


def signature(*numbers: int) -> bytes:
    return array("I", numbers).tobytes()


def test_likeness_is_the_share_of_equal_places() -> None:
    one = signature(*range(PLACES))
    other = signature(*range(PLACES // 4), *range(1000, 1000 + PLACES * 3 // 4))
    assert similarity(one, other) == 0.25
    assert similarity(one, one) == 1.0


def test_a_text_without_words_is_like_none() -> None:
    assert fingerprint("… — !") == b""
    assert similarity(b"", b"") == 0.0
    assert bands(b"") == []


@pytest.mark.parametrize(
    "text", ["Truce at_12 Rd. holds", "Straße nach Lund", "Приказ об эвакуации", "Lund 𐐀𐐁 holds"]
)
def test_a_copy_has_the_signature_of_its_words_whatever_their_case_and_what_stands_between(text: str) -> None:
    long = f"{text} {' '.join(map(str, range(40)))}"
    copies = [long.upper(), long.replace(" ", " – "), f"{long} …", f"{long} 😀", " " * 40_000 + long]
    assert {fingerprint(copy) for copy in copies} == {fingerprint(long)}
    assert fingerprint(long) != fingerprint(long.replace("39", "40"))


def test_likeness_is_near_the_share_of_three_words_in_a_row_that_both_texts_have() -> None:
    words = [f"word{number}" for number in range(200)]
    first, half, turned = (" ".join(some) for some in (words, words[:101], words[::-1]))
    assert similarity(fingerprint(first), fingerprint(half)) == pytest.approx(0.5, abs=0.15)
    assert similarity(fingerprint(first), fingerprint(turned)) == 0.0


def test_of_a_very_long_text_the_first_two_thousand_words_decide() -> None:
    words = [f"word{number}" for number in range(3000)]
    assert fingerprint(" ".join(words)) == fingerprint(" ".join(words[:2000]))
    assert fingerprint(" ".join(words)) != fingerprint(" ".join(words[:1500]))


def test_texts_meet_where_all_places_of_a_band_are_equal() -> None:
    one = signature(*range(PLACES))
    assert len(set(bands(one))) == PLACES // ROWS
    for band in range(PLACES // ROWS):
        own = range(band * ROWS, (band + 1) * ROWS)
        other = signature(*(n if n in own else n + 1000 for n in range(PLACES)))
        assert [a == b for a, b in zip(bands(one), bands(other), strict=True)] == [
            n == band for n in range(PLACES // ROWS)
        ]


def test_the_same_places_in_another_band_do_not_meet() -> None:
    assert len(set(bands(signature(*[7] * PLACES)))) == PLACES // ROWS


def test_a_signature_of_another_length_meets_none() -> None:
    longer = signature(*range(PLACES + 1))
    assert bands(longer) == []
    assert similarity(longer, signature(*range(PLACES))) == 0.0
