"""What is relied on inside Faust and aiokafka: an upgrade that changes it fails here, loudly."""

from __future__ import annotations

import asyncio
import inspect
from types import SimpleNamespace
from typing import Any

from aiokafka.consumer import consumer as kafka_consumer
from aiokafka.structs import RecordMetadata
from faust.transport import consumer as base
from faust.transport.drivers import aiokafka as driver

from streams.app import build_app
from streams.settings import Settings
from streams.transport import BatchConsumer, BatchTransport


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_the_methods_that_are_replaced_exist_with_the_same_parameters() -> None:
    for name in (
        "ack",
        "_new_offset",
        "_filter_tps_with_pending_acks",
        "_commit_offsets",
        "commit",
        "on_partitions_revoked",
        "_drain_messages",
        "on_buffer_full",
    ):
        original = getattr(base.Consumer, name)
        ours = getattr(BatchConsumer, name)
        assert ours is not original
        assert parameters(ours) == parameters(original), name


def test_the_thread_makes_its_consumer_in_the_method_that_is_extended() -> None:
    assert parameters(driver.AIOKafkaConsumerThread._create_worker_consumer) == ["self", "transport"]
    assert "_fetch_max_wait_ms" in inspect.getsource(kafka_consumer)
    assert "return AIOKafkaConsumerThread(self, loop=self.loop, beacon=self.beacon)" in inspect.getsource(
        driver.Consumer._new_consumer_thread
    )


def test_commits_go_through_the_offset_that_is_replaced() -> None:
    assert "self._new_offset(tp)" in inspect.getsource(base.Consumer._filter_committable_offsets)
    assert "self._filter_tps_with_pending_acks(topics)" in inspect.getsource(
        base.Consumer.force_commit.__wrapped__
    )
    assert "await self.maybe_wait_for_commit_to_finish()" in inspect.getsource(base.Consumer.commit)
    assert "await self.commit()" in inspect.getsource(base.Consumer._commit_handler.fun)


def test_reading_goes_through_the_drain_that_is_replaced() -> None:
    assert "await consumer._drain_messages(self)" in inspect.getsource(base)
    assert "self._get_active_partitions()" in inspect.getsource(base.Consumer._wait_next_records)
    assert "await self.perform_seek()" in inspect.getsource(base.Consumer.getmany)
    assert parameters(driver.AIOKafkaConsumerThread._fetch_records)[1:] == [
        "consumer",
        "active_partitions",
        "timeout",
        "max_records",
    ]


def test_the_place_to_read_from_is_kept_where_it_is_looked_up() -> None:
    assert "r_offset is None or offset >= r_offset" in inspect.getsource(base.Consumer._drain_messages)
    assert "self.consumer._read_offset[tp] = offset" in inspect.getsource(
        driver.AIOKafkaConsumerThread._seek_wait
    )
    assert "self._read_offset.pop(tp, None)" in inspect.getsource(base.Consumer.on_partitions_revoked)


def test_the_fetcher_waits_for_a_partition_as_long_as_is_set() -> None:
    from aiokafka.consumer import fetcher

    assert "record.calculate_backoff()" in inspect.getsource(fetcher.Fetcher._get_actions_per_node)
    assert "backoff=self._prefetch_backoff" in inspect.getsource(fetcher.Fetcher._proc_fetch_request)
    assert parameters(fetcher.Fetcher.fetched_records) == ["self", "partitions", "timeout", "max_records"]


def test_the_fetcher_plans_and_fetches_in_the_methods_that_are_replaced() -> None:
    from aiokafka.consumer import fetcher, subscription_state

    source = inspect.getsource(fetcher.Fetcher._fetch_requests_routine)
    assert "self._get_actions_per_node(assignment)" in source
    assert "for node_id, request in fetch_requests:" in source
    assert "self._proc_fetch_request(assignment, node_id, request)" in source
    assert "timeout=timeout" in source
    assert source.index("fetch_requests,") < source.index("reset_requests,") < source.index("timeout,")
    assert "return needs_wakeup" in inspect.getsource(fetcher.Fetcher._proc_fetch_request)
    assert "self._fetcher = Fetcher(" in inspect.getsource(kafka_consumer.AIOKafkaConsumer.start)
    assert "await self._consumer.start()" in inspect.getsource(driver.AIOKafkaConsumerThread.on_start)
    # What was fetched from another place than the position is left out.
    assert "position != self._partition_records.next_fetch_offset" in inspect.getsource(fetcher.FetchResult)
    assert "tp_state.position != fetch_offset" in inspect.getsource(fetcher.Fetcher._proc_fetch_request)
    assert parameters(subscription_state.TopicPartitionState.consumed_to) == ["self", "position"]


