"""Lines of an article that lead elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reading.fold import fold
from agents.reading.links import Links, lies_in

LINKS = Links(
    ["read also", "related:", "most read:", "à lire :", "читайте также", "اقرأ أيضا", "bizi X'te", "…", " "]
)


def left(text: str) -> str:
    """What of a text does not lead elsewhere."""
    folded = fold(text)
    spans = LINKS.spans(folded, 0, len(folded))
    kept = "".join(letter for at, letter in enumerate(folded) if not lies_in(spans, at))
    return "\n".join(line for line in kept.split("\n") if line).strip()


@pytest.mark.parametrize(
    "line",
    [
        "Read also: A truce is agreed. What now?",
        "READ ALSO A truce is agreed",
        "► Read also » A truce is agreed",
        "[Read also: A truce is agreed]",
        "Related: A truce is agreed",
        "Related",
        "Most read | A truce is agreed",
        "Most read – A truce is agreed",
        "À lire : la trêve est signée",
        "Читайте также: Объявлено перемирие",
        "اقرأ أيضًا: إعلان هدنة",
        "Bizi X’te takip edin, ateşkesi kaçırmayın",
    ],
)
def test_a_line_that_a_phrase_opens_leads_elsewhere(line: str) -> None:
    assert (
        left(f"The match is over.\n{line}\nThe fans went home.") == "the match is over.\nthe fans went home."
    )
    assert left(f"The match is over.\n\n{line}") == "the match is over."


@pytest.mark.parametrize(
    "text",
    [
        "related deaths rose after the truce.",
        "related-party deals were agreed.",
        "the minister said: read also what they signed.",
        "they had to read also: the truce",
        "he spoke. read also the small print of the truce.",
        "read alsop on the truce.",
        "the most read: nobody knows.",
    ],
)
def test_the_same_words_within_a_sentence_lead_nowhere(text: str) -> None:
    assert left(f"it is over.\n{text}") == f"it is over.\n{text}"


def test_within_a_line_a_link_is_one_sentence_and_has_its_colon() -> None:
    assert left("The match is over. Read also: A truce is agreed. The fans went home.") == (
        "the match is over. the fans went home."
    )


def test_of_a_long_line_only_the_first_sentence_leads_elsewhere() -> None:
    article = "the army and the rebels agreed a truce on thursday. " * 6
    assert left(f"It is over.\nRead also: The cup final. {article}") == f"it is over.\n{article.strip()}"
    endless = "it is over.\nread also: " + "word " * 100
    assert left(endless) == endless.strip()


def test_what_a_text_begins_with_is_its_own() -> None:
    assert (
        left("Related: Thousands flee the fire.\nRelated: The cup final")
        == "related: thousands flee the fire."
    )


def test_a_heading_has_headlines_behind_it_until_a_full_stop_or_a_long_line() -> None:
    headlines = 'A truce is agreed\nWhat does the truce mean?\n- "Fire has ceased"\n'
    assert left(f"The match is over.\n\nRead also\n\n{headlines}\nThe fans went home.") == (
        "the match is over.\nthe fans went home."
    )
    paragraph = "the fans of both clubs went home through the rain, " * 3
    assert left(f"It is over.\nRead also:\n{headlines}{paragraph}") == f"it is over.\n{paragraph.strip()}"
    assert left(f"The match is over. Read also:\n{headlines}The fans went home.") == (
        "the match is over. the fans went home."
    )


def test_a_list_of_headlines_has_an_end() -> None:
    assert (
        left("It is over.\nMost read:\n" + "headline\n" * 20) == "it is over.\n" + ("headline\n" * 15).strip()
    )


def test_a_line_far_down_is_not_looked_for() -> None:
    far = "\n" * 1_000_000 + "read also: a truce"
    assert LINKS.spans(far, 0, len(far)) == []


@given(st.text(alphabet="read also:related mst.\n |!", max_size=400), st.integers(0, 50))
def test_lines_that_lead_elsewhere_are_in_order_and_within_the_text(text: str, start: int) -> None:
    spans = LINKS.spans(text, min(start, len(text)), len(text) + 1)
    end = start
    for span in spans:
        assert end <= span[0] < span[1] <= len(text)
        end = span[1]
