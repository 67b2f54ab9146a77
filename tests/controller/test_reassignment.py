"""Partitions move to other brokers, on the pure core."""

import pytest
from controller.machine import Machine

from minikafka.controller.reassignment import list_partition_reassignments
from minikafka.controller.topics import TopicsToCreate
from minikafka.metadata.image import PartitionRegistration
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    ReassignablePartition,
    ReassignableTopic,
)
from minikafka.protocol.messages.create_topics import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from minikafka.protocol.messages.list_partition_reassignments import ListPartitionReassignmentsRequest

NONE = (ErrorCode.NONE, None)


def cluster(*replicas: int, elr: bool = True, **configs: str) -> Machine:
    """Five brokers in service, and a topic "t" whose one partition lies on these."""
    machine = Machine(1, elr=elr)
    for id in (1, 2, 3, 4, 5):
        machine.register(id, clean=True)
        machine.heartbeat(id)
    own = [CreatableTopicConfig(name=name.replace("_", "."), value=text) for name, text in configs.items()]
    place = CreatableReplicaAssignment(partition_index=0, broker_ids=list(replicas))
    topic = CreatableTopic(
        name="t", num_partitions=-1, replication_factor=-1, assignments=[place], configs=own
    )
    response = machine.do(machine.core.create_topics(TopicsToCreate(CreateTopicsRequest(topics=[topic]))))
    assert response.topics[0].error_code == ErrorCode.NONE
    return machine


def partition(machine: Machine) -> PartitionRegistration:
    return machine.core.image.topics["t"].partitions[0]


def move(
    machine: Machine, *replicas: int, cancel: bool = False, factor_may_change: bool = True, topic: str = "t"
) -> tuple[int, str | None]:
    wanted = ReassignablePartition(partition_index=0, replicas=None if cancel else list(replicas))
    request = AlterPartitionReassignmentsRequest(
        allow_replication_factor_change=factor_may_change,
        topics=[ReassignableTopic(name=topic, partitions=[wanted])],
    )
    response = machine.do(machine.core.alter_partition_reassignments(request))
    (answer,) = response.responses[0].partitions
    return answer.error_code, answer.error_message


def moving(machine: Machine) -> list[tuple[list[int], list[int], list[int]]]:
    response = list_partition_reassignments(
        machine.core.image, ListPartitionReassignmentsRequest(topics=None)
    )
    return [
        (p.replicas, p.adding_replicas, p.removing_replicas) for t in response.topics for p in t.partitions
    ]


def silence(machine: Machine, *ids: int) -> None:
    """These brokers fall silent for longer than a session; the others don't."""
    for _ in range(3):
        machine.now_s += 4.0
        for id in (1, 2, 3, 4, 5):
            if id not in ids and not machine.core.image.brokers[id].fenced:
                machine.heartbeat(id)
        machine.expire()


def test_a_move_has_old_and_new_replicas_until_all_new_ones_are_in_sync() -> None:
    machine = cluster(1, 2, 3)
    assert move(machine, 1, 4, 5) == NONE
    p = partition(machine)
    assert (p.replicas, p.isr, p.leader) == ((1, 4, 5, 2, 3), (1, 2, 3), 1)
    assert moving(machine) == [([1, 4, 5, 2, 3], [4, 5], [2, 3])]
    assert machine.alter_isr("t", 0, [1, 2, 3, 4]) == ErrorCode.NONE
    assert partition(machine).replicas == (1, 4, 5, 2, 3), "one of them is still to come"
    epoch = partition(machine).leader_epoch
    assert machine.alter_isr("t", 0, [1, 2, 3, 4, 5]) == ErrorCode.NONE
    p = partition(machine)
    assert (p.replicas, p.isr, p.leader) == ((1, 4, 5), (1, 4, 5), 1)
    assert not p.is_moving
    assert p.leader_epoch == epoch + 1, "those that were removed are fenced"
    assert len(p.directories) == 3
    assert moving(machine) == []


@pytest.mark.parametrize("elr", [True, False])
def test_a_leader_that_is_to_go_hands_over_when_the_move_ends(elr: bool) -> None:
    machine = cluster(1, 2, elr=elr)
    assert move(machine, 3, 4) == NONE
    assert partition(machine).leader == 1
    assert machine.alter_isr("t", 0, [1, 2, 3, 4]) == ErrorCode.NEW_LEADER_ELECTED
    p = partition(machine)
    assert (p.replicas, p.isr, p.leader, p.elr) == ((3, 4), (3, 4), 3, ())


def test_another_order_makes_another_preferred_leader_and_moves_nothing() -> None:
    machine = cluster(1, 2, 3)
    assert move(machine, 3, 1, 2) == NONE
    p = partition(machine)
    assert (p.replicas, p.leader, p.is_moving) == ((3, 1, 2), 1, False)


