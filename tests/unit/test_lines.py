"""The line in front of an endpoint: order, concurrency, due times, under a clock that the test moves."""

from __future__ import annotations

import asyncio
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from agents.lines import NEVER_SLEEP_LONGER, SHORT_LINE, Line
from alerting.endpoint import Endpoint
from alerting.pending import HEAD_START, Owed, Waiting
from streams.wire import AlertWatch, Severity
from tests.builders import alert, attempt, endpoint, notification

START = datetime(2026, 1, 1, tzinfo=UTC)


class Open:
    """A gate that is open, or opens at a given moment."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at
        self.calls = 0

    def opens_at(self, endpoint: Endpoint, now: datetime) -> datetime | None:
        return self.at if self.at is not None and now < self.at else None

    def passed(self, endpoint: Endpoint, now: datetime) -> None:
        self.calls += 1


class Desk:
    """Attempts that the test lets end, one by one."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ends: dict[str, asyncio.Future[Owed | None]] = {}
        self.changed = asyncio.Event()

    async def settle(self, key: str, owed: Owed) -> Owed | None:
        self.begun.append(key)
        self.ends[key] = asyncio.get_running_loop().create_future()
        self.changed.set()
        return await self.ends[key]

    async def until_begun(self, count: int) -> None:
        while len(self.begun) < count:
            self.changed.clear()
            await self.changed.wait()


def owed(offset: int, due_at: datetime = START, severity: Severity = "high") -> Owed:
    watch = AlertWatch(id="truce", title="Truce", severity=severity)
    return Owed(notification=notification(alert=alert(watch=watch)), offset=offset, due_at=due_at)


def line(desk: Desk, gate: Open | None = None, now: datetime = START, **settings: object) -> Line:
    configured = endpoint(**settings)
    return Line(lambda: configured, desk.settle, gate or Open(), lambda: now)


async def test_as_many_run_at_once_as_the_endpoint_allows() -> None:
    desk = Desk()
    queue = line(desk, concurrency=2)
    for number in range(3):
        queue.add({f"n{number}": owed(number)})
    await desk.until_begun(2)
    assert desk.begun == ["n0", "n1"]
    desk.ends["n0"].set_result(None)
    await desk.until_begun(3)
    assert desk.begun == ["n0", "n1", "n2"]
    assert "n0" not in queue
    await queue.stop(0)


async def test_one_that_must_wait_lets_others_overtake() -> None:
    desk = Desk()
    queue = line(desk, concurrency=1)
    queue.add({"late": owed(0, START + timedelta(hours=10))})
    queue.add({"now": owed(1)})
    await desk.until_begun(1)
    assert desk.begun == ["now"]
    await queue.stop(0)


async def test_what_failed_holds_up_nothing_that_is_due_behind_it() -> None:
    desk = Desk()
    queue = line(desk, concurrency=1)
    queue.add({"failed": owed(0)})
    queue.add({"behind": owed(1)})
    await desk.until_begun(1)
    desk.ends["failed"].set_result(owed(0, START + timedelta(hours=1)).model_copy(update={"made": 1}))
    for _ in range(9):
        await asyncio.sleep(0)
    assert desk.begun == ["failed", "behind"]
    assert isinstance(queue.first(), Waiting), "in little memory, for hours"
    await queue.stop(0)


async def attempted_in_turn(desk: Desk, queue: Line) -> list[str]:
    """What a line attempts one at a time, each of which is settled."""
    for count in range(1, len(queue) + 1):
        await desk.until_begun(count)
        desk.ends[desk.begun[-1]].set_result(None)
    return desk.begun


@pytest.mark.parametrize("kept", [Owed, Waiting])
async def test_of_what_is_due_the_more_severe_goes_first_and_then_what_is_due_for_longest(kept: type) -> None:
    """A new alert does not wait behind all that an endpoint is owed since it was away."""
    desk, moment = Desk(), START
    shut = Open(START + timedelta(hours=9))
    configured = endpoint(concurrency=1)
    queue = Line(lambda: configured, desk.settle, shut, lambda: moment)
    due: tuple[tuple[str, int, Severity], ...] = (
        ("low", 0, "low"),
        ("medium later", 9, "medium"),
        ("medium", 5, "medium"),
        ("critical", 30, "critical"),
        ("high", 20, "high"),
        ("high arrived later", 20, "high"),
    )
    for key, minute, severity in due:
        one = owed(len(queue), START + timedelta(minutes=minute), severity)
        queue.add({key: one if kept is Owed else one.waiting()})
    moment = START + timedelta(hours=9)
    queue.look()
    assert await attempted_in_turn(desk, queue) == [
        "critical", "high", "high arrived later", "medium", "medium later", "low"
    ]  # fmt: skip


