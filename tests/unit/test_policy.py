"""What becomes of a candidate: a pure function of the stories and the candidate's own time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerting.fingerprint import COPY, fingerprint, similarity
from alerting.formats import render
from alerting.gist import gist
from alerting.news import News
from alerting.policy import LONGEST_HEADLINE, Decision, decide, is_asked_for, notifications
from alerting.stories import Stories
from alerting.story import ARTICLES, REMEMBERED, Story
from alerting.telling import Telling
from alerting.watch import TopicsWanted, Watch
from streams.wire import ActorReading, ArticleRef, Candidate, Evidence
from tests import builders
from tests.builders import MOMENT, candidate, topic_reading, watch

TRUCE = (
    "The two governments signed a ceasefire on Tuesday that is to begin at midnight along the whole of the northern "
    "front, officials of both sides said after three days of talks in the lakeside town. Observers will be posted at "
    "the four crossings and report to a joint commission every week."
)
FLOOD = (
    "Some nine thousand people were told to leave their homes in the river delta as the water rose by a metre within a "
    "day. Buses took families to schools on higher ground, the civil protection office said on Wednesday morning."
)


def told(
    number: int, text: str = TRUCE, minutes: float = 0, source: str = "wire", **changes: object
) -> Candidate:
    changes.setdefault(
        "article", ArticleRef(id=f"art_{number}", title=text[:60], source=source, language="en")
    )
    seen_at = MOMENT + timedelta(minutes=minutes)
    return candidate(number, fingerprint=fingerprint(text), seen_at=seen_at, **changes)


def run(
    candidates: list[Candidate], of: Watch | None = None, stories: Stories | None = None
) -> list[Decision]:
    """Decide one after the other, as the agent does."""
    stories = stories if stories is not None else Stories()
    decisions = []
    for one in candidates:
        decision = decide(stories, one, of or watch())
        stories.put(decision.story)
        decisions.append(decision)
    return decisions


def rulings(decisions: list[Decision]) -> list[str]:
    return [decision.ruling for decision in decisions]


def test_the_first_article_of_a_story_opens_an_alert() -> None:
    (decision,) = run([told(1)])
    assert decision.ruling == "opened"
    assert decision.alert is not None
    assert decision.alert.type == "alert.opened"
    assert decision.alert.number == 1
    assert decision.alert.at == MOMENT


def test_an_alert_is_headed_by_the_headline_and_where_there_is_none_by_the_sentence() -> None:
    article = ArticleRef(id="art_2", title="", language="en")
    with_title, without = (run([one])[0].alert for one in (told(1), told(2, article=article)))
    assert with_title is not None
    assert without is not None
    assert with_title.headline == TRUCE[:60]
    assert without.headline == without.sentence == "The sides agreed to a ceasefire."
    assert without.sources == 1, "one tells it, though it is not named"


@pytest.mark.parametrize("format_", ["standard", "slack", "teams", "discord", "template"])
def test_a_title_that_fills_a_message_is_told_in_every_format(format_: str) -> None:
    article = candidate().article.model_copy(update={"title": "Truce \u202e<!channel> " * 50_000})
    told = decide(Stories(), candidate(article=article), watch()).alert
    assert told is not None
    assert len(told.headline) == LONGEST_HEADLINE
    template = '{"text": "{{ alert.headline }}"}'
    body, _ = render(builders.endpoint(format=format_, template=template), told)
    assert b"Truce" in body
    assert len(body) < 20_000


def test_a_wire_copy_is_counted_and_not_told_again() -> None:
    copy = TRUCE.replace("Tuesday", "Tuesday evening")
    decisions = run([told(1), told(2, copy, minutes=5, source="agency")])
    assert rulings(decisions) == ["opened", "throttled"]
    assert decisions[1].story.articles == 2
    assert decisions[1].story.sources == ("wire", "agency")
    assert run([told(1, source=""), told(2)])[1].story.sources == ("wire",), "one without a source is none"


def test_a_copy_after_the_pause_updates_the_same_alert() -> None:
    first, second = run([told(1), told(2, minutes=31, source="agency")])
    assert second.ruling == "updated"
    assert first.alert is not None
    assert second.alert is not None
    assert second.alert.alert_id == first.alert.alert_id
    assert second.alert.number == 2
    assert second.alert.webhook_id != first.alert.webhook_id
    assert (second.alert.sources, second.alert.articles) == (2, 2)


def test_an_alert_carries_what_the_article_says_and_under_which_watch() -> None:
    article = ArticleRef(
        id="art_1",
        title="Truce",
        url="https://n.example/1",
        source="wire",
        language="de",
        published_at=MOMENT,
    )
    evidence = (Evidence(field="title", start=0, end=5, text="Qatar"),)
    actor = ActorReading(id="qatar", name="Qatar", kind="country", match="exact", evidence=evidence)
    one = told(1, article=article, actors=(actor,), minutes=3)
    alert = run([one], watch(severity="critical"))[0].alert
    assert alert is not None
    assert (alert.article_id, alert.url, alert.source) == ("art_1", "https://n.example/1", "wire")
    assert (alert.language, alert.published_at) == ("de", MOMENT)
    assert (alert.topics, alert.actors, alert.because) == (one.topics, (actor,), one.because)
    assert (alert.sentence, alert.at, alert.opened_at) == (one.sentence, one.seen_at, one.seen_at)
    assert (alert.watch.id, alert.watch.title, alert.watch.severity) == (
        *("ukraine-truce", "Truce in Ukraine", "critical"),
    )
    assert (alert.articles, alert.sources) == (1, 1)
    assert alert.alert_id.startswith("alr_")
    assert alert.webhook_id.startswith("msg_")


def test_an_alert_says_why_it_is_one() -> None:
    broken = (topic_reading(stage="violated"),)
    decisions = run([told(1), told(2, minutes=5, topics=broken), told(3, minutes=40.01, topics=broken)])
    assert [decision.alert and decision.alert.reason for decision in decisions] == [
        "no open story tells the same",
        "the story reaches ceasefire violated",
        "it tells the same, and the last event is 0:35:00 old",
    ]


def test_a_copy_of_what_told_another_stage_is_not_said_to_tell_the_same() -> None:
    broken = (topic_reading(stage="violated"),)
    decisions = run([told(1), told(2, FLOOD, 5, topics=broken, article=told(1).article), told(3, minutes=40)])
    assert rulings(decisions) == ["opened", "updated", "updated"]
    assert decisions[2].reason == (
        "it tells ceasefire agreed as one before the last did, and the last event is 0:35:00 old"
    )


def test_updates_come_at_most_once_in_the_configured_time() -> None:
    decisions = run([told(number, minutes=10 * number) for number in range(10)])
    assert rulings(decisions).count("updated") == 3
    assert [decision.story.turn for decision in decisions] == [*range(1, 11)], (
        "or a restart forgets their order"
    )


def test_another_story_opens_another_alert() -> None:
    first, second = run([told(1), told(2, FLOOD, minutes=1)])
    assert rulings([first, second]) == ["opened", "opened"]
    assert first.story.alert_id != second.story.alert_id


def test_the_same_text_under_another_watch_is_another_alert() -> None:
    stories = Stories()
    first = decide(stories, told(1), watch())
    stories.put(first.story)
    second = decide(stories, told(1, watch="other"), watch(id="other"))
    assert second.ruling == "opened"
    assert second.story.alert_id != first.story.alert_id


def test_a_candidate_read_twice_changes_nothing() -> None:
    first, second = run([told(1), told(1, minutes=60)])
    assert second.ruling == "repeat"
    assert second.alert is None
    assert second.story == first.story


def test_more_candidates_than_a_story_remembers_make_no_new_ids_when_they_are_read_twice() -> None:
    def toll(number: int) -> Candidate:
        article = ArticleRef(
            id=f"art_{number}",
            title=f"Toll rises to {1000 + number}, {3000 + number} hurt, {5000 + number} away",
            source="wire",
            language="en",
        )
        return told(number, minutes=number / 60, article=article, gist=gist(article.title, TRUCE))

    stories = Stories()
    candidates = [toll(number) for number in range(ARTICLES + 10)]
    once, again = run(candidates, stories=stories), run(candidates, stories=stories)
    assert rulings(again).count("updated") > ARTICLES, "or this shows nothing"
    ids = {decision.alert.webhook_id for decision in once if decision.alert}
    assert len(ids) == len(candidates)
    assert ids >= {decision.alert.webhook_id for decision in again if decision.alert}


def test_after_the_window_the_same_text_is_a_new_story_and_the_old_one_is_forgotten() -> None:
    stories = Stories()
    first, second = run([told(1), told(2, minutes=60 * 49)], stories=stories)
    assert second.ruling == "opened"
    assert second.ended == (first.story,)
    assert [story.story_id for story in stories] == [second.story.story_id]


def test_the_same_state_and_candidates_decide_the_same_to_the_byte() -> None:
    candidates = [told(n, TRUCE if n % 2 else FLOOD, minutes=13 * n, source=f"s{n}") for n in range(12)]
    once, again = run(candidates), run(candidates)
    assert [d.alert and d.alert.to_bytes() for d in once] == [d.alert and d.alert.to_bytes() for d in again]


def test_a_replay_from_any_point_of_the_written_state_decides_the_same() -> None:
    candidates = [told(n, TRUCE if n % 2 else FLOOD, minutes=13 * n, source=f"s{n}") for n in range(12)]
    expected = run(candidates)
    for point in range(len(candidates)):
        written = {decision.story.story_id: decision.story for decision in expected[:point]}
        restored = [Story.from_bytes(story.to_bytes()) for story in written.values()]
        replayed = run(candidates[point:], stories=Stories(restored))
        assert [d.alert for d in replayed] == [d.alert for d in expected[point:]], point


def test_a_late_clock_does_not_bring_an_update_early() -> None:
    decisions = run([told(1, minutes=60), told(2, minutes=0)])
    assert rulings(decisions) == ["opened", "throttled"]


def test_news_that_is_read_late_does_not_bring_the_update_after_it_early() -> None:
    violated = (topic_reading(stage="violated"),)
    decisions = run([told(1, minutes=60), told(2, minutes=0, topics=violated), told(3, minutes=65)])
    assert rulings(decisions) == ["opened", "updated", "throttled"]


def test_where_no_time_must_pass_between_updates_what_is_read_late_is_told_too() -> None:
    decisions = run([told(1, minutes=1), told(2, minutes=0)], watch(update_every=timedelta(0)))
    assert rulings(decisions) == ["opened", "updated"]


def test_an_article_that_a_feed_sends_for_days_is_not_told_anew_when_its_window_is_over() -> None:
    first, copy = told(1), told(2, minutes=5)
    again = [
        one.model_copy(update={"seen_at": MOMENT + timedelta(hours=h)})
        for h in range(1, 150)
        for one in (copy, first)
    ]
    decisions = run([first, copy, *again])
    assert rulings(decisions) == ["opened", "throttled", *["repeat"] * len(again)]
    assert sum(decision.changed for decision in decisions) <= 2 + 150 / 24, "or each is written"
    written: dict[str, Story] = {}
    for decision in decisions:
        if decision.changed:
            written[decision.story.story_id] = decision.story
    assert run([told(3, minutes=60 * 151)], stories=Stories(written.values()))[0].ruling == "updated"


def page(text: str, stage: str, minutes: float, article: str = "page") -> Candidate:
    """A version of a page: its candidate is that of its text, as reading makes it."""
    one = told(1, text, minutes, topics=(topic_reading(stage=stage),))
    ref = ArticleRef(id=article, title="Truce", source="x", language="en")
    return one.model_copy(update={"candidate_id": f"cnd {article} {text}", "article": ref})


def test_a_page_that_comes_back_to_a_stage_is_told_at_once_unless_that_stage_was_told_just_now() -> None:
    """As where an order is lifted and given once more, and then a feed sends both versions in turns."""
    versions = [
        page("agreed", "agreed", 0),
        page("broken", "violated", 60),
        page("agreed", "agreed", 65),
        page("agreed", "agreed", 66),
        page("broken", "violated", 89),
        page("broken", "violated", 90),
        page("agreed", "agreed", 94),
        page("agreed", "agreed", 95),
    ]
    decisions = run(versions)
    assert rulings(decisions) == [
        *("opened", "updated", "updated", "repeat", "repeat", "updated", "repeat", "updated"),
    ]
    assert decisions[2].reason == "it tells ceasefire agreed, which the last one did not"
    assert decisions[2].story.articles == 1
    ids = {decision.alert.webhook_id for decision in decisions if decision.alert}
    assert len(ids) == 5, "or a receiver drops one as a repeat"


@pytest.mark.parametrize(
    ("source", "minutes", "reason"),
    [
        ("wire", 29, "the last event is 0:09:00 old, less than 0:30:00"),
        (
            "wire",
            31,
            "it tells evacuation ordered as one before the last did, and the last event is 0:11:00 old",
        ),
        ("daily", 31, "a late copy of what told evacuation ordered"),
        ("", 31, "the last event is 0:11:00 old, less than 0:30:00"),
    ],
)
def test_a_source_that_gives_an_order_once_more_word_for_word_is_told_and_another_ones_late_copy_is_not(
    source: str, minutes: float, reason: str
) -> None:
    lifted = told(2, FLOOD, 20, topics=(topic_reading(topic="evacuation", stage="lifted"),))
    first, again = (
        told(number, TRUCE, at, topics=(topic_reading(topic="evacuation", stage="ordered"),), source=of)
        for number, at, of in ((1, 0, "wire"), (3, minutes, source))
    )
    lifted = lifted.model_copy(update={"article": first.article})
    decisions = run([first, lifted, again])
    ruling = "updated" if reason.startswith("it tells") else "throttled"
    assert rulings(decisions) == ["opened", "updated", ruling]
    assert decisions[2].reason == reason


@pytest.mark.parametrize(
    ("source", "hours", "ruling"),
    [("daily", 2, "throttled"), ("daily", 6, "throttled"), ("daily", 7, "updated"), ("", 2, "updated")],
    ids=["late", "at the last moment", "given again", "whose it is is not said"],
)
def test_another_sources_copy_of_an_order_that_was_lifted_is_no_update_for_six_hours(
    source: str, hours: float, ruling: str
) -> None:
    ordered, lifted = ((topic_reading(topic="evacuation", stage=stage),) for stage in ("ordered", "lifted"))
    page = told(2, FLOOD, 60, topics=lifted).model_copy(update={"article": told(1).article})
    again = [told(3, TRUCE, 60 + 60 * hours, topics=ordered, source=source)]
    # The next order is not taken for one of before.
    new = [told(4, TRUCE.replace("governments", "councils"), 61 + 60 * hours, topics=ordered)]
    decisions = run([told(1, topics=ordered), page, *again, *new])
    assert rulings(decisions)[:3] == ["opened", "updated", ruling]
    if source == "daily" and ruling == "throttled":
        assert decisions[2].reason == "a late copy of what told evacuation ordered"
        assert "evacuation ordered" in decisions[3].reason
        assert decisions[3].ruling == "updated"


def test_a_late_copy_does_not_silence_the_source_that_gives_the_order_again_after_it() -> None:
    ordered, lifted = ((topic_reading(topic="evacuation", stage=stage),) for stage in ("ordered", "lifted"))
    page = told(2, FLOOD, 60, topics=lifted).model_copy(update={"article": told(1).article})
    late, again = told(3, minutes=70, topics=ordered, source="daily"), told(4, minutes=85, topics=ordered)
    decisions = run([told(1, topics=ordered), page, late, again])
    assert rulings(decisions) == ["opened", "updated", "throttled", "updated"]


@pytest.mark.parametrize("minutes", [59, 60])
def test_a_copy_that_came_before_the_order_was_lifted_and_is_read_after_that_is_late(minutes: float) -> None:
    ordered, lifted = ((topic_reading(topic="evacuation", stage=stage),) for stage in ("ordered", "lifted"))
    page = told(2, FLOOD, 60, topics=lifted).model_copy(update={"article": told(1).article})
    decisions = run([told(1, topics=ordered), page, told(3, minutes=minutes, topics=ordered)])
    assert rulings(decisions) == ["opened", "updated", "throttled"]


def test_versions_of_a_page_that_are_read_twice_are_not_told_twice() -> None:
    stories = Stories()
    versions = [page("agreed", "agreed", 0), page("broken", "violated", 60), page("agreed", "agreed", 120)]
    once, again = run(versions, stories=stories), run(versions, stories=stories)
    assert rulings(once) == ["opened", "updated", "updated"]
    assert rulings(again) == ["repeat"] * 3


def test_an_article_that_comes_again_after_another_one_has_told_the_next_stage_is_not_told() -> None:
    first, other = page("agreed", "agreed", 0), page("broken", "violated", 60, article="other")
    stories = Stories([Story.opened_by(first, Telling.of(first), watch().window)])
    (story,) = stories
    stories.put(News(story, other, Telling.of(other)).joined(watch().window, event=True, turn=1))
    assert rulings(run([page("agreed", "agreed", 120)], stories=stories)) == ["repeat"]


def test_a_page_that_has_come_back_and_comes_again_after_another_article_is_not_told() -> None:
    """Feeds go on sending it; that nothing has changed on it says that it does not know of the next stage."""
    came_back = [page("agreed", "agreed", 0), page("broken", "violated", 60), page("agreed", "agreed", 100)]
    stories = Stories()
    decisions = run(came_back, stories=stories)
    other = page("broken again", "violated", 140, article="other")
    stories.put(News(decisions[-1].story, other, Telling.of(other)).joined(watch().window, event=True))
    assert rulings(decisions) == ["opened", "updated", "updated"]
    assert rulings(run([page("agreed", "agreed", 180)], stories=stories)) == ["repeat"]


@pytest.mark.parametrize("minutes", [79, 80])
def test_a_version_that_is_read_late_does_not_come_back_before_the_one_that_followed_it(
    minutes: float,
) -> None:
    versions = [
        page("agreed", "agreed", 0),
        page("broken", "violated", 60),
        page("still broken", "violated", 80),
        page("agreed", "agreed", minutes),
    ]
    assert rulings(run(versions)) == ["opened", "updated", "throttled", "repeat"]


def test_of_pages_with_several_versions_those_that_changed_last_are_remembered() -> None:
    first = page("agreed", "agreed", 0)
    story = Story.opened_by(first, Telling.of(first), watch().window)
    for minutes, number in enumerate([*range(REMEMBERED), 0, REMEMBERED]):
        for text in ("agreed", "broken"):
            one = page(text, "agreed", minutes, article=f"page {number}")
            story = News(story, one, Telling.of(one)).joined(watch().window, event=True)
    assert list(story.versions) == [f"page {number}" for number in (*range(2, REMEMBERED), 0, REMEMBERED)]


def test_a_page_that_comes_back_after_many_other_articles_of_its_story_is_told() -> None:
    others = [page("broken", "violated", 61, article=f"other {n}") for n in range(REMEMBERED)]
    versions = [page("agreed", "agreed", 0), page("broken", "violated", 60)]
    decisions = run([*versions, *others, page("agreed", "agreed", 62)])
    assert rulings(decisions) == ["opened", "updated", *["throttled"] * REMEMBERED, "updated"]


def test_feeds_that_send_the_articles_of_a_large_story_over_and_over_tell_nothing_again() -> None:
    """Thirty sources in eight languages: each round of the feeds brings all of it once more."""
    copies = [told(number, minutes=number / 60, source=f"s{number % 30}") for number in range(240)]
    again = [
        copy.model_copy(update={"seen_at": copy.seen_at + timedelta(minutes=31 * number)})
        for number in range(1, 4)
        for copy in copies
    ]
    version = told(999, minutes=31 * 4, article=copies[1].article)
    *decisions, last = run([*copies, *again, version])
    assert rulings(decisions) == ["opened", *["throttled"] * 239, *["repeat"] * len(again)]
    assert last.story.articles == 240, "the version is of an article that was counted"
    assert (decisions[-1].story.articles, len(decisions[-1].story.sources)) == (240, 30)


def test_copies_that_are_read_long_after_they_came_are_one_story_whatever_was_read_meanwhile() -> None:
    """As when one partition of articles is read to its end before another, after an outage of days."""
    days = 60 * 24 * 5
    read = [
        told(10, FLOOD, minutes=days),
        told(1, minutes=1),
        told(2, minutes=2),
        told(11, FLOOD, minutes=days + 1),
        told(3, minutes=3),
        told(12, FLOOD, minutes=days + 60 * 47),
        told(4, minutes=4),
    ]
    decisions = run(read)
    assert rulings(decisions) == ["opened", "opened", *["throttled"] * 3, "updated", "throttled"]
    for point in range(1, len(read)):
        written = {decision.story.story_id: decision.story for decision in decisions[:point]}
        replayed = run(read[point:], stories=Stories(written.values()))
        assert [d.alert for d in replayed] == [d.alert for d in decisions[point:]], point


def test_what_is_read_late_is_forgotten_a_window_later() -> None:
    stories = Stories()
    days = 60 * 24 * 5
    _, late, _, last = run(
        [
            told(10, FLOOD, minutes=days),
            told(1, minutes=1),
            told(11, FLOOD, minutes=days + 60 * 47),
            told(12, FLOOD, minutes=days + 60 * 49),
        ],
        stories=stories,
    )
    assert last.ended == (late.story,)
    assert len(stories) == 1


def test_an_article_of_a_story_that_is_over_stays_known_as_that_of_the_next_when_the_former_is_forgotten() -> (
    None
):
    stories = Stories()
    days = 60 * 24 * 5
    next_version = told(4, minutes=days + 1, article=told(1).article)
    read = [told(10, FLOOD, minutes=days), told(1, minutes=1), next_version]
    again, after = told(2, minutes=days + 60 * 47), told(12, FLOOD, minutes=days + 60 * 49)
    version = told(3, "words that are all others", minutes=days + 60 * 50)
    version = version.model_copy(update={"article": read[1].article})
    decisions = run([*read, again, after, version], stories=stories)
    assert rulings(decisions)[:4] == ["opened", "opened", "opened", "updated"]
    assert decisions[-1].story.story_id == decisions[2].story.story_id


def test_an_article_that_comes_again_after_its_window_opens_its_story_anew() -> None:
    stories = Stories()
    first, again = run([told(1), told(1, minutes=60 * 49)], stories=stories)
    assert rulings([first, again]) == ["opened", "opened"]
    assert again.ended == (first.story,)
    assert [story.story_id for story in stories] == [first.story.story_id]


def test_each_endpoint_is_notified_once() -> None:
    (decision,) = run([told(1)])
    assert decision.alert is not None
    bound = notifications(decision.alert, watch(notify=("desk", "ops", "desk")))
    assert [notification.endpoint for notification in bound] == ["desk", "ops"]


def test_a_stage_that_the_story_had_not_reached_is_told_at_once() -> None:
    broken = (topic_reading(stage="violated"),)
    decisions = run(
        [told(1), told(2, minutes=5), told(3, minutes=6, topics=broken), told(4, minutes=7, topics=broken)]
    )
    assert rulings(decisions) == ["opened", "throttled", "updated", "throttled"]
    assert decisions[2].reason == "the story reaches ceasefire violated"


def test_a_stage_that_was_told_beside_another_is_told_when_it_is_the_one_reached() -> None:
    """Agreed after it had been violated for a week; and then it is violated."""
    aside = (topic_reading(stage="agreed", other_stages=("violated",)),)
    broken = (topic_reading(stage="violated", other_stages=("agreed",)),)
    decisions = run(
        [told(1, topics=aside), told(2, minutes=5, topics=broken), told(3, minutes=6, topics=aside)]
    )
    assert rulings(decisions) == ["opened", "updated", "throttled"]


@pytest.mark.parametrize(
    ("wanted", "ruling"),
    [
        (TopicsWanted(any=("ceasefire",)), "updated"),
        (TopicsWanted(all=("ceasefire",)), "updated"),
        (TopicsWanted(any=("ceasefire",), stages=("agreed", "violated")), "updated"),
        (TopicsWanted(any=("ceasefire",), stages=("agreed",)), "throttled"),
        (TopicsWanted(any=("mediation",)), "throttled"),
    ],
)
def test_only_a_stage_that_the_watch_wants_brings_an_update_early(wanted: TopicsWanted, ruling: str) -> None:
    decisions = run(
        [told(1), told(2, minutes=5, topics=(topic_reading(stage="violated"),))], watch(topics=wanted)
    )
    assert rulings(decisions) == ["opened", ruling]


def happening(
    number: int, title: str, lead: str, minutes: float, actors: tuple[str, ...] = ("arland", "borland")
) -> Candidate:
    """A report whose text is nobody's copy and whose headline names its actors."""
    return told(
        number,
        f"{title} {lead}",
        minutes,
        actors=tuple(
            ActorReading(
                id=name,
                name=name.title(),
                kind="country",
                match="exact",
                evidence=(Evidence(field="title", start=0, end=len(name), text=name.title()),),
            )
            for name in actors
        ),
        gist=gist(title, lead),
    ).model_copy(
        update={
            "article": ArticleRef(id=f"art_{number}", title=title, source=f"outlet {number}", language="en"),
            "fingerprint": fingerprint(str(number)),
        }
    )


