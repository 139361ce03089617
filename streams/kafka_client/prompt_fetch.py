"""Fetch requests that are encoded, and their answers decoded, at once.

A worker fetches some hundred times a second from a dozen partitions, of which one or two have something; what aiokafka
needs to describe all of them took longer than reading an article.

Takes the place of aiokafka's request (0.14) where a broker speaks this version; `tests/unit/test_faust_internals.py`
fails when an upgrade changes what is relied on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from struct import Struct
from typing import Any, ClassVar, Final

from streams.kafka_client.frames import INT32, Frame, text, topics_at

_BEGINNING: Final = Struct(">iiiibiii")
"""Replica (-1: a client), milliseconds, least and most bytes, isolation, session (none: 0 and -1), number of topics."""

_ASKED: Final = Struct(">iiqqi")
"""Partition, epoch of its leader (-1: unknown), offset, first offset of a follower's log (-1), most bytes."""

_TOPICS_AT: Final = 10
"""Behind the milliseconds of throttling, the error and the session."""

_ANSWERED: Final = Struct(">ihqqqi")
"""Partition, error, end, end of what is committed, first offset, number of aborted transactions (-1: none)."""

_ABORTED: Final = Struct(">qq")
"""An aborted transaction: producer, first offset."""

_RECORDS: Final = Struct(">ii")
"""The replica that is preferred, length of the records (-1: none)."""

PartitionRecords = tuple[int, int, int, int, int, list[tuple[int, int]], int, bytes]
"""As aiokafka has it of this version: what `_ANSWERED` holds, aborted transactions, preferred replica, records."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer to a Fetch request, as far as aiokafka's fetcher looks at it."""

    API_VERSION: ClassVar = 11
    topics: list[tuple[str, list[PartitionRecords]]]

    @classmethod
    def decode(cls, frame: BytesIO) -> Fetched:
        """Read an answer, from behind its correlation id."""
        return cls([*topics_at(frame.getbuffer(), frame.tell() + _TOPICS_AT, _partition_at)])


def _partition_at(frame: memoryview, at: int) -> tuple[PartitionRecords, int]:
    *beginning, aborted = _ANSWERED.unpack_from(frame, at)
    at += _ANSWERED.size
    transactions = [_ABORTED.unpack_from(frame, at + number * _ABORTED.size) for number in range(aborted)]
    at += _ABORTED.size * max(0, aborted)
    preferred, length = _RECORDS.unpack_from(frame, at)
    at += _RECORDS.size
    records = bytes(frame[at : at + length]) if length > 0 else b""
    return (*beginning, transactions, preferred, records), at + len(records)


class PromptFetch(Frame):
    """A Fetch request of aiokafka; encoded when it is sent."""

    API_KEY = 1
    API_VERSION = Fetched.API_VERSION  # since Kafka 2.3
    RESPONSE_TYPE: Final = Fetched

    def __init__(self, request: Any) -> None:
        self._request = request
        self.topics: list[tuple[str, list[tuple[int, int, int]]]] = request.topics

    def prepare(self, versions: dict[int, tuple[int, int]]) -> Any:
        """Itself, or aiokafka's own for a broker that takes other versions only."""
        return self if self.is_spoken(versions) else self._request.prepare(versions)

    def encode(self) -> bytes:
        """What is written behind its header."""
        return b"".join(self._parts())

    def _parts(self) -> Iterator[bytes]:
        request = self._request
        yield _BEGINNING.pack(
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
            yield text(topic) + INT32.pack(len(partitions))
            for partition, offset, most in partitions:
                yield _ASKED.pack(partition, -1, offset, -1, most)
        yield INT32.pack(0)  # no topic is forgotten
        yield text(request._rack_id)
