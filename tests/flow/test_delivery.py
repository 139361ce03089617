"""Delivery with its state in Kafka: what is owed, the breaker and a disabled endpoint survive a restart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NoReturn

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from agents.delivery_outputs import DeliveryOutputs
from agents.delivery_partition import restore
from alerting.attempt import Attempted
from alerting.client import Result
from alerting.endpoint import Breaker, Endpoint, RateLimit
from alerting.gate import Gate
from alerting.notice import endpoint_disabled
from alerting.pending import EndpointState, Owed, pending_key
from alerting.signing import new_secret
from alerting.verdict import judge
from streams.embedded import EmbeddedBroker
from streams.errors import OutputRefused
from streams.misbehaviours import MISBEHAVIOURS
from streams.outputs import settle
from streams.receiver import Answer, Receiver
from streams.state import OFFSET_HEADER, write_state
from streams.topics import NOTIFICATIONS, PENDING, REJECTED
from streams.wire import EndpointEnabled, Notification, Webhook
from tests import builders
from tests.configurations import SECRET
from tests.flow.desk import Desk, Held, ids, while_the_loop_goes_on

Open = Callable[..., Awaitable[Endpoint]]


@pytest.fixture
async def receivers() -> AsyncIterator[AsyncExitStack]:
    """Receivers of a test. They stop when nobody calls them any more."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def desk(embedded: EmbeddedBroker, prefix: str, receivers: AsyncExitStack) -> AsyncIterator[Desk]:
    desk = Desk(embedded, prefix)
    yield desk
    await desk.kill()


@pytest.fixture
def opened(desk: Desk, receivers: AsyncExitStack) -> Open:
    """Opens a receiver and gives the endpoint that calls it; what it gets is in `desk.got`."""

    async def make(name: str, *plan: Answer, secret: str = SECRET, **changes: Any) -> Endpoint:
        receiver = Receiver(secrets=[secret], on_webhook=desk.got[name].append, plan=plan, now=desk.clock)
        await receiver.start()
        receivers.push_async_callback(receiver.stop)
        values = {"id": name, "url": receiver.url, "secrets": (SECRET,), "jitter": 0}
        return builders.endpoint(**(values | changes))

    return make


async def test_what_was_delivered_is_not_sent_again_when_every_input_is_read_again(
    desk: Desk, opened: Open
) -> None:
    await desk.start(await opened("desk"))
    await desk.notify("desk", 1, 2, 3)
    await desk.restart()
    await desk.quiet()
    assert sorted(ids(desk.got["desk"])) == ["msg_1", "msg_2", "msg_3"]


async def test_a_retry_due_in_ten_hours_survives_a_restart_and_is_not_early(desk: Desk, opened: Open) -> None:
    await desk.start(await opened("desk", 500, schedule=(timedelta(hours=10),)))
    await desk.notify("desk", 1)
    await desk.restart()
    await desk.move(hours=9.99)
    assert ids(desk.got["desk"]) == ["msg_1"]
    await desk.move(hours=0.01)
    assert ids(desk.got["desk"]) == ["msg_1", "msg_1"]
    assert [a.outcome for a in await desk.attempts("desk")] == ["retry", "delivered"]
    assert desk.got["desk"][0].body == desk.got["desk"][1].body


async def test_what_is_told_again_while_it_is_owed_keeps_to_its_schedule(desk: Desk, opened: Open) -> None:
    """Policy tells again, under the same id, what it had told when it was killed."""
    await desk.start(await opened("desk", 500, schedule=(timedelta(hours=10),)))
    await desk.notify("desk", 1)
    await desk.notify("desk", 1)
    assert ids(desk.got["desk"]) == ["msg_1"]
    await desk.move(hours=10)
    assert ids(desk.got["desk"]) == ["msg_1", "msg_1"]
    assert [a.outcome for a in await desk.attempts("desk")] == ["retry", "delivered"]


async def test_a_retry_is_no_later_where_the_worker_before_had_a_clock_that_ran_ahead(
    desk: Desk, opened: Open
) -> None:
    await desk.start(await opened("desk", 500, schedule=(timedelta(hours=10),)))
    await desk.notify("desk", 1)
    await desk.kill()
    desk.clock.moment -= timedelta(days=400)
    await desk.start()
    await desk.move(hours=9.99)
    assert len(desk.got["desk"]) == 1
    await desk.move(hours=0.01)
    assert len(desk.got["desk"]) == 2


async def test_one_that_waits_ten_hours_holds_up_nobody(desk: Desk, opened: Open) -> None:
    await desk.start(await opened("desk", 500, schedule=(timedelta(hours=10),)))
    await desk.notify("desk", 1)
    await desk.notify("desk", 2)
    assert ids(desk.got["desk"]) == ["msg_1", "msg_2"]


async def test_in_strict_order_those_behind_wait_also_across_a_restart(desk: Desk, opened: Open) -> None:
    await desk.start(await opened("desk", 500, schedule=(timedelta(hours=10),), ordered=True))
    await desk.notify("desk", 2, 1)
    await desk.restart()
    await desk.notify("desk", 3)
    assert ids(desk.got["desk"]) == ["msg_2"]
    await desk.move(hours=10)
    assert ids(desk.got["desk"]) == ["msg_2", "msg_2", "msg_1", "msg_3"]


async def test_in_strict_order_the_next_goes_when_the_first_is_given_up(desk: Desk, opened: Open) -> None:
    await desk.start(await opened("desk", 500, 500, schedule=(timedelta(hours=10),), ordered=True))
    await desk.notify("desk", 1, 2)
    await desk.move(hours=10)
    assert ids(desk.got["desk"]) == ["msg_1", "msg_1", "msg_2"]
    assert [u.notification.alert.webhook_id for u in await desk.undelivered("desk")] == ["msg_1"]


async def test_a_notification_that_is_given_up_takes_its_whole_history_along(
    desk: Desk, opened: Open
) -> None:
    await desk.start(await opened("desk", 500, 404, 503, schedule=(timedelta(0), timedelta(minutes=1))))
    await desk.notify("desk", 1)
    await desk.move(minutes=2)
    [given_up] = await desk.undelivered("desk")
    assert [attempt.status for attempt in given_up.attempts] == [500, 404, 503]
    assert [attempt.number for attempt in given_up.attempts] == [1, 2, 3]
    assert given_up.reason == "503 unavailable"
    attempts = await desk.attempts("desk")
    assert tuple(attempts) == given_up.attempts
    assert [attempt.next_at is None for attempt in attempts] == [False, False, True]
    assert [attempt.outcome for attempt in attempts] == ["retry", "retry", "given_up"]


# Disabled endpoints.


