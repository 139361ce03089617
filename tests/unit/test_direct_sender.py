"""Records that leave without a task: what is written, what is read, and who goes on where something goes wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.conn import CloseReason
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    NotEnoughReplicasError,
    NotLeaderForPartitionError,
    TopicAuthorizationFailedError,
)
from aiokafka.producer.message_accumulator import MessageAccumulator, MessageBatch
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.protocol.produce import ProduceRequest, ProduceResponse_v7

from streams.kafka_client import direct_sender
from streams.kafka_client.direct_sender import (
    DirectSender,
    PartitionResponse,
    RawProduceRequest,
    RawProduceResponse,
)

ONE, OTHER, THIRD = (TopicPartition(topic, number) for topic, number in (("a", 0), ("a", 7), ("b", 1)))
TIMEOUT_MS = 40_000


class Connection:
    """As much of aiokafka's connection as is used. What was asked waits in `asked` until the test answers it."""

    def __init__(self) -> None:
        self._versions = {RawProduceRequest.API_KEY: (0, RawProduceRequest.API_VERSION)}
        self._requests: deque[tuple[int, Any, asyncio.Future[RawProduceResponse]]] = deque()
        self.asked: list[RawProduceRequest] = []
        self.came = asyncio.Event()
        self.broken = False
        self.closed_for: Any = None

    def connected(self) -> bool:
        return self.closed_for is None

    def send(self, request: RawProduceRequest) -> Any:
        if self.broken:
            raise KafkaConnectionError("broken")
        future: asyncio.Future[RawProduceResponse] = asyncio.get_running_loop().create_future()
        self.asked.append(request)
        self.came.set()
        self._requests.append((len(self.asked), request, future))

        async def waited() -> RawProduceResponse:
            return await future

        return waited()

    def answer(self, *placed: tuple[TopicPartition, int, int]) -> None:
        """Partition, error and offset of each."""
        *_, future = self._requests.popleft()
        future.set_result(
            RawProduceResponse(
                (tp, PartitionResponse(tp.partition, error, offset, -1, 0)) for tp, error, offset in placed
            )
        )

    def fail(self, error: Exception) -> None:
        *_, future = self._requests.popleft()
        future.set_exception(error)

    def close(self, reason: Any) -> None:
        self.closed_for = reason
        while self._requests:
            self.fail(KafkaConnectionError("closed"))


class Client:
    """As much of aiokafka's client as is used; `slow` are the requests that went its own way, answered by `answers`."""

    def __init__(self) -> None:
        self.connection = Connection()
        self._conns = {(1, 0): self.connection}
        self.leaders: dict[TopicPartition, int | None] = {}
        self.slow: list[ProduceRequest] = []
        self.answers: deque[Any] = deque()
        self.asked_again = 0
        self.metadata: asyncio.Future[bool] | None = None

    def leader_for_partition(self, tp: TopicPartition) -> int | None:
        return self.leaders.get(tp, 1)

    async def send(self, _node: int, request: ProduceRequest) -> Any:
        self.slow.append(request)
        answer = self.answers.popleft()
        if isinstance(answer, KafkaError):
            raise answer
        return answer

    def force_metadata_update(self) -> asyncio.Future[bool]:
        self.asked_again += 1
        self.metadata = asyncio.get_running_loop().create_future()
        return self.metadata

    async def _maybe_wait_metadata(self) -> None:
        pass


class Bench:
    """A sender in front of a client that the test answers for."""

    def __init__(self) -> None:
        self.client = Client()
        manager = TransactionManager(None, 0)
        manager.set_pid_and_epoch(5, 0)
        self.accumulator = MessageAccumulator(self.client, 1 << 16, 0, 40, txn_manager=manager)
        self.sender = DirectSender(
            self.client,
            acks=-1,
            txn_manager=manager,
            message_accumulator=self.accumulator,
            retry_backoff_ms=0,
            request_timeout_ms=TIMEOUT_MS,
        )

    @property
    def connection(self) -> Connection:
        return self.client.connection

    async def hand_over(self, tp: TopicPartition, value: bytes = b"v") -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = await self.accumulator.add_message(tp, None, value, 1)
        return future

    async def left(self) -> None:
        """Let what was handed over leave: one step of the loop tells the sender, and the test goes on after it."""
        await asyncio.sleep(0)

    async def asked(self, times: int) -> None:
        """Until the connection was asked so often."""
        while len(self.connection.asked) < times:
            self.connection.came.clear()
            await self.connection.came.wait()


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    await made.sender.start()
    await asyncio.sleep(0)
    try:
        yield made
    finally:
        await made.sender.close()


