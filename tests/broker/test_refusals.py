"""What a broker refuses, answered field by field as Kafka 4.3.1 does. (tests/oracle compares with a real one.)"""

import pytest
from broker.wire import Client, fetch, produce, produced, raw
from oracle.batches import batch, compress, record
from simulation.story import story

from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.delete_records import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsTopic,
)
from minikafka.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic, ReplicaState
from minikafka.protocol.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from minikafka.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from minikafka.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData

NOW = 1_767_225_600_000
NONE = ErrorCode.NONE


@pytest.fixture
def s():
    with story(1, brokers=1) as s:
        s.create_topic("orders", partitions=2)
        s.client = Client(s, "broker-1")
        yield s


def good(*values, **more):
    values = values or (b"a",)
    return batch(*values, timestamps=[NOW] * len(values), **more)


def write(s, data, topic="orders", version=12, **more):
    return produced(s.client.ask(produce(topic, data, **more), version))


def outcome(answer):
    return ErrorCode(answer.error_code), answer.base_offset, answer.log_start_offset, answer.error_message


# -- Produce -----------------------------------------------------------------------------------------------------


def test_a_batch_that_is_refused_unseen_has_no_log_start(s):
    assert outcome(write(s, good(crc_off_by=1))) == (ErrorCode.CORRUPT_MESSAGE, -1, -1, None)
    assert outcome(write(s, good() * 2)) == (ErrorCode.INVALID_RECORD, -1, -1, None)
    assert outcome(write(s, b"")) == (ErrorCode.INVALID_RECORD, -1, -1, None)
    assert outcome(write(s, good(), acks=7)) == (ErrorCode.INVALID_REQUIRED_ACKS, -1, -1, None)


def test_a_batch_that_the_log_refuses_is_told_where_the_log_starts(s):
    for _ in range(3):
        write(s, good())
    s.client.ask(delete("orders", 2), 2)
    assert outcome(write(s, good(count=5))) == (ErrorCode.INVALID_RECORD, -1, 2, None)
    assert outcome(write(s, good(producer_id=5, producer_epoch=-2, sequence=0))) == (
        ErrorCode.INVALID_PRODUCER_EPOCH,
        -1,
        2,
        None,
    )


@pytest.mark.parametrize("version", [3, 8, 12])
@pytest.mark.parametrize("codec", [5, 6, 7])
def test_an_unknown_codec_is_answered(s, codec, version):
    assert write(s, good(attributes=codec), version=version).error_code == ErrorCode.UNKNOWN_SERVER_ERROR
    assert write(s, good(), version=version).error_code == NONE


def test_zstd_before_its_time(s):
    assert write(s, good(codec="zstd"), version=6).error_code == ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
    assert write(s, good(codec="zstd"), version=7).error_code == NONE


def test_bad_records_are_named_one_by_one(s):
    s.create_topic("compacted", cleanup_policy="compact")
    answer = write(s, good((b"k", b"v"), b"v", (b"k", b"v"), b"v"), "compacted")
    assert outcome(answer)[:3] == (ErrorCode.INVALID_RECORD, -1, 0)
    assert answer.error_message
    assert [error.batch_index for error in answer.record_errors] == [1, 3]
    assert all("without key" in error.batch_index_error_message for error in answer.record_errors)


def test_a_duplicate_has_its_first_offset_and_its_largest_timestamp(s):
    data = batch(b"a", b"b", timestamps=[NOW, NOW - 5], producer_id=7, producer_epoch=0, sequence=0)
    first, again = write(s, data), write(s, data)
    assert (first.base_offset, first.log_append_time_ms) == (0, -1)
    assert (again.error_code, again.base_offset, again.log_append_time_ms) == (NONE, 0, NOW)