def test_when_a_partition_was_last_answered_of_is_kept_in_milliseconds() -> None:
    from aiokafka import AIOKafkaConsumer
    from aiokafka.consumer import fetcher, subscription_state

    proceeding = inspect.getsource(fetcher.Fetcher._proc_fetch_request)
    assert "now_ms = int(1000 * time.time())" in proceeding
    assert proceeding.index("tp_state.timestamp = now_ms") < proceeding.index("if records.has_next():")
    assert "self.timestamp = None" in inspect.getsource(subscription_state.TopicPartitionState.__init__)
    assert ".timestamp" in inspect.getsource(AIOKafkaConsumer.last_poll_timestamp)


def test_what_was_fetched_can_be_taken_without_waiting_and_lies_where_it_is_looked_for() -> None:
    from aiokafka.consumer import fetcher

    taking = inspect.getsource(fetcher.Fetcher.fetched_records)
    assert taking.index("if drained or not timeout:") < taking.index("self._create_fetch_waiter()")
    assert "type(res_or_error) is FetchResult" in taking
    assert "for tp in list(self._records.keys()):" in taking
    assert "self._records = collections.OrderedDict()" in inspect.getsource(fetcher.Fetcher.__init__)
    assert "self._subscriptions.reassignment_in_progress" in taking
    assert "self._in_flight.add(node_id)" in inspect.getsource(fetcher.Fetcher._fetch_requests_routine)
    assert "self._closed = True" in inspect.getsource(fetcher.Fetcher.close)


def test_a_fetch_asks_and_is_answered_with_what_is_written_and_read_here() -> None:
    import re

    from aiokafka.consumer import fetcher
    from aiokafka.protocol.fetch import FetchRequest

    source = inspect.getsource(fetcher.Fetcher._proc_fetch_request)
    assert "await self._client.send(node_id, request)" in source
    assert set(re.findall(r"response\.(\w+)", source)) == {"API_VERSION", "topics"}
    assert set(re.findall(r"request\.(\w+)", source)) == {"topics"}
    assert list(vars(FetchRequest(1, 2, 3, 4, [], "r"))) == [
        "_max_wait_ms",
        "_min_bytes",
        "_max_bytes",
        "_isolation_level",
        "_topics",
        "_rack_id",
    ]


def test_a_repeat_whose_place_is_unknown_shows_in_its_acknowledgement() -> None:
    from aiokafka.producer import sender

    assert "batch.done(offset, timestamp, log_start_offset)" in inspect.getsource(sender)
    assert {"offset", "timestamp", "timestamp_type", "log_start_offset"} <= set(RecordMetadata._fields)


