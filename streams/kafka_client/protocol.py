"""A fast encoder and decoder of Kafka's protocol, for the two requests that are sent all the time.

aiokafka encodes and decodes field by field from a schema, which takes several times as long. Here Produce
(`direct_sender`) and Fetch (`fetch_request`) are packed with `struct`, with the interface that aiokafka's connection
expects of a request.
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


class ResponseHeader(NamedTuple):
    """The header of a response."""

    correlation_id: int


class RequestHeader(NamedTuple):
    """The header of a request, already encoded."""

    encoded: bytes

    def encode(self) -> bytes:
        """The bytes of the header."""
        return self.encoded


class RawRequest:
    """Base of a request of one kind and version (https://kafka.apache.org/protocol#protocol_messages)."""

    API_KEY: ClassVar[int]
    API_VERSION: ClassVar[int]

    @classmethod
    def is_supported(cls, versions: dict[int, tuple[int, int]]) -> bool:
        """Whether a broker that accepts these versions (least and greatest, by API key) accepts this request."""
        least, greatest = versions.get(cls.API_KEY, (0, 0))
        return least <= cls.API_VERSION <= greatest

    def build_request_header(self, *, correlation_id: int, client_id: str) -> RequestHeader:
        """The header of this request."""
        client = client_id.encode()
        return RequestHeader(
            _HEADER.pack(self.API_KEY, self.API_VERSION, correlation_id, len(client)) + client
        )

    def parse_response_header(self, frame: BytesIO) -> ResponseHeader:
        """The header of the response to it."""
        return ResponseHeader(*INT32.unpack(frame.read(INT32.size)))


def encode_string(value: str) -> bytes:
    """A string with its length in front."""
    encoded = value.encode()
    return INT16.pack(len(encoded)) + encoded


def decode_topics(
    frame: memoryview, at: int, partition_at: Callable[[memoryview, int], tuple[P, int]]
) -> Iterator[tuple[str, list[P]]]:
    """Decode the array of topics that begins at offset `at` of a response: each topic with its partitions.

    `partition_at` decodes the partition at an offset and returns it with the offset of the next one.
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