def test_happenings_alike_but_for_place_and_number_are_each_told() -> None:
    places = ("Torvik", "Melby", "Rød", "Lunde", "Haugen")
    decisions = run(
        [
            happening(
                number,
                f"Arland and Borland agree truce at {place} after {number + 3} days",
                f"The guns fell silent around {place} in the morning, commanders said.",
                minutes=number,
            )
            for number, place in enumerate(places)
        ]
    )
    assert all(decision.alert is not None for decision in decisions)
    assert decisions[-1].ruling == "opened" or "new in it: Haugen" in decisions[-1].reason


def test_happenings_without_a_party_are_alerts_of_their_own_however_alike() -> None:
    decisions = run(
        [
            happening(n, "Truce agreed in the valley", "The guns fell silent in the morning.", n, actors=())
            for n in range(4)
        ]
    )
    assert rulings(decisions) == ["opened"] * 4


def test_a_report_that_says_the_same_in_other_words_is_counted_and_not_told() -> None:
    decisions = run(
        [
            happening(
                1,
                "Arland and Borland agree truce at Torvik",
                "The guns fell silent in the morning, commanders said.",
                minutes=0,
            ),
            happening(
                2,
                "Truce at Torvik: Borland and Arland agree to stop",
                "In the morning the guns fell silent.",
                minutes=20,
            ),
        ]
    )
    assert rulings(decisions) == ["opened", "throttled"]


