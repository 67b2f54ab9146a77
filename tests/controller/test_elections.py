"""Leaders elected on request, on the pure core."""

import pytest
from controller.machine import Machine

from minikafka.metadata.image import NO_LEADER, PartitionRegistration
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.elect_leaders import ElectLeadersRequest, TopicPartitions

PREFERRED, UNCLEAN = 0, 1


def cluster(**configs: str) -> Machine:
    """Three brokers in service, and a topic "t" whose one partition lies on all of them."""
    machine = Machine(1)
    for id in (1, 2, 3):
        machine.register(id, clean=True)
        machine.heartbeat(id)
    assert machine.create("t", 1, 3, **configs) == ErrorCode.NONE
    return machine


def partition(machine: Machine) -> PartitionRegistration:
    return machine.core.image.topics["t"].partitions[0]


def silence(machine: Machine, *ids: int) -> None:
    """These brokers fall silent for longer than a session; the others don't."""
    for _ in range(3):
        machine.now_s += 4.0
        for id in (1, 2, 3):
            if id not in ids and not machine.core.image.brokers[id].fenced:
                machine.heartbeat(id)
        machine.expire()


def elect(
    machine: Machine, kind: int, *partitions: int, topic: str = "t"
) -> dict[tuple[str, int], tuple[int, str | None]]:
    """Of those partitions of the topic, or of all there are."""
    wanted = [TopicPartitions(topic=topic, partitions=list(partitions))] if partitions else None
    request = ElectLeadersRequest(election_type=kind, topic_partitions=wanted)
    response = machine.do(machine.core.elect_leaders(request))
    assert response.error_code == ErrorCode.NONE
    return {
        (result.topic, p.partition_id): (p.error_code, p.error_message)
        for result in response.replica_election_results
        for p in result.partition_result
    }


def without_preferred_leader() -> tuple[Machine, int]:
    """Its preferred replica was away, and is in sync again."""
    machine = cluster()
    first = partition(machine).replicas[0]
    silence(machine, first)
    machine.register(first, clean=True)
    machine.heartbeat(first)
    assert machine.alter_isr("t", 0, partition(machine).replicas) == ErrorCode.NONE
    assert partition(machine).leader != first
    return machine, first


def test_the_preferred_replica_leads_again() -> None:
    machine, first = without_preferred_leader()
    epoch = partition(machine).leader_epoch
    assert elect(machine, PREFERRED, 0) == {("t", 0): (ErrorCode.NONE, None)}
    assert partition(machine).leader == first
    assert partition(machine).leader_epoch == epoch + 1


def test_asked_twice_in_one_request_it_is_elected_once() -> None:
    machine, first = without_preferred_leader()
    epoch = partition(machine).leader_epoch
    elect(machine, PREFERRED, 0, 0)
    assert (partition(machine).leader, partition(machine).leader_epoch) == (first, epoch + 1)


def test_of_all_partitions_only_those_that_needed_an_election_are_told() -> None:
    machine, first = without_preferred_leader()
    assert machine.create("fine", 2, 3) == ErrorCode.NONE
    assert elect(machine, PREFERRED) == {("t", 0): (ErrorCode.NONE, None)}
    assert partition(machine).leader == first
    assert elect(machine, PREFERRED) == {}


@pytest.mark.parametrize("kind", [PREFERRED, UNCLEAN])
def test_no_election_is_needed_where_the_right_one_leads(kind: int) -> None:
    machine = cluster()
    before = partition(machine)
    assert elect(machine, kind, 0)["t", 0][0] == ErrorCode.ELECTION_NOT_NEEDED
    assert partition(machine) == before


def test_a_preferred_replica_out_of_sync_does_not_lead() -> None:
    machine = cluster(**{"unclean.leader.election.enable": "true"})
    first = partition(machine).replicas[0]
    silence(machine, first)
    machine.register(first, clean=True)
    machine.heartbeat(first)
    before = partition(machine)
    assert first not in before.isr
    assert elect(machine, PREFERRED, 0)["t", 0][0] == ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE
    assert partition(machine) == before


def test_what_does_not_exist_is_named() -> None:
    machine = cluster()
    unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert elect(machine, PREFERRED, 7) == {("t", 7): (unknown, "No such partition as t-7")}
    assert elect(machine, PREFERRED, 0, topic="x") == {("x", 0): (unknown, "No such topic as x")}


def test_an_unclean_election_takes_whoever_is_left() -> None:
    machine = Machine(1, elr=False)
    for id in (1, 2, 3):
        machine.register(id, clean=True)
        machine.heartbeat(id)
    assert machine.create("t", 1, 3) == ErrorCode.NONE
    first, second, third = partition(machine).replicas
    silence(machine, second, third)
    silence(machine, first)
    machine.register(second, clean=True)
    machine.heartbeat(second)
    assert partition(machine).leader == NO_LEADER
    assert elect(machine, PREFERRED, 0)["t", 0][0] == ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE
    assert elect(machine, UNCLEAN, 0) == {("t", 0): (ErrorCode.NONE, None)}
    assert partition(machine).leader == second
    assert partition(machine).isr == (second,)


def test_an_unclean_election_with_nobody_alive_elects_nobody() -> None:
    machine = cluster()
    silence(machine, 1, 2, 3)
    assert partition(machine).leader == NO_LEADER
    assert elect(machine, UNCLEAN, 0)["t", 0][0] == ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE


def test_a_kind_of_election_that_is_none_is_refused() -> None:
    with pytest.raises(ApiError) as refused:
        elect(cluster(), 2, 0)
    assert (refused.value.code, refused.value.message) == (
        ErrorCode.INVALID_REQUEST,
        "Unknown election type 2",
    )
