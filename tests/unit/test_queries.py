"""Queries: what is read is printed and read again as the same; what cannot be meant is refused with the reason."""

from __future__ import annotations

import re
from itertools import accumulate, product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from agents.reading import query_match
from agents.reading.article import Article, article_of
from agents.reading.automaton import LiteralTable
from agents.reading.keywords import end_of, token_fits, width, words_of
from agents.reading.query import parse_query
from agents.reading.query_ast import Field, Group, Node, Phrase, Term, leaves
from agents.reading.query_match import Anchors, CompiledQuery
from agents.reading.query_tree import MAX_CLAUSES, MAX_DEPTH
from agents.reading.scene import Scene
from streams.errors import QueryError
from tests.builders import topic_reading
from tests.steps import grows_linearly

WORDS = st.one_of(
    st.sampled_from(
        [
            "truce",
            "AND",
            "OR",
            "NOT",
            "a:b",
            "C++",
            "çavuşoğlu",
            "перемирие",
            "هدنة",
            "停火",
            "x-ray",
            "-x",
            "+-+",
            "a&&b",
            "|||a",
            "–a–",
            "ﬁre",
            "(odd)",
        ]
    ),
    st.text(min_size=1, max_size=8),
).filter(lambda text: any(map(str.isalnum, text)) and "\x00" not in text)


@st.composite
def terms(draw: st.DrawFn) -> Node:
    fields: list[Field] = ["", "title", "body"]
    field = draw(st.sampled_from(fields))
    kind = draw(st.sampled_from(["word", "phrase", "prefix", "fuzzy", "source", "actor"]))
    if kind == "phrase":
        return Phrase(f"{draw(WORDS)} {draw(WORDS)}", field, draw(st.integers(0, 9)))
    if kind == "prefix":
        return Term(draw(st.sampled_from(["corrid*", "wom?n", "перемир*", "ev*cu?t*"])), field, pattern=True)
    if kind == "fuzzy":
        return Term(draw(st.sampled_from(["cavusoglu", "перемирие"])), field, edits=draw(st.integers(1, 2)))
    if kind in ("source", "actor"):
        named: Field = "source" if kind == "source" else "actor"
        return Term(draw(st.sampled_from(["news.example", "vladimir-putin"])), named)
    return Term(draw(WORDS), field)