def test_a_stage_that_the_story_has_left_is_told_when_it_is_reached_again() -> None:
    """A truce is agreed, violated, restored and violated again within the hour."""

    def turn(number: int, title: str, stage: str) -> Candidate:
        one = happening(number, title, "The truce of Torvik is the third this year.", minutes=5 * number)
        return one.model_copy(update={"topics": (topic_reading(stage=stage),)})

    decisions = run(
        [
            turn(1, "Arland and Borland agree truce at Torvik", "agreed"),
            turn(2, "Arland and Borland break truce at Torvik", "violated"),
            turn(3, "Arland and Borland restore truce at Torvik", "agreed"),
            turn(4, "Borland and Arland restore truce at Torvik", "agreed"),
            turn(5, "Arland and Borland break truce at Torvik once more", "violated"),
        ]
    )
    assert rulings(decisions) == ["opened", "updated", "updated", "throttled", "updated"]


def test_what_was_told_last_of_a_topic_is_known_however_much_else_was_told_since() -> None:
    """An order is lifted, four reports tell of other things, and then it is given again."""

    def turn(number: int, title: str, stage: str = "") -> Candidate:
        one = happening(number, title, "The dam of Torvik is old.", minutes=number)
        topics = (topic_reading(topic="evacuation", stage=stage),) if stage else ()
        return one.model_copy(update={"topics": topics})

    order, lifting = "Arland and Borland order Torvik evacuated", "Arland and Borland lift Torvik order"
    decisions = run(
        [
            turn(1, order, "ordered"),
            turn(2, lifting, "lifted"),
            *(turn(level, f"Arland and Borland: Torvik water {level} metres high") for level in range(3, 7)),
            turn(7, order, "ordered"),
            turn(8, order, "ordered"),
        ]
    )
    assert rulings(decisions) == ["opened", *["updated"] * 6, "throttled"]
    assert decisions[6].reason == "it tells evacuation ordered, which the last one did not"