def well(offset: int, *partitions: TopicPartition, error: int = 0) -> Any:
    """An answer of aiokafka's own kind."""
    return ProduceResponse_v7(
        topics=[(tp.topic, [(tp.partition, error, offset, -1, 0)]) for tp in partitions], throttle_time_ms=0
    )


def batch(tp: TopicPartition, *values: bytes) -> MessageBatch:
    accumulator = MessageAccumulator(None, 1 << 16, 0, 40)
    made = MessageBatch(tp, accumulator.create_builder(), 40, 0)
    for value in values:
        made.append(b"key", value, 1_700_000_000_000)
    return made


async def test_a_request_is_written_as_aiokafka_writes_it() -> None:
    batches = {tp: batch(tp, b"x" * (tp.partition + 1), b"y") for tp in (ONE, OTHER, THIRD)}
    topics = [
        ("a", [(tp.partition, batches[tp].get_data_buffer()) for tp in (ONE, OTHER)]),
        ("b", [(THIRD.partition, batches[THIRD].get_data_buffer())]),
    ]
    versions = {RawProduceRequest.API_KEY: (0, RawProduceRequest.API_VERSION)}
    plain = ProduceRequest(None, -1, TIMEOUT_MS, topics).prepare(versions)
    ours = RawProduceRequest(batches, TIMEOUT_MS).prepare(versions)
    for correlation_id in (1, 2**31 - 1):
        expected = plain.build_request_header(correlation_id=correlation_id, client_id="tocsin-ü")
        header = ours.build_request_header(correlation_id=correlation_id, client_id="tocsin-ü")
        assert header.encode() == expected.encode()
        assert ours.encode() == plain.encode()


def test_an_answer_is_read_as_aiokafka_reads_it() -> None:
    topics = [
        ("a", [(0, 0, 12, -1, 3), (7, 6, -1, 1_700_000_000_000, -1)]),
        ("b", [(1, 0, 2**40, -1, 0)]),
    ]
    frame = BytesIO((77).to_bytes(4, "big") + ProduceResponse_v7(topics=topics, throttle_time_ms=5).encode())
    assert RawProduceRequest({}, 1).parse_response_header(frame).correlation_id == 77
    assert RawProduceRequest.RESPONSE_TYPE.decode(frame) == {
        ONE: (0, 0, 12, -1, 3),
        OTHER: (7, 6, -1, 1_700_000_000_000, -1),
        THIRD: (1, 0, 2**40, -1, 0),
    }


async def test_what_is_handed_over_in_one_step_leaves_in_the_next_and_together() -> None:
    async with bench() as made:
        sent = [await made.hand_over(tp) for tp in (ONE, OTHER, ONE)]
        assert not made.connection.asked
        await made.left()
        assert len(made.connection.asked) == 1
        made.connection.answer((ONE, 0, 10), (OTHER, 0, 20))
        assert [(await future).offset for future in sent] == [10, 20, 11]
        assert not made.client.slow


async def test_what_comes_while_a_request_is_under_way_leaves_together_after_it() -> None:
    async with bench() as made:
        first = await made.hand_over(ONE)
        await made.left()
        later = []
        for tp in (OTHER, ONE, OTHER):
            later.append(await made.hand_over(tp))
            await made.left()
        assert len(made.connection.asked) == 1
        made.connection.answer((ONE, 0, 0))
        await first
        await made.left()
        assert len(made.connection.asked) == 2
        made.connection.answer((ONE, 0, 1), (OTHER, 0, 0))
        assert [(await future).offset for future in later] == [0, 1, 1]


