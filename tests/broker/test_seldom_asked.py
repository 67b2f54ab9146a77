"""What administrators' tools ask now and then: elections, the quorum, producers, and what a cluster hasn't got."""

import pytest
from broker.wire import Client, produce, produced
from oracle.batches import batch
from simulation.story import story

from minikafka.metadata.ids import METADATA_TOPIC
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.describe_acls import DescribeAclsRequest
from minikafka.protocol.messages.describe_client_quotas import ComponentData, DescribeClientQuotasRequest
from minikafka.protocol.messages.describe_producers import DescribeProducersRequest, TopicRequest
from minikafka.protocol.messages.describe_quorum import DescribeQuorumRequest, PartitionData, TopicData
from minikafka.protocol.messages.describe_user_scram_credentials import (
    DescribeUserScramCredentialsRequest,
    UserName,
)
from minikafka.protocol.messages.elect_leaders import ElectLeadersRequest, TopicPartitions
from minikafka.protocol.messages.find_coordinator import FindCoordinatorRequest
from minikafka.protocol.messages.init_producer_id import InitProducerIdRequest
from minikafka.protocol.messages.list_config_resources import ListConfigResourcesRequest
from minikafka.protocol.messages.list_partition_reassignments import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsTopics,
)
from minikafka.protocol.messages.list_transactions import ListTransactionsRequest
from minikafka.protocol.messages.unregister_broker import UnregisterBrokerRequest


@pytest.fixture
def s():
    with story(1) as s:
        s.create_topic("orders", partitions=2)
        s.host = s.leader("orders")
        s.client = Client(s, s.host)
        yield s


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_leader_that_was_away_leads_again_when_asked_for(s, version):
    s.cluster.kill(s.host)
    s.run(20)
    s.cluster.restart(s.host)
    s.run(20)
    assert s.leader("orders") != s.host
    other = Client(s, s.leader("orders"), "client-other")
    wanted = [TopicPartitions(topic="orders", partitions=[0])]
    answer = other.ask(ElectLeadersRequest(topic_partitions=wanted), version)
    assert [p.error_code for p in answer.replica_election_results[0].partition_result] == [ErrorCode.NONE]
    assert s.leader("orders") == s.host
    answer = other.ask(ElectLeadersRequest(topic_partitions=wanted), version)
    not_needed = [ErrorCode.ELECTION_NOT_NEEDED]
    assert [p.error_code for p in answer.replica_election_results[0].partition_result] == not_needed


def test_a_leader_that_was_away_leads_again_by_itself_after_a_while(s):
    s.cluster.kill(s.host)
    s.run(20)
    s.cluster.restart(s.host)
    s.run(20)
    assert s.leader("orders") != s.host
    s.run(300)
    assert s.leader("orders") == s.host


def test_an_unknown_kind_of_election_is_refused(s):
    wanted = [TopicPartitions(topic="orders", partitions=[0])]
    answer = s.client.ask(ElectLeadersRequest(election_type=5, topic_partitions=wanted), 2)
    assert answer.error_code == ErrorCode.INVALID_REQUEST
    (result,) = answer.replica_election_results[0].partition_result
    assert result.error_message == "Unknown election type 5"


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_broker_passes_on_the_question_for_the_quorum(s, version):
    wanted = [TopicData(topic_name=METADATA_TOPIC, partitions=[PartitionData(partition_index=0)])]
    answer = s.client.ask(DescribeQuorumRequest(topics=wanted), version)
    (partition,) = answer.topics[0].partitions
    assert partition.leader_id == partition.current_voters[0].replica_id
    assert partition.high_watermark > 0
    assert [observer.replica_id for observer in partition.observers] == [1, 2, 3]


def test_an_unknown_broker_can_not_be_unregistered(s):
    answer = s.client.ask(UnregisterBrokerRequest(broker_id=99), 0)
    assert answer.error_code == ErrorCode.BROKER_ID_NOT_REGISTERED
    assert answer.error_message == "Broker ID 99 is not currently registered"


def test_a_replica_tells_of_the_producers_it_remembers(s):
    data = batch(b"a", b"b", producer_id=5, producer_epoch=1, sequence=0, timestamps=[1_000, 2_000])
    assert produced(s.client.ask(produce("orders", data), 9)).error_code == ErrorCode.NONE
    asked = [
        TopicRequest(name="orders", partition_indexes=[0, 7]),
        TopicRequest(name="a b", partition_indexes=[0]),
    ]
    answer = s.client.ask(DescribeProducersRequest(topics=asked), 0)
    known, unknown, invalid = [p for topic in answer.topics for p in topic.partitions]
    (producer,) = known.active_producers
    assert (producer.producer_id, producer.producer_epoch, producer.last_sequence) == (5, 1, 1)
    assert (producer.last_timestamp, producer.coordinator_epoch) == (2_000, -1)
    assert producer.current_txn_start_offset == -1
    assert unknown.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert invalid.error_code == ErrorCode.INVALID_TOPIC_EXCEPTION