def test_the_sender_that_is_replaced_does_its_work_in_the_methods_that_are_replaced() -> None:
    from aiokafka.client import AIOKafkaClient
    from aiokafka.conn import AIOKafkaConnection
    from aiokafka.producer import message_accumulator, producer, sender
    from aiokafka.util import wait_for

    made = inspect.getsource(producer.AIOKafkaProducer.__init__)
    assert "self._sender = Sender(" in made
    for name in parameters(sender.Sender.__init__)[2:]:
        assert f"{name}=" in made, name
    assert "create_task(self._sender_routine())" in inspect.getsource(sender.Sender.start)
    assert "await self._maybe_wait_for_pid()" in inspect.getsource(sender.Sender.start)
    assert "self._sender_task.cancel()" in inspect.getsource(sender.Sender.close)
    routine = inspect.getsource(sender.Sender._sender_routine)
    for step in (
        "self._send_produce_req(node_id, node_batches)",
        "self._in_flight.add(node_id)",
        "self._muted_partitions.add(tp)",
        "self.client.force_metadata_update()",
        "self._message_accumulator.waiter()",
        "ignore_nodes=self._in_flight",
    ):
        assert step in routine, step
    slowly = inspect.getsource(sender.Sender._send_produce_req)
    assert "self._in_flight.remove(node_id)" in slowly
    assert "self._muted_partitions.remove(tp)" in slowly
    assert "reenqueue(batch)" in inspect.getsource(sender.SendProduceReqHandler.do)
    assert slowly.rindex("await ") == slowly.index("await handler.do"), "the rest is one step"
    accumulator = message_accumulator.MessageAccumulator
    drain = inspect.getsource(accumulator.drain_by_nodes)
    assert "self._waiter_future = self._loop.create_future()" in drain
    assert "batch = self._pop_batch(tp)" in drain[: drain.index("batch.failure(exception=err)")]
    assert "self._pending_batches.add(batch)" in inspect.getsource(accumulator._pop_batch)
    assert parameters(accumulator.fail_all) == ["self", "exception"]
    assert "raise copy.copy(self._exception)" in inspect.getsource(accumulator.add_message)
    assert parameters(message_accumulator.MessageBatch.done)[:4] == [
        "self",
        "base_offset",
        "timestamp",
        "log_start_offset",
    ]
    asked = inspect.getsource(inspect.unwrap(AIOKafkaConnection.send))
    for step in (
        "request.prepare(self._versions)",
        "header.encode() + request_struct.encode()",
        "(correlation_id, request_struct, fut)",
        "return wait_for(fut, self._request_timeout)",
    ):
        assert step in asked, step
    assert inspect.iscoroutinefunction(wait_for)
    answered = inspect.getsource(AIOKafkaConnection._handle_frame)
    assert "request.parse_response_header(resp)" in answered
    assert "request.RESPONSE_TYPE" in answered
    assert "conn_id = (node_id, group)" in inspect.getsource(AIOKafkaClient._get_conn)


def test_partitions_are_sought_again_before_the_flow_goes_on() -> None:
    from faust.tables import recovery

    source = inspect.getsource(recovery.Recovery._resume_streams)
    assert source.index("consumer.perform_seek()") < source.index("consumer.resume_flow()")


async def test_partitions_are_read_however_long_it_takes_to_learn_where_to_begin_in_them() -> None:
    from faust.tables import manager, recovery

    assert "timeout=self.app.conf.broker_request_timeout" in inspect.getsource(
        recovery.Recovery._resume_streams
    )
    assert "self._recovery = Recovery(" in inspect.getsource(manager.TableManager.recovery.fget)
    await build_app(Settings()).tables.recovery._wait(asyncio.sleep(0.02), timeout=0.001)


def test_seeking_goes_through_the_methods_that_are_extended_and_leaves_fresh_partitions_alone() -> None:
    from aiokafka.consumer.group_coordinator import GroupCoordinator

    assert "await self.seek_to_committed()" in inspect.getsource(base.Consumer.perform_seek)
    assert "self._thread.seek_to_committed()" in inspect.getsource(
        base.ThreadDelegateConsumer.seek_to_committed
    )
    known = inspect.getsource(GroupCoordinator._do_fetch_commit_offsets)
    assert "offsets[tp] = OffsetAndMetadata(offset, metadata)" in known
    assert "if offset == UNKNOWN_OFFSET:" in known
    assert parameters(GroupCoordinator.fetch_committed_offsets) == ["self", "partitions"]
    source = inspect.getsource(kafka_consumer.AIOKafkaConsumer.seek_to_committed)
    assert "if offset and offset > 0:" in source
    assert "return committed_offsets" in source


def test_a_fetcher_says_what_it_cannot_find_and_when_it_has_ended() -> None:
    from aiokafka.consumer import fetcher

    assert parameters(fetcher.FetchError) == ["error", "backoff"]
    assert "raise self._error" in inspect.getsource(fetcher.FetchError.check_raise)
    assert "OffsetOutOfRangeError({tp: fetch_offset})" in inspect.getsource(
        fetcher.Fetcher._proc_fetch_request
    )
    assert "NoOffsetForPartitionError(tp)" in inspect.getsource(fetcher.Fetcher._update_fetch_positions)
    assert "return self._fetch_task" in inspect.getsource(fetcher.Fetcher.error_future.fget)
    assert parameters(fetcher.Fetcher.request_offset_reset) == ["self", "tps", "strategy"]
    asks = inspect.getsource(fetcher.Fetcher._update_fetch_positions)
    assert "await self._proc_offset_request(node_id, topic_data)" in asks
    assert "metadata" not in asks[asks.index("except Errors.KafkaError as err:") :]
    assert parameters(inspect.unwrap(fetcher.Fetcher._proc_offset_request)) == [
        "self",
        "node_id",
        "topic_data",
    ]


