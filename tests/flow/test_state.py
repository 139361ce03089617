"""State in a compacted topic: what is written is what is read back, with the mark of the last input it contains."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError, TopicAuthorizationFailedError

from streams import state
from streams.breathing import breathe
from streams.embedded import EmbeddedBroker
from streams.errors import BrokerError, OutputRefused, UnreadableState
from streams.outputs import MAX_OUTPUT_BYTES, Outputs, settle
from streams.state import ANEW_KEY, Loaded, OwnedState, StateReader, load_state, write_state
from streams.topics import CANDIDATES, STORIES
from tests.flow.desk import records_of, while_the_loop_goes_on


class Place:
    """Outputs and topics of one test."""

    def __init__(self, broker: EmbeddedBroker, outputs: Outputs, prefix: str) -> None:
        self.broker = broker
        self.options = {"bootstrap_servers": broker.servers}
        self.outputs = outputs
        self.prefix = prefix

    async def write(self, *records: tuple[str, bytes | None, int], partition: int = 0) -> None:
        for key, value, offset in records:
            await settle([await write_state(self.outputs, STORIES, partition, key, value, offset=offset)])

    async def inputs(self, number: int, partition: int = 0) -> None:
        for _ in range(number):
            await settle([await self.outputs.send(CANDIDATES, b"x", key=None, partition=partition)])

    async def load(self, partition: int = 0, parse: Callable[[bytes], bytes] = bytes) -> Loaded[bytes]:
        return await load_state(
            STORIES,
            partition,
            beside=CANDIDATES,
            parse=parse,
            client_options=self.options,
            outputs=self.outputs,
        )


@pytest.fixture
async def place(embedded: EmbeddedBroker, prefix: str) -> AsyncIterator[Place]:
    embedded.create([STORIES.full_name(prefix), CANDIDATES.full_name(prefix)])
    options = {"bootstrap_servers": embedded.servers}
    outputs = Outputs(options, prefix)
    await outputs.start()
    yield Place(embedded, outputs, prefix)
    await outputs.stop()


async def test_an_empty_partition_has_no_state(place: Place) -> None:
    loaded = await place.load()
    assert loaded.values == {}
    assert loaded.mark == -1


async def test_it_is_read_without_a_pause(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """aiokafka sleeps for a tenth of a second where it does not know who leads what it is asked for."""
    await place.inputs(1)
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float, *rest: None) -> None:
        pauses.append(seconds)
        await sleep(seconds, *rest)

    monkeypatch.setattr(asyncio, "sleep", noted)
    await place.load()
    assert [seconds for seconds in pauses if seconds > 0] == []


async def test_the_last_value_of_each_key_is_read_back_with_the_mark(place: Place) -> None:
    await place.inputs(10)
    await place.write(("a", b"1", 3), ("b", b"2", 4), ("a", b"3", 7))
    loaded = await place.load()
    assert loaded.values == {"a": b"3", "b": b"2"}
    assert loaded.mark == 7


async def test_while_it_is_read_the_loop_goes_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker holds hundreds of thousands of values, and calls webhooks meanwhile."""
    await place.inputs(10)
    in_one_batch = [await write_state(place.outputs, STORIES, 0, key, b"1", offset=3) for key in "abc"]
    await settle(in_one_batch)
    monkeypatch.setattr(state, "breathe", partial(breathe, every=-1))
    monkeypatch.setattr(StateReader, "loaded", while_the_loop_goes_on(StateReader.loaded))
    seen: list[int] = []
    read = 0

    def parse(value: bytes) -> bytes:
        nonlocal read
        read += 1
        return value

    async def look() -> None:
        while True:
            seen.append(read)
            await asyncio.sleep(0)

    looking = asyncio.ensure_future(look())
    await place.load(parse=parse)
    looking.cancel()
    assert {1, 2, 3} <= {*seen}


async def test_a_forgotten_key_is_gone_and_its_input_still_counts(place: Place) -> None:
    await place.inputs(10)
    await place.write(("a", b"1", 3), ("a", None, 9))
    loaded = await place.load()
    assert loaded.values == {}
    assert loaded.mark == 9


