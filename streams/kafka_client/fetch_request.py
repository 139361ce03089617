"""Fetch requests and responses, encoded and decoded with `struct`.

A worker fetches some hundred times a second from a dozen partitions, of which one or two have records. aiokafka's
encoder took longer for that than it takes to read an article.

A broker whose disk has failed answers for the partitions on it with an error of its own, also when others lead them by
then. aiokafka asks who leads only when a broker says that it does not, so they would not be read until the next regular
refresh of the metadata, up to half a minute later. Here the one error stands for the other.

Replaces aiokafka's request where the broker supports this version.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from struct import Struct
from typing import Any, ClassVar, Final

from aiokafka.errors import KafkaStorageError, NotLeaderForPartitionError, ReplicaNotAvailableError

from streams.kafka_client.protocol import INT32, RawRequest, decode_topics, encode_string

_REQUEST: Final = Struct(">iiiibiii")
"""Replica (-1: a client), max wait (ms), min and max bytes, isolation, session id and epoch (none: 0, -1), topics."""

_PARTITION_REQUEST: Final = Struct(">iiqqi")
"""Partition, leader epoch (-1: unknown), offset, log start offset (-1: not a follower), max bytes."""

_TOPICS_AT: Final = 10
"""Offset of the topics in a response: after throttle time, error and session id."""

_PARTITION: Final = Struct(">ihqqqi")
"""Partition, error, high watermark, last stable offset, log start offset, aborted transactions (-1: none)."""

_ABORTED: Final = Struct(">qq")
"""An aborted transaction: producer id, first offset."""

_RECORDS: Final = Struct(">ii")
"""Preferred read replica, length of the records (-1: none)."""

LED_BY_ANOTHER: Final = frozenset({KafkaStorageError.errno, ReplicaNotAvailableError.errno})
"""Errors of a partition that another broker leads, or soon will."""

PartitionRecords = tuple[int, int, int, int, int, list[tuple[int, int]], int, bytes]
"""The tuple that aiokafka uses for this version: `_PARTITION`, aborted transactions, preferred replica, records."""


@dataclass(frozen=True, slots=True)
class RawFetchResponse:
    """The response to a Fetch request, as far as aiokafka's fetcher uses it."""

    API_VERSION: ClassVar = 11
    topics: list[tuple[str, list[PartitionRecords]]]

    @classmethod
    def decode(cls, frame: BytesIO) -> RawFetchResponse:
        """Decode a response from after its correlation id."""
        return cls([*decode_topics(frame.getbuffer(), frame.tell() + _TOPICS_AT, _partition_at)])


def _partition_at(frame: memoryview, at: int) -> tuple[PartitionRecords, int]:
    partition, error, *offsets, aborted = _PARTITION.unpack_from(frame, at)
    if error in LED_BY_ANOTHER:
        error = NotLeaderForPartitionError.errno
    at += _PARTITION.size
    transactions = [_ABORTED.unpack_from(frame, at + number * _ABORTED.size) for number in range(aborted)]
    at += _ABORTED.size * max(0, aborted)
    preferred, length = _RECORDS.unpack_from(frame, at)
    at += _RECORDS.size
    records = bytes(frame[at : at + length]) if length > 0 else b""
    return (partition, error, *offsets, transactions, preferred, records), at + len(records)


class RawFetchRequest(RawRequest):
    """A Fetch request made from aiokafka's own."""

    API_KEY = 1
    API_VERSION = RawFetchResponse.API_VERSION  # since Kafka 2.3
    RESPONSE_TYPE: Final = RawFetchResponse

    def __init__(self, request: Any) -> None:
        self._request = request
        self.topics: list[tuple[str, list[tuple[int, int, int]]]] = request.topics

    def prepare(self, versions: dict[int, tuple[int, int]]) -> Any:
        """This request, or aiokafka's own for a broker that does not support this version."""
        return self if self.is_supported(versions) else self._request.prepare(versions)

    def encode(self) -> bytes:
        """The bytes after the header."""
        return b"".join(self._parts())

    def _parts(self) -> Iterator[bytes]:
        request = self._request
        yield _REQUEST.pack(
            -1,
            request._max_wait_ms,
            request._min_bytes,
            request._max_bytes,
            request._isolation_level,
            0,
            -1,
            len(self.topics),
        )
        for topic, partitions in self.topics:
            yield encode_string(topic) + INT32.pack(len(partitions))
            for partition, offset, most in partitions:
                yield _PARTITION_REQUEST.pack(partition, -1, offset, -1, most)
        yield INT32.pack(0)  # no forgotten topics
        yield encode_string(request._rack_id)