def test_what_the_client_meets_in_the_background_waits_to_be_asked_for() -> None:
    from aiokafka.client import AIOKafkaClient
    from aiokafka.cluster import ClusterMetadata
    from aiokafka.consumer.group_coordinator import GroupCoordinator

    assert parameters(GroupCoordinator.check_errors) == ["self"]
    assert "[self._error_consumed_fut, self._closing]" in inspect.getsource(
        GroupCoordinator._push_error_to_user
    )
    assert "check_errors" not in inspect.getsource(driver)
    assert "self._sync_task = create_task(self._md_synchronizer())" in inspect.getsource(AIOKafkaClient)
    asks = inspect.getsource(inspect.unwrap(AIOKafkaClient._metadata_update))
    assert "[b.nodeId for b in self.cluster.brokers()]" in asks, "and no others, however long none answers"
    assert "self._last_successful_refresh_ms = now" in inspect.getsource(ClusterMetadata.update_metadata)


def test_the_rebalance_waits_for_batches_under_way_before_it_tells_us() -> None:
    from faust.app import base as app

    source = inspect.getsource(app.App._on_partitions_revoked)
    assert source.index("_consumer_wait_empty") < source.index("self.on_partitions_revoked.send")


def test_the_transport_makes_our_consumer() -> None:
    assert BatchTransport.Consumer is BatchConsumer
    assert "self.Consumer(" in inspect.getsource(driver.Transport.create_consumer)


def test_folders_are_made_in_the_method_that_is_emptied() -> None:
    from faust.app import base as app

    assert "self._create_directories()" in inspect.getsource(app.App.on_first_start)
    assert "mkdir" in inspect.getsource(app.App._create_directories)


def test_the_group_can_be_asked_to_take_us_in_again() -> None:
    from aiokafka.consumer.group_coordinator import GroupCoordinator

    assert parameters(GroupCoordinator.request_rejoin) == ["self"]
    assert "self._coordinator = " in inspect.getsource(kafka_consumer)
    assert parameters(driver.AIOKafkaConsumerThread._ensure_consumer) == ["self"]


async def test_a_worker_joins_its_group_again_however_long_a_rebalance_has_kept_it_from_fetching() -> None:
    from aiokafka.consumer.group_coordinator import GroupCoordinator

    async def at_once(*_: object) -> bool:
        return True

    coordinator: Any = GroupCoordinator.__new__(GroupCoordinator)
    app = build_app(Settings())
    coordinator._max_poll_interval = app.conf.broker_max_poll_interval
    assert "conf.broker_max_poll_interval" in inspect.getsource(
        driver.AIOKafkaConsumerThread._create_worker_consumer
    )
    coordinator._subscription = SimpleNamespace(subscribed_pattern=None, fetcher_idle_time=24 * 3600)
    coordinator._performed_join_prepare, coordinator._retry_backoff_ms = True, 0
    coordinator._stop_heartbeat_task = coordinator._do_rejoin_group = at_once
    coordinator._start_heartbeat_task = lambda: None
    assigned = object()
    subscription = SimpleNamespace(assignment=assigned)
    assert await coordinator.ensure_active_group(subscription, assigned) is assigned


def test_connections_write_in_the_methods_that_are_replaced_and_expect_errors_of_the_system_only() -> None:
    from aiokafka.client import AIOKafkaClient
    from aiokafka.conn import AIOKafkaConnection

    for name in ("send", "_send_sasl_token"):
        source = inspect.getsource(inspect.unwrap(getattr(AIOKafkaConnection, name)))
        assert "self._writer.write(" in source
        assert "except OSError as err" in source
        assert "self.close(reason=CloseReason.CONNECTION_BROKEN)" in source
    assert "except (KafkaError, asyncio.TimeoutError)" in inspect.getsource(AIOKafkaClient._metadata_update)


