"""Records whose headers have names that are not UTF-8."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka_client.header_names import KeptRecords, LenientRecords, ReadableRecords
from tests.raw_headers import CODECS, GZIP, NONE, Record, answer

BAD: Record = (b"bad", [(b"ce_id", b"7"), (b"gr\xfc\xdfe", b"\xff"), (b"", None)])
GOOD: Record = (b"good", [("größe".encode(), b"\xff")])


def fetched(raw: bytes, at: int = 0, isolation: int = READ_UNCOMMITTED) -> Any:
    tp = TopicPartition("articles", 0)
    return ReadableRecords(tp, KeptRecords(raw), [], at, None, None, True, isolation)


def read(raw: bytes, at: int = 0) -> list[ConsumerRecord]:
    return list(fetched(raw, at))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("isolation", [READ_UNCOMMITTED, READ_COMMITTED])
def test_the_record_and_all_around_it_are_read_once_and_in_order(codec: int, isolation: int) -> None:
    long: Record = (b"long" * 200, [])  # without it, compressing would not pay
    raw = answer(
        ([GOOD, GOOD], codec), ([long, GOOD, BAD, GOOD, BAD], codec), ([GOOD], codec), ([BAD, long], codec)
    )
    records = fetched(raw, isolation=isolation)
    found = list(records)
    assert [record.offset for record in found] == list(range(10))
    assert records.next_fetch_offset == 10
    values = [b"good", b"good", long[0], b"good", b"bad", b"good", b"bad", b"good", b"bad", long[0]]
    assert [record.value for record in found] == values
    assert [record.timestamp - 1_700_000_000_000 for record in found] == [0, 1, 0, 1, 2, 3, 4, 0, 0, 1]
    assert {record.key for record in found} == {b"key"}
    assert found[4].headers == (("ce_id", b"7"), ("gr\\xfc\\xdfe", b"\xff"), ("", None))
    assert found[5].headers == (("größe", b"\xff"),)


@pytest.mark.parametrize("at", range(5))
def test_reading_begins_at_the_offset_that_was_asked_for_in_the_first_batch(at: int) -> None:
    raw = answer(([GOOD, BAD, GOOD, BAD, GOOD], GZIP), ([GOOD, BAD], NONE))
    assert [record.offset for record in read(raw, at)] == list(range(at, 7))


def test_an_answer_that_ends_in_the_middle_of_a_batch_is_read_up_to_there() -> None:
    raw = answer(([GOOD, BAD], NONE), ([GOOD] * 5, NONE))
    assert [record.offset for record in read(raw[:-10])] == [0, 1]


def test_what_is_damaged_is_an_error_still() -> None:
    raw = bytearray(answer(([BAD, GOOD], NONE), ([GOOD], NONE)))
    raw[-3] ^= 1
    records = fetched(bytes(raw))
    assert [next(records).offset for _ in range(2)] == [0, 1]
    with pytest.raises(CorruptRecordException, match="Invalid CRC"):
        next(records)


texts = st.binary(max_size=20)
headers = st.lists(st.tuples(texts, st.none() | texts), max_size=4)
records = st.lists(st.tuples(st.none() | texts, headers), min_size=1, max_size=8)


@given(records)
def test_any_bytes_are_read_and_what_is_utf8_as_aiokafka_reads_it(given: list[Record]) -> None:
    found = read(answer((given, NONE)))
    assert [record.value for record in found] == [value for value, _ in given]
    for record, (_, expected) in zip(found, given, strict=True):
        assert [value for _, value in record.headers] == [value for _, value in expected]
        for (name, _), (raw, _) in zip(record.headers, expected, strict=True):
            assert name == raw.decode(errors="backslashreplace")
            name.encode()  # it can be written on


@given(
    st.lists(st.tuples(st.none() | texts, st.lists(st.tuples(st.text(max_size=9), texts)))),
    st.sampled_from(CODECS),
)
def test_the_lenient_parser_reads_what_is_sound_as_the_strict_one_does(
    given: list[tuple[bytes | None, list[tuple[str, bytes]]]], codec: int
) -> None:
    sound: list[Record] = [
        (value, [(name.encode(), content) for name, content in headers]) for value, headers in given
    ]
    raw = answer((sound or [GOOD], codec))
    for one, other in zip(MemoryRecords(raw).next_batch(), LenientRecords(raw).next_batch(), strict=True):
        for name in ("offset", "timestamp", "timestamp_type", "key", "value", "headers"):
            assert getattr(one, name) == getattr(other, name)