def groups(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    some = st.lists(children, max_size=3).map(tuple)
    return st.builds(Group, must=some, should=some, must_not=some).filter(lambda g: bool(g.must or g.should))


QUERIES = st.recursive(terms(), groups, max_leaves=12)


def read(text: str) -> Node | None:
    try:
        return parse_query(text).root
    except QueryError:
        return None


def column_of_fault(text: str) -> int:
    """Where a query is wrong; 0 where it is not, or wrong as a whole."""
    try:
        query = parse_query(text)
    except QueryError as error:
        return error.column
    assert parse_query(str(query)).root == query.root
    return 0


@given(QUERIES)
def test_a_query_that_is_printed_reads_back_as_the_same(query: Node) -> None:
    once = read(str(query))
    if once is None:  # such as a word of marks only, which is refused whoever writes it
        return
    assert read(str(once)) == once


@given(st.text(st.sampled_from('ab "()+-!~^:*?\\&|[]{}/ANDORNOT '), max_size=40))
def test_any_text_is_read_or_refused_with_a_column_within_it(text: str) -> None:
    assert 0 <= column_of_fault(text) <= len(text) + 1


def test_ten_thousand_clauses_are_read() -> None:
    query = parse_query(" OR ".join(f'word{n} AND "two words{n}"~3' for n in range(5_000)))
    assert sum(1 for _ in leaves(query.root)) == 10_000


def test_more_clauses_than_that_are_refused_and_terms_are_recommended() -> None:
    with pytest.raises(QueryError, match="put words into `terms`"):
        parse_query(" ".join("w%d" % n for n in range(MAX_CLAUSES + 1)))  # noqa: UP031


def test_parentheses_without_end_are_refused_not_recursed_into() -> None:
    with pytest.raises(QueryError, match=f"nested deeper than {MAX_DEPTH}"):
        parse_query("(a OR " * 5000 + "b" + ")" * 5000)
    with pytest.raises(QueryError):
        parse_query("(" * 200_000)


@pytest.mark.parametrize(
    ("query", "must", "should", "must_not"),
    [
        ("+a b -c", ("a",), ("b",), ("c",)),
        ("a AND b AND NOT c", ("a", "b"), (), ("c",)),
        ("a && b", ("a", "b"), (), ()),
        ("a || b", (), ("a", "b"), ()),
        ("a !b", ("a",), (), ("b",)),
        ("title:(a OR b)", (), ("title:a", "title:b"), ()),
    ],
)
def test_operators_group_so(
    query: str, must: tuple[str, ...], should: tuple[str, ...], must_not: tuple[str, ...]
) -> None:
    root = parse_query(query).root
    assert isinstance(root, Group)
    assert tuple(map(str, root.must)) == must
    assert tuple(map(str, root.should)) == should
    assert tuple(map(str, root.must_not)) == must_not


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("[a TO b]", "ranges"),
        ("{a TO b}", "ranges"),
        ("truce AND /a.*b/", "regular expressions"),
        ("*fire", "cannot begin with"),
        ("-truce", "positive clause"),
        ("a OR NOT b AND NOT c", "positive clause"),
        ('"', "not closed"),
        ("a~~", "~ must follow"),
        ("title:body:a", "two fields"),
        ("actor:puti*", "no wildcard"),
        ('"' + "a " * 201 + '"', "201 words"),
        ('"(" AND', "too early$"),
        ('("(" AND', "parenthesis is not closed"),
        ("truce)", "closes nothing"),
        ("(truce OR （）", "must stand before"),
        ("actor:putin~1", "~ has no meaning in the field actor"),
        ("don't*", "letters and digits only"),
        ("al-*", "letters and digits only"),
        ("ab*-c", "letters and digits only"),
        ("停*协", "only a \\* at the end"),
        ("a*", "2 letters are needed"),
        ('"--"', "no letter or digit"),
        ('source:" "', "would match everything"),
        ("language:deutsch", "no language tag"),
        ('"grain deal"~1.5', "a whole number"),
        ('"grain deal"~101', "more than 100"),
        ("wom?n~1", "fuzzy too"),
    ],
)
def test_what_has_no_meaning_is_refused_with_its_reason(query: str, reason: str) -> None:
    with pytest.raises(QueryError, match=reason):
        parse_query(query)


@pytest.mark.parametrize(
    "query", ['"two words"', "“two words”", "„two words“", "«two words»", "»two words«", "「two words」"]
)
def test_words_in_quotation_marks_of_any_language_are_a_phrase(query: str) -> None:
    assert parse_query(query).root == Phrase("two words")


def test_marks_of_one_kind_may_stand_between_those_of_another() -> None:
    assert parse_query('"say «yes» now"').root == Phrase("say «yes» now")


@pytest.mark.parametrize(
    "query", ["truce", '"and" truce', r"\and OR truce", "android OR(gaza)", "gaza (truce OR talks) -football"]
)
def test_a_query_that_is_read_as_it_is_meant_has_no_warnings(query: str) -> None:
    assert parse_query(query).warnings == ()


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u061c", "\u202a", "\u2067", "\u2060"])
def test_marks_of_direction_hide_no_operator(mark: str) -> None:
    plain = "(truce AND gaza) -football title:talks"
    marked = " ".join(f"{mark}{word}" for word in plain.split()).replace("AND", f"AND{mark}")
    assert str(parse_query(marked)) == str(parse_query(plain))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("ceasefire NEAR gaza", "NEAR is looked for as a word"),
        ("ceasefire near5 gaza", "near5 is looked for as a word"),
        ("(truce OR ceasefire) ADJ (gaza OR sudan)", "ADJ is looked for as a word"),
        ("ceasefire AROUND(12) gaza", "AROUND is looked for as a word"),
        ("ceasefire ANDNOT football", "write AND NOT"),
        ("'ceasefire talks' OR truce", "'ceasefire talks' are words by themselves"),
        ("‘ceasefire talks’", "‘ is no quotation mark"),
        ("truce OR (‹ceasefire talks›)", "‹ceasefire talks› are words by themselves"),
        ("ceasefire,truce,gaza", "words with , and no space"),
        ("停火、撤离", "words with 、 and no space"),
        ("WHO OR ebola", "'who' stands in nearly every article"),
        ('"WHO" OR ebola', "'who' stands in nearly every article"),
        ("title:us", "'us' stands in nearly every article"),
        ("C++", "'c' stands in very many articles"),
        ("WHOI OR us*", "us* finds 'us' too"),
        ("gaza AND (grain deal)", "grain deal: either suffices"),
        ("grain deal -football", "grain deal: either suffices"),
    ],
)
def test_what_other_tools_mean_by_it_is_warned_of(query: str, said: str) -> None:
    assert any(said in warning for warning in parse_query(query).warnings)