async def test_what_is_severe_and_not_due_is_not_early_and_holds_up_nothing() -> None:
    desk = Desk()
    queue = line(desk, concurrency=1)
    queue.add({"critical": owed(0, START + timedelta(hours=1), "critical")})
    queue.add({"low": owed(1, START, "low")})
    await desk.until_begun(1)
    desk.ends["low"].set_result(None)
    for _ in range(9):
        await asyncio.sleep(0)
    assert desk.begun == ["low"]
    await queue.stop(0)


async def test_however_many_more_severe_come_what_is_due_for_days_goes_before_them() -> None:
    desk, moment = Desk(), START
    configured = endpoint(concurrency=1)
    queue = Line(lambda: configured, desk.settle, Open(), lambda: moment)
    queue.add({"under way": owed(0, START, "critical")})
    queue.add({"low": owed(1, START, "low")})
    await desk.until_begun(1)
    moment = START + HEAD_START["critical"]
    queue.add({"sooner": owed(2, moment - timedelta(seconds=1), "critical")})
    queue.add({"later": owed(3, moment, "critical")})
    assert await attempted_in_turn(desk, queue) == ["under way", "sooner", "low", "later"]


async def test_in_strict_order_severity_does_not_count() -> None:
    desk = Desk()
    queue = line(desk, ordered=True)
    queue.add({"low": owed(0, severity="low"), "critical": owed(1, severity="critical")})
    assert await attempted_in_turn(desk, queue) == ["low", "critical"]


async def test_in_strict_order_the_next_waits_for_the_one_before() -> None:
    desk = Desk()
    queue = line(desk, ordered=True, concurrency=8)
    queue.add({"first": owed(0)})
    queue.add({"second": owed(1)})
    await desk.until_begun(1)
    desk.ends["first"].set_result(owed(0, START + timedelta(hours=1)))
    for _ in range(5):
        await asyncio.sleep(0)
    assert desk.begun == ["first"], "the second must wait for the first, which is due in an hour"
    await queue.stop(0)


async def test_nothing_begins_before_the_gate_opens() -> None:
    desk = Desk()
    gate = Open(at=START + timedelta(minutes=1))
    queue = line(desk, gate)
    queue.add({"n0": owed(0)})
    for _ in range(5):
        await asyncio.sleep(0)
    assert desk.begun == []
    assert gate.calls == 0
    await queue.stop(0)


async def test_a_line_looks_again_long_before_what_it_waits_for_is_due_but_not_all_the_time() -> None:
    """A clock that is set, or an endpoint that is configured anew, shows when somebody looks."""
    queue = line(Desk())
    clock = asyncio.get_running_loop().time
    began = clock()
    queue.add({"n0": owed(0, START + timedelta(hours=10))})
    assert queue._timer is not None
    assert began <= queue._timer.when() - NEVER_SLEEP_LONGER.total_seconds() <= clock()
    alarm = queue._timer
    queue.stop_taking()
    assert alarm.cancelled()


async def test_however_many_wait_for_the_gate_one_alarm_is_set_and_none_once_they_may_begin() -> None:
    """Each alarm sets the next: one for each that waits would be thousands of looks every ten seconds."""
    desk = Desk()
    gate = Open(at=START + timedelta(minutes=1))
    queue = line(desk, gate)
    queue.add({"n0": owed(0)})
    first = queue._timer
    queue.add({"n1": owed(1)})
    second = queue._timer
    assert first is not None
    assert second is not None
    assert (first.cancelled(), second.cancelled()) == (True, False)
    gate.at = None
    queue.look()
    assert (second.cancelled(), queue._timer) == (True, None)
    await desk.until_begun(2)
    await queue.stop(0)


