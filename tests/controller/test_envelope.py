"""What a broker passes on for its clients: a request within a request (KIP-590)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from controller.alone import alone

from minikafka.controller.node import ControllerNode
from minikafka.protocol.api import RESPONSES, ApiKey, response_header_version
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.framing import read_correlation_id, request_frame, skip_header_tags
from minikafka.protocol.messages.alter_configs import AlterConfigsRequest
from minikafka.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest
from minikafka.protocol.messages.delete_topics import DeleteTopicsRequest
from minikafka.protocol.messages.describe_quorum import DescribeQuorumRequest, PartitionData, TopicData
from minikafka.protocol.messages.elect_leaders import ElectLeadersRequest
from minikafka.protocol.messages.envelope import EnvelopeRequest
from minikafka.protocol.messages.fetch import FetchRequest
from minikafka.protocol.messages.unregister_broker import UnregisterBrokerRequest
from minikafka.protocol.schema import Message
from minikafka.quorum import NotLeader
from minikafka.world import SimulatedUniverse

PORT = 9093
HERE = bytes([127, 0, 0, 1])


class Passing:
    """A controller, and what a broker would send it."""

    def __init__(self, universe: SimulatedUniverse) -> None:
        self.universe = universe
        opening = ControllerNode.open(universe.world("controller-1"), 3000, "cluster", port=PORT)
        self.controller = universe.run(alone(opening), host="controller-1")

    def pass_on(self, data: bytes, address: bytes = HERE) -> Any:
        async def send() -> Message:
            channel = await Channel.connect(self.universe.world("broker-1"), "controller-1", PORT, "broker-1")
            try:
                return await channel.request(
                    EnvelopeRequest(request_data=data, client_host_address=address), 0
                )
            finally:
                channel.close()

        return self.universe.run(send(), host="broker-1")

    def ask(self, request: Message, version: int) -> Any:
        """The answer within the answer."""
        envelope = self.pass_on(inside(request, version))
        assert envelope.error_code == ErrorCode.NONE
        data, response = envelope.response_data, RESPONSES[ApiKey(request.SCHEMA.api_key)]
        assert read_correlation_id(data) == 77
        body = skip_header_tags(data, 4) if response_header_version(response, version) else 4
        return response.decode(data, version, body)


def inside(request: Message, version: int) -> bytes:
    return b"".join(map(bytes, request_frame(request, version, 77, b"somebody")))[4:]


@pytest.fixture
def passing() -> Iterator[Passing]:
    with SimulatedUniverse(3) as universe:
        yield Passing(universe)


def orders() -> CreateTopicsRequest:
    topic = CreatableTopic(name="orders", num_partitions=1, replication_factor=1, assignments=[], configs=[])
    return CreateTopicsRequest(topics=[topic])


@pytest.mark.parametrize("version", [2, 5, 7])
def test_what_is_inside_is_answered_as_if_it_had_come_by_itself(passing: Passing, version: int) -> None:
    answer = passing.ask(orders(), version)
    assert answer.topics[0].error_code == ErrorCode.INVALID_REPLICATION_FACTOR  # there is no broker
    assert not passing.universe.trace.failures


def test_all_that_a_client_may_ask_of_a_broker_is_passed_on(passing: Passing) -> None:
    quorum = DescribeQuorumRequest(
        topics=[TopicData(topic_name="__cluster_metadata", partitions=[PartitionData(partition_index=0)])]
    )
    assert passing.ask(quorum, 2).topics[0].partitions[0].leader_id == 3000
    assert (
        passing.ask(UnregisterBrokerRequest(broker_id=9), 0).error_code == ErrorCode.BROKER_ID_NOT_REGISTERED
    )
    assert passing.ask(DeleteTopicsRequest(topics=[], timeout_ms=1000), 6).responses == []
    assert passing.ask(AlterConfigsRequest(resources=[], validate_only=True), 2).responses == []
    assert (
        passing.ask(ElectLeadersRequest(topic_partitions=[], timeout_ms=1000), 2).replica_election_results
        == []
    )


@pytest.mark.parametrize(
    ("data", "address", "code"),
    [
        (b"", HERE, ErrorCode.INVALID_REQUEST),
        (inside(orders(), 7)[:-4], HERE, ErrorCode.INVALID_REQUEST),
        (inside(orders(), 7), b"abc", ErrorCode.INVALID_REQUEST),
        (inside(FetchRequest(max_wait_ms=0, min_bytes=0, topics=[]), 17), HERE, ErrorCode.INVALID_REQUEST),
        (
            inside(EnvelopeRequest(request_data=b"", client_host_address=HERE), 0),
            HERE,
            ErrorCode.INVALID_REQUEST,
        ),
        (b"\x7f\xff" + inside(orders(), 7)[2:], HERE, ErrorCode.INVALID_REQUEST),
        (b"\0\x13\0\x63" + inside(orders(), 7)[4:], HERE, ErrorCode.UNSUPPORTED_VERSION),
    ],
    ids=["nothing", "cut short", "no address", "a fetch", "an envelope", "no such API", "no such version"],
)
def test_what_isn_t_passed_on_is_the_envelope_s_error(
    passing: Passing, data: bytes, address: bytes, code: ErrorCode
) -> None:
    answer = passing.pass_on(data, address)
    assert (answer.error_code, answer.response_data) == (code, None)
    assert not passing.universe.trace.failures


def test_who_doesn_t_decide_tells_the_broker_and_not_its_client(passing: Passing) -> None:
    passing.controller._resign(NotLeader())
    answer = passing.pass_on(inside(orders(), 7))
    assert (answer.error_code, answer.response_data) == (ErrorCode.NOT_CONTROLLER, None)
