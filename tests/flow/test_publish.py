"""`tocsin publish`: what is read from a file, what is sent, and what is said when no broker answers."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import MessageSizeTooLargeError
from rich.console import Console
from typer.testing import CliRunner

from agents.reading.decode import decode_object
from streams.cli import app, articles
from streams.cli.articles import articles_in, opened
from streams.cli.publish import checked, connected, send_all
from streams.embedded import EmbeddedBroker
from streams.errors import BrokerError, UsageError
from streams.outputs import MAX_OUTPUT_BYTES

GOOD = b'{"id":"a1","title":"Truce holds"}'
OTHER = b'{"id":"a2","title":"Talks begin"}'
DEEP = b"[" * 100_000


def lines_of(data: bytes, *, whole: bool = False) -> list[tuple[int, bytes]]:
    return list(articles_in(io.BytesIO(data), Path("-.json" if whole else "-")))


def test_json_lines_are_sent_byte_for_byte_with_their_numbers() -> None:
    spaced = b' {"title" : "x"} '
    assert lines_of(GOOD + b"\r\n\n" + spaced + b"\nnot json\n") == [(1, GOOD), (3, spaced), (4, b"not json")]


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_nothing_is_nothing(data: bytes) -> None:
    assert not [line for line in lines_of(data) if line[1].strip(b"\xef\xbb\xbf")]


def test_array_and_single_object_may_be_spread_over_lines() -> None:
    both = [json.loads(GOOD), json.loads(OTHER)]
    assert lines_of(json.dumps(both, indent=2).encode()) == [(1, GOOD), (2, OTHER)]
    assert lines_of(json.dumps(both[0], indent=2).encode()) == [(1, GOOD)]


NONE = b'{"id": "a1", "title": "Truce holds", "score": NaN, "n": 99999999999999999999}'


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("around", [b"[%b,\n%b]", b"[\n%b,%b]"])
def test_an_array_holds_whatever_a_line_may_hold(whole: bool, around: bytes) -> None:
    (_, first), second = lines_of(around % (NONE, OTHER), whole=whole)
    assert decode_object(first) == pytest.approx(decode_object(NONE))
    assert second == (2, OTHER)


@pytest.mark.parametrize("whole", [False, True])
def test_an_object_over_several_lines_holds_whatever_a_line_may_hold(whole: bool) -> None:
    ((_, line),) = lines_of(NONE.replace(b", ", b",\n"), whole=whole)
    assert decode_object(line) == pytest.approx(decode_object(NONE))


def test_a_first_line_with_a_number_that_is_none_holds_up_no_line_behind_it() -> None:
    def one_and_no_more() -> Iterator[bytes]:
        yield NONE + b"\n"
        pytest.fail("a pipe that stays open would be waited for")

    assert next(articles._articles_in(enumerate(one_and_no_more(), 1), whole=False, blank=False)) == (1, NONE)


def test_lines_that_only_look_like_an_array_are_sent_as_lines() -> None:
    assert lines_of(DEEP + b"\n" + GOOD) == [(1, DEEP), (2, GOOD)]
    assert lines_of(b'{"title":\n' + GOOD) == [(1, b'{"title":'), (2, GOOD)]


def test_a_json_file_that_is_no_json_is_an_error_with_its_place() -> None:
    with pytest.raises(UsageError, match=r"^-\.json: line 2, column 1"):
        lines_of(b'[{"title": "x"},\n', whole=True)


def test_lines_are_handed_on_as_they_come() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield GOOD + b"\n"

    found = articles._articles_in(enumerate(endless(), 1), whole=False, blank=False)
    assert [next(found) for _ in range(3)] == [(1, GOOD), (2, GOOD), (3, GOOD)]


def test_gzip_is_unpacked_and_a_torn_one_is_an_error(tmp_path: Path) -> None:
    packed = gzip.compress(GOOD + b"\n", mtime=0)
    (tmp_path / "a.jsonl.gz").write_bytes(packed)
    (tmp_path / "torn.jsonl.gz").write_bytes(packed[:-12])
    with opened(tmp_path / "a.jsonl.gz") as stream:
        assert list(articles_in(stream, tmp_path / "a.jsonl.gz")) == [(1, GOOD)]
    with opened(tmp_path / "torn.jsonl.gz") as stream, pytest.raises(UsageError, match=r"torn\.jsonl.*gzip"):
        list(articles_in(stream, tmp_path / "torn.jsonl.gz"))


def test_check_names_every_line_that_cannot_be_read() -> None:
    with pytest.raises(UsageError) as caught:
        checked([(1, GOOD), (2, b"{"), (7, b"{}")])
    assert "line 2: not-json" in str(caught.value)
    assert "line 7: no-text" in str(caught.value)
    assert "2 of 3" in str(caught.value)


def test_what_was_checked_and_holds_no_article_waits_for_no_broker(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\n")
    arguments = ["publish", "--check", str(tmp_path / "a.jsonl"), "--brokers", "nobody.invalid:9092"]
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"tocsin: there is no article in {tmp_path / 'a.jsonl'}\n"


def test_a_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UsageError, match="No such file"), opened(Path("missing.jsonl")):
        pass


async def test_every_line_arrives_under_the_id_of_its_article() -> None:
    too_long = b'{"title":"' + b"x" * MAX_OUTPUT_BYTES + b'"}'
    lines = iter([(1, GOOD), (2, b"not json"), (3, too_long), (4, OTHER)])
    with EmbeddedBroker() as broker:
        broker.create(["t.articles"])
        options = {"bootstrap_servers": [broker.servers]}
        progress: list[int] = []
        async with connected(options, 10, Console(quiet=True)) as producer:
            tally = await send_all(lines, producer, "t.articles", progress.append)
        consumer = AIOKafkaConsumer(
            "t.articles", **options, auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            keys = {record.value: record.key for record in [await consumer.getone() for _ in range(3)]}
        finally:
            await consumer.stop()
    assert keys == {GOOD: b"a1", OTHER: b"a2", b"not json": None}
    assert (tally.sent, progress[-1]) == (3, 3)
    assert tally.unreadable[0].startswith("line 2: not-json")
    assert tally.refused[0].startswith("line 3: 2,097,164 bytes, longer")


class Producer:
    """Takes the place of a producer at a broker that takes so many bytes, counting what is sent together."""

    def __init__(self, room: int) -> None:
        self.client = self
        self.taken: list[bytes] = []
        self._room = room
        self._together: list[tuple[bytes, asyncio.Future[None]]] = []

    async def fetch_all_metadata(self) -> Producer:
        return self

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {0} if topic == "t.articles" else set()

    async def send(self, topic: str, value: bytes, key: bytes | None) -> asyncio.Future[None]:
        done = asyncio.get_running_loop().create_future()
        self._together.append((value, done))
        asyncio.get_running_loop().call_soon(self._answer)
        return done

    async def send_and_wait(self, topic: str, value: bytes, key: bytes | None) -> None:
        await (await self.send(topic, value, key))

    def _answer(self) -> None:
        batch, self._together = self._together, []
        fits = sum(len(value) for value, _ in batch) <= self._room
        for value, done in batch:
            if fits:
                self.taken.append(value)
                done.set_result(None)
            else:
                done.set_exception(MessageSizeTooLargeError())


async def test_a_line_that_the_broker_refuses_for_its_size_is_named_and_costs_no_other() -> None:
    long = b'{"title":"' + b"x" * 1000 + b'"}'
    producer: Any = Producer(room=100)
    tally = await send_all(iter([(1, GOOD), (2, long), (3, OTHER)]), producer, "t.articles", lambda _: None)
    assert producer.taken == [GOOD, OTHER]
    assert tally.sent == 2
    assert tally.refused == ["line 2: 1,012 bytes, more than t.articles takes (its max.message.bytes)"]


async def test_a_topic_that_is_not_there_is_said_at_once_and_not_made() -> None:
    with EmbeddedBroker() as broker:
        options = {"bootstrap_servers": [broker.servers]}
        async with connected(options, 10, Console(quiet=True)) as producer:
            with pytest.raises(
                BrokerError, match=r"no topic t\.articles: create it by `tocsin topics --create`"
            ):
                await send_all(iter([(1, GOOD)]), producer, "t.articles", lambda _: None)
            assert (await producer.client.fetch_all_metadata()).partitions_for_topic("t.articles") is None


async def test_a_broker_that_never_answers_is_given_up_after_the_patience() -> None:
    with socket.socket() as taken:  # bound but not listening: every connection is refused
        taken.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{taken.getsockname()[1]}"
        said = io.StringIO()
        with pytest.raises(BrokerError, match=r"no broker answers at .*broker\.servers"):
            async with connected({"bootstrap_servers": [server]}, 0.5, Console(file=said, width=200)):
                pass
    assert said.getvalue().count("trying for") == 1


def test_the_command_sends_a_file_and_counts(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(GOOD + b"\nnot json\n")
    with EmbeddedBroker() as broker:
        broker.create(["other"])
        arguments = ["publish", str(tmp_path / "a.jsonl"), "--brokers", broker.servers, "--topic", "other"]
        result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "2 sent to other" in result.output
    assert "line 2: not-json" in result.output
