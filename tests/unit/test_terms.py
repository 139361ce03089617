"""Terms of watchlists: what a table of a million finds is what a comparison of every term with every word finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agents.reading.article import Article, article_of
from agents.reading.automaton import LiteralTable
from agents.reading.joined import CodedTexts
from agents.reading.keywords import phrase_at, words_of
from agents.reading.query_ast import Phrase
from agents.reading.query_match import CompiledQuery
from agents.reading.scene import EVIDENCE_KEPT, FieldSpan, Scene, coded_texts
from agents.reading.terms import FEW, TermIndex
from agents.reading.termtable import DEEPEST, TermTableBuilder
from streams.errors import QueryError
from tests.steps import grows_linearly

ANY_NUMBER = 10**9


def found_in(article: Article, terms: Sequence[str], *, few: int) -> dict[int, set[FieldSpan]]:
    """The places of each term, every term a watch of its own."""
    table = LiteralTable()
    index = TermIndex({number: (term,) for number, term in enumerate(terms)}, table, few=few)
    return {watch: {*spans} for watch, spans in found_alone(index, Scene.of(article, table.build())).items()}


def found_alone(index: TermIndex, scene: Scene) -> dict[int, list[FieldSpan]]:
    """The places of terms in an article that is searched by itself."""
    return index.find_all([scene], coded_texts([scene])).get(0, {})


def naive(article: Article, terms: Sequence[str]) -> dict[int, set[FieldSpan]]:
    """Every term compared at every character or word."""
    scene = Scene.of(article, LiteralTable().build())
    found = {number: {*_places(words_of(term), scene)} for number, term in enumerate(terms)}
    return {number: places for number, places in found.items() if places}


def _places(words: Sequence[str], scene: Scene) -> Iterator[FieldSpan]:
    for text in scene.texts:
        folded = text.folded.text
        if len(words) == 1:
            for start in range(len(folded)):
                span = scene.word_span(words[0], folded, start)
                if span is not None and scene.counts(text, span[0]):
                    yield text.name, *span
            continue
        for at in range(len(text.tokens)):
            span = phrase_at(words, 0, text.tokens, at, folded, turkish=scene.turkish)
            if span is not None and scene.counts(text, span[0]):
                yield text.name, *span


def agree(found: dict[int, set[FieldSpan]], expected: dict[int, set[FieldSpan]]) -> bool:
    """The same places; of a term that stands in more than make evidence, as many of them."""
    return found.keys() == expected.keys() and all(
        found[number] == places
        if len(places) <= EVIDENCE_KEPT
        else len(found[number]) == EVIDENCE_KEPT and found[number] <= places
        for number, places in expected.items()
    )


WORDS = st.sampled_from(
    "erdogan Erdoğan'ın erdoganlar gaza Gaza'da moody's l'oréal d'ivoire at&t a s in новый нового путин Путину мир "
    "міністр міністрами авдіївка Авдіївці авдіїв харків Харкова харк "
    "переговоры переговорах переговор об'єкт об'єктами здоров'я здоров'ям "
    "м'янма М'янми п`ять الهدنة والهدنة هدنة للهدنة وقف "
    "للغزة القدس بالقدس للقدس الله ولهدنة وبالقدس עזה בעזה שבעזה העז אש האש ראש 停火 停 停火协议 ไทย 서울 x² 𝐀bc 🕊 g20 "
    "київ Києва львів Львові ріг Рогу Розі юрій Юрієм суми Сумах уфа Уфе уф газа Газі газом біженець біженців санкции "
    "санкциями толстой Толстого білий Білого ירושלים ת'א ג'נין בג'נין וב'הארץ' "
    'תל בתל אביב צה"ל בצה״ל uçak Uçağı ucag kitap kitabın book '
    "evlerinizden ev evler sana'a ab'cd'ef the".split()
)
BETWEEN = st.sampled_from(
    [" ", " ", " ", "-", "\n", "\t", ", ", " & ", ". ", "'", "’", "_", "", "—", "/", "\u00a0"]
)


@st.composite
def texts(draw: st.DrawFn, longest: int) -> str:
    parts = draw(st.lists(st.one_of(WORDS, st.text(max_size=3)), min_size=1, max_size=longest))
    return "".join(part + draw(BETWEEN) for part in parts).replace("\0", "")


TERMS = st.lists(texts(4).filter(words_of), min_size=1, max_size=8)


@given(TERMS, texts(4), texts(14), st.sampled_from(["en", "tr", ""]))
@example(["l'oréal", "AT&T"], "", "AT&T und L'Oréal", "de")
@example(["moody's investors", "s investors"], "", "Moody's investors, 's investors", "en")
@example(["erdogan gaza"], "", "Erdoğan'ın Gaza'da", "tr")
@example(["ab ef", "ab cd", "cd ef", "ef ij"], "", "ab'cd'ef'gh'ij ab'cd'ef", "en")
@example(["truce"], "停火", "🕊", "tr")
@example(["a a a a a a a a a b"], "", "a a a a a a a a a b", "")
@settings(deadline=None)  # the first article of an unknown language loads the model
@pytest.mark.parametrize("few", [0, ANY_NUMBER])
def test_terms_are_found_where_a_comparison_with_every_word_finds_them(
    few: int, terms: list[str], title: str, body: str, language: str
) -> None:
    own = [piece for term in terms for piece in (term, f"{title} {term}")] + [body[:30]]
    wanted = [term for term in own if words_of(term)]
    article = Article("a", title, body, language=language)
    assert agree(found_in(article, wanted, few=few), naive(article, wanted))


@given(TERMS, texts(4), texts(14), st.sampled_from(["en", "tr", ""]))
@settings(deadline=None)
def test_a_phrase_of_a_query_is_found_where_a_term_is(
    terms: list[str], title: str, body: str, language: str
) -> None:
    wanted = [term for term in (*terms, body[:30]) if words_of(term)]
    article = Article("a", title, body, language=language)
    table = LiteralTable()
    queries = [CompiledQuery(str(Phrase(term)), table) for term in wanted]
    scene = Scene.of(article, table.build())
    spans = ((number, query.spans(query.root, scene)) for number, query in enumerate(queries))
    found = {number: {*own} for number, own in spans if own}
    assert found == naive(article, wanted)


@given(TERMS, st.lists(st.tuples(texts(3), texts(8), st.sampled_from(["en", "tr", "ru", ""])), max_size=5))
@settings(deadline=None)
@pytest.mark.parametrize("few", [0, ANY_NUMBER])
def test_articles_searched_at_once_have_the_terms_that_each_has_alone(
    few: int, terms: list[str], several: list[tuple[str, str, str]]
) -> None:
    table = LiteralTable()
    index = TermIndex({number: (term,) for number, term in enumerate(terms)}, table, few=few)
    automaton = table.build()
    scenes = [
        Scene.of(Article("a", title, body, language=language), automaton) for title, body, language in several
    ]
    found = index.find_all(scenes, coded_texts(scenes))
    assert found == {
        number: spans for number, scene in enumerate(scenes) if (spans := found_alone(index, scene))
    }


@pytest.mark.parametrize("few", [0, ANY_NUMBER])
@pytest.mark.parametrize(
    ("term", "text", "stands"),
    [
        ("AT&T", "Shares of AT&T fell.", "AT&T"),
        ("Procter & Gamble", "Procter & Gamble said", "Procter & Gamble"),
        ("L'Oréal", "the owner of L’Oréal left", "L’Oréal"),
        ("Côte d'Ivoire", "in Côte d'Ivoire.", "Côte d'Ivoire"),
        ("St. Petersburg", "to St. Petersburg on", "St. Petersburg"),
        ("St Petersburg", "to St. Petersburg on", "St. Petersburg"),
        ("Rolls-Royce", "a Rolls\nRoyce", "Rolls\nRoyce"),
        ("Washington, D.C.", "in Washington D.C. today", "Washington D.C"),
        ("Moody's", "Moody's said", "Moody's"),
        ("здоров'я", "про здоров'я людей", "здоров'я"),
        ("Красный Крест", "заявили в Красном Кресте вчера", "Красном Кресте"),
        ("هدنة", "أعلنت الأطراف عن الاتفاق والهدنة", "هدنة"),
        ("القدس", "زيارة للقدس", "للقدس"),
        ("القدس", "في غزة وبالقدس", "القدس"),
        ("هدنة", "وبالهدنة", "هدنة"),
        ("هدنة", "كالهدنة", "هدنة"),
        ("تاب", "كتاب", None),
        ("القدس", "وللقدس مكانتها", "للقدس"),
        ("חמאס", "הודעה לחמאס", "חמאס"),
        ("الأمم المتحدة", "قال الأمين العام للأمم المتحدة", "للأمم المتحدة"),
        ("停火", "双方同意立即停火协议", "停火"),
        ("Кривий Ріг", "удар по Кривому Рогу", "Кривому Рогу"),
        ("Суми", "вибухи у Сумах", "Сумах"),
        ("תל אביב", "אזעקות בתל אביב", "בתל אביב"),
        ("ג'נין", "פשיטה בג׳נין הלילה", "ג׳נין"),
        ("ח'אן יונס", "הפגזה בח'אן יונס", "בח'אן יונס"),
        ("ידיעות אחרונות", "נכתב ב'ידיעות אחרונות'", "ידיעות אחרונות"),
        ("הארץ", "נכתב ב'הארץ'", "הארץ"),
        ('צה"ל', "נמסר בצה״ל הבוקר", "בצה״ל"),
        ("grain deal", "the grain deals", None),
        ("grain deal", "grain, a deal", None),
        ("war", "a warning about software", None),
    ],
)
def test_a_term_is_found_as_it_is_written(few: int, term: str, text: str, stands: str | None) -> None:
    table = LiteralTable()
    index = TermIndex({0: (term,)}, table, few=few)
    scene = Scene.of(Article("a", "", text), table.build())
    evidence = scene.evidence(found_alone(index, scene).get(0, ()))
    assert [found.text for found in evidence] == ([stands] if stands else [])


@pytest.mark.parametrize("few", [0, ANY_NUMBER])
@pytest.mark.parametrize(
    ("term", "text", "language", "stands"),
    [
        ("uçak", "Savaş uçağı düştü.", "tr", ["uçağı"]),
        ("kitap", "Bu kitabı ve kitapları", "tr", ["kitabı", "kitapları"]),
        ("atəşkəs", "Atəşkəsin pozulması", "az", ["Atəşkəsin"]),
        ("qaçaq", "İki qaçağı tutdular", "az", ["qaçağı"]),
        ("Mart", "Mardin'de yangın", "tr", []),
        ("uçak", "the ucagi", "en", []),
        ("attack", "an attaga, attagi", "en", []),
        ("savaş uçak", "savaş uçağıyla", "tr", ["savaş uçağıyla"]),
    ],
)
def test_a_turkish_word_is_found_with_what_a_vowel_makes_of_its_end(
    few: int, term: str, text: str, language: str, stands: list[str]
) -> None:
    table = LiteralTable()
    index = TermIndex({0: (term,)}, table, few=few)
    scene = Scene.of(Article("a", "", text, language=language), table.build())
    evidence = scene.evidence(found_alone(index, scene).get(0, ()))
    assert [found.text for found in evidence] == stands


@pytest.mark.parametrize("few", [0, ANY_NUMBER])
def test_a_term_of_several_watches_calls_them_all(few: int) -> None:
    table = LiteralTable()
    index = TermIndex({3: ("Gaza", "gaza"), 5: ("GAZA",), 7: ("Rafah",)}, table, few=few)
    assert found_alone(index, Scene.of(Article("a", "Gaza", "."), table.build())) == {
        3: [("title", 0, 4)],
        5: [("title", 0, 4)],
    }


@pytest.mark.parametrize("few", [0, ANY_NUMBER])
def test_a_title_that_the_body_repeats_counts_once(few: int) -> None:
    article = article_of(
        {"title": "Grain deal of Odesa", "body": "Grain deal of Odesa\n\nThe grain deal holds."}
    )
    assert article.body_start
    found = found_in(article, ["grain deal"], few=few)
    assert {name for name, *_ in found[0]} == {"title", "body"}
    assert len(found[0]) == 2


@pytest.mark.parametrize("few", [0, ANY_NUMBER])
@pytest.mark.parametrize("term", ["...", "'", "_", "🕊"])
def test_a_term_without_a_letter_is_refused(few: int, term: str) -> None:
    with pytest.raises(QueryError, match="no letter or digit"):
        TermIndex({0: ("gaza", term)}, LiteralTable(), few=few)


def test_more_terms_than_a_few_are_no_literals() -> None:
    table = LiteralTable()
    TermIndex({0: [f"name{number}" for number in range(FEW + 1)] + ["停火"]}, table)
    assert len(table) == 1


@pytest.mark.parametrize("term", ["U.S.", "U.N. Security Council", "Af Örgütü", "С. Лавров"])
def test_no_term_is_looked_for_by_letters_that_stand_in_many_words(term: str) -> None:
    table = LiteralTable()
    others = ["Security talks", "Council of the South", "Örgütü", "Лавров"]
    index = TermIndex({0: [term], 1: others}, table)
    automaton = table.build()
    assert automaton.find("un af us n s u с") == []
    scene = Scene.of(Article("a", "", f"So said the {term}"), automaton)
    assert [found.text for found in scene.evidence(found_alone(index, scene)[0])] == [term.rstrip(".")]


def test_a_term_of_more_words_than_are_looked_up_is_compared_to_its_end() -> None:
    words = [f"w{number}" for number in range(DEEPEST + 3)]
    article = Article("a", " ".join(words), " ".join(words[:-1]) + " other")
    assert found_in(article, [" ".join(words)], few=0) == {0: {("title", 0, len(" ".join(words)))}}


def test_a_table_of_nothing_finds_nothing() -> None:
    assert TermTableBuilder().build().candidates(CodedTexts(["truce"]), [True]) == []


@pytest.mark.parametrize("unit", ["a ", "gaza ", "grain deal ", "a'a ", "aa'", "停", "الو ", "evler"])
def test_finding_terms_takes_steps_in_proportion_to_the_text(unit: str) -> None:
    table = LiteralTable()
    index = TermIndex({0: ("a a a a b", "gaza", "grain deal", "a'a", "停火"), 1: ("a a",)}, table, few=0)
    automaton = table.build()
    assert grows_linearly(lambda n: found_alone(index, Scene.of(Article("a", "", unit * n), automaton)), 300)


@pytest.mark.parametrize("control", ["\0", "\x01", "\x02"])
def test_a_control_character_in_a_term_moves_no_other_term(control: str) -> None:
    terms = [f"erdogan {control} erdogan", f"{control}", "ankara", f"black{control}sea"]
    article = Article("a", "Ankara and Erdogan, Erdogan", "on the Black Sea", language="en")
    wanted = [term for term in terms if words_of(term)]
    assert agree(found_in(article, wanted, few=0), naive(article, wanted))
    assert {term for term in wanted if naive(article, [term])} >= {"ankara"}
