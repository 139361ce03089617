"""What a run came to: what was owed against what the ledger holds. Pure; every check names what broke it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from streams.wire import Attempt
from tests.chaos.inputs import ORDERED, Inputs, Story
from tests.chaos.ledger import TAKEN, Arrival

BEFORE = 0.5
AFTER = 3.0
"""A webhook may come again if something happened to a worker or the broker from `BEFORE` seconds before to `AFTER`
seconds after it was taken: its success may not have been written down in time.
"""


@dataclass(frozen=True)
class Event:
    """Something that was done to the service, from `at` to `until` (seconds since 1970)."""

    kind: str
    at: float
    until: float


@dataclass(frozen=True)
class Facts:
    """What Kafka holds in the end.

    `notified` is the first record of each webhook id in `notifications`, by endpoint and in order; `bodies` counts the
    distinct values of each webhook id in `alerts`; `attempts` are those of `deliveries` by endpoint and webhook id;
    `state_left` of `state_written` state records were not compacted away.
    """

    notified: Mapping[str, Sequence[str]]
    bodies: Mapping[str, int]
    rejected: Sequence[bytes]
    attempts: Mapping[tuple[str, str], Sequence[Attempt]]
    undelivered: int
    uncommitted: Mapping[str, int]
    state_written: int = 0
    state_left: int = 0


@dataclass
class Verdict:
    """`broken` says what does not hold (empty: all holds), `counts` what there was."""

    broken: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    duplicates: Counter[str] = field(default_factory=Counter)


def judge(inputs: Inputs, arrivals: Sequence[Arrival], events: Sequence[Event], facts: Facts) -> Verdict:
    """Check everything that is promised."""
    verdict = Verdict()
    broken = verdict.broken
    broken += _missing_or_twice(inputs, arrivals)
    broken += _one_body_each(arrivals, facts)
    broken += _signatures(arrivals)
    broken += _order(arrivals, facts)
    broken += _rejected(inputs, facts)
    broken += [
        f"{count} records of {topic} are not committed" for topic, count in facts.uncommitted.items() if count
    ]
    if facts.undelivered:
        broken.append(f"{facts.undelivered} notifications were given up, though each is taken in the end")
    for arrival, taken in _repeats(arrivals):
        cause = explanation(
            taken, arrival, events, facts.attempts.get((arrival.endpoint, arrival.webhook_id), ())
        )
        verdict.duplicates[cause] += 1
        if cause == UNEXPLAINED:
            broken.append(
                f"{arrival.webhook_id} came to {arrival.endpoint} {arrival.at - taken.at:.1f} s after it was taken, "
                "and nothing explains it"
            )
    verdict.counts = {
        "messages": len(inputs.messages),
        "unreadable": len(inputs.poison),
        "stories": len(inputs.stories),
        "webhooks_owed": inputs.owed,
        "webhooks_taken": len({(a.endpoint, a.webhook_id) for a in arrivals if a.answer == TAKEN}),
        "arrivals": len(arrivals),
        "arrivals_treated_badly": sum(a.answer != TAKEN for a in arrivals),
        "taken_again": sum(verdict.duplicates.values()),
        "rejected_records": len(facts.rejected),
        "state_records_written": facts.state_written,
        "state_records_left": facts.state_left,
    }
    return verdict


UNEXPLAINED = "unexplained"


def explanation(
    taken: Arrival, again: Arrival, events: Iterable[Event], attempts: Iterable[Attempt] = ()
) -> str:
    """Why a webhook came `again` after it was `taken`: what befell the service around the moment when it was taken, or
    just before it came again; or that its sender waited no longer for the answer and has said so in `deliveries`.
    """
    for attempt in attempts:
        began = attempt.at.timestamp()
        if attempt.outcome == "retry" and began <= taken.at <= began + attempt.latency_ms / 1000:
            return "late answer"
    for event in events:
        if event.at <= taken.at + AFTER and event.until >= taken.at - BEFORE:
            return event.kind
        # A stopped worker that wakes up goes on with what it had begun, until the group tells it otherwise.
        if event.kind in ("stop", "pause") and event.until - BEFORE <= again.at <= event.until + AFTER:
            return "woken"
    return UNEXPLAINED


def _repeats(arrivals: Sequence[Arrival]) -> Iterable[tuple[Arrival, Arrival]]:
    """Each arrival of what was taken before, and the arrival that was taken last before it."""
    taken: dict[tuple[str, str], Arrival] = {}
    for arrival in arrivals:
        place = arrival.endpoint, arrival.webhook_id
        if place in taken:
            yield arrival, taken[place]
        if arrival.answer == TAKEN:
            taken[place] = arrival


def _missing_or_twice(inputs: Inputs, arrivals: Sequence[Arrival]) -> list[str]:
    story_of = {article: story for story in inputs.stories for article in story.articles}
    ids: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
    numbers: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
    alerts: defaultdict[int, set[str]] = defaultdict(set)
    broken = []
    for arrival in arrivals:
        data = json.loads(arrival.body)["data"]
        story = story_of.get(data["article_id"])
        if story is None or arrival.endpoint not in story.endpoints or data["watch"]["id"] != story.watch:
            broken.append(f"{arrival.webhook_id} was never owed to {arrival.endpoint}")
            continue
        alerts[id(story)].add(data["alert_id"])
        if arrival.answer == TAKEN:
            ids[id(story), arrival.endpoint].add(arrival.webhook_id)
            numbers[id(story), arrival.endpoint].add(data["number"])
    for story in inputs.stories:
        broken += _of_story(story, ids, numbers, alerts[id(story)])
    return broken


def _of_story(
    story: Story,
    ids: Mapping[tuple[int, str], set[str]],
    numbers: Mapping[tuple[int, str], set[int]],
    alerts: set[str],
) -> list[str]:
    broken = []
    name = f"the story of {story.articles[0]} under {story.watch}"
    if len(alerts) > 1:
        broken.append(f"{name} was told as {len(alerts)} alerts")
    for endpoint in story.endpoints:
        came = len(ids.get((id(story), endpoint), ()))
        if came < story.events:
            broken.append(f"{name}: {story.events - came} of {story.events} webhooks missing at {endpoint}")
        if came > story.events:
            broken.append(f"{name}: {came} webhook ids for {story.events} events at {endpoint}")
        told = numbers.get((id(story), endpoint), set())
        if came == story.events and told != set(range(1, story.events + 1)):
            broken.append(f"{name}: events numbered {sorted(told)} at {endpoint}")
    return broken


def _one_body_each(arrivals: Sequence[Arrival], facts: Facts) -> list[str]:
    bodies: defaultdict[str, set[str]] = defaultdict(set)
    for arrival in arrivals:
        bodies[arrival.webhook_id].add(arrival.body)
    broken = [f"{webhook_id} came with {len(b)} bodies" for webhook_id, b in bodies.items() if len(b) > 1]
    return broken + [
        f"{webhook_id} stands in alerts with {count} values"
        for webhook_id, count in facts.bodies.items()
        if count > 1
    ]


def _signatures(arrivals: Sequence[Arrival]) -> list[str]:
    bad = sum(not arrival.verified for arrival in arrivals)
    return [f"{bad} webhooks with a signature that does not hold"] if bad else []


def _order(arrivals: Sequence[Arrival], facts: Facts) -> list[str]:
    """Where order is asked for, no webhook comes before all that were notified earlier are taken."""
    place = {webhook_id: number for number, webhook_id in enumerate(facts.notified.get(ORDERED, ()))}
    broken = []
    seen: set[str] = set()
    taken: set[str] = set()
    next_number = 0
    order = list(facts.notified.get(ORDERED, ()))
    for arrival in arrivals:
        if arrival.endpoint != ORDERED:
            continue
        while next_number < len(order) and order[next_number] in taken:
            next_number += 1
        if arrival.webhook_id not in seen and place.get(arrival.webhook_id, -1) > next_number:
            broken.append(
                f"{arrival.webhook_id} is number {place[arrival.webhook_id]} at {ORDERED} and came while number "
                f"{next_number} was not taken yet"
            )
        seen.add(arrival.webhook_id)
        if arrival.answer == TAKEN:
            taken.add(arrival.webhook_id)
    return broken


def _rejected(inputs: Inputs, facts: Facts) -> list[str]:
    broken = []
    missing = set(inputs.poison) - set(facts.rejected)
    if missing:
        broken.append(
            f"{len(missing)} unreadable messages are not in rejected, such as {min(missing)[:40]!r}"
        )
    foreign = set(facts.rejected) - set(inputs.poison)
    if foreign:
        broken.append(f"{len(foreign)} readable messages are in rejected, such as {min(foreign)[:80]!r}")
    return broken