async def test_without_a_connection_aiokafka_sends_and_connects() -> None:
    async with bench() as made:
        made.client._conns.clear()
        made.client.answers.append(well(4, ONE))
        assert (await (await made.hand_over(ONE))).offset == 4
        assert not made.connection.asked


async def test_a_broker_that_does_not_speak_this_version_is_aiokafkas_too() -> None:
    async with bench() as made:
        made.connection._versions = {RawProduceRequest.API_KEY: (0, RawProduceRequest.API_VERSION - 1)}
        made.client.answers.append(well(4, ONE))
        assert (await (await made.hand_over(ONE))).offset == 4


async def test_a_connection_that_breaks_at_the_write_is_tried_again_by_aiokafka() -> None:
    async with bench() as made:
        made.connection.broken = True
        made.client.answers.append(well(4, ONE))
        assert (await (await made.hand_over(ONE))).offset == 4
        assert len(made.client.slow) == 1


async def test_a_connection_lost_before_the_answer_has_the_same_records_sent_again() -> None:
    async with bench() as made:
        future = await made.hand_over(ONE, b"only once")
        await made.left()
        written = made.connection.asked[0]._batches[ONE].get_data_buffer()
        made.client.answers += [KafkaConnectionError("still away"), well(4, ONE)]
        made.connection.close(CloseReason.CONNECTION_BROKEN)
        assert (await future).offset == 4
        # Byte for byte, the sequence number that tells the broker of a repeat included.
        assert [request._topics for request in made.client.slow] == [[("a", [(0, written)])]] * 2


async def test_of_a_request_only_what_was_refused_is_sent_again_and_the_order_kept() -> None:
    async with bench() as made:
        refused, taken = await made.hand_over(ONE, b"1"), await made.hand_over(OTHER)
        await made.left()
        written = made.connection.asked[0]._batches[ONE].get_data_buffer()
        made.client.answers.append(well(8, ONE))
        made.connection.answer((ONE, NotEnoughReplicasError.errno, -1), (OTHER, 0, 20))
        assert (await taken).offset == 20
        behind = await made.hand_over(ONE, b"2")
        assert (await refused).offset == 8
        assert [request._topics for request in made.client.slow] == [[("a", [(0, written)])]]
        await made.asked(2)
        assert [*made.connection.asked[1]._batches] == [ONE]
        made.connection.answer((ONE, 0, 9))
        assert (await behind).offset == 9


async def test_what_is_refused_again_and_again_is_sent_until_it_is_taken() -> None:
    async with bench() as made:
        future = await made.hand_over(ONE)
        await made.left()
        for times in (1, 2):
            made.client.answers.append(well(-1, ONE, error=NotEnoughReplicasError.errno))
            made.connection.answer((ONE, NotEnoughReplicasError.errno, -1))
            await made.asked(times + 1)
        made.connection.answer((ONE, 0, 8))
        assert (await future).offset == 8
        batches = [request._batches[ONE] for request in made.connection.asked]
        assert batches[0] is batches[1] is batches[2]


async def test_an_error_that_no_repeat_mends_is_told_and_nothing_leaves_behind_what_it_befell() -> None:
    async with bench() as made:
        future = await made.hand_over(ONE)
        await made.left()
        behind = await made.hand_over(ONE, b"2")
        made.client.answers.append(well(-1, ONE, error=TopicAuthorizationFailedError.errno))
        made.connection.answer((ONE, TopicAuthorizationFailedError.errno, -1))
        for refused in (future, behind):
            with pytest.raises(TopicAuthorizationFailedError):
                await refused
        with pytest.raises(TopicAuthorizationFailedError):
            await made.hand_over(OTHER)
        assert len(made.connection.asked) == 1


async def test_behind_what_was_given_up_as_nobody_led_its_partition_nothing_leaves_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with bench() as made:
        made.client.leaders[ONE] = None
        future = await made.hand_over(ONE)
        await made.left()
        [waiting] = made.accumulator._batches[ONE]
        waiting._builder.close()  # it is full
        made.accumulator._append_batch(made.accumulator.create_builder(), ONE)
        behind = await made.hand_over(ONE, b"2")
        monkeypatch.setattr(waiting, "expired", lambda: True)
        assert made.client.metadata is not None
        made.client.metadata.set_result(True)
        for refused in (future, behind):
            with pytest.raises(NotLeaderForPartitionError):
                await refused
        made.client.leaders[ONE] = 1
        with pytest.raises(NotLeaderForPartitionError):
            await made.hand_over(ONE)
        assert not made.connection.asked