def test_the_offsets_of_groups_are_not_for_clients(s):
    s.create_topic("__consumer_offsets")
    data = good((b"k", b"v"))
    assert write(s, data, "__consumer_offsets").error_code == ErrorCode.INVALID_TOPIC_EXCEPTION
    s.client = Client(s, "broker-1", "__admin_client")  # how Kafka's own tools call themselves
    assert write(s, data, "__consumer_offsets").error_code == NONE


def two(first, second, acks=-1):
    parts = [PartitionProduceData(index=0, records=first), PartitionProduceData(index=1, records=second)]
    return ProduceRequest(
        acks=acks, timeout_ms=5000, topic_data=[TopicProduceData(name="orders", partition_data=parts)]
    )


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        pytest.param(good(length=0), ErrorCode.CORRUPT_MESSAGE, id="no batch can be looked for"),
        pytest.param(good(magic=3), ErrorCode.CORRUPT_MESSAGE, id="no such format"),
        pytest.param(
            good(attributes=0x10, producer_id=1, producer_epoch=0, sequence=0),
            ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            id="a transaction without an id",
        ),
    ],
)
def test_what_spoils_a_whole_request(s, bad, code):
    answer = s.client.ask(two(good(), bad), 12).responses[0].partition_responses
    assert [part.error_code for part in answer] == [code, code]
    assert s.replica("broker-1", "orders", 0).log.log_end_offset == 0
    with pytest.raises(ConnectionError):
        s.client.ask(two(good(), bad, acks=0), 12)


def test_what_spoils_one_partition_only(s):
    answer = s.client.ask(two(good(crc_off_by=1), good()), 12).responses[0].partition_responses
    assert [part.error_code for part in answer] == [ErrorCode.CORRUPT_MESSAGE, NONE]


@pytest.mark.parametrize(
    ("length", "codec", "code"),
    [
        (b"\x8c\x80\x80\x80\x00", "none", NONE),
        (b"\x8c\x80\x80\x80\x80\x00", "none", ErrorCode.UNKNOWN_SERVER_ERROR),
        (b"\x8c\x80\x80\x80\x80\x00", "gzip", ErrorCode.INVALID_RECORD),
    ],
)
def test_a_length_may_take_five_bytes_and_no_more(s, length, codec, code):
    body = length + record(0, None, None, 0)[1:]
    assert write(s, good(codec=codec, body=compress(codec, body))).error_code == code


# -- Fetch -------------------------------------------------------------------------------------------------------


def read(s, offset, version=12, *, max_bytes=1 << 20, in_all=1 << 20, isolation=0, replica=-1, **more):
    ask = FetchPartition(partition=0, fetch_offset=offset, partition_max_bytes=max_bytes, **more)
    request = FetchRequest(
        replica_id=replica if version < 15 else -1,
        replica_state=ReplicaState(replica_id=replica, replica_epoch=-1) if version >= 15 else ReplicaState(),
        max_wait_ms=20_000,
        min_bytes=100_000,
        max_bytes=in_all,
        isolation_level=isolation,
        session_epoch=-1,
        topics=[
            FetchTopic(topic="orders", partitions=[ask])
            if version < 13
            else FetchTopic(topic_id=s.nodes.controller.image.topic("orders").id, partitions=[ask])
        ],
    )
    began = s.now
    answer = s.client.ask(request, version).responses[0].partitions[0]
    if answer.error_code != NONE:
        assert s.now - began < 1, "an error is worth no waiting"
    return answer


def test_an_epoch_that_the_leader_never_saw_is_out_of_range(s):
    write(s, good())
    answer = read(s, 1, last_fetched_epoch=3, current_leader_epoch=0)
    assert answer.error_code == ErrorCode.OFFSET_OUT_OF_RANGE
    assert answer.diverging_epoch.end_offset == -1


def test_where_logs_part_is_told(s):
    write(s, good())
    answer = read(s, 5, last_fetched_epoch=0, current_leader_epoch=0)
    assert (answer.error_code, answer.diverging_epoch.epoch, answer.diverging_epoch.end_offset) == (
        NONE,
        0,
        1,
    )