def test_an_order_for_two_towns_that_is_lifted_for_one_and_then_for_the_other_is_told_of_each() -> None:
    def turn(number: int, title: str, stage: str, sentence: str = "") -> Candidate:
        one = happening(number, title, "The river fell at dawn.", minutes=number)
        topics = (topic_reading(topic="evacuation", stage=stage),)
        return one.model_copy(update={"topics": topics, "sentence": sentence})

    order, lifting = "Arland orders Torvik and Melby evacuated", "Arland lifts order for the river"
    decisions = run(
        [
            turn(1, order, "ordered"),
            turn(2, "Arland lifts order for Torvik", "lifted"),
            turn(3, "Arland lifts order for Melby", "lifted"),
            turn(4, "Arland lifts order for Melby", "lifted"),
            turn(5, "Arland orders Melby out", "ordered"),
            turn(6, lifting, "lifted", "The order for Melby was lifted."),
            turn(7, lifting, "lifted", "The order for Torvik was lifted."),
            turn(8, lifting, "lifted", "The order for Torvik and Melby was lifted."),
        ]
    )
    assert rulings(decisions) == ["opened", *["updated"] * 2, "throttled", *["updated"] * 3, "throttled"]
    assert decisions[2].reason == "it tells evacuation lifted of Melby as well"
    assert decisions[6].reason == "it tells evacuation lifted of Torvik as well"


