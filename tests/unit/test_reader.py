"""The reader with the sample configuration or a part of it: evidence is cut from the article, watches are called, near
misses named.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agents.reading.actors.matcher import ActorMatcher
from agents.reading.actors.registry import Actor, Registry, RegistryFile
from agents.reading.article import Article, article_of
from agents.reading.reader import Explanation, Reader
from agents.reading.results import KEPT
from agents.reading.scene import Scene
from agents.reading.watches import CompiledWatch
from alerting.watch import ActorsWanted, TopicsWanted, Watch
from streams.errors import QueryError, UnreadableArticle
from streams.wire import Evidence, Reading
from tests import sample
from tests.steps import grows_linearly, steps

NOW = datetime(2026, 3, 7, 9, 0, tzinfo=UTC)
LONGEST_RECORD = 1024 * 1024
"""What brokers take by themselves."""
TRUCE = "The army and the rebels signed a ceasefire on Thursday that takes effect at midnight, mediators of Qatar said."


def reader_of(*watches: Watch) -> Reader:
    taxonomies, registry = sample.english()
    return Reader(taxonomies=taxonomies, registry=registry, watches=watches)


@cache
def sample_reader() -> Reader:
    configuration = sample.configuration()
    everything = Watch(
        id="everything", title="Everything", query="language:en OR language:und OR putin~1 OR erd*"
    )
    return Reader(
        taxonomies=configuration.taxonomies,
        registry=configuration.registry,
        watches=(*configuration.watches, everything),
        terms=configuration.terms,
    )


def article(body: str = TRUCE, title: str = "Truce signed", language: str = "en", **fields: str) -> Article:
    return article_of({"title": title, "body": body, "language": language} | fields)


def matched(reader: Reader, of: Article) -> set[str]:
    read = reader.read(of, NOW)
    return {candidate.watch for candidate in read.candidates} if read else set()


def evidence_of(reading: Reading) -> Iterator[Evidence]:
    for topic in reading.topics:
        yield from topic.evidence
    for actor in reading.actors:
        yield from actor.evidence
    for keyword in reading.keywords:
        yield from keyword.evidence


PIECES = st.sampled_from(
    [
        *(
            "ceasefire",
            "Truce",
            "перемирие",
            "ateşkesi",
            "وقف إطلاق النار",
            "Waffenruhe",
            "evacuation",
            "mediation",
        ),
        *(
            "Erdoğan'ın",
            "Путину",
            "Зеленським",
            "وبوتين",
            "Lavorv",
            "U.S.",
            "Gaza",
            "İSTANBUL",
            "gaza",
            "Sudan",
        ),
        *(
            "was agreed",
            "signed",
            "was violated",
            "by Qatar",
            ".",
            "\n",
            "? ",
            "\u202e",
            "\u200d",
            "ﷺ",
            "ﬁ",
            "e\u0301",
        ),
        *("<b>", "&amp;", "🕊", "停火", "\u0130", "ß"),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=6)), min_size=1, max_size=14).map(" ".join)


@given(title=TEXTS, body=TEXTS)
@settings(max_examples=60, deadline=None)
def test_all_evidence_is_cut_from_the_article_as_it_was_read(title: str, body: str) -> None:
    try:
        of = article_of({"title": title, "body": body})
    except UnreadableArticle:
        return
    explained = sample_reader().explain(of, NOW)
    texts = {"title": of.title, "body": of.body}
    clauses = [clause for evaluation in explained.evaluations for clause in evaluation.clauses]
    for evidence in (*evidence_of(explained.reading), *(e for clause in clauses for e in clause.evidence)):
        assert texts[evidence.field][evidence.start : evidence.end] == evidence.text != ""


def test_what_is_said_of_an_article_fits_a_record_whatever_it_names() -> None:
    words = [f"{first}a{second}" for first in "bdfgklmnprstvz" for second in "bdfgklmnprstvz"]
    names = [f"{one.title()} {other.title()}" for one in words for other in words[:8]]
    persons = tuple(Actor(id=f"p{n}", kind="person", name=name) for n, name in enumerate(names))
    watches = (
        Watch(id="actors", title="Actors", actors=ActorsWanted(any=tuple(person.id for person in persons))),
        Watch(id="terms", title="Terms", terms=tuple(names)),
    )
    registry = Registry(files=(RegistryFile(actors=persons),))
    reader = Reader(taxonomies=sample.english()[0], registry=registry, watches=watches)
    last = names[-1]
    body = " . ".join(f"{name} is on the list" for name in names)
    read = reader.read(article(body * 8, title=f"The list, and {last}"), NOW)
    assert read is not None
    assert [candidate.watch for candidate in read.candidates] == ["actors", "terms"]
    assert len(read.reading.actors) == 100
    assert read.reading.actors[0].name == last, "those of the title come first"
    assert max(len(value.to_bytes()) for value in (read.reading, *read.candidates)) < LONGEST_RECORD


def test_a_reading_names_the_first_watches_that_match_and_each_that_does_has_its_candidate() -> None:
    wanted = TopicsWanted(any=("ceasefire",))
    watches = [Watch(id=f"w{number}", title="W", topics=wanted) for number in range(KEPT + 5)]
    read = reader_of(*watches).read(article(), NOW)
    assert read is not None
    assert [*read.reading.watches] == [watch.id for watch in watches[:KEPT]]
    assert [candidate.watch for candidate in read.candidates] == [watch.id for watch in watches]


@pytest.mark.parametrize("filling", ["\u200b", "\u0301", "\u00ad"])
def test_what_takes_no_room_between_two_words_takes_none_in_a_record(filling: str) -> None:
    watch = Watch(
        id="w", title="W", actors=ActorsWanted(any=("vladimir-putin",)), query='"vladimir putin" OR ceasefire'
    )
    name = f"Vladimir {filling * 20_000}Putin"
    read = reader_of(watch).read(article(f"{name} signed a cease{filling * 20_000}fire. " * 8), NOW)
    assert read is not None
    assert [actor.id for actor in read.reading.actors] == ["vladimir-putin"]
    assert max(len(value.to_bytes()) for value in (read.reading, *read.candidates)) < 50_000


def test_names_that_fill_an_article_with_what_takes_no_room_fit_a_record_all_the_same() -> None:
    words = [f"{first}a{second}o" for first in "bdfgklmnpr" for second in "bdfgklmnpr"]
    names = [f"Am{word}" for word in words]
    bodies = tuple(Actor(id=name.lower(), kind="organisation", name=name) for name in names)
    watch = Watch(id="w", title="W", query=" AND ".join(names))
    reader = Reader(
        taxonomies=sample.english()[0],
        registry=Registry(files=(RegistryFile(actors=bodies),)),
        watches=(watch,),
    )
    filled = [f"{name[:2]}{chr(0xE0100) * 290}{name[2:]}" for name in names]
    read = reader.read(article(". ".join(filled * 8), title="The list"), NOW)
    assert read is not None
    assert len(read.reading.actors) == len(read.reading.keywords) == len(names)
    assert max(len(value.to_bytes()) for value in (read.reading, *read.candidates)) < LONGEST_RECORD / 2


@given(title=TEXTS, body=TEXTS)
@example(title="DENIED", body="ceasefire")
@settings(max_examples=40, deadline=None)
def test_what_reading_finds_is_what_explaining_finds(title: str, body: str) -> None:
    """Watches that no literal calls are not evaluated when reading; they must be those that would not match."""
    try:
        of = article_of({"title": title, "body": body})
    except UnreadableArticle:
        return
    explained = sample_reader().explain(of, NOW)
    told = {e.watch.id for e in explained.evaluations if e.matched or e.takes_back}
    assert matched(sample_reader(), of) == told


@given(several=st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
@settings(max_examples=30, deadline=None)
def test_articles_searched_at_once_are_read_as_each_alone(several: list[tuple[str, str]]) -> None:
    articles = [Article(str(number), title, body) for number, (title, body) in enumerate(several)]
    reader = sample_reader()
    at_once = [reader.read_searched(searched, NOW) for searched in reader.search(articles)]
    assert at_once == [reader.read(of, NOW) for of in articles]


def test_an_article_is_about_a_topic_also_where_no_literal_calls_for_it() -> None:
    """Parts of a pattern (`told to leave`, `flames`) are not searched for in the whole of an article."""
    of = article("-", title="Householders told to leave the town as flames near")
    reader = reader_of()
    (searched,) = reader.search([of])
    assert not searched.scene.title.found
    read = reader.read(of, NOW)
    assert read is not None
    assert [topic.topic for topic in read.reading.topics] == ["evacuation"]


@pytest.mark.parametrize(
    "unit",
    [
        *("a", "a ", ". ", "'", "\u0301", "\n", "ceasefire ", "ceasefire not ", "Gaza. "),
        *("Erdoğan'ın ", "Lavorv ", "U.S. ", "R.T. ", "وب"),
        *("Putin Lavorv ", "Lavorv Kulleba Zelensky Erdogn ", "Netanyahu Netanyhau "),
        *("Харам.", "Харам - ", "بوتين.", "Qatar/"),
    ],
)
def test_reading_takes_steps_in_proportion_to_the_text(unit: str) -> None:
    reader = sample_reader()
    few = min(300, max(60, 1500 // len(unit)))
    assert grows_linearly(lambda n: reader.explain(article(unit * n, title="-"), NOW), few)


def test_a_title_that_fills_a_message_takes_steps_in_proportion_to_it() -> None:
    """What is looked at in one sentence may take the square of its length."""
    unit = "They have not been told to evacuate yet. "
    reader = sample_reader()
    assert grows_linearly(lambda n: reader.read(article("-", title=unit * n), NOW), 150)


def test_a_post_that_is_sent_as_a_title_is_read_throughout() -> None:
    title = "The river rises. " * 100 + "The mayor ordered the evacuation of the town."
    read = reader_of(Watch(id="w", title="-", query="x")).read(article("-", title=title), NOW)
    assert read is not None
    assert [(topic.topic, topic.stage) for topic in read.reading.topics] == [("evacuation", "ordered")]


@pytest.mark.parametrize("query", ["EU", "U.S.", '"G 7"', "war OR un", "reu*", "ankara~1"])
def test_a_word_that_a_word_of_a_query_stands_in_does_not_call_its_watch(
    query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else actors would be named in nearly every article."""
    reader = reader_of(Watch(id="w", title="-", query=query))
    monkeypatch.setattr(ActorMatcher, "find", None)
    assert reader.read(article("Software of the Pneural union, 47 sank gas bars.", title="-"), NOW) is None


