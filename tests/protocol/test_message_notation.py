"""What a declaration promises: construction, defaults, versions, records without a copy."""

from __future__ import annotations

import uuid

import pytest

from minikafka.protocol.messages.consumer_protocol import (
    ConsumerProtocolSubscription,
    decode_assignment,
    decode_subscription,
    encode_versioned,
)
from minikafka.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from minikafka.protocol.messages.metadata import MetadataRequest
from minikafka.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from minikafka.protocol.schema import MalformedMessage, UnsupportedField


def produce(records: bytes | memoryview) -> ProduceRequest:
    partition = PartitionProduceData(index=0, records=records)
    return ProduceRequest(
        acks=-1, timeout_ms=1000, topic_data=[TopicProduceData(name="t", partition_data=[partition])]
    )


def test_records_are_neither_copied_in_nor_out() -> None:
    records = memoryview(b"r" * 100_000)
    parts = produce(records).parts(9)
    assert any(part is records for part in parts)
    frame = bytearray(b"".join(parts))
    read = ProduceRequest.decode(memoryview(frame), 9).topic_data[0].partition_data[0].records
    assert isinstance(read, memoryview)
    read[0:1] = b"R"
    assert b"Rrrr" in frame


def test_a_missing_field_without_default_is_refused() -> None:
    with pytest.raises(TypeError, match="acks"):
        ProduceRequest(timeout_ms=1, topic_data=[])  # type: ignore[call-arg]


def test_two_messages_do_not_share_a_default_list_or_struct() -> None:
    one = FetchRequest(max_wait_ms=1, min_bytes=1, topics=[])
    two = FetchRequest(max_wait_ms=1, min_bytes=1, topics=[])
    one.forgotten_topics_data.append(two.forgotten_topics_data)  # type: ignore[arg-type]
    one.replica_state.replica_id = 5
    assert two.forgotten_topics_data == []
    assert two.replica_state.replica_id == -1
    read = FetchRequest.decode(two.encode(18), 18)
    assert read.replica_state is not FetchRequest.decode(two.encode(18), 18).replica_state


def test_a_value_that_the_version_has_no_place_for_is_refused() -> None:
    partition = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1, last_fetched_epoch=3)
    request = FetchRequest(max_wait_ms=1, min_bytes=1, topics=[FetchTopic(topic="t", partitions=[partition])])
    assert request.encode(12)
    with pytest.raises(UnsupportedField, match="last_fetched_epoch"):
        request.encode(11)


def test_an_ignorable_value_is_dropped_in_a_version_without_it() -> None:
    topic = FetchTopic(topic="t", topic_id=uuid.UUID(int=1), partitions=[])
    request = FetchRequest(max_wait_ms=1, min_bytes=1, topics=[topic])
    assert FetchRequest.decode(request.encode(12), 12).topics[0].topic_id.int == 0
    assert FetchRequest.decode(request.encode(13), 13).topics[0].topic == ""


def test_null_before_it_is_allowed_is_refused() -> None:
    with pytest.raises(UnsupportedField, match="null"):
        MetadataRequest(topics=None).encode(0)
    assert MetadataRequest.decode(MetadataRequest(topics=None).encode(1), 1).topics is None


def test_a_value_out_of_range_names_its_field() -> None:
    with pytest.raises(ValueError, match=r"ProduceRequest v9: cannot write .*acks"):
        ProduceRequest(acks=1 << 40, timeout_ms=1, topic_data=[]).encode(9)


def test_unknown_tagged_fields_are_skipped() -> None:
    request = MetadataRequest(topics=[])
    data = request.encode(12)
    assert data.endswith(b"\0")
    assert MetadataRequest.decode(data[:-1] + b"\x01\x63\x02hi", 12) == request
    with pytest.raises(MalformedMessage):
        MetadataRequest.decode(data[:-1] + b"\x01\x63\x03hi", 12)


def test_repr_shows_what_differs_from_the_defaults() -> None:
    assert repr(FetchTopic(topic="t", partitions=[])) == "FetchTopic(topic='t', partitions=[])"


def test_a_later_subscription_is_read_as_far_as_it_is_known() -> None:
    data = encode_versioned(ConsumerProtocolSubscription(topics=["a"], rack_id="r"))
    later = b"\x00\x09" + data[2:] + b"new"
    assert decode_subscription(later) == decode_subscription(data)
    with pytest.raises(MalformedMessage):
        decode_subscription(b"\xff\xff")
    assert decode_assignment(b"").assigned_partitions == []
