"""Fetch requests and their answers are written and read as aiokafka does, byte for byte and field for field."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.protocol.fetch import FetchRequest, FetchResponse_v11
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka_client.fetch_request import LED_BY_ANOTHER, RawFetchRequest, RawFetchResponse

VERSIONS = {RawFetchRequest.API_KEY: (0, RawFetchRequest.API_VERSION)}

topic_names = st.text("abc.-_é", min_size=1, max_size=20)
int32 = st.integers(-(2**31), 2**31 - 1)
int64 = st.integers(-(2**63), 2**63 - 1)

requests = st.builds(
    FetchRequest,
    st.integers(0, 1000),
    st.integers(0, 10),
    st.integers(0, 2**30),
    st.sampled_from([0, 1]),
    st.lists(st.tuples(topic_names, st.lists(st.tuples(int32, int64, int32), max_size=4)), max_size=4),
    st.text("rack1", max_size=4),
)
partitions = st.tuples(
    int32,
    st.integers(-1, 100).filter(lambda error: error not in LED_BY_ANOTHER),
    int64,
    int64,
    int64,
    st.lists(st.tuples(int64, int64), max_size=2),
    int32,
    st.binary(max_size=50),
)
answers = st.builds(
    FetchResponse_v11,
    st.integers(0, 1000),
    st.just(0),
    st.just(0),
    st.lists(st.tuples(topic_names, st.lists(partitions, max_size=4)), max_size=4),
)


@given(requests)
def test_a_request_is_written_as_aiokafka_writes_it(request: Any) -> None:
    theirs = request.prepare(VERSIONS)
    ours = RawFetchRequest(request).prepare(VERSIONS)
    assert isinstance(ours, RawFetchRequest)
    assert ours.topics == request.topics
    assert ours.encode() == theirs.encode()
    header = ours.build_request_header(correlation_id=7, client_id="tocsin")
    assert header.encode() == theirs.build_request_header(correlation_id=7, client_id="tocsin").encode()


@given(answers)
def test_an_answer_is_read_as_aiokafka_reads_it(answer: Any) -> None:
    encoded = answer.encode()
    theirs = FetchResponse_v11.decode(BytesIO(encoded))
    ours = RawFetchResponse.decode(BytesIO(encoded))
    assert ours.topics == theirs.topics
    assert ours.API_VERSION == theirs.API_VERSION


def test_records_and_transactions_that_are_absent_are_read_as_none() -> None:
    absent = FetchResponse_v11(
        0, 0, 0, [("t", [(1, 0, 5, 5, 0, None, -1, None), (2, 3, 7, 7, 0, [], -1, b"r")])]
    )
    assert RawFetchResponse.decode(BytesIO(absent.encode())).topics == [
        ("t", [(1, 0, 5, 5, 0, [], -1, b""), (2, 3, 7, 7, 0, [], -1, b"r")])
    ]


@pytest.mark.parametrize(
    ("error", "asks"),
    [(56, True), (9, True), (6, True), (0, False)],
    ids=["its disk has failed", "it has no replica", "it does not lead", "none"],
)
async def test_of_a_partition_that_a_broker_cannot_read_it_is_asked_at_once_who_leads_it(
    error: int, asks: bool
) -> None:
    answer = FetchResponse_v11(0, 0, 0, [("t", [(1, error, 5, 5, 0, [], -1, b"")])])
    asked: list[bool] = []

    async def send(_node: int, _request: object) -> RawFetchResponse:
        return RawFetchResponse.decode(BytesIO(answer.encode()))

    fetcher = Fetcher.__new__(Fetcher)
    fetcher._client = SimpleNamespace(send=send, force_metadata_update=lambda: asked.append(True))
    fetcher._client_rack, fetcher._preferred_read_replica = None, {}
    state = SimpleNamespace(has_valid_position=True, position=5)
    assignment = SimpleNamespace(active=True, state_value={TopicPartition("t", 1): state}.get)
    request = RawFetchRequest(FetchRequest(100, 1, 1000, 0, [("t", [(1, 5, 100)])]))
    assert await fetcher._proc_fetch_request(assignment, 1, request) is False
    assert bool(asked) is asks


def test_a_broker_of_other_versions_gets_what_aiokafka_makes_for_it() -> None:
    request = FetchRequest(100, 1, 1000, 0, [("t", [(0, 5, 100)])])
    older = {RawFetchRequest.API_KEY: (0, RawFetchRequest.API_VERSION - 1)}
    prepared = RawFetchRequest(request).prepare(older)
    assert type(prepared) is type(request.prepare(older))
    assert prepared.encode() == request.prepare(older).encode()