async def test_made_due_is_what_was_tried_and_waits_and_with_what_others_come_to_once() -> None:
    """What is written so needlessly would cost a record each, of thousands, and an attempt that nobody counts."""
    desk = Desk()
    queue = line(desk, concurrency=1)
    later = START + timedelta(hours=1)
    for key, due_at, made, unscheduled in (
        ("under way", START, 1, 0),
        ("due", START, 1, 0),
        ("untried", later, 0, 0),
        ("again", later, 2, 1),
        ("tried", later, 1, 0),
    ):
        value = owed(len(queue), due_at).model_copy(update={"made": made, "unscheduled": unscheduled})
        queue.add({key: value})
    await desk.until_begun(1)
    # The attempt under way has failed just now, while that of another brought the endpoint back.
    queue.failed("under way", owed(0, later).model_copy(update={"made": 2}), START)
    keys = queue.keys()
    hastened = {key: queue.hasten_once(key, START) for key in keys}
    assert [key for key, one in hastened.items() if one is not None] == ["tried"]
    hastened = {key: queue.hasten(key, START) for key in keys}
    assert [key for key, one in hastened.items() if one is not None] == ["under way", "again"]
    assert {one.due_at for one in hastened.values() if one is not None} == {START}
    await queue.stop(0)


async def test_who_asks_for_all_to_be_tried_is_heard_during_every_attempt_and_while_its_failure_is_written() -> (
    None
):
    desk = Desk()
    queue = line(desk)
    later = owed(0, START + timedelta(hours=1)).model_copy(update={"made": 1})
    queue.add({"n0": owed(0)})
    await desk.until_begun(1)
    assert queue.failed("n0", later, START) == later
    assert queue.hasten("n0", START) is not None
    desk.ends["n0"].set_result(later)
    for _ in range(9):
        await asyncio.sleep(0)
    assert desk.begun == ["n0", "n0"]
    assert queue.hasten("n0", START) is None, "it is under way"
    assert queue.failed("n0", later, START).due_at == START
    await queue.stop(0)


async def test_what_is_cut_off_at_the_end_stays_owed() -> None:
    desk = Desk()
    queue = line(desk)
    queue.add({"n0": owed(0)})
    await desk.until_begun(1)
    await queue.stop(grace=0)
    assert "n0" in queue
    assert not queue._running, "whoever reads its topic next may attempt it"
    queue.add({"n1": owed(1)})
    for _ in range(5):
        await asyncio.sleep(0)
    assert desk.begun == ["n0"], "a stopped line begins nothing"


async def test_what_is_under_way_at_the_end_may_end_within_the_grace() -> None:
    desk = Desk()
    queue = line(desk, concurrency=1)
    queue.add({"n0": owed(0)})
    queue.add({"n1": owed(1)})
    await desk.until_begun(1)
    stopping = asyncio.ensure_future(queue.stop(grace=600))
    for _ in range(9):
        await asyncio.sleep(0)
    assert not stopping.done()
    desk.ends["n0"].set_result(None)
    await stopping
    assert (desk.begun, queue.keys()) == (["n0"], ["n1"])


async def test_an_endpoint_that_is_gone_is_handed_over_at_once() -> None:
    desk = Desk()
    queue = Line(lambda: None, desk.settle, Open(), lambda: START)
    queue.add({"n0": owed(0)})
    await desk.until_begun(1)
    await queue.stop(0)


async def test_what_an_endpoint_that_is_gone_is_owed_waits_for_no_time() -> None:
    desk = Desk()
    queue = Line(lambda: None, desk.settle, Open(), lambda: START)
    queue.add({"n0": owed(0, START + timedelta(hours=10))})
    await desk.until_begun(1)
    await queue.stop(0)


async def test_an_endpoint_may_change_between_strict_order_and_none_while_it_is_owed() -> None:
    desk = Desk()
    configured = [endpoint(ordered=True, concurrency=8)]
    moment = [START]
    queue = Line(lambda: configured[0], desk.settle, Open(), lambda: moment[0])
    for number in range(3):
        queue.add({f"n{number}": owed(number)})
    await desk.until_begun(1)
    desk.ends["n0"].set_result(owed(0, START + timedelta(hours=1)))
    while queue._running:
        await asyncio.wait(list(queue._running.values()))
    configured[0] = endpoint(ordered=False, concurrency=8)
    queue.look()
    await desk.until_begun(3)
    assert desk.begun == ["n0", "n1", "n2"]
    desk.ends["n1"].set_result(owed(1, START))
    desk.ends["n2"].set_result(None)
    await desk.until_begun(4)
    configured[0] = endpoint(ordered=True)
    desk.ends["n1"].set_result(None)
    moment[0] = START + timedelta(hours=1)
    await desk.until_begun(5)
    assert desk.begun[3:] == ["n1", "n0"]
    await queue.stop(0)