def test_records_are_unpacked_in_the_classes_that_are_replaced_and_the_parser_in_python_reads_one_at_a_time() -> (
    None
):
    from aiokafka.consumer import fetcher
    from aiokafka.record.default_records import _DefaultRecordBatchPy, _DefaultRecordPy
    from aiokafka.record.memory_records import _MemoryRecordsPy

    fetched = inspect.getsource(fetcher.Fetcher._proc_fetch_request)
    assert "records = MemoryRecords(part_data[-1])" in fetched
    assert "partition_records = PartitionRecords(" in fetched
    original: Any = fetcher.PartitionRecords.__mro__[-2]  # it may be replaced by now
    assert "self._records_iterator = self._unpack_records()" in inspect.getsource(original.__init__)
    unpacked = inspect.getsource(original._unpack_records)
    for step in (
        "records = self._records",
        "next_batch = records.next_batch()",
        "next_batch.validate_crc()",
        "if record.offset < self.next_fetch_offset:",
        "self.next_fetch_offset = record.offset + 1",
    ):
        assert step in unpacked, step
    sliced = inspect.getsource(_MemoryRecordsPy.next_batch)
    assert "next_slice = self._next_slice" in sliced
    assert "self._cache_next()" in sliced
    assert "magic = next_slice[_magic_offset]" in sliced
    parsed = inspect.getsource(_DefaultRecordBatchPy._read_msg)
    assert parameters(_DefaultRecordBatchPy._read_msg) == ["self", "decode_varint"]
    assert (
        'decode("utf-8")' in parsed
    )  # where names are no longer decoded strictly, streams/kafka_client/header_names.py can go
    assert "msg = self._read_msg()" in inspect.getsource(_DefaultRecordBatchPy.__next__)
    assert list(_DefaultRecordPy.__annotations__) == [
        "offset",
        "timestamp",
        "timestamp_type",
        "key",
        "value",
        "headers",
    ]


def test_batches_are_unpacked_by_functions_that_can_be_replaced_and_say_what_stands_in_for_one() -> None:
    from aiokafka.record import default_records

    unpacks = inspect.getsource(default_records._DefaultRecordBatchPy._maybe_uncompress)
    for name in ("gzip_decode", "lz4_decode", "zstd_decode"):
        assert f"{name}(" in unpacks
    for batch in (default_records.DefaultRecordBatch, default_records._DefaultRecordBatchPy):
        for said in ("next_offset", "max_timestamp", "timestamp_type"):
            assert hasattr(batch, said)


def test_who_waits_for_the_group_is_told_by_what_stop_joining_looks_at() -> None:
    from aiokafka.client import AIOKafkaClient
    from aiokafka.consumer.group_coordinator import GroupCoordinator

    joins = inspect.getsource(GroupCoordinator.ensure_active_group)
    begins, ends = "self._performed_join_prepare = True", "self._performed_join_prepare = False"
    assert joins.index(begins) < joins.index("await self._do_rejoin_group(") < joins.index(ends)
    closes = inspect.getsource(GroupCoordinator.close)
    assert "if not self._coordination_task.done():" in closes
    assert "await self._maybe_leave_group()" in closes
    leaves = inspect.getsource(GroupCoordinator._maybe_leave_group)
    assert "if self.generation > 0 and self._group_instance_id is None:" in leaves
    assert "group=ConnectionGroup.COORDINATION" in inspect.getsource(GroupCoordinator._send_req)
    assert "self._conns[conn_id]" in inspect.getsource(AIOKafkaClient)
    assert "await self._consumer.stop()" in inspect.getsource(driver.AIOKafkaConsumerThread.on_thread_stop)


def test_the_manager_of_tables_does_at_its_start_what_ours_does_after_a_wait() -> None:
    from faust.tables.manager import TableManager

    source = inspect.getsource(TableManager.on_start)
    steps = ("await self.sleep(1.0)", "await self._update_channels()", "await self.recovery.start()")
    assert [source.index(step) for step in steps] == sorted(source.index(step) for step in steps)
    assert source.count("await") == len(steps)
    app = build_app(Settings())
    assert type(app.tables) is not TableManager
    assert isinstance(app.tables, TableManager)


