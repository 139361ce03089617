"""Requests to a broker in the shape in which aiokafka's connection takes them, encoded and decoded at once.

aiokafka puts requests and answers together field by field, from descriptions of them. For the two requests that go out
again and again, Produce (`prompt_sender`) and Fetch (`prompt_fetch`), that takes several times what is left here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from struct import Struct
from typing import ClassVar, Final, NamedTuple, TypeVar

P = TypeVar("P")

INT16: Final = Struct(">h")
INT32: Final = Struct(">i")

_HEADER: Final = Struct(">hhih")  # API key, version, correlation id, length of the client's id


class AnswerHeader(NamedTuple):
    """The header of an answer."""

    correlation_id: int


class RequestHeader(NamedTuple):
    """The header of a request, encoded already."""

    encoded: bytes

    def encode(self) -> bytes:
        """What is written before the request."""
        return self.encoded


class Frame:
    """What requests of one kind and version have in common (https://kafka.apache.org/protocol#protocol_messages)."""

    API_KEY: ClassVar[int]
    API_VERSION: ClassVar[int]

    @classmethod
    def is_spoken(cls, versions: dict[int, tuple[int, int]]) -> bool:
        """Whether a broker that takes these versions, by kind, takes this one."""
        least, greatest = versions.get(cls.API_KEY, (0, 0))
        return least <= cls.API_VERSION <= greatest

    def build_request_header(self, *, correlation_id: int, client_id: str) -> RequestHeader:
        """Its header."""
        client = client_id.encode()
        return RequestHeader(
            _HEADER.pack(self.API_KEY, self.API_VERSION, correlation_id, len(client)) + client
        )

    def parse_response_header(self, frame: BytesIO) -> AnswerHeader:
        """The header of its answer."""
        return AnswerHeader(*INT32.unpack(frame.read(INT32.size)))


def text(value: str) -> bytes:
    """A string as it is written in a request."""
    encoded = value.encode()
    return INT16.pack(len(encoded)) + encoded


def topics_at(
    frame: memoryview, at: int, partition_at: Callable[[memoryview, int], tuple[P, int]]
) -> Iterator[tuple[str, list[P]]]:
    """The topics that begin at a place of an answer, each with its partitions.

    `partition_at` reads the partition at a place, and says where the next one is.
    """
    (topics,) = INT32.unpack_from(frame, at)
    at += INT32.size
    for _ in range(topics):
        (length,) = INT16.unpack_from(frame, at)
        at += INT16.size
        topic = str(frame[at : at + length], "utf-8")
        (count,) = INT32.unpack_from(frame, at + length)
        at += length + INT32.size
        partitions: list[P] = []
        for _ in range(count):
            partition, at = partition_at(frame, at)
            partitions.append(partition)
        yield topic, partitions