def test_an_order_for_many_towns_that_is_lifted_for_one_after_the_other_is_told_of_each() -> None:
    towns = ("Torvik", "Melby", "Lund", "Egge", "Haugen", "Nesvik")

    def turn(number: int, title: str, stage: str, text: int = 0) -> Candidate:
        one = happening(number, title, "The river fell at dawn.", minutes=number)
        topics = (topic_reading(topic="evacuation", stage=stage),)
        return one.model_copy(update={"topics": topics, "fingerprint": fingerprint(str(text or number))})

    decisions = run(
        [
            turn(0, f"Arland orders {', '.join(towns)} evacuated", "ordered"),
            turn(1, f"Arland lifts order for {towns[0]}", "lifted"),
            turn(2, f"{towns[1]} waits as Arland lifts order for {towns[0]}", "lifted", text=1),
            *(turn(n, f"Arland lifts order for {town}", "lifted") for n, town in enumerate(towns[1:], 3)),
            *(turn(n, f"Arland lifts order for {town}", "lifted") for n, town in enumerate(towns, 9)),
        ]
    )
    told = ["opened", "updated", "throttled", *["updated"] * 5]
    assert rulings(decisions) == [*told, *["throttled"] * len(towns)]


def test_a_name_that_stood_by_the_evidence_as_the_story_opened_is_no_news_in_a_headline_of_the_same_stage() -> (
    None
):
    reports = [
        happening(number, title, "The river rose at dawn.", minutes=number)
        for number, title in enumerate(
            (
                "Arland orders evacuation",
                "Arland orders evacuation of Melby",
                "Arland orders evacuation of Lund",
            )
        )
    ]
    reports[0] = reports[0].model_copy(update={"named": {"lund": "Lund"}})
    assert rulings(run(reports)) == ["opened", "updated", "throttled"]


def test_of_two_like_conflicts_in_one_story_each_is_told_to_have_reached_a_stage() -> None:
    """One truce is broken, then another one in as good as the same words, of parties that the story knows."""

    def turn(number: int, title: str, stage: str, parties: tuple[str, ...]) -> Candidate:
        one = happening(number, title, "It began at dawn, commanders said.", minutes=number, actors=parties)
        return one.model_copy(update={"topics": (topic_reading(stage=stage),)})

    corland, dorland = ("arland", "corland"), ("arland", "dorland")
    decisions = run(
        [
            turn(1, "Arland and Corland agree to truce", "agreed", corland),
            turn(2, "Arland and Dorland agree to truce", "agreed", dorland),
            turn(3, "Arland accuses Dorland of breaking truce", "violated", dorland),
            turn(4, "Arland accuses Corland of breaking truce", "violated", corland),
            turn(5, "Corland broke truce, Arland says", "violated", corland),
            turn(6, "Dorland broke truce, Arland says", "violated", dorland),
        ]
    )
    assert rulings(decisions) == ["opened", "updated", "updated", "updated", "throttled", "throttled"]
    assert decisions[3].reason == "it tells ceasefire violated of Corland as well"