async def test_an_endpoint_that_is_gone_is_disabled_and_its_fallback_told_once(
    desk: Desk, opened: Open
) -> None:
    gone = await opened("desk", 500, 410, title="News desk", fallback="ops", schedule=(timedelta(hours=10),))
    await desk.start(gone, await opened("ops"))
    with capture_logs() as logs:
        await desk.notify("desk", 1)
        await desk.notify("desk", 2)
        await desk.notify("desk", 3)
    assert ids(desk.got["desk"]) == ["msg_1", "msg_2"], "the third calls nobody"
    given_up = await desk.undelivered("desk")
    assert sorted(u.notification.alert.webhook_id for u in given_up) == ["msg_1", "msg_2", "msg_3"]
    assert {u.reason for u in given_up} == {
        "the endpoint is disabled: 410 gone: the endpoint wants no more webhooks"
    }
    assert [a.outcome for a in await desk.attempts("desk")] == ["retry", "disabled"]
    assert desk.service.metrics.registry.get_sample_value("tocsin_given_up_total") == 3
    [told] = desk.got["ops"]
    assert told.verified
    event = Webhook.model_validate_json(told.body)
    assert (event.type, event.data.type) == ("endpoint.disabled", "endpoint.disabled")
    assert '"endpoint":"desk"' in told.body.decode()
    assert [line["fallback"] for line in logs if line["event"] == "endpoint.disabled"] == ["ops"]

    await desk.restart()
    await desk.notify("desk", 4)
    assert len(desk.got["desk"]) == 2
    assert len(desk.got["ops"]) == 1
    assert len(await desk.undelivered("desk")) == 4
    assert len([1 for record in await desk.raw(NOTIFICATIONS) if record.key == b"ops"]) == 1


async def test_several_calls_that_end_an_endpoint_at_once_give_word_of_it_once(
    desk: Desk, opened: Open
) -> None:
    await desk.start(await opened("desk", *[410] * 4, fallback="ops", concurrency=4), await opened("ops"))
    for number in range(4):
        await desk.publish(builders.notification(alert=builders.alert(webhook_id=f"msg_{number}")))
    with capture_logs() as logs:
        await desk.quiet()
    assert len(desk.got["desk"]) == 4
    assert len(desk.got["ops"]) == 1
    assert [line["event"] for line in logs].count("endpoint.disabled") == 1


async def test_days_of_failing_disable_an_endpoint(desk: Desk, opened: Open) -> None:
    breaker = Breaker(of_at_least=3, failing=1, pause=timedelta(minutes=1), disable_after=timedelta(days=5))
    every = (timedelta(days=1),) * 9
    failing = await opened("desk", *[500] * 20, breaker=breaker, schedule=every, fallback="ops")
    await desk.start(failing, await opened("ops"))
    await desk.notify("desk", 1)
    for _ in range(4):
        await desk.move(days=1)
    await desk.restart()
    assert desk.got["ops"] == []
    await desk.move(days=1)
    assert len(desk.got["desk"]) == 6
    assert len(desk.got["ops"]) == 1
    [given_up] = await desk.undelivered("desk")
    assert given_up.reason.startswith("the endpoint is disabled: all of 6 attempts since ")
    last = (await desk.attempts("desk"))[-1]
    assert (last.outcome, last.next_at) == ("disabled", None)


async def test_a_kill_before_the_fallback_was_told_tells_it_at_the_next_start(
    desk: Desk, opened: Open
) -> None:
    endpoints = [await opened("desk", fallback="ops"), await opened("ops")]
    await desk.start(*endpoints)
    await desk.notify("desk", 1)
    [partition] = [p.number for p in desk.delivery._partitions.held() if "desk" in p.lines]
    event = endpoint_disabled(endpoints[0], "410 gone", desk.clock(), None)
    state = EndpointState(
        endpoint="desk", breaker={"disabled": "410 gone", "disabled_at": desk.clock()}, unannounced=event
    )
    written = await write_state(desk.outputs, PENDING, partition, "desk", state.to_bytes(), offset=0)
    await settle([written])
    for _ in range(2):
        await desk.restart()
        await desk.quiet()
    assert ids(desk.got["ops"]) == [event.webhook_id]


async def test_a_disabled_endpoint_is_called_again_when_it_is_enabled(desk: Desk, opened: Open) -> None:
    await desk.start(await opened("desk", 410))
    await desk.notify("desk", 1)
    await desk.publish(EndpointEnabled(endpoint="desk", at=desk.clock()))
    await desk.notify("desk", 2)
    await desk.restart()
    await desk.notify("desk", 3)
    assert ids(desk.got["desk"]) == ["msg_1", "msg_2", "msg_3"]
    assert await desk.raw(REJECTED) == []


@pytest.mark.parametrize("how", ["removed", "switched off"])
async def test_what_an_endpoint_that_is_gone_is_owed_is_given_up_at_once(
    desk: Desk, opened: Open, how: str
) -> None:
    endpoint = await opened("desk", 500, schedule=(timedelta(hours=10),), ordered=how == "removed")
    await desk.start(endpoint)
    await desk.notify("desk", 1)
    await desk.notify("desk", 2)
    if how == "removed":
        await desk.move(minutes=2)  # so that nobody can have it again already
    desk.configure(*(() if how == "removed" else (endpoint.model_copy(update={"enabled": False}),)))
    await desk.quiet()
    assert all(not line._owed for line in desk.lines)
    given_up = {u.notification.alert.webhook_id: u for u in await desk.undelivered("desk")}
    assert given_up["msg_1"].reason == "the endpoint is not in the configuration, or not enabled"
    assert [a.status for a in given_up["msg_1"].attempts] == [500]


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_is_bound_for_an_endpoint_that_is_known_here_a_little_later_is_sent_then(
    desk: Desk, opened: Open, restarted: bool
) -> None:
    """Another worker has reloaded already, and notifies an endpoint that is new; after an outage, of old articles."""
    endpoint, new = await opened("desk"), await opened("new")
    await desk.start(endpoint)
    await desk.notify("new", 1, 2, hours_ago=5)
    await desk.notify("desk", 3)
    if restarted:
        await desk.restart(endpoint)
    await desk.move(minutes=1)
    assert ids(desk.got["desk"]) == ["msg_3"]
    desk.configure(endpoint, new)
    await desk.move(seconds=1)
    assert sorted(ids(desk.got["new"])) == ["msg_1", "msg_2"]
    assert await desk.undelivered("new") == []
    desk.configure(endpoint)
    await desk.notify("new", 4)
    desk.configure(endpoint, new)
    await desk.move(seconds=1)
    assert ids(desk.got["new"])[-1] == "msg_4", (
        "an endpoint that was taken out may come back, to others first"
    )
    assert await desk.undelivered("new") == []