def test_fewer_replicas_are_a_move_that_ends_at_once() -> None:
    machine = cluster(1, 2, 3)
    assert move(machine, 2) == NONE
    p = partition(machine)
    assert (p.replicas, p.isr, p.leader, p.is_moving) == ((2,), (2,), 2, False)


def test_a_replica_is_not_removed_for_one_that_is_out_of_sync() -> None:
    machine = cluster(1, 2)
    assert machine.alter_isr("t", 0, [1]) == ErrorCode.NONE
    assert move(machine, 2) == NONE
    p = partition(machine)
    assert (p.replicas, p.isr, p.leader, p.removing_replicas) == ((2, 1), (1,), 1, (1,))
    assert machine.alter_isr("t", 0, [1, 2]) == ErrorCode.NEW_LEADER_ELECTED
    assert (partition(machine).replicas, partition(machine).isr) == ((2,), (2,))


def test_a_move_that_is_taken_back_leaves_what_was() -> None:
    machine = cluster(1, 2, 3)
    before = partition(machine)
    assert move(machine, 3, 4, 5) == NONE
    assert machine.alter_isr("t", 0, [1, 2, 3, 4]) == ErrorCode.NONE
    assert move(machine, cancel=True) == NONE
    p = partition(machine)
    assert set(p.replicas) == set(before.replicas)
    assert (p.isr, p.leader, p.is_moving) == ((1, 2, 3), 1, False)


def test_a_move_is_not_taken_back_to_replicas_that_have_nothing() -> None:
    machine = cluster(1, 2)
    assert move(machine, 3, 4) == NONE
    assert machine.alter_isr("t", 0, [1, 2, 3]) == ErrorCode.NONE
    silence(machine, 1, 2)
    assert partition(machine).isr == (3,)
    code, message = move(machine, cancel=True)
    assert code == ErrorCode.INVALID_REPLICA_ASSIGNMENT
    assert message == (
        "Unable to revert partition assignment for t:0 because it would require an unclean leader election."
    )
    assert partition(machine).is_moving


def test_who_led_last_and_has_no_replica_any_more_does_not_lead_again() -> None:
    machine = cluster(3, unclean_leader_election_enable="true")
    assert move(machine, 3, 4, 5) == NONE
    assert machine.alter_isr("t", 0, [3, 4]) == ErrorCode.NONE
    silence(machine, 3)
    assert partition(machine).leader == 4
    assert move(machine, cancel=True) == NONE
    p = partition(machine)
    assert (p.replicas, p.isr, p.leader, p.last_known_elr) == ((3,), (), -1, ())
    silence(machine, 3, 4)
    machine.register(4, clean=True)
    machine.heartbeat(4)
    assert partition(machine).leader == -1
    machine.register(3, clean=True)
    machine.heartbeat(3)
    assert (partition(machine).leader, partition(machine).isr) == (3, (3,))


def test_a_second_move_takes_the_place_of_the_first() -> None:
    machine = cluster(1, 2)
    assert move(machine, 3, 4) == NONE
    assert move(machine, 1, 5) == NONE
    assert moving(machine) == [([1, 5, 2, 3, 4], [5], [2, 3, 4])]
    assert machine.alter_isr("t", 0, [1, 2, 5]) == ErrorCode.NONE
    assert partition(machine).replicas == (1, 5)


def test_a_move_that_is_asked_for_again_is_taken_back_to_what_was() -> None:
    machine = cluster(1, 2)
    assert move(machine, 1, 3) == move(machine, 1, 3) == NONE
    assert moving(machine) == [([1, 3, 2], [3], [2])]
    assert move(machine, cancel=True) == NONE
    assert partition(machine).replicas == (1, 2)


def test_a_move_to_a_broker_that_is_fenced_waits_for_it() -> None:
    machine = cluster(1, 2)
    silence(machine, 4)
    assert move(machine, 1, 4) == NONE
    assert moving(machine) == [([1, 4, 2], [4], [2])]
    assert machine.alter_isr("t", 0, [1, 2, 4]) == ErrorCode.INELIGIBLE_REPLICA


def test_what_makes_no_sense_is_refused_in_kafkas_words() -> None:
    machine = cluster(1, 2)
    assert move(machine, 1, 9) == (
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "The manual partition assignment includes broker 9, but no such broker is registered.",
    )
    assert move(machine, 1, 1) == (
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "The manual partition assignment includes the broker 1 more than once.",
    )
    assert move(machine) == (
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "The manual partition assignment includes an empty replica list.",
    )
    assert move(machine, 1, 2, topic="other") == (
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        "Unable to find a topic named other.",
    )
    assert move(machine, cancel=True) == (ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, None)
    assert move(machine, 1, 2, 3, factor_may_change=False) == (
        ErrorCode.INVALID_REPLICATION_FACTOR,
        "The replication factor is changed from 2 to 3",
    )
    assert not partition(machine).is_moving