@pytest.mark.parametrize("ordered", [False, True])
async def test_a_line_forgets_all_of_what_is_settled(ordered: bool) -> None:
    settled = asyncio.Event()
    left = 200

    async def settle(key: str, owed: Owed) -> Owed | None:
        nonlocal left
        left -= 1
        if not left:
            settled.set()
        return None

    configured = endpoint(ordered=ordered)
    queue = Line(lambda: configured, settle, Open(), lambda: START)
    for number in range(200):
        queue.add({f"n{number}": owed(number)})
    await settled.wait()
    while queue._running:
        await asyncio.wait(list(queue._running.values()))
    assert (len(queue), queue._waiting) == (0, [])


@pytest.mark.parametrize("ordered", [False, True])
async def test_a_failed_one_is_attempted_again_when_it_is_due(ordered: bool) -> None:
    desk = Desk()
    moment = [START]
    configured = endpoint(ordered=ordered)
    queue = Line(lambda: configured, desk.settle, Open(), lambda: moment[0])
    queue.add({"n0": owed(0)})
    await desk.until_begun(1)
    moment[0] = START + timedelta(seconds=5)
    desk.ends["n0"].set_result(owed(0, START + timedelta(seconds=5)))
    await desk.until_begun(2)
    assert desk.begun == ["n0", "n0"]
    await queue.stop(0)


@pytest.mark.parametrize("ordered", [False, True])
async def test_what_waits_is_no_later_where_the_clock_is_set_back(ordered: bool) -> None:
    desk, moment = Desk(), START
    configured = endpoint(ordered=ordered)
    queue = Line(lambda: configured, desk.settle, Open(), lambda: moment)
    queue.add({"n0": owed(0, START + timedelta(minutes=5))})
    moment = START - timedelta(hours=1)
    queue.look()
    moment += timedelta(minutes=4)
    queue.look()
    assert not queue._running, "and no sooner"
    moment += timedelta(minutes=1)
    queue.look()
    await desk.until_begun(1)
    desk.ends["n0"].set_result(None)


async def test_what_waits_is_due_when_it_was_to_be_however_often_somebody_looks() -> None:
    desk, moment = Desk(), START
    configured = endpoint()
    queue = Line(lambda: configured, desk.settle, Open(), lambda: moment)
    queue.add({"n0": owed(0, START + timedelta(seconds=5))})
    while moment < START + timedelta(seconds=5):
        moment += timedelta(seconds=0.5)
        queue.look()
    await desk.until_begun(1)
    desk.ends["n0"].set_result(None)


async def test_what_an_endpoint_that_is_away_is_owed_takes_little_memory() -> None:
    """Thousands, for days: with nine attempts each takes more than 10 KB as it is."""
    waiting = line(Desk(), Open(START + timedelta(days=1)))
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for offset in range(500):
        tried = owed(offset).model_copy(update={"made": 9})
        tried = tried.model_copy(update={"attempts": tuple(attempt(number=n) for n in range(1, 10))})
        waiting.add({str(offset): Owed.model_validate_json(tried.to_bytes())})
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before) / 500 < 4_000
    waiting.stop_taking()


async def test_what_waited_in_a_long_line_is_attempted_as_it_was() -> None:
    desk = Desk()
    got: dict[str, Owed] = {}

    async def settle(key: str, one: Owed) -> Owed | None:
        got[key] = one
        return await desk.settle(key, one)

    long = Line(lambda: endpoint(concurrency=1), settle, Open(), lambda: START)
    all_owed = {str(offset): owed(offset) for offset in range(SHORT_LINE + 3)}
    for key, one in all_owed.items():
        long.add({key: one})
    for count, key in enumerate(all_owed, 1):
        await desk.until_begun(count)
        desk.ends[key].set_result(None)
    await desk.until_begun(len(all_owed))
    assert got == all_owed
    assert desk.begun == list(all_owed)