async def test_an_endpoint_that_nobody_makes_known_is_given_up_two_minutes_later(
    desk: Desk, opened: Open
) -> None:
    await desk.start(await opened("desk"))
    await desk.notify("new", 1)
    assert await desk.undelivered("new") == []
    await desk.move(minutes=2)
    [given_up] = await desk.undelivered("new")
    assert given_up.reason == "the endpoint is not in the configuration, or not enabled"
    await desk.notify("new", 2)
    assert len(await desk.undelivered("new")) == 1, "by now it may be made known"


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_is_owed_is_sent_as_its_endpoint_is_configured_by_then(
    desk: Desk, opened: Open, restarted: bool
) -> None:
    """Another URL, another secret, another format: under the same id, and nothing is lost."""
    hours = (timedelta(hours=10),)
    before = await opened("before", 500, id="desk", schedule=hours)
    await desk.start(before)
    await desk.notify("desk", 1)
    rotated = new_secret()
    after = await opened(
        "after", id="desk", schedule=hours, secrets=(rotated,), secret=rotated, format="slack"
    )
    await (desk.restart(after) if restarted else desk.move())
    desk.configure(after)
    await desk.move(hours=10)
    assert ids(desk.got["before"]) == ids(desk.got["after"]) == ["msg_1"]
    [got] = desk.got["after"]
    assert got.verified
    assert b'"blocks"' in got.body
    assert await desk.undelivered("desk") == []


async def test_what_an_endpoint_under_its_former_id_was_owed_can_be_found_and_that_of_the_new_one_is_sent(
    desk: Desk, opened: Open
) -> None:
    endpoint = await opened("desk", 500, schedule=(timedelta(hours=10),))
    await desk.start(endpoint)
    await desk.notify("desk", 1)
    await desk.restart(endpoint.model_copy(update={"id": "newsdesk"}))
    await desk.move(minutes=3)
    await desk.notify("newsdesk", 2)
    assert ids(desk.got["desk"]) == ["msg_1", "msg_2"]
    [given_up] = await desk.undelivered("desk")
    assert given_up.notification.alert.webhook_id == "msg_1"
    assert [attempt.status for attempt in given_up.attempts] == [500]


# Tried now, as somebody has asked for it.


async def test_what_waits_for_hours_is_tried_when_somebody_asks_and_its_schedule_does_not_count_that(
    desk: Desk, opened: Open
) -> None:
    hours = (timedelta(hours=1), timedelta(hours=10))
    await desk.start(await opened("desk", 500, 500, 500, 500, 200, schedule=hours))
    await desk.notify("desk", 1)
    await desk.move(hours=1)
    for _ in range(2):
        await desk.publish(retry("desk", desk))
        await desk.quiet()
    attempts = await desk.attempts("desk")
    assert [attempt.number for attempt in attempts] == [1, 2, 3, 4]
    assert [a.next_at - a.at for a in attempts if a.next_at] == [hours[0], *[hours[1]] * 3]
    assert await desk.undelivered("desk") == []
    await desk.restart()
    await desk.move(hours=9.99)
    assert len(desk.got["desk"]) == 4, "read again, it asks for nothing more"
    await desk.move(hours=0.01)
    assert [a.outcome for a in await desk.attempts("desk")] == [*["retry"] * 4, "delivered"]
    assert await desk.raw(REJECTED) == []


