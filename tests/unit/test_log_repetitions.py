"""What a library says again and again is written once in a while, with how often it came meanwhile."""

from __future__ import annotations

import logging

from streams.logs import REPEAT_AFTER, Repetitions


def record(
    name: str = "aiokafka.conn", message: str = "Unable connect to %s", *arguments: object
) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, __file__, 1, message, arguments, None)


def test_the_same_message_with_other_arguments_is_written_once_and_then_counted() -> None:
    moment = [100.0]
    repetitions = Repetitions(lambda: moment[0])
    assert repetitions.filter(record())
    assert not any(
        repetitions.filter(record("aiokafka.conn", "Unable connect to %s", node)) for node in range(7)
    )
    moment[0] += REPEAT_AFTER
    again = record("aiokafka.conn", "Unable connect to %s", "node 1")
    assert repetitions.filter(again)
    assert again.getMessage() == "Unable connect to node 1 (7 more like it since)"


def test_other_messages_and_our_own_are_never_left_out() -> None:
    repetitions = Repetitions(lambda: 0.0)
    assert repetitions.filter(record())
    assert repetitions.filter(record(message="Something else"))
    assert all(repetitions.filter(record("tocsin.broker", "broker.away")) for _ in range(3))
