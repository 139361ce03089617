"""Batches that unpack to more than anybody sends."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.codec import cramjam, gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.consumer.fetcher import READ_UNCOMMITTED

from agents.reading.article import read_article
from agents.reading.decode import MAX_BYTES
from streams.errors import UnreadableArticle
from streams.kafka_client import bounded_batches
from streams.kafka_client.bounded_batches import (
    PARSERS,
    UNPACK,
    BatchTooLong,
    patch_decompression,
    unpack_gzip,
    unpack_lz4,
    unpack_zstd,
)
from streams.kafka_client.header_names import KeptRecords, LenientRecords, ReadableRecords
from tests.raw_headers import GZIP, LZ4, NONE, SNAPPY, ZSTD, Record, answer

PACKED = {GZIP: (gzip_encode, unpack_gzip), LZ4: (lz4_encode, unpack_lz4), ZSTD: (zstd_encode, unpack_zstd)}
LIMIT = 4 * 1024 * 1024
GOOD: Record = (b'{"title": "Truce holds"}' * 20, [])
BOMB: Record = (b'{"title": "' + b"x" * LIMIT + b'"}', [])
BAD_NAME: Record = (b"bad", [(b"gr\xfc\xdfe", b"\xff")])


@pytest.fixture(autouse=True)
def bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_batches, "UNPACKED_LIMIT", LIMIT)
    for parser in PARSERS:
        for name in UNPACK:
            monkeypatch.setattr(parser, name, getattr(parser, name))
    patch_decompression()


def fetched(raw: bytes, at: int = 0) -> Any:
    tp = TopicPartition("articles", 0)
    return ReadableRecords(tp, KeptRecords(raw), [], at, None, None, True, READ_UNCOMMITTED)


def read(raw: bytes, at: int = 0) -> list[ConsumerRecord]:
    return list(fetched(raw, at))


@pytest.mark.parametrize("codec", PACKED)
@pytest.mark.parametrize("length", [0, 1, 70_000, LIMIT])
def test_what_is_not_too_long_is_unpacked_whole(codec: int, length: int) -> None:
    pack, unpack = PACKED[codec]
    assert unpack(pack(b"x" * length)) == b"x" * length


@pytest.mark.parametrize("codec", PACKED)
def test_of_what_is_longer_no_more_is_unpacked_and_its_beginning_is_there(codec: int) -> None:
    pack, unpack = PACKED[codec]
    packed = pack(b"ab" * 50_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(BatchTooLong) as raised:
            unpack(packed)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert raised.value.beginning == (b"ab" * MAX_BYTES)[: MAX_BYTES + 1]
    assert most < 4 * LIMIT


@pytest.mark.parametrize("codec", PACKED)
def test_what_is_damaged_is_an_error_of_its_own(codec: int) -> None:
    pack, unpack = PACKED[codec]
    with pytest.raises((cramjam.DecompressionError, EOFError)):
        unpack(pack(b"x" * 70_000)[:-8])


@pytest.mark.parametrize("codec", PACKED)
def test_one_record_stands_for_such_a_batch_and_all_around_it_are_read(codec: int) -> None:
    raw = answer(([GOOD], codec), ([GOOD, BOMB, GOOD], codec), ([GOOD], codec), ([BOMB], codec))
    records = fetched(raw)
    found = list(records)
    assert [record.offset for record in found] == [0, 3, 4, 5]
    assert records.next_fetch_offset == 6
    assert [record.value for record in found[::2]] == [GOOD[0], GOOD[0]]
    for record in found[1::2]:
        assert b'{"title": "xxxx' in record.value
        assert (record.key, record.headers) == (None, ())
        with pytest.raises(UnreadableArticle) as refused:
            read_article(record.value)
        assert refused.value.reason == "too-long"
    assert found[1].timestamp == 1_700_000_000_002, "that of its last record"


@pytest.mark.parametrize("at", range(5))
def test_it_is_passed_over_once_it_was_read(at: int) -> None:
    raw = answer(([BOMB, GOOD, GOOD], ZSTD), ([GOOD] * 2, ZSTD))
    assert [record.offset for record in read(raw, at)] == [2, 3, 4][max(0, at - 2) :]


def test_beside_names_of_headers_that_are_no_text_too() -> None:
    raw = answer(([GOOD, BAD_NAME], ZSTD), ([BOMB, BAD_NAME], ZSTD), ([GOOD], NONE))
    assert [record.offset for record in read(raw)] == [0, 1, 3, 4]


def test_the_parser_in_python_is_bounded_as_well() -> None:
    records = fetched(b"")
    records._records = LenientRecords(answer(([BOMB], GZIP), ([GOOD], ZSTD)))
    assert [record.offset for record in records] == [0, 1]


def test_snappy_makes_little_more_of_a_batch_than_it_is_long() -> None:
    """So it needs no bound."""
    assert len(snappy_encode(b"x" * LIMIT)) > LIMIT / 25
    assert [record.value for record in read(answer(([BOMB], SNAPPY)))] == [BOMB[0]]
