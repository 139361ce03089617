"""Batches of records whose headers have any bytes for names, as brokers take them and no client of ours writes them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

Record = tuple[bytes | None, list[tuple[bytes, bytes | None]]]
"""A value, and headers."""

NONE, GZIP, SNAPPY, LZ4, ZSTD = CODECS = range(5)


class _Name(str):
    """A text that is any bytes once it is encoded."""

    raw: bytes

    @classmethod
    def of(cls, raw: bytes) -> _Name:
        name = cls(raw.decode("latin-1"))
        name.raw = raw
        return name

    def encode(self, *_: Any, **__: Any) -> bytes:
        return self.raw


def raw_batch(records: Iterable[Record], codec: int = NONE, first: int = 1_700_000_000_000) -> Any:
    """aiokafka's builder, in Python, with some records in it, of a time (milliseconds since 1970) and after."""
    builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, -1, 1_000_000_000)
    for number, (value, headers) in enumerate(records):
        named = [(_Name.of(name), content) for name, content in headers]
        assert builder.append(number, first + number, b"key", value, named) is not None
    return builder


def answer(*batches: tuple[list[Record], int]) -> bytes:
    """Batches as a broker returns them: their offsets follow each other."""
    answered = bytearray()
    offset = 0
    for records, codec in batches:
        batch = bytes(raw_batch(records, codec).build())
        answered += offset.to_bytes(8, "big") + batch[8:]
        offset += len(records)
    return bytes(answered)


async def publish_raw(
    servers: str, topic: str, records: list[Record], *, partition: int = 0, codec: int = NONE
) -> int:
    """Write records as one batch; returns the offset of the first."""
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", max_batch_size=10_000_000)
    await producer.start()
    try:
        batch = producer.create_batch()
        batch._builder = raw_batch(records, codec, int(time.time() * 1000))
        batch._relative_offset = len(records)
        sent = await producer.send_batch(batch, topic, partition=partition)
        return int((await sent).offset)
    finally:
        await producer.stop()