def test_the_partitions_of_articles_alone_are_read_together() -> None:
    assert build_app(Settings()).consumer.transport.merged_topics == {"tocsin.articles"}


def test_a_client_connects_asks_and_waits_in_the_methods_that_are_replaced() -> None:
    from aiokafka.client import AIOKafkaClient
    from aiokafka.conn import AIOKafkaConnection
    from aiokafka.protocol.commit import OffsetCommitRequest
    from aiokafka.protocol.group import JoinGroupRequest, SyncGroupRequest

    from streams.kafka_client.silent_brokers import EXTRA_PATIENCE, WAITS_FOR_OTHERS

    connected = inspect.getsource(inspect.unwrap(AIOKafkaClient._get_conn))
    assert "on_close=self._on_connection_closed" in connected
    assert "except (OSError, asyncio.TimeoutError, KafkaError)" in connected
    assert "return None" in connected
    assert parameters(inspect.unwrap(AIOKafkaClient._get_conn)) == ["self", "node_id", "group", "no_hint"]
    assert parameters(inspect.unwrap(AIOKafkaClient._metadata_update)) == [
        "self",
        "cluster_metadata",
        "topics",
    ]
    closed = inspect.getsource(AIOKafkaClient._on_connection_closed)
    assert "CloseReason.CONNECTION_TIMEOUT" in closed
    assert "self.force_metadata_update()" in closed
    assert parameters(inspect.unwrap(AIOKafkaConnection.connect)) == ["self"]
    assert "self._requests[0]" in inspect.getsource(AIOKafkaConnection._handle_frame)
    assert "await reader.readexactly(size)" in inspect.getsource(AIOKafkaConnection._read)
    assert {JoinGroupRequest.API_KEY, SyncGroupRequest.API_KEY} == set(WAITS_FOR_OTHERS)
    assert {OffsetCommitRequest.API_KEY} == set(EXTRA_PATIENCE)


def test_a_fetcher_awaits_the_fetches_that_it_cancels_last_when_it_is_closed() -> None:
    from aiokafka.consumer import fetcher

    source = inspect.getsource(inspect.unwrap(fetcher.Fetcher.close))
    assert source.endswith(
        "        for x in self._pending_tasks:\n            x.cancel()\n            await x\n"
    )  # where their CancelledError is caught, streams/kafka_client/fetcher_close.py can go


def test_what_is_committed_is_asked_for_in_the_method_that_is_extended() -> None:
    from aiokafka.consumer.group_coordinator import GroupCoordinator
    from aiokafka.protocol.commit import OffsetFetchRequest, OffsetFetchResponse_v3

    from streams.kafka_client.committed_offsets import OFFSET_FETCH

    source = inspect.getsource(GroupCoordinator._do_fetch_commit_offsets)
    assert "await self._send_req(request)" in source
    assert (
        "response.error_code" not in source
    )  # where aiokafka looks at it, streams/kafka_client/committed_offsets.py can go
    assert parameters(inspect.unwrap(GroupCoordinator._send_req)) == ["self", "request"]
    assert OffsetFetchRequest.API_KEY == OFFSET_FETCH
    assert OffsetFetchResponse_v3.SCHEMA.names[-1] == "error_code"


def test_a_member_that_is_turned_out_forgets_its_id_and_an_unknown_error_of_a_join_is_told() -> None:
    from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance, GroupCoordinator

    reset = inspect.getsource(inspect.unwrap(GroupCoordinator.reset_generation))
    assert "self.generation = OffsetCommitRequest.DEFAULT_GENERATION_ID" in reset
    assert "self.member_id = JoinGroupRequest.UNKNOWN_MEMBER_ID" in reset
    joining = inspect.getsource(CoordinatorGroupRebalance.perform_group_join)
    assert "self._coordinator.reset_generation()" in joining
    assert "raise Errors.KafkaError(repr(err))" in joining
    heartbeat = inspect.getsource(GroupCoordinator._do_heartbeat)
    assert "self.reset_generation()" in heartbeat
    assert (
        "instance_id" not in heartbeat
    )  # where it is sent, the broker's answer says who was turned out by whom