@pytest.mark.parametrize(
    "topics",
    [
        None,
        [],
        [ListPartitionReassignmentsTopics(name="orders", partition_indexes=[0])],
        [ListPartitionReassignmentsTopics(name="nothing", partition_indexes=[0])],
    ],
)
def test_no_partition_is_moving(s, topics):
    answer = s.client.ask(ListPartitionReassignmentsRequest(topics=topics), 0)
    assert (answer.error_code, answer.topics) == (ErrorCode.NONE, [])


@pytest.mark.parametrize("version", [1, 2, 3])
def test_without_an_authorizer_there_are_no_rules_to_tell(s, version):
    request = DescribeAclsRequest(
        resource_type_filter=1,
        resource_name_filter=None,
        principal_filter=None,
        host_filter=None,
        operation=1,
        permission_type=1,
    )
    answer = s.client.ask(request, version)
    assert answer.error_code == ErrorCode.SECURITY_DISABLED
    assert answer.error_message == "No Authorizer is configured on the broker"


@pytest.mark.parametrize(
    ("components", "error"),
    [
        ([], ErrorCode.NONE),
        ([("user", 1, None), ("client-id", 2, None)], ErrorCode.NONE),
        ([("ip", 0, "127.0.0.1")], ErrorCode.NONE),
        ([("", 1, None)], ErrorCode.INVALID_REQUEST),
        ([("user", 1, None), ("user", 2, None)], ErrorCode.INVALID_REQUEST),
        ([("group", 1, None)], ErrorCode.UNSUPPORTED_VERSION),
        ([("user", 0, None)], ErrorCode.INVALID_REQUEST),
        ([("user", 1, "a")], ErrorCode.INVALID_REQUEST),
        ([("user", 2, "a")], ErrorCode.INVALID_REQUEST),
        ([("user", 3, "a")], ErrorCode.INVALID_REQUEST),
        ([("user", 1, None), ("ip", 1, None)], ErrorCode.INVALID_REQUEST),
    ],
)
def test_no_quota_matches_and_a_filter_without_sense_is_refused(s, components, error):
    asked = [ComponentData(entity_type=kind, match_type=how, match=name) for kind, how, name in components]
    answer = s.client.ask(DescribeClientQuotasRequest(components=asked, strict=False), 1)
    assert answer.error_code == error
    assert answer.entries == ([] if error == ErrorCode.NONE else None)


def test_nobody_has_a_password(s):
    assert s.client.ask(DescribeUserScramCredentialsRequest(users=None), 0).results == []
    asked = [UserName(name=name) for name in ("ann", "bob", "bob")]
    answer = s.client.ask(DescribeUserScramCredentialsRequest(users=asked), 0)
    assert [(result.user, result.error_code) for result in answer.results] == [
        ("ann", ErrorCode.RESOURCE_NOT_FOUND),
        ("bob", ErrorCode.DUPLICATE_RESOURCE),
    ]


def test_there_are_no_transactions(s):
    request = ListTransactionsRequest(state_filters=["Ongoing", "Nonsense"], producer_id_filters=[])
    answer = s.client.ask(request, 1)
    assert (answer.error_code, answer.transaction_states) == (ErrorCode.NONE, [])
    assert answer.unknown_state_filters == ["Nonsense"]


def test_the_resources_that_have_a_configuration_are_listed(s):
    def listed(version, *kinds):
        answer = s.client.ask(ListConfigResourcesRequest(resource_types=list(kinds)), version)
        return answer.error_code, [(r.resource_type, r.resource_name) for r in answer.config_resources]

    brokers = ["1", "2", "3"]
    assert listed(0) == (ErrorCode.NONE, [])
    assert listed(1, 2) == (ErrorCode.NONE, [(2, "orders")])
    assert listed(1, 4, 16) == (ErrorCode.NONE, [(4, name) for name in brokers])
    everything = [(2, "orders"), *((kind, name) for kind in (4, 8) for name in brokers)]
    assert listed(1) == (ErrorCode.NONE, everything)
    assert listed(1, 77) == (ErrorCode.UNSUPPORTED_VERSION, [])


@pytest.mark.parametrize(
    ("version", "error"),
    [
        # librdkafka speaks no higher version than 2, and gives up for no other error.
        (1, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
        (2, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
        (3, ErrorCode.UNSUPPORTED_VERSION),
        (4, ErrorCode.UNSUPPORTED_VERSION),
        (6, ErrorCode.UNSUPPORTED_VERSION),
    ],
)
def test_who_looks_for_a_transaction_coordinator_is_told_at_once_that_there_is_none(s, version, error):
    if version >= 4:
        request = FindCoordinatorRequest(key_type=1, coordinator_keys=["tx"])
        (answer,) = s.client.ask(request, version).coordinators
    else:
        answer = s.client.ask(FindCoordinatorRequest(key_type=1, key="tx"), version)
    assert answer.error_code == error
    assert not ErrorCode(answer.error_code).retriable
    assert answer.error_message == "Transactions are not supported by this cluster."


def test_a_transactional_id_gets_no_producer_id(s):
    request = InitProducerIdRequest(transactional_id="tx", transaction_timeout_ms=1000)
    assert s.client.ask(request, 4).error_code == ErrorCode.UNSUPPORTED_VERSION