async def test_what_somebody_asked_for_survives_a_kill_before_it_was_tried(
    desk: Desk, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.start(await opened("desk", 500, 500, schedule=(timedelta(hours=10),)))
    await desk.notify("desk", 1, 2)
    await desk.publish(retry("desk", desk))
    desk.delivery.hold()
    await desk.quiet()
    await desk.restart()
    await desk.quiet()
    assert sorted(ids(desk.got["desk"])) == ["msg_1", "msg_1", "msg_2", "msg_2"]
    assert [a.number for a in await desk.attempts("desk")] == [1, 1, 2, 2]


async def test_what_came_due_while_the_worker_stood_still_is_left_to_whoever_owns_it_by_now(
    desk: Desk, opened: Open
) -> None:
    """All of it is begun before the task that watches the clock has its turn, and may have been attempted elsewhere."""
    await desk.start(await opened("desk", 500, 500, schedule=(timedelta(seconds=5),)))
    await desk.notify("desk", 1, 2)
    desk.delivery.before_attempt = desk.delivery.hold
    await desk.move(seconds=60)
    assert len(desk.got["desk"]) == 2
    await desk.restart()
    await desk.quiet()
    assert sorted(ids(desk.got["desk"])) == ["msg_1", "msg_1", "msg_2", "msg_2"]
    assert {a.number for a in await desk.attempts("desk") if a.outcome == "delivered"} == {2}


async def test_a_worker_that_stood_still_sends_what_is_owed_once_it_is_assigned_its_partitions_anew(
    desk: Desk, opened: Open
) -> None:
    await desk.start(await opened("desk", 500, schedule=(timedelta(hours=1),)))
    await desk.notify("desk", 1)
    desk.delivery.hold()
    await desk.move(hours=1)
    assert len(desk.got["desk"]) == 1
    await desk.assign()
    await desk.notify("desk", 2)
    assert ids(desk.got["desk"]) == ["msg_1", "msg_1", "msg_2"]


@pytest.mark.parametrize("how", ["stands still", "ends", "has ended"])
async def test_nothing_is_sent_of_what_comes_while_a_worker_ends_or_may_have_lost_its_partitions(
    desk: Desk, opened: Open, how: str
) -> None:
    await desk.start(await opened("desk"), await opened("ops"))
    await desk.notify("desk", 1)
    if how == "has ended":
        await desk.delivery.stop(0)
    else:
        (desk.delivery.hold if how == "stands still" else desk.delivery.stop_taking)()
    await desk.notify("desk", 2)
    await desk.notify("ops", 3)
    assert (ids(desk.got["desk"]), desk.got["ops"]) == (["msg_1"], [])
    await desk.restart()
    await desk.quiet()
    assert (ids(desk.got["desk"]), ids(desk.got["ops"])) == (["msg_1", "msg_2"], ["msg_3"])


async def test_a_notification_is_not_done_before_it_is_written_that_it_is_owed(
    desk: Desk, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.start(await opened("desk"))
    desk.delivery.hold()  # no attempt writes anything

    async def refuse(*_: object, **__: object) -> Any:
        refused = asyncio.get_running_loop().create_future()
        refused.set_exception(OutputRefused("the record is too large"))
        return refused

    monkeypatch.setattr(DeliveryOutputs, "state", refuse)
    await desk.publish(Notification(endpoint="desk", alert=builders.alert()))
    with pytest.raises(OutputRefused):
        await desk.hand_over()


async def test_what_becomes_of_a_notification_is_written_as_of_its_input(desk: Desk, opened: Open) -> None:
    await desk.start(await opened("desk"))
    for number in range(3):
        await desk.notify("desk", number)
    written = [dict(record.headers)[OFFSET_HEADER] for record in await desk.raw(PENDING)]
    assert written == [b"0", b"0", b"1", b"1", b"2", b"2"], "that it is owed, and that it is settled"


class Ended(Exception):
    """Where a worker ends."""


@pytest.mark.parametrize(
    ("what", "plan", "schedule", "attempts"),
    [
        ("attempt", (), (timedelta(hours=1),), 1),  # that it was taken is written all the same
        ("settled", (), (timedelta(hours=1),), 2),
        ("owed", (500,), (timedelta(hours=1),), 2),
        ("undelivered", (500, 500), (), 2),
    ],
    ids=["the attempt", "that it was taken", "when it is due again", "that it is given up"],
)
async def test_a_worker_that_cannot_write_what_came_of_an_attempt_ends_and_the_next_one_attempts_what_is_owed(
    desk: Desk,
    opened: Open,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    plan: tuple[Answer, ...],
    schedule: tuple[timedelta, ...],
    attempts: int,
) -> None:
    ended = asyncio.Event()

    async def refuse(*_: object) -> Any:
        refused = asyncio.get_running_loop().create_future()
        refused.set_exception(OutputRefused("the record is too large"))
        return refused

    def end(where: str, error: BaseException) -> NoReturn:
        ended.set()
        raise Ended(where) from error

    await desk.start(await opened("desk", *plan, schedule=schedule))
    desk.service.fail = end
    monkeypatch.setattr(DeliveryOutputs, what, refuse)
    with suppress(Ended):
        await desk.notify("desk", 1)
    async with asyncio.timeout(30):
        await ended.wait()
    monkeypatch.undo()
    await desk.restart()
    await desk.quiet()
    assert ids(desk.got["desk"]) == ["msg_1"] * attempts


async def test_what_a_former_owner_writes_after_its_successor_makes_nothing_owed_again(
    desk: Desk, opened: Open
) -> None:
    await desk.start(await opened("desk"))
    await desk.notify("desk", 1)
    owed, settled = [record for record in await desk.raw(PENDING) if record.key == b"desk/msg_1/0"]
    assert (b"notification" in owed.value, b"settled_at" in settled.value) == (True, True)
    late = await write_state(desk.outputs, PENDING, owed.partition, owed.key, lambda: owed.value, offset=0)
    await settle([late])
    await desk.restart()
    await desk.quiet()
    assert ids(desk.got["desk"]) == ["msg_1"]


async def test_a_kill_in_the_middle_of_hastening_leaves_it_to_be_read_again(
    desk: Desk, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of what is owed is written as due when the worker is killed; the other half is due after the restart."""
    await desk.start(await opened("desk", *[500] * 4, schedule=(timedelta(hours=10),)))
    await desk.notify("desk", 1, 2, 3, 4)
    await desk.publish(retry("desk", desk))
    desk.delivery.hold()
    write, written = desk.delivery._outputs.owed, iter(range(2))

    async def cut_off(*arguments: Any, **options: Any) -> Any:
        if next(written, None) is None:
            raise KilledError
        return await write(*arguments, **options)

    monkeypatch.setattr(desk.delivery._outputs, "owed", cut_off)
    with pytest.raises(KilledError):
        await desk.quiet()
    await desk.restart()
    await desk.quiet()
    assert sorted(ids(desk.got["desk"])) == sorted([f"msg_{number}" for number in range(1, 5)] * 2)


async def test_what_failed_while_a_receiver_was_away_is_tried_as_soon_as_it_takes_another_and_only_once(
    desk: Desk, opened: Open
) -> None:
    """By its schedule it came ten hours after its receiver was back; what it refuses by itself comes by it still."""
    away = True

    async def answer(request: web.Request) -> web.StreamResponse:
        refused = away or request.headers["webhook-id"] == "msg_1"
        return web.Response(status=500 if refused else 204)

    breaker = Breaker(of_at_least=4, failing=1)
    waits = (timedelta(hours=10),) * 2
    await desk.start(await opened("desk", *[answer] * 100, breaker=breaker, schedule=waits))
    await desk.notify("desk", 1, 2, 3)
    await desk.restart()
    await desk.notify("desk", 4)
    away = False
    assert len(desk.got["desk"]) == 4, "one that fails is not called again before its time"
    await desk.notify("desk", 5)
    await desk.move(minutes=1)
    assert sorted(ids(desk.got["desk"])[4:]) == ["msg_1", "msg_2", "msg_3", "msg_4", "msg_5"]
    for number in range(6, 20):
        await desk.notify("desk", number)
    assert ids(desk.got["desk"]).count("msg_1") == 2
    await desk.move(hours=10)
    await desk.move(hours=10)
    assert ids(desk.got["desk"]).count("msg_1") == 4
    assert [len(gone.attempts) for gone in await desk.undelivered("desk")] == [4]


async def test_a_severe_alert_does_not_wait_behind_all_that_a_receiver_that_was_away_is_owed(
    desk: Desk, opened: Open
) -> None:
    """It came last, after minutes where the receiver takes one message a second."""
    away = [500] * 4
    breaker = Breaker(of_at_least=4, failing=1, pause=timedelta(hours=1))
    limit = RateLimit(count=1, per=timedelta(seconds=1))
    configured = await opened("desk", *away, breaker=breaker, rate_limit=limit, concurrency=1)
    await desk.start(configured)
    for number in range(1, 9):
        await desk.notify("desk", number, severity="medium")
        await desk.move(seconds=1)
    assert len(desk.got["desk"]) == 4
    await desk.restart()
    await desk.notify("desk", 9, severity="critical")
    await desk.move(hours=1)
    for _ in range(8):
        await desk.move(seconds=1)
    told = ids(desk.got["desk"])[4:]
    assert told[0] == "msg_9"
    assert sorted(told) == [f"msg_{number}" for number in range(1, 10)]


async def test_in_strict_order_the_first_is_tried_and_the_others_follow_it(desk: Desk, opened: Open) -> None:
    await desk.start(await opened("desk", 500, 500, schedule=(timedelta(hours=10),), ordered=True))
    await desk.notify("desk", 1, 2)
    await desk.publish(retry("desk", desk))
    await desk.quiet()
    assert ids(desk.got["desk"]) == ["msg_1", "msg_1"]
    await desk.publish(retry("desk", desk))
    await desk.notify("desk", 3)
    assert ids(desk.got["desk"])[2:] == ["msg_1", "msg_2", "msg_3"]


async def test_an_open_breaker_lets_its_probe_through_when_somebody_asks_and_no_more_where_that_fails(
    desk: Desk, opened: Open
) -> None:
    breaker = Breaker(of_at_least=3, failing=1, pause=timedelta(hours=1))
    hours = (timedelta(hours=10),) * 5
    await desk.start(await opened("desk", *[500] * 4, breaker=breaker, schedule=hours, concurrency=3))
    await desk.notify("desk", 1, 2, 3)
    await desk.publish(retry("desk", desk))
    await desk.quiet()
    assert len(desk.got["desk"]) == 4
    await desk.restart()
    await desk.publish(retry("desk", desk))
    await desk.quiet()
    assert sorted(ids(desk.got["desk"])[4:]) == ["msg_1", "msg_2", "msg_3"]


async def test_the_rate_limit_holds_for_what_somebody_asked_for(desk: Desk, opened: Open) -> None:
    limit = RateLimit(count=2, per=timedelta(minutes=1))
    await desk.start(await opened("desk", 500, 500, schedule=(timedelta(hours=10),), rate_limit=limit))
    await desk.notify("desk", 1, 2)
    await desk.publish(retry("desk", desk))
    await desk.quiet()
    assert len(desk.got["desk"]) == 2
    await desk.move(minutes=1)
    assert len(desk.got["desk"]) == 4


async def test_a_pause_that_a_receiver_asked_for_is_over_when_somebody_asks(desk: Desk, opened: Open) -> None:
    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503, headers={"retry-after": "3000"})

    await desk.start(await opened("desk", busy))
    await desk.notify("desk", 1)
    await desk.notify("desk", 2)
    assert ids(desk.got["desk"]) == ["msg_1"]
    await desk.publish(retry("desk", desk))
    await desk.quiet()
    assert sorted(ids(desk.got["desk"])) == ["msg_1", "msg_1", "msg_2"]


async def test_what_was_under_way_when_somebody_asked_and_fails_is_tried_once_more(
    desk: Desk, opened: Open
) -> None:
    held = Held(500)
    await desk.start(await opened("desk", held, 500, schedule=(timedelta(hours=10),)))
    await desk.publish(builders.notification())
    await desk.hand_over()
    await held.called.wait()
    await desk.publish(retry("desk", desk))
    await desk.hand_over()
    held.go_on.set()
    await desk.quiet()
    assert [a.number for a in await desk.attempts("desk")] == [1, 2]
    await desk.restart()
    await desk.move(hours=10)
    assert len(desk.got["desk"]) == 3


@pytest.mark.parametrize("asked_first", [True, False])
async def test_what_fails_when_somebody_asks_is_tried_also_after_a_kill_before_its_attempt_had_ended(
    desk: Desk, opened: Open, monkeypatch: pytest.MonkeyPatch, asked_first: bool
) -> None:
    """What is owed after the attempt is written; the line does not know yet that it has ended."""
    held, written = Held(500), asyncio.Event()

    async def stand_still(*_: object) -> None:
        written.set()
        await asyncio.Event().wait()

    await desk.start(await opened("desk", held, 200, schedule=(timedelta(hours=10),)))
    monkeypatch.setattr(desk.delivery, "_announce", stand_still)
    await desk.publish(builders.notification())
    await desk.hand_over()
    await held.called.wait()
    if not asked_first:
        held.go_on.set()
        await written.wait()
    await desk.publish(retry("desk", desk))
    await desk.hand_over()
    held.go_on.set()
    await written.wait()
    await desk.restart()
    await desk.quiet()
    assert [a.outcome for a in await desk.attempts("desk")] == ["retry", "delivered"]


async def test_nothing_is_sent_to_a_disabled_endpoint_whoever_asks(desk: Desk, opened: Open) -> None:
    await desk.start(await opened("desk", 410))
    await desk.notify("desk", 1)
    await desk.publish(retry("desk", desk))
    with capture_logs() as logs:
        await desk.notify("desk", 2)
    assert "410 gone" in next(line["disabled"] for line in logs if line["event"] == "endpoint.not_retried")
    assert ids(desk.got["desk"]) == ["msg_1"]
    assert len(await desk.undelivered("desk")) == 2


def test_a_worker_that_knows_of_no_retry_reads_it_as_a_record_that_it_knows() -> None:
    """As any other it would be put into `rejected`."""
    value = json.loads(EndpointEnabled(endpoint="desk", at=builders.MOMENT, retry=True).to_bytes())
    del value["retry"]
    assert value == {"type": "endpoint.enabled", "endpoint": "desk", "at": "2026-03-07T12:00:00Z"}


def retry(endpoint: str, desk: Desk) -> EndpointEnabled:
    return EndpointEnabled(endpoint=endpoint, at=desk.clock(), retry=True)


class KilledError(Exception):
    """Ends a worker in the middle of something."""


# Breaker, limits, and what a receiver asks for.


async def test_an_open_breaker_survives_a_restart_and_then_lets_one_probe_through(
    desk: Desk, opened: Open
) -> None:
    breaker = Breaker(of_at_least=2, failing=1, pause=timedelta(hours=1))
    endpoint = await opened("desk", 500, 500, breaker=breaker, schedule=(timedelta(0),) * 9)
    await desk.start(endpoint)
    await desk.notify("desk", 1)
    await desk.notify("desk", 2, 3)
    assert ids(desk.got["desk"]) == ["msg_1", "msg_1"], "the breaker is open"
    await desk.restart()
    await desk.move(minutes=59)
    assert len(desk.got["desk"]) == 2
    await desk.move(minutes=1)
    assert sorted(ids(desk.got["desk"][2:])) == ["msg_1", "msg_2", "msg_3"]


async def test_while_the_probe_is_under_way_no_other_call_begins(desk: Desk, opened: Open) -> None:
    breaker = Breaker(of_at_least=2, failing=1, pause=timedelta(minutes=1))
    held = Held(204)
    endpoint = await opened("desk", 500, 500, held, breaker=breaker, schedule=(timedelta(0),) * 9)
    await desk.start(endpoint)
    await desk.notify("desk", 1)
    await desk.notify("desk", 2, 3)
    desk.clock.moment += timedelta(minutes=1)
    desk.look()
    await held.called.wait()
    assert len(desk.got["desk"]) == 3
    held.go_on.set()
    await desk.quiet()
    assert len(desk.got["desk"]) == 5


async def test_retry_after_holds_back_all_that_the_endpoint_is_owed(desk: Desk, opened: Open) -> None:
    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=429, headers={"retry-after": "600"})

    await desk.start(await opened("desk", busy))
    await desk.notify("desk", 1)
    await desk.notify("desk", 2)
    await desk.restart()
    await desk.move(seconds=599)
    assert ids(desk.got["desk"]) == ["msg_1"]
    await desk.move(seconds=1)
    assert sorted(ids(desk.got["desk"])) == ["msg_1", "msg_1", "msg_2"]


async def test_many_at_once_to_one_that_takes_few_a_minute_arrive_as_fast_as_it_takes_them(
    desk: Desk, opened: Open
) -> None:
    """They waited 5 minutes, 30 minutes and 2 hours for what was no fault of theirs or the receiver's."""
    taken: dict[Any, int] = {}

    async def four_a_minute(request: web.Request) -> web.StreamResponse:
        taken[desk.clock()] = taken.get(desk.clock(), 0) + 1
        return web.Response(status=204 if taken[desk.clock()] <= 4 else 429, headers={"retry-after": "1"})

    await desk.start(await opened("desk", *[four_a_minute] * 1000))
    await desk.notify("desk", *range(24))
    for _ in range(6):
        await desk.move(minutes=1)
    delivered = {a.webhook_id for a in await desk.attempts("desk") if a.outcome == "delivered"}
    assert delivered == {f"msg_{number}" for number in range(24)}


async def test_an_alert_that_meets_429_for_ever_at_one_that_takes_others_is_given_up_some_time(
    desk: Desk, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerting.gate.MOST_UNSCHEDULED", 3)

    async def not_that_one(request: web.Request) -> web.StreamResponse:
        return web.Response(status=429 if request.headers["webhook-id"] == "msg_0" else 204)

    breaker = Breaker(of_at_least=100)
    schedule = (timedelta(minutes=2), timedelta(minutes=3))
    await desk.start(await opened("desk", *[not_that_one] * 1000, breaker=breaker, schedule=schedule))
    for minute in range(1, 12):
        await desk.notify("desk", minute)
        if minute == 1:  # by now it is known that others are taken
            await desk.notify("desk", 0)
        await desk.move(minutes=1)
    [given_up] = await desk.undelivered("desk")
    assert given_up.notification.alert.webhook_id == "msg_0"
    assert given_up.reason == "429 too many requests"
    waits = [after.at - before.at for before, after in pairwise(given_up.attempts)]
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 1, 1, 2, 3)]


async def test_a_day_of_429_loses_nothing_and_calls_seldom(desk: Desk, opened: Open) -> None:
    """All that comes meanwhile arrives when the receiver takes webhooks again, restarts or not."""
    busy = True

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=429 if busy else 204, headers={"retry-after": "1800"})

    await desk.start(await opened("desk", *[answer] * 1000))
    for hour in range(24):
        await desk.notify("desk", 2 * hour, 2 * hour + 1)
        await desk.move(minutes=30)
        await desk.move(minutes=30)
        if hour % 10 == 9:
            await desk.restart()
    calls = len(desk.got["desk"])
    assert calls <= 2 * 24 * 8, "every half hour, as many as may be under way at once"
    busy = False
    for _ in range(34):
        await desk.move(hours=1)
    delivered = {a.webhook_id for a in await desk.attempts("desk") if a.outcome == "delivered"}
    assert delivered == {f"msg_{number}" for number in range(48)}
    assert await desk.undelivered("desk") == []


async def test_a_rate_limit_by_the_minute_holds_also_across_a_restart(desk: Desk, opened: Open) -> None:
    limit = RateLimit(count=2, per=timedelta(minutes=1))
    await desk.start(await opened("desk", rate_limit=limit))
    await desk.notify("desk", *range(5))
    assert len(desk.got["desk"]) == 2
    await desk.restart()
    assert len(desk.got["desk"]) == 2
    await desk.move(minutes=1)
    assert len(desk.got["desk"]) == 4
    await desk.move(minutes=1)
    assert sorted(ids(desk.got["desk"])) == [f"msg_{n}" for n in range(5)]


async def test_however_much_an_endpoint_is_owed_its_calls_are_looked_through_once_at_a_start(
    desk: Desk, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for each alert they held the loop for minutes where thousands were owed."""
    made: list[str] = []

    class Counted(Gate):
        def __init__(self, state: EndpointState, begun: Iterable[datetime] = ()) -> None:
            super().__init__(state, begun)
            made.append(state.endpoint)

    await desk.start(await opened("desk", *[500] * 5, schedule=(timedelta(hours=1),)))
    await desk.notify("desk", *range(5))
    monkeypatch.setattr("agents.delivery_partition.Gate", Counted)
    await desk.restart()
    assert len(desk.lines[0]) == 5
    assert made == ["desk"]


async def test_while_what_was_settled_is_put_in_order_the_loop_goes_on(
    desk: Desk, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of days of alerts it takes seconds, in which nobody would be called."""
    monkeypatch.setattr("agents.delivery.restore", while_the_loop_goes_on(restore))
    await desk.start(await opened("desk"))
    await desk.notify("desk", 1)
    await desk.restart()
    await desk.quiet()
    assert ids(desk.got["desk"]) == ["msg_1"]


@pytest.mark.parametrize("answers", [(), (500, 500)], ids=["delivered", "still owed"])
async def test_attempts_before_a_restart_count_for_the_rate_limit_also_after_it(
    desk: Desk, opened: Open, answers: tuple[int, ...]
) -> None:
    limit = RateLimit(count=2, per=timedelta(minutes=1))
    await desk.start(await opened("desk", *answers, schedule=(timedelta(hours=10),), rate_limit=limit))
    await desk.notify("desk", 1, 2)
    await desk.restart()
    await desk.notify("desk", 3)
    assert sorted(ids(desk.got["desk"])) == ["msg_1", "msg_2"]
    await desk.move(minutes=1)
    assert sorted(ids(desk.got["desk"])) == ["msg_1", "msg_2", "msg_3"]


async def test_an_alert_that_cannot_be_rendered_says_nothing_of_the_endpoint(
    desk: Desk, opened: Open
) -> None:
    breaker = Breaker(of_at_least=1, failing=1, pause=timedelta(hours=1))
    template = '{"n": {% if alert.number == 1 %}x{% else %}2{% endif %}}'
    await desk.start(await opened("desk", format="template", template=template, breaker=breaker))
    await desk.notify("desk", 1)
    [given_up] = await desk.undelivered("desk")
    assert given_up.reason == "the alert could not be rendered for this endpoint"
    assert not any(gate.stopped for p in desk.delivery._partitions.held() for gate in p.gates.values())


# The end.


async def test_stopping_lets_a_call_under_way_end_and_begins_no_other(desk: Desk, opened: Open) -> None:
    held = Held(204)
    await desk.start(await opened("desk", held, concurrency=1))
    for number in (1, 2):
        await desk.publish(builders.notification(alert=builders.alert(webhook_id=f"msg_{number}")))
    await desk.hand_over()
    await held.called.wait()
    stopping = asyncio.ensure_future(desk.stop(grace=30))
    held.go_on.set()
    await stopping
    assert ids(desk.got["desk"]) == ["msg_1"]
    await desk.start()
    await desk.quiet()
    assert ids(desk.got["desk"]) == ["msg_1", "msg_2"], "nothing lost, none sent twice"


async def test_a_call_that_is_cut_off_is_made_again_under_the_same_id_with_the_same_body(
    desk: Desk, opened: Open
) -> None:
    held = Held(204)
    await desk.start(await opened("desk", held))
    await desk.publish(builders.notification())
    await desk.hand_over()
    await held.called.wait()
    await desk.restart()
    await desk.quiet()
    first, second = desk.got["desk"]
    assert (first.webhook_id, first.body) == (second.webhook_id, second.body)
    assert [a.number for a in await desk.attempts("desk")] == [1]


async def test_figures_say_what_is_owed_and_who_is_not_called(desk: Desk, opened: Open) -> None:
    await desk.start(await opened("desk", 410), await opened("ops", 500), await opened("good"))
    await desk.notify("desk", 1)
    await desk.notify("ops", 2, hours_ago=2)
    desk.delivery.observe()
    said = desk.service.metrics.exposition().decode()
    assert 'tocsin_pending{endpoint="ops"} 1.0' in said
    assert 'tocsin_oldest_owed_seconds{endpoint="ops"} 7200.0' in said
    assert 'tocsin_oldest_owed_seconds{endpoint="desk"} 0.0' in said
    assert 'tocsin_pending{endpoint="desk"} 0.0' in said
    assert 'tocsin_breaker_open{endpoint="desk"} 1.0' in said
    assert 'tocsin_attempts_total{outcome="disabled"} 1.0' in said
    assert 'tocsin_attempts_total{outcome="retry"} 1.0' in said
    assert "tocsin_given_up_total 1.0" in said
    assert "tocsin_latency_seconds_count 0.0" in said
    await desk.notify("good", 3)
    await desk.notify("good", 4, replay=1)
    said = desk.service.metrics.exposition().decode()
    assert 'tocsin_attempts_total{outcome="delivered"} 2.0' in said
    assert "tocsin_latency_seconds_count 1.0" in said, "what was replayed is late on purpose"
    assert [attempt.replay for attempt in await desk.attempts("good")] == [0, 1]
    await desk.delivery.release()
    desk.delivery.observe()
    assert "{endpoint=" not in desk.service.metrics.exposition().decode(), "whoever owns them tells"


@pytest.mark.parametrize("switched_off", [True, False])
async def test_nobody_is_told_for_ever_that_an_endpoint_is_not_called_that_shall_not_be(
    desk: Desk, opened: Open, switched_off: bool
) -> None:
    gone = await opened("desk", 410)
    ops = await opened("ops")
    await desk.start(gone, ops)
    await desk.notify("desk", 1)
    desk.configure(*([gone.model_copy(update={"enabled": False})] if switched_off else []), ops)
    await desk.notify("ops", 2)
    desk.delivery.observe()
    said = desk.service.metrics.exposition().decode()
    assert 'tocsin_breaker_open{endpoint="ops"} 0.0' in said
    assert 'tocsin_breaker_open{endpoint="desk"}' not in said


@pytest.mark.parametrize("fault", ["hang", "drip", "flood"])
async def test_one_of_fifty_endpoints_that_misbehaves_holds_up_none_of_the_others(
    desk: Desk, opened: Open, fault: str
) -> None:
    """All that the others are owed is delivered while the bad one still has its calls under way."""
    bad = await opened("bad", *[MISBEHAVIOURS[fault]] * 100, timeout=timedelta(seconds=100), concurrency=4)
    well = await opened("well")
    others = [well.model_copy(update={"id": f"e{number}"}) for number in range(49)]
    await desk.start(bad, *others)
    for number in range(4):
        for endpoint in (bad, *others):
            alert = builders.alert(webhook_id=f"msg_{endpoint.id}_{number}")
            await desk.publish(builders.notification(endpoint=endpoint.id, alert=alert))
    await desk.hand_over()
    lines = {name: line for p in desk.delivery._partitions.held() for name, line in p.lines.items()}
    slow = lines.pop("bad")
    while running := [task for line in lines.values() for task in line._running.values()]:
        await asyncio.wait(running)
    assert all(len(line) == 0 for line in lines.values())
    assert len(set(ids(desk.got["well"]))) == len(desk.got["well"]) == 49 * 4
    assert len(slow) == 4
    if fault == "hang":
        assert len(slow._running) == 4


# Growth, and topics made anew.


async def test_what_was_settled_five_days_ago_is_forgotten_and_still_not_sent_again(
    desk: Desk, opened: Open
) -> None:
    await desk.start(await opened("desk"))
    await desk.notify("desk", 1, 2)
    await desk.move(hours=121)
    await desk.notify("desk", 3)
    left = {record.key: record.value for record in await desk.raw(PENDING)}
    assert sorted(key for key, value in left.items() if value is None) == [b"desk/msg_1/0", b"desk/msg_2/0"]
    await desk.restart()
    await desk.quiet()
    assert sorted(ids(desk.got["desk"])) == ["msg_1", "msg_2", "msg_3"]


async def test_what_is_owed_from_a_former_topic_lets_no_input_of_the_new_one_be_passed_over(
    desk: Desk, opened: Open
) -> None:
    await desk.start(await opened("desk", 200, 500, schedule=(timedelta(hours=1),)))
    await desk.notify("desk", 1)
    [partition] = {record.partition for record in await desk.raw(PENDING)}
    former = builders.notification(alert=builders.alert(webhook_id="msg_0"))
    owed = Owed(notification=former, offset=5, due_at=desk.clock())
    written = await write_state(
        desk.outputs, PENDING, partition, pending_key(former), owed.to_bytes(), offset=owed.offset
    )
    await settle([written])
    await desk.restart()
    await desk.quiet()
    await desk.move(hours=1)
    assert ids(desk.got["desk"]) == ["msg_1", "msg_0", "msg_0"]
    for number in range(2, 9):
        await desk.publish(builders.notification(alert=builders.alert(webhook_id=f"msg_{number}")))
    await desk.restart()
    await desk.quiet()
    assert sorted(ids(desk.got["desk"])[3:]) == [f"msg_{number}" for number in range(2, 9)]


async def test_in_strict_order_what_is_owed_from_a_former_topic_comes_first_also_after_more_restarts(
    desk: Desk, opened: Open
) -> None:
    endpoint = await opened("desk", 200, 500, schedule=(timedelta(hours=1),), ordered=True)
    await desk.start(endpoint)
    await desk.notify("desk", 1)
    [partition] = {record.partition for record in await desk.raw(PENDING)}
    for offset in (51, 50):
        former = builders.notification(alert=builders.alert(webhook_id=f"former_{offset}"))
        owed = Owed(notification=former, offset=offset, due_at=desk.clock())
        written = await write_state(
            desk.outputs, PENDING, partition, pending_key(former), owed.to_bytes(), offset=offset
        )
        await settle([written])
    await desk.restart()
    await desk.notify("desk", 2, 3)
    assert ids(desk.got["desk"]) == ["msg_1", "former_50"]
    for _ in range(2):
        await desk.restart()
        await desk.quiet()
    assert ids(desk.got["desk"]) == ["msg_1", "former_50"], "all wait for the first"
    await desk.move(hours=1)
    assert ids(desk.got["desk"])[2:] == ["former_50", "former_51", "msg_2", "msg_3"]


async def test_what_is_no_notification_is_rejected_with_its_bytes_and_holds_up_nobody(
    desk: Desk, opened: Open
) -> None:
    await desk.start(await opened("desk"))
    await settle([await desk.outputs.send(NOTIFICATIONS, b'{"no": "notification"}', key=b"desk")])
    await desk.notify("desk", 1)
    assert ids(desk.got["desk"]) == ["msg_1"]
    [rejected] = await desk.raw(REJECTED)
    assert (rejected.key, rejected.value) == (b"desk", b'{"no": "notification"}')
    assert dict(rejected.headers)["tocsin-error-reason"] == b"bad-notification"


async def test_nor_does_one_of_a_time_that_cannot_be_reckoned_with(desk: Desk, opened: Open) -> None:
    await desk.start(await opened("desk"))
    notification = Notification(endpoint="desk", alert=builders.alert()).to_bytes()
    odd = notification.replace(b'"at":"2026-03-07T12:00:00Z"', b'"at":"9999-12-31T23:59:59-14:00"')
    assert odd != notification
    await settle([await desk.outputs.send(NOTIFICATIONS, odd, key=b"desk")])
    await desk.notify("desk", 1)
    assert ids(desk.got["desk"]) == ["msg_1"]
    assert [rejected.value for rejected in await desk.raw(REJECTED)] == [odd]


@pytest.mark.parametrize(
    "changes",
    [
        {"sentence": "x" * 900_000},
        {"because": [{"clause": "", "held": 1}] * 25_000},
        {"webhook_id": "x" * 500_000},
    ],
    ids=["fills a record", "grows as it is written", "of an id that fills a record"],
)
async def test_nor_does_one_of_another_program_that_no_record_holds_with_what_is_added(
    desk: Desk, opened: Open, changes: dict[str, Any]
) -> None:
    await desk.start(await opened("desk"))
    alert = json.loads(builders.alert().to_bytes())
    foreign = json.dumps({"endpoint": "desk", "alert": alert | changes}).encode()
    await settle([await desk.outputs.send(NOTIFICATIONS, foreign, key=b"desk")])
    await desk.notify("desk", 2)
    assert ids(desk.got["desk"]) == ["msg_2"]
    assert [rejected.value for rejected in await desk.raw(REJECTED)] == [foreign]


@pytest.mark.parametrize("retry", [True, False])
async def test_nor_is_an_endpoint_enabled_whose_id_fills_a_record(
    desk: Desk, opened: Open, retry: bool
) -> None:
    await desk.start(await opened("desk"))
    foreign = EndpointEnabled.model_construct(endpoint="x" * 600_000, at=builders.MOMENT, retry=retry)
    await settle([await desk.outputs.send(NOTIFICATIONS, foreign.to_bytes(), key=b"desk")])
    await desk.quiet()
    assert len(await desk.raw(REJECTED)) == 1


async def test_all_endpoints_together_have_no_more_attempts_under_way_than_may_be(
    desk: Desk, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way = most = 0

    async def counted(*_: object) -> Attempted:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _step in range(20):
            await asyncio.sleep(0)
        under_way -= 1
        return Attempted(judge(204, None), Result(1.0, 204))

    monkeypatch.setattr("agents.delivery.most_calls", lambda: 2)
    monkeypatch.setattr("agents.delivery.attempt", counted)
    names = ("a", "b", "c", "d")
    await desk.start(*[await opened(name) for name in names])
    for name in names:
        for number in (1, 2, 3):
            value = Notification(endpoint=name, alert=builders.alert(webhook_id=f"msg_{number}"))
            await desk.publish(value)
    await desk.quiet()
    assert most == 2
    assert [len(await desk.attempts(name)) for name in names] == [3, 3, 3, 3]


async def test_endpoints_that_hang_leave_turns_to_one_that_does_not(
    desk: Desk, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, hung = asyncio.Event(), 0

    async def hangs_but_for_one(_: object, endpoint: Endpoint, *__: object) -> Attempted:
        nonlocal hung
        if endpoint.id == "well":
            return Attempted(judge(204, None), Result(1.0, 204))
        hung += 1
        if hung > 2:
            await let_go.wait()
        return Attempted(judge(None, "timeout"), Result(15_000.0, failure="timeout"))

    monkeypatch.setattr("agents.delivery.most_calls", lambda: 2)
    monkeypatch.setattr("agents.delivery.attempt", hangs_but_for_one)
    await desk.start(*[await opened(name, slow_wait=timedelta(0)) for name in ("a", "b", "well")])
    await desk.notify("a", 1)
    await desk.notify("b", 1)
    assert hung == 2
    desk.clock.moment += timedelta(seconds=10)
    desk.look()
    await desk.publish(Notification(endpoint="well", alert=builders.alert()))
    await desk.hand_over()
    async with asyncio.timeout(30):
        while not await desk.attempts("well"):
            pass
    assert hung == 3
    let_go.set()
    await desk.quiet()


async def test_what_waits_for_its_turn_as_the_worker_stops_is_not_attempted(
    desk: Desk, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def waits(_: object, endpoint: Endpoint, *__: object) -> Attempted:
        made.append(endpoint.id)
        begun.set()
        await let_go.wait()
        return Attempted(judge(204, None), Result(1.0, 204))

    monkeypatch.setattr("agents.delivery.most_calls", lambda: 1)
    monkeypatch.setattr("agents.delivery.attempt", waits)
    await desk.start(*[await opened(name) for name in ("a", "b")])
    for name in ("a", "b"):
        await desk.publish(Notification(endpoint=name, alert=builders.alert()))
    await desk.hand_over()
    await begun.wait()
    stopping = asyncio.ensure_future(desk.stop(grace=60))
    await asyncio.sleep(0)
    let_go.set()
    await stopping
    assert len(made) == 1
