"""Policy with its state in Kafka: what is decided once stays decided, whatever is read again or cannot be read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from structlog.testing import capture_logs

from agents.policy import Policy
from alerting.fingerprint import fingerprint
from alerting.stories import Stories
from alerting.story import Story
from alerting.watch import TopicsWanted, Watch
from streams.batch import Batch
from streams.embedded import PARTITIONS, EmbeddedBroker
from streams.errors import OutputRefused
from streams.outputs import LONGEST_VALUE, Outputs
from streams.record_time import WRITTEN_HEADER
from streams.service import Service
from streams.topics import ALERTS, CANDIDATES, NOTIFICATIONS, REJECTED, STORIES, Topic
from streams.wire import Alert, Candidate, Notification, from_bytes
from tests import builders
from tests.builders import MOMENT
from tests.flow.desk import all_records, fail, in_force, while_the_loop_goes_on

USED = (CANDIDATES, STORIES, ALERTS, NOTIFICATIONS, REJECTED)
WATCH = builders.watch(window=timedelta(hours=1), update_every=timedelta(0))
OFF = WATCH.model_copy(update={"enabled": False})


def candidate(number: int, text: str, *, minutes: float = 0, watch: str = WATCH.id) -> Candidate:
    """A report whose text is all that it has in common with another."""
    return builders.candidate(
        number, watch=watch, fingerprint=fingerprint(text), seen_at=MOMENT + timedelta(minutes=minutes)
    )


class KilledHere(Exception):
    """Where a test ends a worker."""


class Room:
    """One policy agent with its state in the broker."""

    def __init__(self, broker: EmbeddedBroker, prefix: str) -> None:
        self.broker = broker
        self.prefix = prefix
        self.options = {"bootstrap_servers": broker.servers}
        self.outputs = Outputs(self.options, prefix)
        self.written_at: dict[int, datetime] = {}
        self.now = MOMENT
        broker.create([topic.full_name(prefix) for topic in USED])

    async def start(self, *watches: Watch) -> None:
        """Start, or start anew, with nothing in memory."""
        sample = in_force()
        configuration = replace(sample.configuration, watches=watches or (WATCH,))
        self.service = Service(
            in_force=replace(sample, configuration=configuration),
            outputs=self.outputs,
            client_options=self.options,
            fail=fail,
            now=lambda: self.now,
        )
        self.policy = Policy(self.service)

    def configure(self, *watches: Watch) -> None:
        """Put other watches in force while running."""
        configuration = replace(self.service.in_force.configuration, watches=watches)
        self.service.in_force = replace(self.service.in_force, configuration=configuration)

    async def write(self, *values: Candidate | bytes, minutes_ago: float = 0) -> None:
        """Write inputs, all into one partition."""
        for value in values:
            raw = value if isinstance(value, bytes) else value.to_bytes()
            [written] = await asyncio.gather(
                await self.outputs.send(CANDIDATES, raw, key=b"watch", partition=0)
            )
            self.written_at[written.offset] = MOMENT - timedelta(minutes=minutes_ago)

    async def inputs(self) -> list[ConsumerRecord]:
        """All inputs; what the service wrote itself was written now."""
        return [
            replace(record, timestamp=int(self.written_at.get(record.offset, MOMENT).timestamp() * 1000))
            for record in await self.records(CANDIDATES)
        ]

    async def decide(self, *, first: int = 0) -> None:
        """Hand over all inputs from the first on, as when none is committed, or from another."""
        records = (await self.inputs())[first:]
        if records:
            await (await self.policy.handle(Batch(records)))

    async def killed_once_it_has_told(self) -> None:
        """Hand over all inputs; what was told is told, and no state was written."""
        rest = await self.policy.handle(Batch(await self.inputs()))
        assert isinstance(rest, Coroutine)
        rest.close()
        await self.outputs.flush()

    async def records(self, topic: Topic) -> list[ConsumerRecord]:
        """All records of a topic."""
        return await all_records(self.broker, topic.full_name(self.prefix))

    async def alerts(self) -> list[tuple[str, str]]:
        """What was told: the alerts' types and articles, in order."""
        found = [from_bytes(Alert, record.value) for record in await self.records(ALERTS)]
        return [(alert.type, alert.article_id) for alert in found]

    async def stories(self) -> dict[str, Story]:
        """What a compacted topic of stories would hold."""
        left: dict[bytes, Any] = {record.key: record.value for record in await self.records(STORIES)}
        stories = [Story.from_bytes(value) for value in left.values() if value is not None]
        return {story.story_id: story for story in stories}


