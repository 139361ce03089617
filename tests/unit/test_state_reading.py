"""State as it is read back: what compaction and a late former owner may do to the topic changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import UnreadableState
from streams.state import OFFSET_HEADER, OwnedState, StateReader
from streams.topics import STORIES, Topic


@dataclass(frozen=True)
class Record:
    """As much of a Kafka record as reading needs."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    topic: str = "stories"
    partition: int = 3
    offset: int = 7


class Log:
    """Outputs that keep what is sent, in order."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    async def send(
        self, topic: Topic, value: bytes | None, *, key: bytes | None, headers: Any, **_: Any
    ) -> Any:
        self.records.append(Record(key, value, tuple(headers)))

    def cut(self, length: int) -> Log:
        """As a kill leaves it: only the first so many records."""
        log = Log()
        log.records = self.records[:length]
        return log

    def compacted(self) -> list[Record]:
        """What compaction leaves at most: the last record of each key, without those that forget."""
        last = {record.key: record for record in self.records}
        return [record for record in last.values() if record.value is not None]


def read(records: list[Record]) -> dict[str, bytes]:
    reader: StateReader[bytes] = StateReader(bytes)
    for record in records:
        reader.add(record)
    return reader.loaded().values


def owner(log: Log, record_keys: dict[str, tuple[bytes, ...]] | None = None) -> OwnedState:
    return OwnedState(log, STORIES, 0, record_keys or {})  # type: ignore[arg-type]


KEYS = st.sampled_from("abc")


@given(
    inputs=st.lists(KEYS, min_size=1, max_size=12),
    taken_over_at=st.integers(0, 11),
    woken=st.lists(st.integers(0, 11), max_size=6),
)
async def test_a_former_owner_that_wakes_up_late_displaces_nothing_even_in_a_compacted_log(
    inputs: list[str], taken_over_at: int, woken: list[int]
) -> None:
    log = Log()
    first = owner(log)
    taken_over_at = min(taken_over_at, len(inputs))
    for offset, key in enumerate(inputs[:taken_over_at]):
        await first.write(key, b"%d" % offset, offset=offset)
    reader: StateReader[bytes] = StateReader(bytes)
    for record in log.records:
        reader.add(record)
    second = owner(log, reader.loaded().record_keys)
    left = [(offset, inputs[offset]) for offset in range(taken_over_at, len(inputs))]
    late = [pair for pair in left if pair[0] in woken]
    for offset, key in left:
        await second.write(key, b"%d" % offset, offset=offset)
    for offset, key in late:
        await first.write(key, b"%d" % offset, offset=offset)
    expected = {key: b"%d" % offset for offset, key in enumerate(inputs)}
    assert read(log.records) == expected
    assert read(log.compacted()) == expected


async def test_a_new_owner_forgets_what_the_former_wrote_once_it_has_written_itself() -> None:
    log = Log()
    await owner(log).write("a", b"1", offset=1)
    (former,) = log.records
    second = owner(log, {"a": (former.key or b"",)})
    await second.write("a", b"2", offset=2)
    assert len(log.compacted()) == 1
    await second.forget("a", offset=3)
    assert log.compacted() == []


async def test_whoever_is_killed_between_two_records_leaves_a_value_of_each_key() -> None:
    log = Log()
    await owner(log).write("a", b"old", offset=1)
    await owner(log, {"a": (log.records[0].key or b"",)}).write("a", b"new", offset=2)
    values = [read(log.cut(length).compacted()) for length in range(1, len(log.records) + 1)]
    assert values == [{"a": b"old"}, {"a": b"new"}, {"a": b"new"}]


def test_a_value_counts_as_of_its_offset_header() -> None:
    reader: StateReader[bytes] = StateReader(bytes)
    for value, offset in ((b"new", 20), (b"old", 13)):
        reader.add(Record(b"a", value, ((OFFSET_HEADER, b"%d" % offset),)))
    assert reader.loaded().values == {"a": b"new"}
    assert reader.mark == 20


@pytest.mark.parametrize(
    "foreign",
    [
        Record(b"a", b"value", ((OFFSET_HEADER, None),)),
        Record(b"a", b"value", ((OFFSET_HEADER, b"first"),)),
        Record(b"\xff", b"value", ((OFFSET_HEADER, b"1"),)),
    ],
    ids=["an offset that is nothing", "an offset that is no number", "a key that is no text"],
)
def test_what_another_program_wrote_is_named_with_its_place_and_forgotten_by_a_tombstone(
    foreign: Record,
) -> None:
    reader: StateReader[bytes] = StateReader(bytes)
    reader.add(foreign)
    with pytest.raises(UnreadableState, match="partition 3, offset 7"):
        reader.loaded()
    reader.add(replace(foreign, value=None, headers=()))
    assert reader.loaded().values == {}


@pytest.mark.parametrize("key", [b"a", b"\xff", b"", None])
def test_a_record_that_no_version_wrote_costs_nothing_of_what_is_there(key: bytes | None) -> None:
    reader: StateReader[int] = StateReader(int)
    reader.add(Record(b"a", b"1", ((OFFSET_HEADER, b"4"),)))
    reader.add(Record(key, b"not a number", (("theirs", b"9"),)))
    assert reader.loaded().values == {"a": 1}
    assert reader.mark == 4