@pytest.mark.parametrize(
    "query",
    [
        r'"NEAR EAST" OR \NEAR',
        "'truce'",
        "‘Abd OR al-‘Aziz",
        "rebels' OR truce OR boys'",
        "F-16,1 OR 1,000 «l'été d'avant»",
        "ebola -who",
        "WHOI OR usaid*",
        "gaza AND NOT title:gaza",
        "gaza AND NOT (gaza AND football)",
        "gaza AND NOT (gaza -rafah)",
        "source:us",
        '"the hague"',
        '"grain deal" truce "peace talks"',
        "title:grain title:deal",
    ],
)
def test_what_is_meant_as_it_stands_is_not(query: str) -> None:
    assert parse_query(query).warnings == ()


def test_operators_in_full_width_letters_are_operators() -> None:
    assert str(parse_query("＂ceasefire talks＂ ＡＮＤ gaza　ＮＯＴ football")) == str(
        parse_query('"ceasefire talks" AND gaza NOT football')
    )


def test_marks_that_nobody_sees_neither_make_nor_hide_an_operator() -> None:
    assert parse_query("\ufefftruce \u200bAND\u200b gaza").root == parse_query("truce AND gaza").root


@given(st.sampled_from(["lavrov", "cavusoglu", "перемирие"]), st.data())
def test_a_fuzzy_word_finds_itself_with_any_slip(word: str, data: st.DataObject) -> None:
    edits = 2 if len(word) >= 8 else 1
    letters = list(word)
    places = data.draw(st.lists(st.integers(0, len(word) - 2), min_size=1, max_size=edits))
    for place in places:
        slip = data.draw(st.sampled_from(["exchange", "leave out", "wrong"]))
        at = min(place, len(letters) - 2)
        if slip == "exchange":
            letters[at : at + 2] = letters[at + 1], letters[at]
        elif slip == "leave out":
            del letters[at]
        else:
            letters[at] = "x"
    slipped = "".join(letters)
    assume(OSA.distance(slipped, word) <= edits)
    table = LiteralTable()
    compiled = CompiledQuery(f"{word}~{edits}", table)
    scene = Scene.of(Article("a", "-", f"so {slipped} said"), table.build())
    assert compiled.spans(compiled.root, scene) == [("body", 3, 3 + len(slipped))]


PARTS = st.tuples(
    st.sampled_from(["hamas", "Hammas", "hams", "ahmas", "hamas2", "xhamasx", "HAMAS", "gaza", "l", "ХАМАС"]),
    st.sampled_from([" ", "'", "’", "-", "_", "", ". ", "停"]),
)


@given(st.lists(PARTS, max_size=8))
def test_a_fuzzy_word_is_found_in_every_row_of_letters_that_is_near_it(parts: list[tuple[str, str]]) -> None:
    text = "".join(map("".join, parts))
    table = LiteralTable()
    compiled = CompiledQuery("hamas~1", table)
    scene = Scene.of(Article("a", "", text), table.build())
    expected = [
        ("body", *row.span())
        for row in re.finditer(r"[^\W_停]+", text)
        if OSA.distance(row[0].lower(), "hamas") <= 1
    ]
    assert sorted(compiled.spans(compiled.root, scene) or []) == expected


SAID = st.sampled_from(
    "uçak uçağı תל בתל talks gaza Gaza's "
    "мир миру перемирие перемирия الهدنة للهدنة 停 火 停火 คน คืน दल ガザ a's a ateşkesi".split()
)
APART = st.sampled_from([" ", " ", "-", ", ", "", " 's ", "’", "\n", "\u200b", ". "])


