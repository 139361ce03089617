"""The topic classifier's engine, with a small taxonomy of its own."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.reading.article import Article
from agents.reading.automaton import LiteralTable
from agents.reading.cues import Cue
from agents.reading.features import cues_within, distance_to_cues, said_stages, stage_features
from agents.reading.scene import Scene
from agents.reading.taxonomy import Taxonomies, TopicWeights
from agents.reading.topics import TopicClassifier
from streams.wire import TopicReading
from tests.taxonomies import CONTEXT, TRUCE, taxonomies

TABLE = LiteralTable()
CLASSIFIER = TopicClassifier(taxonomies(), TABLE)
AUTOMATON = TABLE.build()


def read(title: str, body: str = "", language: str = "") -> tuple[TopicReading, ...]:
    return CLASSIFIER.classify(Scene.of(Article("a", title, body, language=language), AUTOMATON))


def context_of(title: str) -> set[str]:
    sighting = CLASSIFIER.look(Scene.of(Article("a", title, ""), AUTOMATON))
    assert sighting is not None
    return set(sighting.surroundings[0].context)


def test_a_phrase_with_support_is_the_topic_with_its_words_and_codes() -> None:
    [topic] = read("Army and rebels sign truce")
    assert (topic.topic, topic.stage) == ("truce", "agreed")
    assert [e.text for e in topic.evidence] == ["truce"]
    assert (topic.evidence[0].field, topic.evidence[0].start, topic.evidence[0].end) == ("title", 21, 26)
    assert topic.codes.cameo == ("0871",)


def test_a_topic_in_a_script_without_spaces_is_found_anywhere_in_a_text() -> None:
    table = LiteralTable()
    languages = {"zh": {"strong": ["停火"], "stages": {"broken": ["破坏"]}}}
    classifier = TopicClassifier(taxonomies(languages=languages), table)
    automaton = table.build()
    article = Article("a", "双方宣布停火", "以色列破坏停火协议。")
    [topic] = classifier.classify(Scene.of(article, automaton))
    assert (topic.stage, {one.text for one in topic.evidence}) == ("broken", {"停火"})
    far = Article("a", "加沙局势", "字" * 700 + "。双方宣布停火。")
    assert classifier.sift([Scene.of(far, automaton)])[0]


def test_each_stage_shows_the_words_that_say_it() -> None:
    [topic] = read("Rebels broke the truce they signed")
    assert {stage.stage: stage.evidence[0].text for stage in topic.stages} == {
        "agreed": "signed",
        "broken": "broke",
    }
    assert {topic.stage, *topic.other_stages} == {"agreed", "broken"}


def features_of(
    title: str,
    body: str = "",
    denied: Mapping[str, str] | None = None,
    denied_words: Mapping[str, list[str]] | None = None,
    /,
    **stages: list[str],
) -> Mapping[str, float]:
    """The features of the stage, with other words of the stages."""
    words = {"stages": stages, "denied": denied_words or {}}
    languages = TRUCE["languages"] | {"en": TRUCE["languages"]["en"] | words}
    table = LiteralTable()
    classifier = TopicClassifier(taxonomies(languages=languages, denied=denied or {}), table)
    sighting = classifier.look(Scene.of(Article("a", title, body), table.build()))
    assert sighting is not None
    return stage_features(sighting, 0, said_stages(sighting, 0))


def test_words_of_a_stage_within_longer_ones_of_another_say_nothing() -> None:
    words = {"agreed": ["agree*", "signed"], "broken": ["no longer agree*", "signed"]}
    assert "agreed" not in features_of("Rebels no longer agree to the truce", **words)
    assert "agreed" in features_of("Rebels agree to a truce no longer", **words)
    both = features_of("Rebels signed the truce", **words)
    assert both["agreed"] == both["broken"]


def test_of_words_with_one_end_the_one_that_names_most_says_the_stage() -> None:
    words = {"agreed": ["sign*", "broke"], "broken": ["signal*", "broke"]}
    features = features_of("Rebels signal the truce", **words)
    assert ("agreed" in features, "broken" in features) == (False, True)
    assert {"agreed", "broken"} <= features_of("Rebels broke the truce", **words).keys()


@pytest.mark.parametrize(
    ("title", "says"),
    [
        ("Rebels have not yet violated the truce", {"agreed"}),
        ("Rebels have not, says the army, violated the truce", {"broken"}),
        ("Rebels, not the army of the two, violated the truce", {"broken"}),
        ("Rebels have violated the truce, not signed it", {"broken"}),
        ("Army is not able to break the truce", {"broken"}),
        ("Rebels not only violated the truce", {"broken"}),
    ],
)
def test_what_is_denied_speaks_for_the_contrary_that_the_topic_names(title: str, says: set[str]) -> None:
    words = {"agreed": ["signed"], "broken": ["violat*", "not able to", "break the"]}
    denied = {"agreed": "broken", "broken": "agreed"}
    assert says == features_of(title, "", denied, **words).keys() & {"agreed", "broken"}


@pytest.mark.parametrize(
    ("title", "says"),
    [
        ("Truce is not being respected by the army", {"broken"}),
        ("Truce is respected by the army", {"agreed"}),
        ("Truce is respectable to the army", set()),
        ("Truce of the army has not begun", {"agreed"}),
        ("Truce of the army has begun", set()),
    ],
)
def test_denied_words_speak_for_the_stage_that_the_language_names_before_the_topic(
    title: str, says: set[str]
) -> None:
    words = {"agreed": ["respected"], "broken": ["violat*"]}
    denied_words = {"broken": ["respected"], "agreed": ["begun"]}
    features = features_of(title, "", {"agreed": "agreed"}, denied_words, **words)
    assert says == features.keys() & {"agreed", "broken"}


def test_words_that_begin_with_their_denial_are_not_denied_by_another() -> None:
    words = {"agreed": ["signed"], "broken": ["not respected", "truce ... not held"]}
    denied = {"broken": "agreed"}
    assert "agreed" not in features_of("Truce never not respected", "", denied, **words)
    assert "agreed" not in features_of("Truce never not held", "", denied, **words)


def test_words_that_count_only_where_they_are_denied_speak_for_no_language() -> None:
    own = {"strong": ["truce*"], "stages": {"agreed": ["sign*"]}, "denied": {}}
    other = {"strong": ["Waffenruhe"], "stages": {}, "denied": {"broken": ["sign*", "at*", "no*"]}}
    table = LiteralTable()
    classifier = TopicClassifier(taxonomies(languages={"en": own, "xx": other}), table)
    [topic] = classifier.classify(Scene.of(Article("a", "Truce signed at noon", ""), table.build()))
    assert topic.stage == "agreed"


def test_a_denied_word_of_a_stage_without_a_contrary_counts_as_it_stands() -> None:
    features = features_of("Rebels have not violated the truce", broken=["violat*"])
    assert ("broken" in features, "agreed" in features) == (True, False)


def test_a_word_of_a_stage_says_less_in_another_clause_than_near_the_cue() -> None:
    words = {"agreed": ["signed"], "broken": ["broke"]}
    near, further = "Rebels signed a truce", "Rebels signed, in the town, a truce"
    assert features_of(near, **words)["agreed"] > features_of(further, **words)["agreed"] > 0


def test_the_words_that_open_a_sentence_say_which_stage_governs_it() -> None:
    words = {"agreed": ["sign"], "broken": ["broke*"]}
    features = features_of("Army broke its word to sign a truce", **words)
    assert ("opening.broken" in features, "opening.agreed" in features) == (True, False)


def test_a_title_without_the_topic_speaks_of_a_stage_apart() -> None:
    words = {"agreed": ["signed"], "broken": ["broke"]}
    features = features_of("War broke out", "Army and rebels signed a truce.", **words)
    assert ("untitled.broken" in features, "title.broken" in features, "broken" in features) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    "title",
    ["Nothing here", "A trade truce of the army", "The untruced army", "Club and coach of the club"],
)
def test_what_is_not_the_topic_is_left_alone(title: str) -> None:
    assert read(title) == ()


def test_a_never_phrase_with_a_gap_takes_nothing_beside_words_of_conflict() -> None:
    """What it may reach over is anything: `Partei ... Waffenstillstand` is in what both parties agree to."""
    assert read("Coach speaks of a truce") == ()
    assert read("Price war: baker and butcher agree to a truce") == ()  # `war` is the phrase's own
    assert read("Coach of the rebels agrees to a truce")[0].topic == "truce"
    assert read("Army: coach agrees to a truce")[0].topic == "truce"


def test_parts_near_each_other_are_a_cue_and_far_from_each_other_none() -> None:
    [topic] = read("Army and rebels halt the fighting")
    assert topic.evidence[0].text == "halt the fighting"
    far = "halt the train that carries the books of the old library home to the place of the fighting"
    assert read(f"Rebels: {far}") == ()


def test_something_else_in_the_sentence_weighs_against_it() -> None:
    with_support = read("Rebels: truce")[0].score
    without = read("Word of a truce", "The club and the coach of the club.")
    assert not without or without[0].score < with_support


def test_what_is_in_earnest_is_no_never_phrase_and_nothing_else() -> None:
    assert read("No mere coach speaks of a truce")[0].topic == "truce"
    assert context_of("Truce not for the club") == {"negation"}
    assert context_of("Truce not of the club") == {"negation", "sport"}


def test_a_word_that_supports_does_not_within_a_longer_one_about_something_else() -> None:
    assert context_of("Truce: a price war") == {"business"}
    assert context_of("Truce: a war of prices") == {"armed"}


def test_a_word_that_two_phrases_of_a_class_name_counts_once() -> None:
    table = LiteralTable()
    twice = CONTEXT | {"ar": {"sport": ("نادي", "النادي")}}
    classifier = TopicClassifier(Taxonomies(taxonomies().topics, twice), table)
    sighting = classifier.look(Scene.of(Article("a", "هدنة في النادي", ""), table.build()))
    assert sighting is not None
    assert len(sighting.surroundings[0].context["sport"]) == 1


def test_a_word_counts_only_in_the_language_of_the_text() -> None:
    assert read("Армия и повстанцы: перемирие в войне")[0].evidence[0].text == "перемирие"
    assert read("الجيش: الهدنة")[0].evidence[0].text == "الهدنة"


def test_weights_of_the_file_decide() -> None:
    table = LiteralTable()
    never = TopicWeights(bias=-20, features={"strong.title.with": 1.0})
    classifier = TopicClassifier(taxonomies({"truce": never}), table)
    assert classifier.classify(Scene.of(Article("a", "Army and rebels sign truce", ""), table.build())) == ()


@pytest.mark.parametrize(("body", "told"), [("", True), ("The weather of the week.", False)])
def test_a_headline_alone_holds_with_less_than_one_above_a_text(body: str, told: bool) -> None:
    table = LiteralTable()
    doubtful = TopicWeights(bias=-0.5, features={})
    classifier = TopicClassifier(taxonomies({"truce": doubtful}), table)
    read = classifier.classify(Scene.of(Article("a", "Army and rebels sign truce", body), table.build()))
    assert [topic.topic for topic in read] == ["truce"] * told


def test_stage_weights_of_the_file_decide() -> None:
    table = LiteralTable()
    weights = TopicWeights(
        bias=5,
        features={},
        stages={"agreed": {"bias": 0.0}, "broken": {"bias": -1.0, "title.broken": 9.0}},
    )
    classifier = TopicClassifier(taxonomies({"default": weights}), table)
    automaton = table.build()
    stages = [
        classifier.classify(Scene.of(Article("a", title, ""), automaton))[0].stage
        for title in ("A truce", "They broke the truce")
    ]
    assert stages == ["agreed", "broken"]


TEXTS = st.lists(
    st.sampled_from("truce|TRUCE|ﷺ|هدنة|army |İ|ﬁ|e\u0301|. |\u200b|halt |fighting".split("|"))
    | st.text(max_size=3),
    max_size=30,
).map("".join)


@settings(max_examples=300)
@given(
    TEXTS,
    st.text(max_size=50),
)
def test_evidence_is_always_cut_out_of_the_original(title: str, body: str) -> None:
    article = Article("a", title, body + " truce of the army. " + title)
    for topic in CLASSIFIER.classify(Scene.of(article, AUTOMATON)):
        for evidence in (*topic.evidence, *(e for stage in topic.stages for e in stage.evidence)):
            field = article.title if evidence.field == "title" else article.body
            assert field[evidence.start : evidence.end] == evidence.text
            assert evidence.text


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=6))
@settings(max_examples=60, deadline=None)
def test_articles_sifted_at_once_are_those_that_each_alone_would_be(several: list[tuple[str, str]]) -> None:
    scenes = [Scene.of(Article("a", title, body), AUTOMATON) for title, body in several]
    assert CLASSIFIER.sift(scenes) == [CLASSIFIER.sift([scene])[0] for scene in scenes]


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 12)), min_size=1, max_size=30),
    st.tuples(st.integers(0, 600), st.integers(1, 30)),
)
def test_the_cues_near_a_span_are_found_without_looking_at_all(
    gaps: list[tuple[int, int]], place: tuple[int, int]
) -> None:
    cues, at = [], 0
    for gap, length in gaps:
        cues.append(Cue("strong", 0, at + gap, at + gap + length))
        at += gap + length
    begin, stop = place[0], place[0] + place[1]
    distances = [max(begin, cue.start) - min(stop, cue.end) for cue in cues]
    assert distance_to_cues((begin, stop), cues) == min(distances)
    near = [cue for cue, distance in zip(cues, distances, strict=True) if distance <= 40]
    assert list(cues_within(40, (begin, stop), cues)) == near


def test_a_part_may_stand_in_the_gap_of_another() -> None:
    parts = {"stop": ["bring ... to a halt"], "fighting": ["fighting"]}
    languages = {"en": TRUCE["languages"]["en"] | {"parts": parts}}
    table = LiteralTable()
    classifier = TopicClassifier(taxonomies(languages=languages), table)
    title = "Army and rebels bring all fighting in the war to a halt"
    sighting = classifier.look(Scene.of(Article("a", title, ""), table.build()))
    assert sighting is not None
    assert [cue.pattern for cue in sighting.cues[0]] == ["stop+fighting"]


@pytest.mark.parametrize(
    ("title", "is_one"),
    [
        ("They halt for two days all fighting", True),
        ("For two days they halt all fighting", True),
        ("They halt all fighting for two days", True),
        ("They halt all fighting and wait at home by their hearths for two days", False),
    ],
)
def test_any_part_of_a_pattern_may_stand_between_the_others(title: str, is_one: bool) -> None:
    parts = {"stop": ["halt"], "fighting": ["fighting"], "span": ["two days"]}
    languages = {"en": TRUCE["languages"]["en"] | {"parts": parts}}
    pattern = {"parts": ["stop", "fighting", "span"], "within": 30, "strength": "strong"}
    table = LiteralTable()
    classifier = TopicClassifier(taxonomies(languages=languages, patterns=[pattern]), table)
    sighting = classifier.look(Scene.of(Article("a", title, ""), table.build()))
    found = [] if sighting is None else [cue.pattern for cue in sighting.cues[0]]
    assert (found == ["stop+fighting+span"]) is is_one
