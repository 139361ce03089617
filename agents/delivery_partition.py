"""What delivery holds of one partition of `notifications`: what was taken and settled, the lines of its endpoints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from agents.lines import Line
from alerting.gate import Gate
from alerting.pending import REMEMBERED, EndpointState, Held, Settled, Waiting
from streams.state import Loaded


class Partition:
    """One partition of notifications: what was taken of it, what was settled, and the lines of its endpoints.

    `made_anew` says how often the topic has been deleted and made anew.
    """

    def __init__(self, number: int, mark: int, settled: Mapping[str, Settled], *, made_anew: int = 0) -> None:
        self.number = number
        self.mark = mark
        self.made_anew = made_anew
        # When (seconds since 1970) each was settled, in that order: of days of alerts a number each is what is kept.
        self._settled = {
            key: one.settled_at.timestamp()
            for key, one in sorted(settled.items(), key=lambda item: item[1].settled_at)
        }
        self.lines: dict[str, Line] = {}
        self.gates: dict[str, Gate] = {}

    def gate(self, endpoint_id: str) -> Gate:
        """The gate of an endpoint; an open one where nothing is known of it."""
        gate = self.gates.get(endpoint_id)
        if gate is None:
            gate = self.gates[endpoint_id] = Gate(EndpointState(endpoint=endpoint_id))
        return gate

    def knows(self, key: str, endpoint_id: str) -> bool:
        """Whether a notification is owed already, or was settled."""
        return key in self._settled or (endpoint_id in self.lines and key in self.lines[endpoint_id])

    def settle(self, key: str, settled_at: datetime) -> None:
        """Remember that a notification is owed no more."""
        self._settled.pop(key, None)  # what is settled again goes to the end
        self._settled[key] = settled_at.timestamp()

    def forget_settled(self, now: datetime, at_most: int = 100) -> list[str]:
        """Forget some of what was settled long ago; returns its keys."""
        before = (now - REMEMBERED).timestamp()
        old: list[str] = []
        for key, settled_at in self._settled.items():
            if len(old) >= at_most or settled_at >= before:
                break
            old.append(key)
        for key in old:
            del self._settled[key]
        return old


@dataclass(frozen=True, slots=True)
class Restored:
    """A partition as its state tells, and what is to be put into the lines of its endpoints."""

    partition: Partition
    owed: Mapping[str, Mapping[str, Waiting]]
    settled: int


def restore(number: int, loaded: Loaded[Held], now: datetime) -> Restored:
    """What the state of a partition tells."""
    settled = {key: value for key, value in loaded.values.items() if isinstance(value, Settled)}
    partition = Partition(number, loaded.mark, settled, made_anew=loaded.made_anew)
    owed = {key: value for key, value in loaded.values.items() if isinstance(value, Waiting)}
    begun = recent_calls(owed.values(), settled)
    states = {one.endpoint: one for one in loaded.values.values() if isinstance(one, EndpointState)}
    for endpoint_id in {*states, *begun}:
        state = states.get(endpoint_id, EndpointState(endpoint=endpoint_id))
        partition.gates[endpoint_id] = Gate(state, begun[endpoint_id])
    by_endpoint: defaultdict[str, dict[str, Waiting]] = defaultdict(dict)
    for key, value in sorted(owed.items(), key=lambda item: item[1].arrival):
        by_endpoint[value.endpoint][key] = value.by_clock(now)
    return Restored(partition, by_endpoint, len(settled))


def lines_of(partitions: Iterable[Partition]) -> list[Line]:
    """All lines of some partitions."""
    return [line for partition in partitions for line in partition.lines.values()]


def recent_calls(owed: Iterable[Waiting], settled: Mapping[str, Settled]) -> defaultdict[str, list[datetime]]:
    """When each endpoint was called, as far as the state tells: for its rate limit after a restart."""
    calls: defaultdict[str, list[datetime]] = defaultdict(list)
    for value in owed:
        calls[value.endpoint] += value.tried
    for key, done in settled.items():
        calls[key.partition("/")[0]].append(done.settled_at)
    return calls