async def test_an_answer_that_leaves_out_a_partition_acknowledges_nothing_of_it() -> None:
    async with bench() as made:
        future = await made.hand_over(ONE)
        await made.left()
        made.client.answers.append(well(4, ONE))
        made.connection.answer((OTHER, 0, 3))
        assert (await future).offset == 4


async def test_a_broker_that_never_answers_is_given_up_after_the_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with bench() as made:
        calls: list[tuple[float, Any]] = []
        loop = asyncio.get_running_loop()

        def call_later(seconds: float, call: Any, *args: Any) -> asyncio.TimerHandle:
            calls.append((seconds, call))
            return asyncio.TimerHandle(loop.time() + seconds, call, args, loop)

        monkeypatch.setattr(loop, "call_later", call_later)
        future = await made.hand_over(ONE)
        await made.left()
        ((seconds, give_up),) = calls
        assert seconds == TIMEOUT_MS / 1000
        monkeypatch.undo()
        made.client.answers.append(well(4, ONE))
        give_up()
        assert made.connection.closed_for is CloseReason.CONNECTION_TIMEOUT
        assert (await future).offset == 4


async def test_a_partition_without_a_leader_waits_for_new_metadata() -> None:
    async with bench() as made:
        made.client.leaders[ONE] = None
        future = await made.hand_over(ONE)
        await made.left()
        assert not made.connection.asked
        assert made.client.metadata is not None
        made.client.leaders[ONE] = 1
        made.client.metadata.set_result(True)
        await made.left()
        made.connection.answer((ONE, 0, 1))
        assert (await future).offset == 1


async def test_a_fault_of_the_sender_fails_all_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench() as made:

        def broken(*_: Any, **__: Any) -> Any:
            raise RuntimeError("a fault")

        monkeypatch.setattr(made.accumulator, "drain_by_nodes", broken)
        # aiokafka then looks for a transaction, which there is none of, and for who waits for it to be sent.
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        future = await made.hand_over(ONE)
        with pytest.raises(RuntimeError, match="a fault"):
            await future
        with pytest.raises(RuntimeError, match="a fault"):
            await made.hand_over(OTHER)


async def test_while_nobody_leads_a_partition_one_question_is_under_way_however_many_records_come() -> None:
    async with bench() as made:
        made.client.leaders[ONE] = -1
        future = await made.hand_over(ONE)
        await made.left()
        for number in range(5):
            await made.hand_over(TopicPartition("a", 10 + number))  # another partition: each departs
            await made.left()
            for _ in made.connection._requests.copy():
                made.connection.answer(*((tp, 0, number) for tp in made.connection.asked[-1]._batches))
            await made.left()
        assert made.client.asked_again == 1
        made.client.leaders[ONE] = 1
        assert made.client.metadata is not None
        made.client.metadata.set_result(True)
        before = len(made.connection.asked)
        await made.asked(before + 1)
        made.connection.answer((ONE, 0, 3))
        assert (await future).offset == 3


@pytest.mark.parametrize("urgent", [True, False])
async def test_the_loop_stays_awake_for_an_answer_that_is_wanted_at_once_and_no_longer(
    urgent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    looks: list[float] = []

    def clock() -> float:
        looks.append(now)
        return now

    monkeypatch.setattr(direct_sender, "perf_counter", clock)
    async with bench() as it:
        it.sender.urgent = urgent
        sent = await it.hand_over(ONE)
        await it.asked(1)
        await step(3)
        assert len(looks) > 3 if urgent else not looks
        now = direct_sender.POLL_FOR
        await step(1)
        looks.clear()
        await step(3)
        assert not looks  # that was long enough: it sleeps
        it.connection.answer((ONE, 0, 7))
        assert (await sent).offset == 7


async def step(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)