@pytest.mark.parametrize("limits", [{"max_bytes": -1}, {"in_all": -1}])
def test_a_negative_limit(s, limits):
    write(s, good())
    answer = read(s, 0, **limits)
    assert (answer.error_code, answer.high_watermark) == (ErrorCode.UNKNOWN_SERVER_ERROR, -1)


@pytest.mark.parametrize("version", [5, 12, 17])
def test_a_stranger_is_no_replica(s, version):
    assert read(s, 0, version, replica=44).error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
    if version >= 9:
        # It knows the epoch: perhaps we don't know yet that it is a replica now.
        answer = read(s, 0, version, replica=44, current_leader_epoch=0)
        assert answer.error_code == ErrorCode.UNKNOWN_LEADER_EPOCH


def test_an_isolation_level_that_is_none(s):
    assert read(s, 0, isolation=9).error_code == ErrorCode.UNKNOWN_SERVER_ERROR
    request = fetch(s.nodes.controller.image.topic("orders").id, {0: 0})
    request.isolation_level = 9
    answer = s.client.ask(request, 17)
    assert (answer.error_code, answer.responses) == (ErrorCode.UNKNOWN_SERVER_ERROR, [])


# -- ListOffsets, DeleteRecords, names ---------------------------------------------------------------------------


def list_offsets(*asks, isolation=0):
    return ListOffsetsRequest(
        replica_id=-1,
        isolation_level=isolation,
        topics=[ListOffsetsTopic(name="orders", partitions=list(asks))],
    )


def offsets(s, *asks, **more):
    answer = s.client.ask(list_offsets(*asks, **more), 7).topics[0].partitions
    return [(part.partition_index, ErrorCode(part.error_code), part.offset) for part in answer]


def part(index=0, timestamp=-1, epoch=-1):
    return ListOffsetsPartition(partition_index=index, timestamp=timestamp, current_leader_epoch=epoch)


def test_who_asks_twice_for_a_partition_is_told_once(s):
    asked = part(), part(timestamp=-2), part(1)
    assert offsets(s, *asked) == [(0, ErrorCode.INVALID_REQUEST, -1), (1, NONE, 0)]


def test_only_minus_one_is_no_leader_epoch(s):
    assert offsets(s, part(epoch=-1)) == [(0, NONE, 0)]
    assert offsets(s, part(epoch=-2)) == [(0, ErrorCode.FENCED_LEADER_EPOCH, -1)]
    assert read(s, 0, current_leader_epoch=-2).error_code == NONE  # Fetch takes it for none


def test_list_offsets_in_an_isolation_that_is_none(s):
    assert offsets(s, part(), isolation=9) == [(0, ErrorCode.UNKNOWN_SERVER_ERROR, -1)]


def delete(topic, offset):
    asked = [DeleteRecordsPartition(partition_index=0, offset=offset)]
    return DeleteRecordsRequest(topics=[DeleteRecordsTopic(name=topic, partitions=asked)], timeout_ms=5000)


def test_the_offsets_of_groups_are_not_deleted_by_clients(s):
    s.create_topic("__consumer_offsets")
    answer = s.client.ask(delete("__consumer_offsets", 0), 2).topics[0].partitions[0]
    assert answer.error_code == ErrorCode.INVALID_TOPIC_EXCEPTION


def test_a_name_that_is_not_utf8_is_answered(s):
    body = MetadataRequest(topics=[MetadataRequestTopic(name="abcd")]).encode(1)
    body = body.replace(b"abcd", b"\xff\xfe\xfd\xfc")
    connection = raw(s, "broker-1")
    request = b"\0\x03\0\x01\0\0\0\x07\0\x02\xff\xfe" + body  # the client's name neither
    connection.transport.write(len(request).to_bytes(4, "big") + request)
    s.until(lambda: connection.received, 5, "an answer")
    assert not connection.is_closed
    assert connection.received[4:8] == b"\0\0\0\x07"