def test_of_two_sides_that_accuse_each_other_in_as_good_as_the_same_words_each_is_told() -> None:
    def turn(number: int, *parties: str) -> Candidate:
        one, other = (party.title() for party in parties)
        title, lead = f"{one} accuses {other} of violating truce", "It had come into force hours before."
        report = happening(number, title, lead, minutes=number, actors=parties)
        return report.model_copy(update={"topics": (topic_reading(stage="violated"),)})

    decisions = run(
        [
            turn(1, "arland", "borland"),
            turn(2, "borland", "arland"),
            turn(3, "arland", "borland"),
            turn(4, "borland", "arland"),
        ]
    )
    assert rulings(decisions) == ["opened", "updated", "throttled", "throttled"]
    assert decisions[1].reason == "its headline puts Borland first, as none did that told ceasefire violated"


def test_a_copy_puts_nobody_first_by_a_headline_of_its_own() -> None:
    def turn(number: int, *parties: str, text: int = 0) -> Candidate:
        one, other = (party.title() for party in parties)
        report = happening(
            number, f"{one} accuses {other} of violating truce", "It is a day old.", number, parties
        )
        return report.model_copy(update={"fingerprint": fingerprint(str(text or number))})

    copy = turn(2, "borland", "arland", text=1)
    decisions = run([turn(1, "arland", "borland"), copy, turn(3, "borland", "arland")])
    assert rulings(decisions) == ["opened", "throttled", "updated"]


def test_parties_that_were_told_are_not_told_again_however_many_there_are() -> None:
    parties = ("borland", "corland", "dorland", "eland", "forland", "gorland", "horland")
    reports = [
        happening(
            number,
            f"Arland and {party.title()} agree to truce",
            "It began at dawn, commanders said.",
            minutes=number,
            actors=("arland", party),
        )
        for number, party in enumerate(parties * 2)
    ]
    told = ["opened", *["updated"] * (len(parties) - 1)]
    assert rulings(run(reports)) == [*told, *["throttled"] * len(parties)]


def test_a_copy_makes_no_stage_known_of_the_parties_of_its_own_headline() -> None:
    def turn(number: int, title: str, party: str, text: int = 0) -> Candidate:
        one = happening(number, title, "Shells fell at dawn.", minutes=number, actors=("arland", party))
        return one.model_copy(update={"fingerprint": fingerprint(str(text or number))})

    first = turn(1, "Arland and Corland agree truce with Dorland", "corland")
    copy = turn(2, "Arland and Dorland agree truce", "dorland", text=1)
    decisions = run([first, copy, turn(3, "Dorland and Arland agree truce", "dorland")])
    assert rulings(decisions) == ["opened", "throttled", "updated"]
    assert decisions[2].reason == "new in it: Dorland"


def test_a_late_copy_brings_back_no_stage_that_the_story_has_left() -> None:
    """A truce is broken, restored, and broken again, and between the last two a copy of the first comes in."""

    def turn(number: int, title: str, stage: str, text: int = 0) -> Candidate:
        one = happening(number, title, "The truce of Torvik is the third this year.", minutes=5 * number)
        return one.model_copy(
            update={"topics": (topic_reading(stage=stage),), "fingerprint": fingerprint(str(text or number))}
        )

    decisions = run(
        [
            turn(1, "Arland and Borland break truce at Torvik", "violated"),
            turn(2, "Arland and Borland restore truce at Torvik", "agreed"),
            turn(3, "Arland and Borland break truce at Torvik", "violated", text=1),
            turn(4, "Truce at Torvik: Arland and Borland break it", "violated"),
        ]
    )
    assert rulings(decisions) == ["opened", "updated", "throttled", "updated"]


AGREED = TopicsWanted(any=("ceasefire",), stages=("agreed",))


def turn(number: int, stage: str, hours: float = 0, topic: str = "ceasefire") -> Candidate:
    """What one outlet writes of a truce, which the watch on agreements is asked about."""
    title = {
        "agreed": "Arland and Borland agree truce at Torvik",
        "rejected": "Arland and Borland deny truce at Torvik",
    }[stage]
    one = happening(number, title, f"Outlet {number} asked both sides.", 60 * hours)
    return one.model_copy(
        update={"topics": (topic_reading(topic=topic, stage=stage),), "takes_back": stage == "rejected"}
    )


def heard(*candidates: Candidate, wanted: TopicsWanted = AGREED) -> list[str]:
    """What a watch is told, of agreements unless other is wanted; what it does not ask for is nothing."""
    stories, said = Stories(), []
    for one in candidates:
        if not is_asked_for(stories, one, watch(topics=wanted)):
            said.append("nothing")
            continue
        decision = decide(stories, one, watch(topics=wanted))
        stories.put(decision.story)
        said.append(decision.reason if decision.alert else decision.ruling)
    return said


DENIED = "what was told may be taken back: ceasefire rejected"


def test_who_was_told_of_something_is_told_once_when_it_may_be_taken_back_and_when_it_comes_again() -> None:
    first, denial, second, again, last = (
        turn(1, "agreed"),
        turn(2, "rejected", 1),
        turn(3, "rejected", 2),
        turn(4, "agreed", 3),
        turn(5, "rejected", 4),
    )
    said = heard(first, denial, denial, second, again, last)
    assert said[:4] == ["no open story tells the same", DENIED, "nothing", "nothing"]
    assert said[4].startswith("it tells ceasefire agreed, which the last one did not")
    assert said[5] == DENIED


@pytest.mark.parametrize(
    ("title", "language", "actors", "hours", "said"),
    [
        ("Borland says there is no deal", "en", ("borland",), 1, DENIED),
        ("Kein Abkommen zwischen Arland und Borland", "de", ("arland", "borland"), 12, DENIED),
        ("Kein Abkommen zwischen Arland und Borland", "de", ("arland", "borland"), 12.1, "nothing"),
        ("Kein Abkommen mit Arland", "de", ("arland",), 1, "nothing"),
        ("Borland will not talk to Dorland", "en", ("borland", "dorland"), 1, "nothing"),
    ],
    ids=["other words", "another language", "long after", "of one side", "of others"],
)
def test_a_denial_is_told_in_quite_other_words_and_in_another_language(
    title: str, language: str, actors: tuple[str, ...], hours: float, said: str
) -> None:
    deal = happening(
        1, "Arland and Borland sign a deal", "Corland brokered it.", 0, ("arland", "borland", "corland")
    )
    denial = happening(2, title, "Who asked got this answer.", 60 * hours, actors)
    article = denial.article.model_copy(update={"language": language})
    denial = denial.model_copy(
        update={"topics": turn(2, "rejected").topics, "takes_back": True, "article": article}
    )
    assert heard(deal, denial, denial) == ["no open story tells the same", said, "nothing"]