async def test_a_late_write_of_a_former_owner_changes_nothing(place: Place) -> None:
    await place.inputs(30)
    await place.write(("a", b"new", 20), ("a", b"stale", 13))
    assert (await place.load()).values == {"a": b"new"}


async def test_what_an_owner_writes_is_read_by_the_next_who_then_writes_under_keys_of_its_own(
    place: Place,
) -> None:
    await place.inputs(30)
    first = OwnedState(place.outputs, STORIES, 0, {})
    await settle(await first.write("a", b"1", offset=3))
    loaded = await place.load()
    second = OwnedState(place.outputs, STORIES, 0, loaded.record_keys)
    await settle(await second.write("a", b"2", offset=20))
    await settle(await first.write("a", b"stale", offset=13))
    loaded = await place.load()
    assert loaded.values == {"a": b"2"}
    assert len(loaded.record_keys["a"]) == 2
    third = OwnedState(place.outputs, STORIES, 0, loaded.record_keys)
    await settle(await third.forget("a", offset=25))
    loaded = await place.load()
    assert loaded.values == {}
    assert loaded.record_keys == {}


async def test_what_is_no_state_is_named_until_it_is_forgotten(place: Place) -> None:
    """Every worker ends at it: whoever looks must learn which record it is, and how to be rid of it."""

    def number(value: bytes) -> bytes:
        return b"%d" % int(value)

    await place.inputs(10)
    await place.write(("a", b"1", 3), ("b", b"not a number", 4))
    with pytest.raises(UnreadableState) as raised:
        await place.load(parse=number)
    assert str(raised.value).startswith(
        f"{place.prefix}stories, partition 0, offset 1, key b'b': this version cannot read this state"
    )
    assert isinstance(raised.value.__cause__, ValueError)
    await settle([await place.outputs.send(STORIES, None, key=b"b", partition=0)])
    loaded = await place.load(parse=number)
    assert loaded.values == {"a": b"1"}
    assert loaded.mark == 3


async def test_state_that_cannot_be_read_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody_leads_it(*_: object) -> int:
        raise KafkaTimeoutError("Failed to get offsets")

    monkeypatch.setattr("streams.state._read_through", nobody_leads_it)
    monkeypatch.setattr("streams.state.PATIENCE", -1)
    with pytest.raises(
        BrokerError,
        match=r"stories, partition 3: .*Timeout.*may read the topic.*as many partitions as .*candidates",
    ):
        await place.load(3)


async def test_state_is_read_as_soon_as_brokers_are_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.inputs(1)
    await place.write(("a", b"1", 0))
    read_through, away = state._read_through, 3

    async def read(*arguments: Any) -> int:
        nonlocal away
        away -= 1
        if away >= 0:
            raise KafkaConnectionError("away")
        return await read_through(*arguments)

    monkeypatch.setattr(state, "_read_through", read)
    monkeypatch.setattr(state, "RETRY_MS", 0)
    assert (await place.load()).values == {"a": b"1"}


async def test_state_that_may_not_be_read_is_not_waited_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def refuse(*_: object) -> int:
        nonlocal tries
        tries += 1
        raise TopicAuthorizationFailedError("stories")

    monkeypatch.setattr(state, "_read_through", refuse)
    with pytest.raises(BrokerError, match="may read the topic"):
        await place.load()
    assert tries == 1


async def test_partitions_do_not_mix(place: Place) -> None:
    await place.inputs(10, partition=1)
    await place.write(("a", b"1", 3), partition=1)
    assert (await place.load(0)).values == {}
    assert (await place.load(1)).values == {"a": b"1"}