def windows(words: tuple[str, ...], slop: int, scene: Scene) -> set[tuple[int, int]]:
    """From the first to the last of the words, wherever they stand out of place by at most so much: all are tried."""
    text, tokens = scene.body.folded.text, scene.body.tokens
    begins = [*accumulate(map(width, words), initial=0)]
    fitting = [
        [
            at
            for at, token in enumerate(tokens)
            if token_fits(word, token, text, turkish=scene.turkish, begins_phrase=word is words[0])
        ]
        for word in words
    ]
    found = set()
    for places in product(*fitting):
        moved = [place - begin for place, begin in zip(places, begins, strict=False)]
        if len({*places}) == len(words) and max(moved) - min(moved) <= slop:
            last = max(place + width(word) for place, word in zip(places, words, strict=True)) - 1
            word = words[places.index(max(places))]
            found.add((tokens[min(places)].start, end_of(word, tokens[last])))
    return found


@given(
    st.lists(SAID, min_size=2, max_size=4), st.integers(1, 6), st.lists(st.tuples(SAID, APART), max_size=14)
)
def test_words_out_of_place_are_found_where_trying_all_of_them_finds_them(
    wanted: list[str], slop: int, said: list[tuple[str, str]]
) -> None:
    words = words_of(" ".join(wanted))
    assume(len(words) > 1)
    table = LiteralTable()
    compiled = CompiledQuery(f'"{" ".join(wanted)}"~{slop}', table)
    scene = Scene.of(
        article_of({"body": "- " + "".join(map("".join, said)), "language": "tr"}), table.build()
    )
    found = {(start, end) for _, start, end in compiled.spans(compiled.root, scene) or ()}
    expected = windows(words, slop, scene)
    assert found <= expected
    assert bool(found) == bool(expected)


def test_a_boost_is_ignored_and_says_so() -> None:
    query = parse_query('truce^4 "cease fire"~2^0.5 (a b)^2')
    assert "boosts (^) are ignored" in query.warnings[0]
    assert query.root == parse_query('truce "cease fire"~2 (a b)').root


@pytest.mark.parametrize(
    "unit", ["a ", "a OR ", "(a) ", "a* ", '"a b" ', "\\a", "+a ", "NOT ", "a:", "~", '"', "&", "a~ "]
)
def test_reading_a_query_takes_steps_in_proportion_to_its_length(unit: str) -> None:
    assert grows_linearly(lambda n: read(unit * n + "a"), 300)


@pytest.mark.parametrize("mark", ["«", "「"])
def test_many_marks_that_nothing_closes_are_looked_through_once(mark: str) -> None:
    """It would take minutes to look from each of them to the end."""
    with pytest.raises(QueryError, match="column 1"):
        parse_query(mark * 200_000)


@pytest.mark.parametrize(
    ("query", "clauses"),
    [
        ("truce AND NOT (football OR opera)", ["truce", "NOT (football OR opera)"]),
        ("truce -(opera AND gala)", ["truce", "NOT (opera AND gala)"]),
        ("truce -(opera -gala)", ["truce", "NOT (opera AND NOT gala)"]),
        ("truce -football", ["truce", "NOT football"]),
        ("port OR (truce AND kyiv AND NOT opera)", ["port OR (truce AND kyiv AND NOT opera)"]),
        ("+(truce OR ceasefire) +kyiv", ["truce OR ceasefire", "kyiv"]),
        ("x-ray AND actor:vladimir-putin AND AT&T", ["x-ray", "actor:vladimir-putin", "AT&T"]),
    ],
)
def test_a_clause_reads_as_it_is_meant(query: str, clauses: list[str]) -> None:
    table = LiteralTable()
    compiled = CompiledQuery(query, table)
    scene = Scene.of(Article("a", "A truce", "It holds."), table.build())
    assert [clause.clause for clause in compiled.clauses(scene)] == [f"query: {text}" for text in clauses]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A truce by the lake.", None),
        ("A truce by the lake holds.", ["truce", "lake"]),
        ("A truce by the lake holds, says the opera.", None),
        ("The port opens, says the opera.", ["port"]),
    ],
)
def test_what_must_not_stand_in_a_group_is_asked_there_and_all_words_of_a_group_are_told(
    text: str, words: list[str] | None
) -> None:
    table = LiteralTable()
    compiled = CompiledQuery("(truce AND lake AND NOT (opera OR by AND NOT holds)) OR port", table)
    (clause,) = compiled.clauses(Scene.of(Article("a", "", text), table.build()))
    assert clause.held is (words is not None)
    assert [found.text for found in clause.evidence] == (words or [])