def test_whether_one_watch_matches_takes_no_steps_for_what_others_make_of_it() -> None:
    def steps_among(count: int) -> int:
        reader = reader_of(*(Watch(id=f"w{number}", title="-", query="ceasefire") for number in range(count)))
        assert reader.matches(article(), "w1")
        assert not reader.matches(article("Rain.", title="Rain"), "w1")
        return steps(lambda: reader.matches(article(), "w1"))

    assert steps_among(40) < 1.5 * steps_among(2)


@pytest.mark.parametrize(
    "wanted",
    [
        {"topics": TopicsWanted(any=("ceasefire",))},
        {"actors": ActorsWanted(any=("qatar",))},
        {"topics": TopicsWanted(any=("ceasefire",)), "actors": ActorsWanted(any=("qatar",))},
    ],
    ids=["topic", "actor", "both"],
)
def test_whether_topics_are_there_is_asked_once_for_all_watches_that_want_the_same(
    wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for each, it held the loop for a tenth of a second where tens of thousands watch one topic or actor."""
    asked: list[str] = []

    def topics_fit(watch: CompiledWatch, scene: Scene) -> bool:
        asked.append(watch.watch.id)
        return fits(watch, scene)

    fits = CompiledWatch.topics_fit
    monkeypatch.setattr(CompiledWatch, "topics_fit", topics_fit)
    alike = [Watch(id=f"w{number}", title="Truces", **wanted) for number in range(20)]
    other = Watch(id="other", title="Routes", topics=TopicsWanted(any=("evacuation",), all=("ceasefire",)))
    reader = reader_of(*alike, other)
    called = reader.called_by(reader.search([article()])[0])
    assert called == {*range(20)}
    assert len(asked) <= 4


def test_a_watch_of_topics_and_stages_matches_at_its_stages_only() -> None:
    reader = reader_of(
        Watch(id="agreed", title="Agreed", topics=TopicsWanted(any=("ceasefire",), stages=("agreed",))),
        Watch(id="broken", title="Broken", topics=TopicsWanted(any=("ceasefire",), stages=("violated",))),
    )
    assert matched(reader, article()) == {"agreed"}


@pytest.mark.parametrize(
    ("changes", "candidates"),
    [
        ({"any": ("ceasefire",), "stages": ("agreed",)}, [True]),
        ({"all": ("ceasefire",), "stages": ("agreed",)}, [True]),
        ({"any": ("ceasefire", "evacuation"), "stages": ("agreed",)}, [True]),
        ({"any": ("ceasefire",), "stages": ("agreed", "rejected")}, [False]),
        ({"any": ("ceasefire",)}, [False]),
        ({"any": ("evacuation",), "stages": ("agreed",)}, []),
        ({"all": ("ceasefire", "evacuation"), "stages": ("agreed",)}, []),
    ],
)
def test_a_report_that_may_take_back_what_was_told_is_a_candidate_that_says_so(
    changes: dict[str, Any], candidates: list[bool]
) -> None:
    reader = reader_of(
        Watch(id="w", title="-", topics=TopicsWanted(**changes)),
        Watch(id="elsewhere", title="-", topics=TopicsWanted(**changes), query="volcano"),
    )
    denied = article(
        "The army denied on Sunday that it had agreed to a ceasefire.", title="Army denies truce"
    )
    read = reader.read(denied, NOW)
    assert read is not None
    assert read.reading.topics[0].stage == "rejected"
    assert [candidate.takes_back for candidate in read.candidates] == candidates
    assert [*read.reading.watches] == ["w"] * candidates.count(False)
    for candidate in read.candidates:
        assert all(clause.held for clause in candidate.because)
    explained, elsewhere = reader.explain(denied, NOW).evaluations
    assert (explained.matched, explained.takes_back) == (candidates == [False], candidates == [True])
    assert not elsewhere.takes_back, "the query does not hold"


def test_what_is_quoted_to_a_watch_is_of_the_topics_that_it_asks_for() -> None:
    truce, order = "Both sides agreed to a ceasefire on Monday.", "Torvik was ordered to evacuate at once."
    wanted = {
        "truce": TopicsWanted(any=("ceasefire",)),
        "order": TopicsWanted(any=("evacuation",)),
        "denial": TopicsWanted(any=("evacuation", "ceasefire"), stages=("ordered",)),
        "none": None,
    }
    reader = reader_of(*(Watch(id=name, title="-", topics=of, query="torvik") for name, of in wanted.items()))
    read = reader.read(article(f"{truce}\n\n{order}", title="Two reports"), NOW)
    assert read is not None
    assert {topic.topic for topic in read.reading.topics} == {"ceasefire", "evacuation"}
    quoted = {candidate.watch: candidate.sentence for candidate in read.candidates}
    strongest = quoted.pop("none")
    assert strongest in (truce, order)
    assert quoted == {"truce": truce, "order": order, "denial": order}


def test_of_two_topics_that_a_watch_asks_for_one_may_be_taken_back_while_the_other_holds() -> None:
    topics = TopicsWanted(all=("ceasefire", "evacuation"), stages=("agreed", "ordered"))
    reader = reader_of(Watch(id="w", title="-", topics=topics))
    denied = article(
        "The army denied on Sunday that it had agreed to a ceasefire.\n\n"
        "The governor ordered residents of Torvik to evacuate at once.",
        title="Army denies truce; residents of Torvik ordered to evacuate",
    )
    (evaluation,) = reader.explain(denied, NOW).evaluations
    assert [clause.held for clause in evaluation.clauses] == [False, True]
    assert evaluation.takes_back


def test_a_watch_of_actors_asks_for_any_for_all_and_for_none() -> None:
    reader = reader_of(
        Watch(id="any", title="-", actors=ActorsWanted(any=("qatar", "egypt"))),
        Watch(id="all", title="-", actors=ActorsWanted(all=("qatar", "egypt"))),
        Watch(
            id="none",
            title="-",
            topics=TopicsWanted(any=("ceasefire",)),
            actors=ActorsWanted(none=("qatar",)),
        ),
    )
    assert matched(reader, article()) == {"any"}


def test_a_watch_of_actors_alone_matches_an_article_without_a_topic() -> None:
    reader = reader_of(Watch(id="any", title="-", actors=ActorsWanted(any=("vladimir-putin",))))
    assert matched(reader, article("Владимиру Путину подарили книгу.", title="-", language="ru")) == {"any"}


def test_languages_and_sources_narrow_a_watch() -> None:
    reader = reader_of(
        Watch(id="german", title="-", query="ceasefire", languages=("de",)),
        Watch(id="wires", title="-", query="ceasefire", sources=("*.example",)),
    )
    assert matched(reader, article(source="news.example")) == {"wires"}


def test_a_language_of_a_watch_may_have_three_letters_as_that_of_an_article() -> None:
    reader = reader_of(Watch(id="w", title="-", query="ceasefire", languages=("eng", "ukr")))
    assert matched(reader, article()) == matched(reader, article(language="uk-UA")) == {"w"}
    assert matched(reader, article(language="deu")) == set()


def test_a_disabled_watch_matches_nothing() -> None:
    assert (
        matched(reader_of(Watch(id="off", title="-", query="ceasefire", enabled=False)), article()) == set()
    )


def test_a_watch_without_a_condition_is_refused() -> None:
    with pytest.raises(QueryError, match=r"watch empty: .*would match every article"):
        reader_of(Watch(id="empty", title="-"))
    with pytest.raises(QueryError, match=r"watch others: .*would match every article"):
        reader_of(Watch(id="others", title="-", actors=ActorsWanted(none=("qatar",))))


def notes(explained: Explanation) -> str:
    return " ".join(clause.note for evaluation in explained.evaluations for clause in evaluation.clauses)


@pytest.mark.parametrize(
    ("watch", "text", "note"),
    [
        (
            Watch(id="w", title="-", query="cavusoglu"),
            "Çavuşoğu left.",
            "Çavuşoğu is one letter off cavusoglu",
        ),
        (
            Watch(id="w", title="-", query="corridor"),
            "Two corridors opened.",
            "corridors goes on behind corridor: write corridor*",
        ),
        (Watch(id="w", title="-", query="title:ceasefire"), "A ceasefire holds.", "is in the body only"),
        (
            Watch(id="w", title="-", query="ceasefire", languages=("tr",)),
            "A ceasefire holds.",
            "the article is in en",
        ),
        (
            Watch(id="w", title="-", query="ceasefire", sources=("wire",)),
            "A ceasefire holds.",
            "the source is not named",
        ),
        (
            Watch(id="w", title="-", topics=TopicsWanted(any=("ceasefire",), min_score=1.0)),
            "A ceasefire may be wanted.",
            "below 1.00",
        ),
    ],
)
def test_what_was_nearly_there_is_named(watch: Watch, text: str, note: str) -> None:
    assert note in notes(reader_of(watch).explain(article(text, title="The news"), NOW))


def test_what_holds_needs_no_near_miss() -> None:
    assert notes(reader_of(Watch(id="w", title="-", query="ceasefire")).explain(article(), NOW)) == ""


def test_a_topic_at_another_stage_is_a_near_miss_that_names_the_stage() -> None:
    wanted = Watch(id="w", title="-", topics=TopicsWanted(any=("ceasefire",), stages=("extended",)))
    explained = reader_of(wanted).explain(article(), NOW)
    assert f"ceasefire is at the stage {explained.reading.topics[0].stage}" in notes(explained)


@pytest.mark.parametrize("query", ['"grain deal" OR grain', 'grain OR "grain deal"'])
def test_a_watch_is_called_by_each_of_its_parts_that_are_looked_for_by_the_same_word(query: str) -> None:
    of = reader_of(Watch(id="grain", title="Grain", query=query))
    read = of.read(article_of({"id": "a", "title": "Prices", "body": "The price of grain rose."}), NOW)
    assert read is not None
    assert [candidate.watch for candidate in read.candidates] == ["grain"]
