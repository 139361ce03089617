"""The order in which policy writes its state: a kill between any two records loses no story."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from agents.policy import Policy, _Change
from alerting.policy import Decision, decide
from alerting.stories import Stories
from streams.state import OwnedState
from streams.topics import STORIES
from tests.builders import MOMENT, candidate, watch


class Outputs:
    """Keeps what is sent: key and whether it has a value."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, bool]] = []

    async def send(self, topic: Any, value: bytes | None, *, key: bytes, **_: Any) -> Any:
        self.sent.append((key.partition(b"@")[0], value is not None))


async def opened() -> tuple[Outputs, OwnedState, Stories, Decision]:
    """A story that has been opened and written."""
    outputs = Outputs()
    state = OwnedState(outputs, STORIES, 0, {})  # type: ignore[arg-type]
    stories = Stories()
    first = decide(stories, candidate(1), watch())
    stories.put(first.story)
    await Policy._write(state, _Change.of(0, first))
    return outputs, state, stories, first


async def test_a_candidates_own_story_is_written_before_ended_ones_are_forgotten() -> None:
    outputs, state, stories, first = await opened()
    second = decide(stories, candidate(2, seen_at=MOMENT + timedelta(days=30)), watch())
    assert second.ended == (first.story,)
    outputs.sent.clear()
    await Policy._write(state, _Change.of(1, second))
    assert outputs.sent == [(second.story.story_id.encode(), True), (first.story.story_id.encode(), False)]


async def test_a_story_that_its_first_article_opens_anew_is_not_forgotten_as_the_one_that_is_over() -> None:
    outputs, state, stories, first = await opened()
    again = decide(stories, candidate(1, seen_at=MOMENT + timedelta(days=30)), watch())
    assert [story.story_id for story in again.ended] == [again.story.story_id]
    await Policy._write(state, _Change.of(1, again))
    assert outputs.sent == [(first.story.story_id.encode(), True)] * 2


async def test_a_repeat_is_written_where_it_keeps_its_story_open_alone() -> None:
    outputs = Outputs()
    state = OwnedState(outputs, STORIES, 0, {})  # type: ignore[arg-type]
    stories = Stories()
    for offset, hours in enumerate((0, 1, 23, 25, 26)):
        decision = decide(stories, candidate(1, seen_at=MOMENT + timedelta(hours=hours)), watch())
        stories.put(decision.story)
        await Policy._write(state, _Change.of(offset, decision))
    assert len(outputs.sent) == 2