def test_any_part_of_an_alternative_calls_the_query_and_of_a_conjunction_the_most_telling() -> None:
    table = LiteralTable()

    def anchors(query: str) -> Anchors:
        return CompiledQuery(query, table).anchors()

    lake = anchors("lake").literals
    assert len(lake) == 1
    either = Anchors(literals=lake, topics={"mediation"}, actors={"qatar"})
    assert anchors("lake OR topic:mediation OR actor:qatar") == either
    assert anchors("(topic:mediation OR actor:qatar) AND lake AND language:en") == Anchors(literals=lake)
    assert anchors("language:en AND actor:qatar") == Anchors(actors={"qatar"})
    assert anchors("lake OR source:wire").always


def holds(query: str, article: Article) -> bool:
    table = LiteralTable()
    compiled = CompiledQuery(query, table)
    return compiled.spans(compiled.root, Scene.of(article, table.build())) is not None


def test_a_word_that_is_looked_for_in_two_fields_calls_its_query_in_either() -> None:
    table = LiteralTable()
    compiled = CompiledQuery("title:truce OR body:truce", table)
    [literal] = compiled.anchors().literals
    automaton = table.build()
    for article, called in (
        (Article("a", "A truce", "It holds."), True),
        (Article("a", "It holds", "A truce."), True),
        (Article("a", "Trucelike", "It holds."), False),
    ):
        assert compiled.stands(literal, Scene.of(article, automaton)) is called


def test_a_topic_that_a_query_asks_for_holds_where_the_article_has_it() -> None:
    table = LiteralTable()
    compiled = CompiledQuery("topic:ceasefire AND NOT topic:mediation", table)
    scene = Scene.of(Article("a", "A truce", "It holds."), table.build())
    held = []
    for topics in ((), ("ceasefire",), ("mediation",), ("ceasefire", "mediation")):
        scene.set_topics([topic_reading(topic=topic) for topic in topics])
        held.append(compiled.spans(compiled.root, scene) is not None)
    assert held == [False, True, False, False]


def test_patterns_of_sources_are_compiled_once_not_for_each_article(monkeypatch: pytest.MonkeyPatch) -> None:
    table = LiteralTable()
    compiled = CompiledQuery("source:*wire* OR source:news.*", table)
    monkeypatch.setattr(query_match, "Wildcards", None)
    scene = Scene.of(Article("a", "", "", source="news.example"), table.build())
    assert compiled.spans(compiled.root, scene) == []


@pytest.mark.parametrize(
    ("query", "text", "held"),
    [
        ('"grain deal"~1', "The grain deal holds.", True),
        ('"grain deal"~1', "The grain export deal holds.", True),
        ('"grain deal"~1', "The grain and oil deal holds.", False),
        ('"deal grain"~1', "The grain deal holds.", False),
        ('"deal grain"~2', "The grain deal holds.", True),
        ('"deal deal"~4', "The grain deal holds.", False),
        ('"talks about talks"~4', "The talks, new talks about a truce.", True),
        ('"talks about talks"~3', "New talks about a truce.", False),
        ('"ateşkesi ateşkes"~3', "Ateşkes. Yeni ateşkes, ateşkesi bozdu.", True),
        ('"переговоры перемирие"~1', "Переговоры о перемирии идут.", True),
        ('"erdoğan\'ın konuşması"~1', "Erdoğan'ın dünkü konuşması.", True),
        ('"erdoğan\'ın konuşması"~1', "Erdoğan'a dünkü konuşması.", False),
        ("x-ray", "An x-ray.", True),
        ("x-ray", "An X for Ray.", False),
    ],
)
def test_words_may_be_out_of_place_by_as_much_as_the_query_says(query: str, text: str, *, held: bool) -> None:
    assert holds(query, Article("a", "", text)) is held