@pytest.fixture
async def room(embedded: EmbeddedBroker, prefix: str) -> AsyncIterator[Room]:
    room = Room(embedded, prefix)
    await room.outputs.start()
    await room.start()
    yield room
    await room.outputs.stop()


async def test_a_story_opens_is_updated_and_stays_known_after_a_restart(room: Room) -> None:
    await room.write(
        candidate(1, "the army signed a truce"), candidate(2, "the army signed a truce", minutes=1)
    )
    await room.decide()
    told = [("alert.opened", "art_1"), ("alert.updated", "art_2")]
    assert await room.alerts() == told
    await room.start()
    await room.write(candidate(3, "the army signed a truce", minutes=2))
    await room.decide()
    assert await room.alerts() == [*told, ("alert.updated", "art_3")]
    [story] = (await room.stories()).values()
    assert story.article_ids == ("art_1", "art_2", "art_3")


@pytest.mark.parametrize("topic", [ALERTS, NOTIFICATIONS], ids=["alert", "notification"])
async def test_no_story_is_written_before_what_it_told_is_acknowledged_and_none_where_that_is_refused(
    room: Room, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.write(candidate(1, "the army signed a truce"))
    held = asyncio.get_running_loop().create_future()
    publish = room.outputs.publish

    async def holding(one: Topic, *value: Any, **about: Any) -> Any:
        acknowledged = await publish(one, *value, **about)
        return held if one == topic else acknowledged

    monkeypatch.setattr(room.outputs, "publish", holding)
    deciding = asyncio.ensure_future(await room.policy.handle(Batch(await room.inputs())))
    while not await room.alerts():
        await room.outputs.flush()
    assert await room.stories() == {}
    held.set_exception(OutputRefused("too large"))
    with pytest.raises(OutputRefused):
        await deciding
    await room.outputs.flush()
    assert await room.stories() == {}


async def test_the_log_says_of_what_is_counted_in_silence_where_it_was_counted_and_why(room: Room) -> None:
    await room.start(WATCH.model_copy(update={"update_every": timedelta(minutes=30)}))
    await room.write(
        candidate(1, "the army signed a truce"), candidate(2, "the army signed a truce", minutes=1)
    )
    with capture_logs() as lines:
        await room.decide()
    opened, counted = (line for line in lines if line["event"].startswith("alert."))
    assert counted == {
        "event": "alert.throttled",
        "log_level": "info",
        "alert": opened["alert"],
        "watch": WATCH.id,
        "article": "art_2",
        "reason": "the last event is 0:01:00 old, less than 0:30:00",
    }


async def test_the_log_names_a_denial_that_no_watch_is_told_of(room: Room) -> None:
    denied = {"topics": (builders.topic_reading(stage="rejected"),), "takes_back": True}
    await room.write(candidate(1, "envoys denied that there will be talks").model_copy(update=denied))
    with capture_logs() as lines:
        await room.decide()
    (line,) = (line for line in lines if line["event"].startswith("alert."))
    assert (line["event"], line["watch"], line["article"]) == ("alert.unasked", WATCH.id, "art_1")
    assert line["reason"].startswith("no open story told what it may take back")


async def test_each_endpoint_of_a_watch_is_notified_under_its_own_key(room: Room) -> None:
    await room.start(WATCH.model_copy(update={"notify": ("desk", "ops", "desk")}))
    await room.write(candidate(1, "the army signed a truce"))
    await room.decide()
    records = await room.records(NOTIFICATIONS)
    assert sorted(record.key for record in records) == [b"desk", b"ops"]
    assert {from_bytes(Notification, record.value).alert.webhook_id for record in records} == {
        from_bytes(Alert, record.value).webhook_id for record in await room.records(ALERTS)
    }


async def test_what_is_no_candidate_is_rejected_with_its_bytes_and_holds_up_nobody(room: Room) -> None:
    await room.write(b'{"no": "candidate"}', candidate(1, "the army signed a truce"))
    await room.decide()
    assert await room.alerts() == [("alert.opened", "art_1")]
    [rejected] = await room.records(REJECTED)
    assert rejected.value == b'{"no": "candidate"}'
    assert dict(rejected.headers)["tocsin-error-reason"] == b"bad-candidate"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"])
async def test_nor_does_one_of_a_time_that_cannot_be_reckoned_with(room: Room, moment: str) -> None:
    seen_at = MOMENT.strftime("%Y-%m-%dT%H:%M:%SZ")
    odd = candidate(1, "the army signed a truce").to_bytes().replace(seen_at.encode(), moment.encode())
    assert moment.encode() in odd
    await room.write(odd, candidate(2, "envoys left for talks"))
    await room.decide()
    assert await room.alerts() == [("alert.opened", "art_2")]
    assert [rejected.value for rejected in await room.records(REJECTED)] == [odd]


FOREIGN = {
    "that fills a record": {"because": [{"clause": "x" * 900_000, "held": True}]},
    "that is longer than any record": {"because": [{"clause": "x" * 3_000_000, "held": True}]},
    "that grows as it is written on": {"because": [{"clause": "", "held": 1}] * 25_000},
    "whose words are none": {"gist": {"": 2, "truce": 2}},
    "whose id fills a record": {"candidate_id": "x" * 500_000},
}


@pytest.mark.parametrize("name", FOREIGN)
async def test_nor_does_one_of_another_program(room: Room, name: str) -> None:
    foreign = json.dumps(json.loads(candidate(1, "the army signed a truce").to_bytes()) | FOREIGN[name])
    headers: Any = [("own", b"")]
    record = ConsumerRecord("candidates", 0, 0, 0, 0, None, foreign.encode(), None, 0, len(foreign), headers)
    await (await room.policy.handle(Batch([record])))
    assert not await room.alerts()
    [rejected] = await room.records(REJECTED)
    assert foreign.encode().startswith(rejected.value)


async def test_nor_do_several_that_together_make_a_story_no_record_holds(room: Room) -> None:
    for number in range(1, 4):
        words = {f"{number} word {word}": 1 for word in range(30_000)}
        await room.write(candidate(number, "the army signed a truce").model_copy(update={"gist": words}))
    await room.write(candidate(4, "the army signed a truce", minutes=40))
    await room.decide()
    assert [article for _, article in await room.alerts()] == ["art_1", "art_4"]
    assert max(len(record.value) for record in await room.records(STORIES)) <= LONGEST_VALUE
    assert len(await room.records(REJECTED)) == 2


@pytest.mark.parametrize("header", [b"soon", b"", b"1e9", b"9" * 5000, None])
async def test_a_candidate_of_a_watch_that_is_gone_ends_nothing_whatever_says_when_it_was_written(
    room: Room, header: bytes | None
) -> None:
    gone = candidate(1, "the army signed a truce", watch="gone").to_bytes()
    headers: Any = [(WRITTEN_HEADER, header)]
    await asyncio.gather(await room.outputs.send(CANDIDATES, gone, key=b"gone", partition=0, headers=headers))
    [record] = await room.inputs()
    long_ago = int((MOMENT - timedelta(hours=1)).timestamp() * 1000)
    await (await room.policy.handle(Batch([replace(record, timestamp=long_ago)])))
    assert len(await room.records(CANDIDATES)) == 1, "nothing was put back"


async def test_a_candidate_of_a_watch_that_is_gone_tells_nothing_and_leaves_no_story(room: Room) -> None:
    await room.write(candidate(1, "the army signed a truce", watch="gone"), minutes_ago=3)
    await room.write(candidate(2, "envoys left for talks"))
    await room.decide()
    assert await room.alerts() == [("alert.opened", "art_2")]
    assert len(await room.records(CANDIDATES)) == 2, "nothing was put back"
    assert [story.watch for story in (await room.stories()).values()] == [WATCH.id]


async def test_what_takes_back_something_is_told_of_an_open_story_and_opens_none(room: Room) -> None:
    agreed = WATCH.model_copy(update={"topics": TopicsWanted(any=("ceasefire",), stages=("agreed",))})
    room.configure(agreed)

    def of(number: int, text: str, stage: str) -> Candidate:
        update = {"topics": (builders.topic_reading(stage=stage),), "takes_back": stage == "rejected"}
        return candidate(number, text).model_copy(update=update)

    await room.write(
        of(1, "envoys denied that there will be talks", "rejected"),
        of(2, "the army signed a truce", "agreed"),
        of(3, "the army signed a truce", "rejected"),
        of(4, "the army signed a truce", "rejected"),
    )
    await room.decide()
    assert await room.alerts() == [("alert.opened", "art_2"), ("alert.updated", "art_3")]
    [story] = (await room.stories()).values()
    assert story.article_ids == ("art_2", "art_3")
    await room.start(agreed)
    await room.decide()
    assert len(await room.alerts()) == 2, "once more after a kill, nothing is told twice"


async def test_a_candidate_of_a_watch_that_is_known_here_a_little_later_is_told_then(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker has reloaded already, and reads articles for a watch that is new; after an outage, old ones."""
    monkeypatch.setattr("streams.service.PUT_BACK_AFTER", 0)
    new = WATCH.model_copy(update={"id": "new"})
    await room.write(
        candidate(1, "the army signed a truce", watch="new", minutes=-300),
        candidate(2, "envoys left for talks"),
    )
    await room.write(candidate(3, "the army signed a truce", watch="new"), minutes_ago=3)
    await room.decide()
    assert await room.alerts() == [("alert.opened", "art_2")], "nobody waits for it"
    room.configure(WATCH, new)
    assert len(await room.records(CANDIDATES)) == 4, (
        "what is older than a reload takes is of a watch that is gone"
    )
    await room.decide(first=3)
    assert await room.alerts() == [("alert.opened", "art_2"), ("alert.opened", "art_1")]


async def test_what_is_put_back_grows_older_all_the_same(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.service.PUT_BACK_AFTER", 0)
    await room.write(candidate(1, "the army signed a truce", watch="new"), minutes_ago=1)
    await room.decide()
    room.now = MOMENT + timedelta(minutes=1, seconds=1)
    await room.decide(first=1)
    assert len(await room.records(CANDIDATES)) == 2, "it was put back once"


@pytest.mark.parametrize("meanwhile", [(), (OFF,)], ids=["taken out", "switched off"])
async def test_a_watch_that_comes_back_is_told_what_others_found_for_it_before_that_is_known_here(
    room: Room, monkeypatch: pytest.MonkeyPatch, meanwhile: tuple[Watch, ...]
) -> None:
    monkeypatch.setattr("streams.service.PUT_BACK_AFTER", 0)
    await room.write(candidate(1, "the army signed a truce"))
    await room.decide()
    room.configure(*meanwhile)
    await room.write(candidate(2, "envoys left for talks"))
    await room.decide(first=1)
    assert await room.alerts() == [("alert.opened", "art_1")]
    room.configure(WATCH)
    await room.decide(first=2)
    assert await room.alerts() == [("alert.opened", "art_1"), ("alert.opened", "art_2")]


async def test_a_watch_that_is_switched_off_tells_nothing_of_what_waited(room: Room) -> None:
    await room.start(OFF)
    await room.write(candidate(1, "the army signed a truce"), minutes_ago=3)
    await room.decide()
    assert await room.alerts() == []
    assert len(await room.records(CANDIDATES)) == 1, "nothing was put back"


async def test_what_is_put_back_waits_since_it_was_read(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches end in their order: if each waited for itself, a hundred would hold up everybody for minutes."""
    monkeypatch.setattr("streams.service.PUT_BACK_AFTER", 1000)
    await room.write(candidate(1, "the army signed a truce", watch="new"))
    long_ago = asyncio.get_running_loop().time() - 1000
    await room.service.put_back(CANDIDATES, await room.inputs(), long_ago)
    assert len(await room.records(CANDIDATES)) == 2


async def test_a_kill_before_a_candidate_is_put_back_leaves_it_to_be_read_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: Any) -> None:
        raise KilledHere

    monkeypatch.setattr(Service, "put_back", killed)
    await room.write(candidate(1, "the army signed a truce", watch="new"), candidate(2, "envoys left"))
    with pytest.raises(KilledHere):
        await room.decide()
    monkeypatch.undo()
    await room.start(WATCH, WATCH.model_copy(update={"id": "new"}))
    await room.decide()
    assert {article for _, article in await room.alerts()} == {"art_1", "art_2"}


async def test_a_story_that_is_over_is_forgotten_in_its_topic_by_whoever_owns_it_then(room: Room) -> None:
    await room.write(candidate(1, "the army signed a truce"))
    await room.decide()
    await room.start()
    await room.write(candidate(2, "the army signed a truce", minutes=61))
    await room.decide()
    assert await room.alerts() == [("alert.opened", "art_1"), ("alert.opened", "art_2")]
    [story] = (await room.stories()).values()
    assert story.article_ids == ("art_2",)


async def test_partitions_handed_out_anew_are_read_again_from_their_topic(room: Room) -> None:
    await room.write(candidate(1, "the army signed a truce"))
    await room.decide()
    room.policy.release()
    await room.write(candidate(2, "the army signed a truce", minutes=1))
    await room.decide()
    assert await room.alerts() == [("alert.opened", "art_1"), ("alert.updated", "art_2")]


@pytest.mark.parametrize("restarted", [True, False])
async def test_what_was_decided_is_not_decided_again_when_its_story_is_over(
    room: Room, restarted: bool
) -> None:
    """Nobody knows any more that it told it: without its place in the input it would open the story anew."""
    await room.write(candidate(1, "the army signed a truce"), candidate(2, "envoys left", minutes=120))
    await room.decide()
    if restarted:
        await room.start()
    await room.decide()
    assert await room.alerts() == [("alert.opened", "art_1"), ("alert.opened", "art_2")]


async def test_a_partition_that_comes_back_is_as_whoever_had_it_meanwhile_left_it(room: Room) -> None:
    """With what was held before, the next event would have the number of one that is told, and be dropped as that."""
    text = "the army signed a truce"
    await room.write(candidate(1, text))
    await room.decide()
    ours = room.policy
    await room.start()  # another worker
    await room.write(candidate(2, text, minutes=1))
    await room.decide()
    room.policy = ours
    room.policy.assign({0})
    await room.write(candidate(3, text, minutes=2))
    await room.decide()
    told = [from_bytes(Alert, record.value) for record in await room.records(ALERTS)]
    assert [(alert.article_id, alert.number) for alert in told] == [("art_1", 1), ("art_2", 2), ("art_3", 3)]


async def test_what_became_of_each_hit_is_counted(room: Room) -> None:
    await room.start(WATCH.model_copy(update={"update_every": timedelta(minutes=30)}))
    denied = {"topics": (builders.topic_reading(stage="rejected"),), "takes_back": True}
    await room.write(candidate(1, "a lawn was mown", watch="gone"), minutes_ago=3)
    await room.write(
        candidate(2, "the army signed a truce"),
        candidate(2, "the army signed a truce"),
        candidate(3, "the army signed a truce", minutes=1),
        candidate(4, "envoys denied that there will be talks").model_copy(update=denied),
    )
    await room.decide()
    room.policy.observe()
    counted = room.service.metrics.registry.get_sample_value
    for ruling in ("watch-gone", "opened", "repeat", "throttled", "unasked"):
        assert counted("tocsin_rulings_total", {"ruling": ruling}) == 1, ruling
    assert counted("tocsin_alerts_total", {"type": "alert.opened"}) == 1
    assert counted("tocsin_alerts_total", {"type": "alert.updated"}) == 0
    assert counted("tocsin_stories") == 1


async def test_the_stories_of_what_is_assigned_are_loaded_before_a_candidate_asks(room: Room) -> None:
    await room.write(candidate(1, "the army signed a truce"))
    await room.decide()
    await room.start()
    room.policy.assign(set(range(PARTITIONS)))
    assert room.policy._partitions._opening is not None
    await room.policy._partitions._opening
    held = room.policy._partitions.held()
    assert (len(held), sum(len(partition.stories) for partition in held)) == (PARTITIONS, 1)


async def test_while_open_stories_are_put_in_order_the_loop_goes_on(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred thousand took ten seconds, after which the group took the worker for dead."""
    await room.write(candidate(1, "the army signed a truce"))
    await room.decide()
    monkeypatch.setattr("agents.policy.Stories", while_the_loop_goes_on(Stories))
    await room.start()
    partitions = await room.policy._partitions.get_all(range(PARTITIONS))
    assert sum(len(partition.stories) for partition in partitions) == 1


async def test_what_is_decided_otherwise_after_a_kill_and_a_changed_watch_is_no_repeat_of_what_was_told(
    room: Room,
) -> None:
    await room.write(candidate(1, "the army signed a truce"))
    await room.decide()
    await room.write(candidate(2, "the army signed a truce", minutes=1))
    await room.killed_once_it_has_told()
    await room.start()
    await room.killed_once_it_has_told()
    await room.start(WATCH.model_copy(update={"update_every": timedelta(minutes=10)}))
    await room.write(candidate(3, "the army signed a truce", minutes=20))
    await room.decide()
    alerts = [from_bytes(Alert, record.value) for record in await room.records(ALERTS)]
    assert [(a.article_id, a.number) for a in alerts] == [
        ("art_1", 1),
        ("art_2", 2),
        ("art_2", 2),
        ("art_3", 2),
    ]
    ids = [alert.webhook_id for alert in alerts]
    assert ids[1] == ids[2], "decided alike it is a repeat"
    assert ids[3] not in ids[:3], "as a repeat it would be dropped, and nobody told"
