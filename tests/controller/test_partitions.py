"""Leaders and ISRs as brokers come and go, on the pure core."""

import pytest
from controller.machine import Machine

from minikafka.controller import Decision
from minikafka.metadata.image import PartitionRegistration
from minikafka.metadata.records import ConfigRecord
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.allocate_producer_ids import AllocateProducerIdsRequest
from minikafka.protocol.messages.unregister_broker import UnregisterBrokerRequest


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


def test_when_the_leader_falls_silent_the_next_replica_leads() -> None:
    machine = cluster()
    before = partition(machine)
    silence(machine, before.leader)
    after = partition(machine)
    assert after.leader == before.replicas[1]
    assert after.isr == before.replicas[1:]
    assert after.leader_epoch == before.leader_epoch + 1
    assert machine.core.image.brokers[before.leader].fenced


def test_a_follower_that_falls_silent_leaves_the_isr_without_a_new_epoch() -> None:
    machine = cluster()
    before = partition(machine)
    silence(machine, before.replicas[2])
    after = partition(machine)
    assert after.isr == before.replicas[:2]
    assert (after.leader, after.leader_epoch) == (before.leader, before.leader_epoch)
    assert after.partition_epoch == before.partition_epoch + 1


def test_below_min_insync_replicas_the_ones_that_left_stay_eligible() -> None:
    machine = cluster(min_insync_replicas="2")
    first, second, third = partition(machine).replicas
    silence(machine, first)
    assert partition(machine).elr == ()
    silence(machine, second)
    assert (partition(machine).isr, partition(machine).elr) == ((third,), (second,))
    silence(machine, third)
    assert partition(machine).leader == -1
    assert partition(machine).isr == ()
    assert partition(machine).elr == (second, third) or partition(machine).elr == tuple(
        sorted((second, third))
    )
    machine.heartbeat(first)
    assert partition(machine).leader == -1, "the first may lack committed records"
    machine.heartbeat(second)
    assert (partition(machine).leader, partition(machine).isr) == (second, (second,))


def test_a_lone_replica_leads_again_when_it_is_back() -> None:
    machine = Machine(1)
    machine.register(1, clean=True)
    machine.heartbeat(1)
    machine.create("t", 1, 1)
    machine.now_s += 20
    machine.expire()
    assert (partition(machine).leader, partition(machine).isr) == (-1, ())
    machine.register(1, clean=False)
    machine.heartbeat(1)
    assert (partition(machine).leader, partition(machine).isr) == (1, (1,))
    assert partition(machine).leader_recovery_state == 1
    assert machine.alter_isr("t", 0, [1]) == ErrorCode.NONE
    assert partition(machine).leader_recovery_state == 0


def test_an_unclean_election_happens_only_where_it_is_allowed() -> None:
    for allowed, leads in (("false", False), ("true", True)):
        machine = cluster(unclean_leader_election_enable=allowed)
        first, second, _ = partition(machine).replicas
        assert machine.alter_isr("t", 0, [first]) == ErrorCode.NONE
        silence(machine, first)
        assert (partition(machine).leader == second) is leads
        assert (partition(machine).leader_recovery_state == 1) is leads


def test_allowing_unclean_elections_revives_an_offline_partition() -> None:
    machine = cluster()
    first, second, _ = partition(machine).replicas
    assert machine.alter_isr("t", 0, [first]) == ErrorCode.NONE
    silence(machine, first)
    machine.do(machine.core.elect_where_allowed())
    assert partition(machine).leader == -1
    allowed = ConfigRecord(
        resource_type=2, resource_name="t", name="unclean.leader.election.enable", value="true"
    )
    machine.do(Decision((allowed,), None))
    machine.do(machine.core.elect_where_allowed())
    assert (partition(machine).leader, partition(machine).isr) == (second, (second,))


def test_who_leaves_hands_its_leadership_over_first() -> None:
    machine = cluster()
    first, second, third = partition(machine).replicas
    assert machine.heartbeat(first, leave=True) is False
    assert partition(machine).leader == second
    assert first not in partition(machine).isr
    assert machine.heartbeat(first, leave=True) is False, "the others haven't heard of it yet"
    machine.heartbeat(second)
    machine.heartbeat(third)
    assert machine.heartbeat(first, leave=True) is True
    assert machine.core.image.brokers[first].fenced


def test_a_leader_changes_its_isr_only_with_the_newest_knowledge() -> None:
    machine = cluster()
    first, second, third = partition(machine).replicas
    assert machine.alter_isr("t", 0, [first, second]) == ErrorCode.NONE
    assert machine.alter_isr("t", 0, [first, second, third], stale=True) == ErrorCode.INVALID_UPDATE_VERSION
    assert machine.alter_isr("t", 0, [second]) == ErrorCode.INVALID_REQUEST
    assert machine.alter_isr("t", 0, [first, 9]) == ErrorCode.INVALID_REQUEST
    assert machine.alter_isr("t", 0, []) == ErrorCode.INVALID_REQUEST
    machine.heartbeat(third, fence=True)
    assert machine.alter_isr("t", 0, [first, second, third]) == ErrorCode.INELIGIBLE_REPLICA


def test_a_second_process_with_the_same_id_is_refused_while_the_first_lives() -> None:
    machine = cluster()
    with pytest.raises(ApiError) as refused:
        machine.register(1, clean=False, directory=900)
    assert refused.value.code is ErrorCode.DUPLICATE_BROKER_REGISTRATION
    silence(machine, 1)
    machine.register(1, clean=False, directory=900)
    machine.heartbeat(1)
    assert not machine.core.image.brokers[1].fenced


def test_a_broker_that_died_is_taken_back_at_once_since_it_holds_its_directory() -> None:
    machine = cluster()
    machine.register(1, clean=False)
    assert machine.core.image.brokers[1].fenced
    machine.heartbeat(1)
    assert not machine.core.image.brokers[1].fenced


def test_a_broker_of_the_past_is_refused() -> None:
    machine = cluster()
    machine.epochs[1] -= 1
    with pytest.raises(ApiError) as refused:
        machine.heartbeat(1)
    assert refused.value.code is ErrorCode.STALE_BROKER_EPOCH


def test_a_broker_is_in_service_only_once_it_knows_of_its_registration() -> None:
    machine = Machine(1)
    machine.register(1, clean=True)
    machine.heartbeat(1, behind=True)
    assert machine.core.image.brokers[1].fenced
    machine.heartbeat(1)
    assert not machine.core.image.brokers[1].fenced


def test_an_unregistered_broker_is_forgotten() -> None:
    machine = cluster()
    first = partition(machine).leader
    machine.do(machine.core.unregister_broker(UnregisterBrokerRequest(broker_id=first)))
    assert first not in machine.core.image.brokers
    assert first not in partition(machine).isr


def test_producer_ids_come_in_blocks_that_dont_overlap() -> None:
    machine = cluster()
    starts = []
    for id in (1, 2, 1):
        request = AllocateProducerIdsRequest(broker_id=id, broker_epoch=machine.epochs[id])
        answer = machine.do(machine.core.allocate_producer_ids(request))
        assert answer.producer_id_len == 1000
        starts.append(answer.producer_id_start)
    assert starts == [0, 1000, 2000]
