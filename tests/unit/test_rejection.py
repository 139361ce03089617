"""What is rejected is kept with its reasons; what is too long to be written on is cut, so that the stream goes on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from agents.reading.decode import MAX_BYTES
from streams.errors import UnreadableArticle
from streams.lingering import Acknowledgement
from streams.outputs import MAX_OUTPUT_BYTES
from streams.rejection import CUT, PREFIX, reject
from streams.topics import REJECTED, Topic

NOW = datetime(2026, 3, 7, 12, tzinfo=UTC)
ERROR = UnreadableArticle("too-long", "the message is too long")


class Kept:
    """Takes the place of the producers: keeps what is written."""

    def __init__(self) -> None:
        self.value: bytes | None = None
        self.key: bytes | None = None
        self.headers: dict[str, bytes] = {}

    async def send(self, topic: Topic, value: bytes, *, key: Any, headers: Any) -> Acknowledgement:
        assert topic is REJECTED
        self.value, self.key, self.headers = value, key, dict(headers)
        done: Any = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        headers = sum(len(name) + len(value) for name, value in self.headers.items())
        return len(self.value or b"") + len(self.key or b"") + headers


async def kept(value: bytes | None, key: bytes | None = b"k", headers: Any = (("own", b"1"),)) -> Kept:
    record = ConsumerRecord("t.articles", 3, 7, 1000, 0, key, value, None, 0, len(value or b""), headers)
    outputs: Any = Kept()
    await (await reject(outputs, record, ERROR, NOW))
    return outputs  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "value", [None, b"", b"\xff", b"x" * (MAX_BYTES + 1), b"x" * (2 * 1024 * 1024 - 70_000)]
)
async def test_what_can_be_written_is_kept_byte_for_byte_with_its_own_headers(value: bytes | None) -> None:
    found = await kept(value)
    assert (found.value, found.key) == (value, b"k")
    assert found.headers["own"] == b"1"
    assert found.headers[PREFIX + "reason"] == b"too-long"
    assert found.headers[PREFIX + "offset"] == b"7"
    assert PREFIX + CUT not in found.headers


@pytest.mark.parametrize(
    "parts",
    [
        {"value": b"x" * (3 * 1024 * 1024)},
        {"value": b"{}", "key": b"k" * (3 * 1024 * 1024)},
        {"value": b"{}", "headers": [("own", b"h" * (3 * 1024 * 1024))]},
        {"value": b"{}", "headers": [(f"own-{number}", b"") for number in range(100_000)]},
    ],
    ids=["value", "key", "header", "many headers"],
)
async def test_what_is_too_long_to_be_written_on_is_cut_and_says_so(parts: dict[str, Any]) -> None:
    found = await kept(**parts)
    assert found.size < MAX_OUTPUT_BYTES
    assert found.value == parts["value"][:MAX_BYTES]
    assert found.headers[PREFIX + CUT] == str(len(parts["value"])).encode()
    assert found.headers[PREFIX + "topic"] == b"t.articles"
    assert "own" not in found.headers