async def test_of_a_broker_that_was_frozen_the_state_is_not_read_as_of_then(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is owed and not read back is sent by nobody: its input is committed."""
    await place.inputs(3)
    await place.write(("a", b"1", 0), ("b", b"2", 1), ("c", b"3", 2))
    end_offsets, getmany, knows_who_leads = AIOKafkaConsumer.end_offsets, AIOKafkaConsumer.getmany, False

    async def as_of_then(
        consumer: AIOKafkaConsumer, partitions: list[TopicPartition]
    ) -> dict[TopicPartition, int]:
        ends: dict[TopicPartition, int] = await end_offsets(consumer, partitions)
        return ends if knows_who_leads else dict.fromkeys(ends, 0)

    async def nothing_since(consumer: AIOKafkaConsumer, *partitions: TopicPartition, timeout_ms: int) -> Any:
        return await getmany(consumer, *partitions, timeout_ms=timeout_ms) if knows_who_leads else {}

    async def learn(_: AIOKafkaConsumer) -> None:
        nonlocal knows_who_leads
        knows_who_leads = True

    monkeypatch.setattr(AIOKafkaConsumer, "end_offsets", as_of_then)
    monkeypatch.setattr(AIOKafkaConsumer, "getmany", nothing_since)
    monkeypatch.setattr(state, "wait_for_the_leader", learn)
    loaded = await place.load()
    assert loaded.values == {"a": b"1", "b": b"2", "c": b"3"}
    assert (loaded.mark, loaded.made_anew) == (2, 0)


async def test_an_end_before_the_mark_is_believed_only_if_it_stands_a_moment_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that was frozen says where the input ended then. Believed, a late write would count as the newest."""
    await place.inputs(30)
    await place.write(("a", b"new", 20))
    end_offsets = AIOKafkaConsumer.end_offsets
    asked = 0

    async def frozen_at_first(
        consumer: AIOKafkaConsumer, partitions: list[TopicPartition]
    ) -> dict[TopicPartition, int]:
        nonlocal asked
        ends: dict[TopicPartition, int] = await end_offsets(consumer, partitions)
        inputs = [tp for tp in partitions if tp.topic == CANDIDATES.full_name(place.prefix)]
        asked += len(inputs)
        return ends | dict.fromkeys(inputs if asked == 1 else (), 10)

    monkeypatch.setattr(AIOKafkaConsumer, "end_offsets", frozen_at_first)
    loaded = await place.load()
    assert (loaded.mark, loaded.made_anew) == (20, 0)
    await place.write(("a", b"stale", 13))
    assert (await place.load()).values == {"a": b"new"}


async def test_when_the_input_was_made_anew_values_stay_and_offsets_count_anew(place: Place) -> None:
    await place.inputs(2)
    await place.write(("a", b"1", 500), ("b", b"2", 501))
    loaded = await place.load()
    assert (loaded.mark, loaded.made_anew) == (-1, 1)
    assert loaded.values == {"a": b"1", "b": b"2"}
    assert (await place.load()).made_anew == 1
    await place.inputs(600)
    await place.write(("a", b"3", 400))
    loaded = await place.load()
    assert loaded.mark == 400, "inputs 401 to 501 of the new topic are not to be passed over"
    assert loaded.values == {"a": b"3", "b": b"2"}


async def test_an_input_that_was_made_anew_and_has_grown_up_to_the_mark_is_told_from_one_that_was_not(
    place: Place,
) -> None:
    await place.inputs(3)
    await place.write(("a", b"1", 2))
    assert (await place.load()).mark == 2, "of its last input"
    await place.write(("a", b"1", 3))
    assert (await place.load()).mark == -1, "the next input would be passed over"


async def test_how_often_the_input_was_made_anew_is_counted_whatever_compaction_leaves(place: Place) -> None:
    await place.write(("a", b"1", 500))
    await settle(
        [await place.outputs.send(STORIES, b"anew", key=ANEW_KEY, partition=0)]
    )  # an earlier version
    assert (await place.load()).made_anew == 1
    for times in (2, 3):
        await place.write(("a", b"1", 500 + times))
        assert (await place.load()).made_anew == times
    only_the_last = StateReader(bytes)
    records = (await records_of(place.broker, STORIES.full_name(place.prefix), {}))[0]
    only_the_last.add([record for record in records if record.key == ANEW_KEY][-1])
    assert only_the_last.loaded().made_anew == 3


async def test_an_output_that_is_too_large_is_refused_and_said(place: Place) -> None:
    with pytest.raises(OutputRefused, match=r"candidates: .*MessageSizeTooLargeError"):
        await place.outputs.send(CANDIDATES, b"x" * (MAX_OUTPUT_BYTES + 1), key=None)
