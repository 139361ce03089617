"""The broker for tests and for trying out: what it holds of the machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from streams.local_kafka import HeldPorts


@pytest.fixture
def held() -> Iterator[HeldPorts]:
    ports = HeldPorts(3)
    yield ports
    ports.close()


def test_a_port_that_is_held_is_taken_for_others_before_its_broker_starts_and_while_it_is_down(
    held: HeldPorts,
) -> None:
    assert len(set(held.numbers)) == 3
    for port in held.numbers:
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))


def test_its_broker_can_listen_at_it_again_and_again(held: HeldPorts) -> None:
    for _ in range(2):
        with socket.socket() as broker:
            broker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Java does by itself
            broker.bind(("127.0.0.1", held.numbers[0]))
            broker.listen()
            with socket.create_connection(("127.0.0.1", held.numbers[0]), timeout=10):
                broker.accept()[0].close()
