"""The checks of a chaos run can fail: each way to break a promise is found, and a run that keeps them is not blamed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from streams.wire import Attempt
from tests.chaos.inputs import ORDERED, POISON_EVERY, Inputs, Message, Story, make_inputs
from tests.chaos.ledger import FAULTY_ARRIVALS, TAKEN, Arrival, chosen_answer
from tests.chaos.schedule import KINDS, draw_schedule
from tests.chaos.verdict import AFTER, UNEXPLAINED, Event, Facts, explanation, judge

STORIES = [
    Story("strict", (ORDERED,), ["a1"], updating=False),
    Story("updating", ("desk",), ["a2", "a3"], updating=True),
    Story("strict", (ORDERED,), ["a4"], updating=False),
]
INPUTS = Inputs([Message(None, b"x")], STORIES, [b"poison"])


def arrival(
    at: float,
    article: str,
    number: int = 1,
    *,
    endpoint: str = "desk",
    watch: str = "updating",
    alert: str = "",
    answer: str = TAKEN,
    webhook_id: str = "",
    extra: str = "",
) -> Arrival:
    data = {
        "article_id": article,
        "number": number,
        "watch": {"id": watch},
        "alert_id": alert or f"alr_{watch}_{endpoint}_{article}",
        "extra": extra,
    }
    name = webhook_id or f"msg_{article}_{number}"
    return Arrival(at, endpoint, name, json.dumps({"data": data}), verified=True, answer=answer)


GOOD = [
    arrival(1, "a1", endpoint=ORDERED, watch="strict"),
    arrival(2, "a2", 1, alert="alr_u"),
    arrival(3, "a3", 2, alert="alr_u"),
    arrival(4, "a4", endpoint=ORDERED, watch="strict"),
]
FACTS = Facts(
    notified={ORDERED: ["msg_a1_1", "msg_a4_1"], "desk": ["msg_a2_1", "msg_a3_2"]},
    bodies={"msg_a1_1": 1},
    rejected=[b"poison"],
    attempts={},
    undelivered=0,
    uncommitted={"articles": 0},
)


def broken(arrivals: list[Arrival], facts: Facts = FACTS, events: tuple[Event, ...] = ()) -> str:
    return "\n".join(judge(INPUTS, arrivals, events, facts).broken)


def test_a_run_that_keeps_all_promises_is_not_blamed() -> None:
    assert broken(GOOD) == ""


def test_a_missing_webhook_is_found() -> None:
    assert "1 of 2 webhooks missing at desk" in broken([*GOOD[:2], GOOD[3]])


def test_one_that_only_ever_was_answered_badly_is_missing() -> None:
    assert "1 of 1 webhooks missing" in broken([replace(GOOD[0], answer="500"), *GOOD[1:]])


def test_an_alert_under_two_ids_is_found() -> None:
    twice = arrival(5, "a1", endpoint=ORDERED, watch="strict", webhook_id="msg_other")
    assert "2 webhook ids for 1 events" in broken([*GOOD, twice])


def test_a_story_told_as_two_alerts_is_found() -> None:
    assert "was told as 2 alerts" in broken([*GOOD[:2], arrival(3, "a3", 2, alert="alr_v"), GOOD[3]])


def test_events_numbered_wrongly_are_found() -> None:
    assert "events numbered [1, 7]" in broken([*GOOD[:2], arrival(3, "a3", 7, alert="alr_u"), GOOD[3]])


def test_one_id_with_two_bodies_is_found() -> None:
    changed = arrival(5, "a1", endpoint=ORDERED, watch="strict", extra="other")
    assert "msg_a1_1 came with 2 bodies" in broken([*GOOD, changed], events=(Event("kill", 1, 1),))
    assert "stands in alerts with 2 values" in broken(GOOD, replace(FACTS, bodies={"msg_a1_1": 2}))


def test_what_was_never_owed_is_found() -> None:
    assert "was never owed to desk" in broken([*GOOD, arrival(5, "a9")])
    assert "was never owed to desk" in broken([*GOOD, arrival(5, "a1", watch="strict")])


def test_a_signature_that_does_not_hold_is_found() -> None:
    assert "1 webhooks with a signature" in broken([replace(GOOD[0], verified=False), *GOOD[1:]])


def test_one_that_overtakes_where_order_is_asked_for_is_found() -> None:
    assert "came while number 0 was not taken yet" in broken([replace(GOOD[3], at=0.5), *GOOD[:3]])
    waited = [replace(GOOD[0], answer="500"), replace(GOOD[0], at=1.5), *GOOD[1:]]
    assert broken(waited) == ""


def test_what_is_not_rejected_or_wrongly_rejected_is_found() -> None:
    assert "1 unreadable messages are not in rejected" in broken(GOOD, replace(FACTS, rejected=[]))
    assert "1 readable messages are in rejected" in broken(GOOD, replace(FACTS, rejected=[b"poison", b"{}"]))


def test_what_is_not_committed_or_was_given_up_is_found() -> None:
    assert "3 records of articles are not committed" in broken(
        GOOD, replace(FACTS, uncommitted={"articles": 3})
    )
    assert "1 notifications were given up" in broken(GOOD, replace(FACTS, undelivered=1))


def test_a_repeat_must_be_explained_by_what_befell_the_service_near_it() -> None:
    again = replace(GOOD[0], at=60)
    assert "nothing explains it" in broken([*GOOD, again])
    assert "nothing explains it" in broken(
        [*GOOD, again], events=(Event("kill", 1 + AFTER + 1, 1 + AFTER + 1),)
    )
    assert broken([*GOOD, again], events=(Event("kill", 1.5, 1.5),)) == ""
    assert explanation(GOOD[0], again, [Event("stop", 30, 59.9)]) == "woken"
    assert explanation(GOOD[0], again, [Event("pause", 30, 59.9)]) == "woken"
    assert explanation(GOOD[0], again, []) == UNEXPLAINED


def test_a_sender_that_waited_no_longer_for_the_answer_explains_a_repeat() -> None:
    attempt = Attempt(
        webhook_id="msg_a1_1",
        alert_id="alr",
        endpoint=ORDERED,
        number=1,
        outcome="retry",
        reason="no complete answer in time",
        latency_ms=2000,
        at=datetime.fromtimestamp(0.5, UTC),
    )
    assert explanation(GOOD[0], replace(GOOD[0], at=9), [], [attempt]) == "late answer"
    early = attempt.model_copy(update={"latency_ms": 100.0})
    assert explanation(GOOD[0], replace(GOOD[0], at=9), [], [early]) == UNEXPLAINED


def test_inputs_are_a_function_of_the_seed_and_say_what_is_owed() -> None:
    one, same, other = make_inputs(500, 1), make_inputs(500, 1), make_inputs(500, 2)
    assert one.messages == same.messages
    assert one.messages != other.messages
    assert len(one.poison) == 500 // POISON_EVERY
    assert any(len(story.articles) > 1 for story in one.stories)
    assert one.owed == sum(len(s.endpoints) * (len(s.articles) if s.updating else 1) for s in one.stories)


def test_the_schedule_has_as_many_kills_as_asked_for_and_every_other_kind() -> None:
    kinds = [fault.kind for fault in draw_schedule(40, 5)]
    assert kinds.count("kill") == 40
    assert set(kinds) == set(KINDS)
    assert draw_schedule(40, 5) == draw_schedule(40, 5)
    assert {fault.kind for fault in draw_schedule(3, 5, ("kill", "term"))} == {"kill", "term"}


def test_an_id_is_taken_after_a_few_bad_answers_whatever_the_share() -> None:
    answers = [chosen_answer("1", 1.0, "desk", "msg", number) for number in range(1, FAULTY_ARRIVALS + 2)]
    assert TAKEN not in answers[:-1]
    assert answers[-1] == TAKEN
