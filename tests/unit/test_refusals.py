"""Why a broker could not be connected to."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import IllegalSaslStateError, KafkaConnectionError, SaslAuthenticationFailed

from streams.connection import client_options, no_answer
from streams.kafka_client.refusals import noting_why, reason, why_not
from streams.settings import BrokerSettings


def not_trusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


def no_tls() -> ssl.SSLError:
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (not_trusted(), "its certificate is not accepted: self-signed certificate"),
        (no_tls(), "TLS fails: wrong version number"),
        (socket.gaierror(-2, "Name or service not known"), "its name has no address"),
        (TimeoutError(), "no answer in time"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "connection refused"),
        (OSError(f"Multiple exceptions: [Errno {errno.ECONNREFUSED}] ::1, …"), "connection refused"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "it closed the connection, as one does that "),
        (KafkaConnectionError("Connection at a:1 closed"), "it closed the connection, as one does that "),
        (IllegalSaslStateError(), "it knows no SASL at this port"),
        (
            SaslAuthenticationFailed("Invalid\ncredentials"),
            "[Error 58] SaslAuthenticationFailed: Invalid\\u000acred",
        ),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "Network is unreachable"),
    ],
)
def test_each_error_is_told_in_words(error: Exception, said: str) -> None:
    assert said in reason(error)


async def test_the_reason_of_the_last_attempt_is_told_and_forgotten_once_one_succeeds() -> None:
    outcomes: list[Exception | None] = [TimeoutError(), socket.gaierror(), None]

    async def connect(_: AIOKafkaConnection) -> str:
        if (outcome := outcomes.pop(0)) is not None:
            raise outcome
        return "connected"

    noted = noting_why(connect)
    connection = AIOKafkaConnection("::1", 9)
    servers = ["[::1]:9", "other.example:9"]
    for said in "no answer in time", "its name has no address":
        with pytest.raises((TimeoutError, socket.gaierror)):
            await noted(connection)
        assert why_not(servers) == said
        assert f"[::1]:9, other.example:9 ({said}): check" in str(
            no_answer(servers, KafkaConnectionError(""))
        )
    assert await noted(connection) == "connected"
    assert why_not(servers) == ""
    assert "(KafkaConnectionError)" in str(no_answer(servers, KafkaConnectionError("")))


async def test_every_client_of_ours_keeps_why() -> None:
    client_options(BrokerSettings())  # patches aiokafka
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        port = taken.getsockname()[1]
        with pytest.raises(ConnectionRefusedError):
            await AIOKafkaConnection("127.0.0.1", port).connect()
        assert why_not([f"127.0.0.1:{port}"]) == "connection refused"