def test_a_denial_is_of_the_story_that_told_so_though_one_that_did_not_is_nearer() -> None:
    either = TopicsWanted(any=("ceasefire", "mediation"), stages=("agreed",))
    deal = happening(1, "Arland and Borland sign a deal", "The guns fell silent.", 0)
    lake = happening(2, "Borland hosts envoys by the lake", "They met at noon.", 1, ("borland", "corland"))
    talks = lake.model_copy(update={"topics": (topic_reading(topic="mediation"),)})
    denial = happening(3, "Borland by the lake: no such deal", "It was asked.", 60, ("borland",))
    denial = denial.model_copy(update={"topics": turn(3, "rejected").topics, "takes_back": True})
    opened = "no open story tells the same"
    assert heard(deal, talks, denial, wanted=either) == [opened, opened, DENIED]


def test_what_takes_back_nothing_that_was_told_opens_no_story() -> None:
    assert heard(turn(1, "rejected"), turn(2, "agreed", 1))[0] == "nothing"
    assert heard(turn(1, "agreed"), turn(2, "rejected", 1, topic="mediation"))[1] == "nothing"
    assert heard(turn(1, "agreed"), turn(2, "rejected", 49))[1] == "nothing", "the story is over"
    other = happening(2, "Corland denies truce at Melby", "Outlet 2 asked.", 60, actors=("corland",))
    other = other.model_copy(update={"topics": turn(2, "rejected").topics, "takes_back": True})
    assert heard(turn(1, "agreed"), other)[1] == "nothing", "it is of nobody who was told of"


def test_of_several_topics_only_those_told_of_and_rejected_now_are_taken_back() -> None:
    def both(number: int, truce: str, mediation: str) -> Candidate:
        topics = (topic_reading(stage=truce), topic_reading(topic="mediation", stage=mediation))
        takes_back = "rejected" in (truce, mediation)
        return turn(number, "agreed", number).model_copy(update={"topics": topics, "takes_back": takes_back})

    stages = ("agreed", "signed", "accepted")
    first, denial = both(1, "agreed", "accepted"), both(2, "signed", "rejected")
    each = TopicsWanted(all=("ceasefire", "mediation"), stages=stages)
    assert heard(first, denial, wanted=each)[1] == "what was told may be taken back: mediation rejected"
    either = TopicsWanted(any=("ceasefire", "mediation"), stages=stages)
    version = turn(2, "rejected", 1).model_copy(update={"article": turn(1, "agreed").article})
    of_mediation = turn(1, "agreed").model_copy(
        update={"topics": (topic_reading(topic="mediation", stage="accepted"),)}
    )
    assert heard(of_mediation, version, wanted=either)[1] == "nothing", "no truce was told of"


@pytest.mark.parametrize(
    ("wanted", "ruling"),
    [
        (None, "updated"),
        (TopicsWanted(any=("ceasefire", "mediation")), "updated"),
        (TopicsWanted(any=("ceasefire",)), "throttled"),
        (TopicsWanted(any=("ceasefire", "mediation"), stages=("agreed", "agreement")), "throttled"),
        (TopicsWanted(any=("ceasefire", "mediation"), min_score=0.8), "throttled"),
    ],
    ids=["all", "both", "one", "one stage", "score"],
)
def test_how_far_a_topic_has_come_that_the_watch_does_not_want_is_no_news(
    wanted: TopicsWanted | None, ruling: str
) -> None:
    def of(number: int, stage: str) -> Candidate:
        mediation = topic_reading(topic="mediation", stage=stage, score=0.7)
        one = happening(number, "Arland and Borland agree truce at Torvik", "The guns fell silent.", number)
        return one.model_copy(update={"topics": (topic_reading(), mediation)})

    decisions = run([of(1, "offered"), of(2, "talks_held")], watch(topics=wanted))
    assert rulings(decisions) == ["opened", ruling]


def test_a_stage_that_was_counted_in_silence_is_told_when_the_watch_has_come_to_want_it() -> None:
    stories = Stories()
    both = (topic_reading(), topic_reading(topic="mediation", stage="accepted"))
    agreed, copy, again = told(1), told(2, minutes=1, topics=both), told(3, minutes=2, topics=both)
    decisions = run([agreed, copy], watch(topics=TopicsWanted(any=("ceasefire",))), stories)
    decisions += run([again], watch(topics=TopicsWanted(any=("ceasefire", "mediation"))), stories)
    assert rulings(decisions) == ["opened", "throttled", "updated"]


ORDER = (
    "The civil protection office ordered everybody in {place} to leave at once. The fire has crossed the ridge above "
    "{place} and the wind drives it on. Take medicines, papers and water, close doors and windows, and leave by the "
    "valley road; the bridge is closed. Buses leave from the school. A shelter is open in the sports hall of the "
    "capital, and animals are taken in at the fairground. The number for those who cannot leave by themselves is that "
    "of the fire service. The order holds until it is lifted; {dead} people have died in the fire so far."
)


FIXED = [
    f"{kind} {part}"
    for kind in ("upper", "lower", "old", "new", "long", "steep")
    for part in (
        "mill",
        "ford",
        "church",
        "market",
        "quarry",
        "harbour",
        "forest",
        "station",
        "border",
        "lake",
    )
]


def order(
    number: int, place: str, minutes: float, dead: int = 5, title: str = "", article: int = 0
) -> Candidate:
    title = title or f"Evacuation ordered for {place}, {dead} dead"
    text = ORDER.format(place=place, dead=dead)
    return told(
        number,
        text,
        minutes,
        topics=(topic_reading(topic="evacuation", stage="ordered"),),
        gist=gist(title, text),
    ).model_copy(
        update={"article": ArticleRef(id=f"art_{article or number}", title=title, source="x", language="en")}
    )


def test_an_order_for_another_place_in_the_same_words_is_told() -> None:
    decisions = run([order(1, "Torvik", 0), order(2, "Melby", 1), order(3, "Torvik", 2)])
    assert [decision.ruling for decision in decisions] == ["opened", "updated", "throttled"]
    assert decisions[1].reason == "new in it: Melby"


def test_an_order_for_a_place_that_was_told_is_not_told_again_though_eighty_others_were_told_since() -> None:
    places = [f"{first}{second}dal" for first in "ABDFGHKM" for second in "abdefgilno"]
    decisions = run([order(number, place, number / 60) for number, place in enumerate([*places, places[1]])])
    assert rulings(decisions) == ["opened", *["updated"] * 79, "throttled"]


def test_without_a_headline_the_sentence_that_decided_says_what_is_new() -> None:
    def post(number: int, place: str) -> Candidate:
        one = order(number, place, minutes=number)
        article = one.article.model_copy(update={"title": ""})
        return one.model_copy(
            update={"article": article, "sentence": f"Everybody in {place} was ordered to leave at once."}
        )

    decisions = run([post(1, "Torvik"), post(2, "Melby"), post(3, "Melby")])
    assert rulings(decisions) == ["opened", "updated", "throttled"]