@pytest.mark.parametrize(
    ("query", "text", "words"),
    [
        ("hamas~1", "un capo dell'Hamas, dell’Hammas.", ["Hamas", "Hammas"]),
        ("โรม", "ที่กรุงG7โรม", ["โรม"]),
        ("ພາກ", "COVID-19ພາກ", ["ພາກ"]),
        ("القدس", "停火القدس", ["القدس"]),
        ("غزة", "停火وغزة", ["غزة"]),
        ("ab", "abcab", []),
    ],
)
def test_a_word_is_found_behind_whatever_is_no_letter_of_it(query: str, text: str, words: list[str]) -> None:
    table = LiteralTable()
    compiled = CompiledQuery(query, table)
    scene = Scene.of(Article("a", "", text), table.build())
    assert [found.text for clause in compiled.clauses(scene) for found in clause.evidence] == words


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('"deal grain"~4', "grain export deal"),
        ('"grain export deal"~4', "grain export deal"),
        ("dea*", "deal"),
    ],
)
def test_the_words_that_made_a_query_hold_are_told_from_the_first_to_the_last(query: str, words: str) -> None:
    table = LiteralTable()
    compiled = CompiledQuery(query, table)
    scene = Scene.of(Article("a", "", "The grain export deal holds."), table.build())
    (clause,) = compiled.clauses(scene)
    assert [evidence.text for evidence in clause.evidence] == [words]


@pytest.mark.parametrize(
    ("word", "case"),
    [
        ("красный", "красного"),
        ("крайний", "крайнего"),
        ("верхній", "верхнього"),
        ("красная", "красной"),
        ("дальняя", "дальней"),
        ("красное", "красного"),
        ("верхнее", "верхнего"),
        ("красные", "красных"),
        ("волноваха", "волновасі"),
        ("снігурівка", "снігурівці"),
        ("одарага", "одаразі"),
        ("миколаїв", "миколаєва"),
        ("чернігів", "чернігові"),
        ("переговоры", "переговоров"),
        ("переговоры", "переговорах"),
        ("беженцы", "беженцев"),
        ("біженці", "біженців"),
        ("чернівці", "чернівцях"),
        ("військові", "військових"),
    ],
)
def test_a_word_is_found_in_its_cases(word: str, case: str) -> None:
    assert holds(word, Article("a", "", f"{case}."))
    assert not holds(word, Article("a", "", f"{case}кто."))


def test_a_plural_is_no_form_of_what_its_singular_means() -> None:
    assert holds("выборы", Article("a", "", "После выборов."))
    assert not holds("выборы", Article("a", "", "Это мой выбор, без выбора."))


@pytest.mark.parametrize("query", ['"військовий об\'єкт"', '"об\'єкт військовий"~2'])
def test_of_a_word_with_an_apostrophe_all_letters_are_told(query: str) -> None:
    table = LiteralTable()
    compiled = CompiledQuery(query, table)
    scene = Scene.of(Article("a", "", "Удари по військових об’єктах тривають."), table.build())
    (clause,) = compiled.clauses(scene)
    assert [evidence.text for evidence in clause.evidence] == ["військових об’єктах"]


@pytest.mark.parametrize(
    ("query", "held"), [('body:"deal agreement"~4', False), ('body:"agreement oil"~4', True)]
)
def test_a_title_that_the_body_repeats_is_no_part_of_the_body(query: str, *, held: bool) -> None:
    article = article_of(
        {"title": "Oil deal signed", "body": "Oil deal signed\n\nAgreement on oil was reached."}
    )
    assert article.body_start
    assert holds(query, article) is held


def test_a_pattern_begins_where_a_word_does() -> None:
    assert holds("corrid*", Article("a", "", "The corridors are open."))
    assert not holds("corrid*", Article("a", "", "The maincorridors are open."))


def test_of_a_longer_word_no_beginning_is_near_a_fuzzy_one() -> None:
    assert holds("truce~1", Article("a", "", "The truces hold."))
    assert not holds("truce~1", Article("a", "", "The trucers hold."))
