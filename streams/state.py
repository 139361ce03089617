"""State of an agent in a compacted topic of its own, partition by partition beside its input.

Input partition p has its state in partition p of the state topic. Whoever is assigned p reads that partition from the
beginning to its end before it handles anything of p. Each state record carries the input offset that made it in the
header `tocsin-offset`; the greatest one read is the partition's mark: inputs up to it are already contained.

Two rules make a replay after a kill decide the same as before (docs/decisions/state.md): the outputs of an input are
acknowledged before its state is written, and state is written in the order of the inputs, so that what a kill leaves
behind is always the state as of some input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.outputs import Acknowledgement, Outputs
from streams.topics import Topic

OFFSET_HEADER: Final = "tocsin-offset"

S = TypeVar("S")

log = structlog.get_logger("tocsin.state")


@dataclass(slots=True)
class Loaded(Generic[S]):
    """What one partition of a state topic held: values by key, and the mark (-1: nothing yet)."""

    values: dict[str, S] = field(default_factory=dict)
    mark: int = -1


async def load_state(
    topic: Topic,
    partition: int,
    *,
    beside: Topic,
    parse: Callable[[bytes], S],
    client_options: dict[str, Any],
    prefix: str,
) -> Loaded[S]:
    """Read one partition of a state topic whole. A record older in input offset than its key's value is passed over.

    `beside` is the input topic. A mark beyond its end is that of a former topic of this name, since made anew: it is
    dropped, or everything new would be passed over.
    """
    consumer = AIOKafkaConsumer(**client_options, enable_auto_commit=False, fetch_max_wait_ms=100)
    await consumer.start()
    try:
        tp = TopicPartition(prefix + topic.name, partition)
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        input_tp = TopicPartition(prefix + beside.name, partition)
        ends = await consumer.end_offsets([tp, input_tp])
        end = ends[tp]
        loaded: Loaded[S] = Loaded()
        offsets: dict[str, int] = {}
        while await consumer.position(tp) < end:
            for records in (await consumer.getmany(tp, timeout_ms=1000)).values():
                for record in records:
                    key = (record.key or b"").decode()
                    offset = _input_offset(record.headers)
                    if offset < offsets.get(key, -1):
                        continue
                    offsets[key] = offset
                    loaded.mark = max(loaded.mark, offset)
                    if record.value is None:
                        loaded.values.pop(key, None)
                    else:
                        loaded.values[key] = parse(record.value)
        if loaded.mark >= ends[input_tp]:
            log.warning("state.mark_beyond_input", topic=tp.topic, partition=partition, mark=loaded.mark)
            loaded.mark = -1
        return loaded
    finally:
        await consumer.stop()


def _input_offset(headers: Any) -> int:
    for name, value in headers or ():
        if name == OFFSET_HEADER:
            return int(value)
    return -1


async def write_state(
    outputs: Outputs, topic: Topic, partition: int, key: str, value: bytes | None, *, offset: int
) -> Acknowledgement:
    """Write one value (None: forget the key) as of an input offset."""
    return await outputs.send(
        topic, value, key=key.encode(), partition=partition, headers=[(OFFSET_HEADER, str(offset).encode())]
    )