def test_a_live_blog_that_comes_back_to_a_stage_is_told_however_long_the_rest_of_it_is() -> None:
    rest = " ".join(f"Rule {word}: keep the {word} road free for engines." for word in FIXED)

    def version(number: int, entry: str, stage: str) -> Candidate:
        one = told(number, f"{entry} {rest}", number, topics=(topic_reading(stage=stage),))
        return one.model_copy(
            update={"article": one.article.model_copy(update={"id": "blog", "title": "Live"})}
        )

    versions = [
        version(1, "The truce was agreed.", "agreed"),
        version(2, "The truce was broken.", "violated"),
        version(3, "The truce was restored.", "agreed"),
        version(4, "The truce was restored, they say.", "agreed"),
    ]
    assert similarity(versions[0].fingerprint, versions[2].fingerprint) >= COPY
    assert rulings(run(versions)) == ["opened", "updated", "updated", "throttled"]


@pytest.mark.parametrize("same_article", [False, True], ids=["notices", "live blog"])
def test_under_one_headline_for_all_the_sentence_that_decided_says_what_is_new(same_article: bool) -> None:
    def notice(number: int, place: str) -> Candidate:
        one = order(number, place, number, title="Evacuation order", article=1 if same_article else number)
        return one.model_copy(update={"sentence": f"Everybody in {place} is ordered to leave at once."})

    decisions = run([notice(1, "Torvik"), notice(2, "Melby"), notice(3, "Melby"), notice(4, "Torvik")])
    assert rulings(decisions) == ["opened", "updated", "throttled", "throttled"]


def test_copies_of_several_wires_on_one_happening_are_told_once_each_however_they_alternate() -> None:
    wires = [
        (f"Arland and Borland agree truce {where}", f"{who} said so.")
        for where, who in (
            ("at Torvik", "Governor Ek"),
            ("by the lake", "Ola Brand of the church"),
            ("at last", "An envoy in Rød"),
            ("after talks", "Bishop Nils Holm"),
            ("in writing", "The army in Lunde"),
            ("for good", "A clerk in Haugen"),
        )
    ]
    copies = []
    for number in range(60):
        title, sentence = wires[number % len(wires)]
        one = happening(number, title, "The guns fell silent in the morning.", minutes=number / 4)
        text = fingerprint(f"{title} {sentence} {number % len(wires)}")
        copies.append(one.model_copy(update={"sentence": sentence, "fingerprint": text}))
    decisions = run(copies)
    assert sum(decision.alert is not None for decision in decisions) == len(wires)


def test_at_the_end_of_its_window_a_story_is_over_to_the_second() -> None:
    end = 48 * 60
    before, at = told(2, minutes=end - 1 / 60), told(2, minutes=end)
    assert rulings(run([told(1), before])) == ["opened", "updated"]
    assert rulings(run([told(1), at])) == ["opened", "opened"]


def test_a_watch_that_changes_in_the_middle_of_a_story_goes_on_with_its_alert() -> None:
    stories = Stories()
    (first,) = run([told(1)], stories=stories)
    changed = watch(title="New title", severity="critical", notify=("ops",), window=timedelta(hours=1))
    (second,) = run([told(2, minutes=60 * 30)], changed, stories)
    assert first.alert is not None
    assert second.alert is not None
    assert (second.alert.alert_id, second.alert.number) == (first.alert.alert_id, 2)
    assert second.alert.watch.severity == "critical"
    assert [bound.endpoint for bound in notifications(second.alert, changed)] == ["ops"]


def test_a_version_of_an_article_whose_headline_has_another_place_or_number_is_told() -> None:
    decisions = run(
        [
            order(1, "Torvik", 0, article=1),
            order(2, "Torvik", 1, article=1, title="Evacuation ordered for Torvik, still 5 dead"),
            order(3, "Torvik", 2, article=1, dead=31),
            order(4, "Melby", 3, article=1, dead=31),
        ]
    )
    assert rulings(decisions) == ["opened", "throttled", "updated", "updated"]


def test_a_copy_under_a_headline_of_its_own_is_told_only_for_a_number() -> None:
    decisions = run(
        [
            order(1, "Torvik", 0),
            order(2, "Torvik", 1, title="Flames Close In On Mountain Village"),
            order(3, "Torvik", 2, title="Flames Close In, 40 Missing"),
        ]
    )
    assert rulings(decisions) == ["opened", "throttled", "updated"]


def test_an_order_for_another_place_is_told_however_long_the_rest_of_it_is() -> None:
    rest = " ".join(f"Rule {word}: keep the {word} road free for engines." for word in FIXED)

    def notice(number: int, place: str, title: str = "") -> Candidate:
        one = order(number, place, minutes=number, title=title)
        return one.model_copy(update={"fingerprint": fingerprint(ORDER.format(place=place, dead=5) + rest)})

    first, copy, other, again = (
        notice(1, "Torvik"),
        notice(2, "Torvik", "Melby School Opens Its Doors"),  # in silence, so Melby is not told by it
        notice(3, "Melby"),
        notice(4, "Melby"),
    )
    assert similarity(first.fingerprint, other.fingerprint) >= COPY
    assert rulings(run([first, copy, other, again])) == ["opened", "throttled", "updated", "throttled"]


def test_a_copy_whose_deciding_sentence_is_another_is_told() -> None:
    """As good as all of a long page is the same; where people must leave stands in one sentence alone."""
    rest = " ".join(f"Rule {word}: keep the {word} road free for engines." for word in FIXED)

    def page(number: int, place: str) -> Candidate:
        sentence = f"Everybody in {place} must leave."
        article = ArticleRef(id=f"art_{number}", title="Fire: what to do", language="en")
        text = gist("Fire: what to do", "The fire service tells what to do.")
        return told(number, f"{rest} {sentence}", number, article=article, gist=text, sentence=sentence)

    first, other = page(1, "Torvik"), page(2, "Melby")
    assert similarity(first.fingerprint, other.fingerprint) >= COPY
    assert rulings(run([first, other, page(3, "Melby")])) == ["opened", "updated", "throttled"]


def test_what_is_to_be_remembered_of_a_candidate_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    of = Telling.of

    def counted(candidate: Candidate, wanted: TopicsWanted | None) -> Telling:
        made.append(candidate.candidate_id)
        return of(candidate, wanted)

    monkeypatch.setattr(Telling, "of", counted)
    reports = [
        happening(n, "Arland and Borland agree truce at Torvik", "The guns fell silent.", minutes=n)
        for n in range(3)
    ]
    assert rulings(run(reports)) == ["opened", "throttled", "throttled"]
    assert made == [report.candidate_id for report in reports]
