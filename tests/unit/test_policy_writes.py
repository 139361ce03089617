"""The order in which policy writes its state: a kill between any two records loses no story."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from agents.policy import Policy
from alerting.policy import decide
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


async def test_a_candidates_own_story_is_written_before_ended_ones_are_forgotten() -> None:
    outputs = Outputs()
    state = OwnedState(outputs, STORIES, 0, {})  # type: ignore[arg-type]
    stories = Stories()
    first = decide(stories, candidate(1), watch())
    stories.put(first.story)
    await Policy._write(state, 0, first)
    second = decide(stories, candidate(2, seen_at=MOMENT + timedelta(days=30)), watch())
    assert second.ended == (first.story,)
    outputs.sent.clear()
    await Policy._write(state, 1, second)
    assert outputs.sent == [(second.story.story_id.encode(), True), (first.story.story_id.encode(), False)]
