"""What the controller makes of log directories: where replicas lie, and what goes when one fails."""

from uuid import UUID

import pytest
from controller.machine import Machine

from minikafka.metadata.ids import LOST_DIRECTORY, UNASSIGNED_DIRECTORY
from minikafka.metadata.records import BrokerRegistrationChangeRecord, PartitionChangeRecord, decode_record
from minikafka.protocol.errors import ApiError, ErrorCode


def directory(broker, number):
    return UUID(int=1000 * broker + number)


def machine(*, elr=True, brokers=3):
    """Brokers with two directories each, in service; a topic whose even partitions lie in the first one."""
    m = Machine(1, elr=elr)
    for id in range(1, brokers + 1):
        m.register(id, clean=True, directories=[directory(id, 1), directory(id, 2)])
        m.heartbeat(id)
    assert m.create("orders", 6, brokers) == 0
    for id in range(1, brokers + 1):
        for number in (1, 2):
            assert m.assign(id, directory(id, number), topic(m).id, range(number - 1, 6, 2)) == [0, 0, 0]
    return m


def topic(m):
    return m.core.image.topics["orders"]


def partitions(m):
    return topic(m).partitions


def test_a_new_replica_is_unassigned_until_its_broker_says_where_it_lies():
    m = Machine(1)
    m.register(1, clean=True, directories=[directory(1, 1), directory(1, 2)])
    m.register(2, clean=True)
    m.heartbeat(1)
    m.heartbeat(2)
    assert m.create("orders", 1, 2) == 0
    before = partitions(m)[0]
    only = m.core.image.brokers[2].log_dirs[0]
    assert {before.directory_of(1), before.directory_of(2)} == {UNASSIGNED_DIRECTORY, only}
    assert m.assign(1, directory(1, 2), topic(m).id, [0]) == [0]
    after = partitions(m)[0]
    assert (after.directory_of(1), after.directory_of(2)) == (directory(1, 2), only)
    assert (after.leader_epoch, after.partition_epoch) == (before.leader_epoch, before.partition_epoch + 1)
    length = len(m.log)
    assert m.assign(1, directory(1, 2), topic(m).id, [0]) == [0]
    assert len(m.log) == length, "what is known is not written again"


def test_assignments_of_strangers_are_refused_one_by_one():
    m = machine(brokers=3)
    assert m.create("other", 1, 1) == 0
    other = m.core.image.topics["other"]
    stranger = next(id for id in (1, 2, 3) if id not in other.partitions[0].replicas)
    assert m.assign(stranger, directory(stranger, 1), other.id, [0, 7]) == [
        ErrorCode.NOT_LEADER_OR_FOLLOWER,
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]
    assert m.assign(1, directory(1, 1), UUID(int=77777), [0]) == [ErrorCode.UNKNOWN_TOPIC_ID]
    with pytest.raises(ApiError) as refused:
        m.assign(1, directory(1, 1), topic(m).id, [0], epoch=0)
    assert refused.value.code == ErrorCode.STALE_BROKER_EPOCH


@pytest.mark.parametrize("elr", [True, False])
def test_a_directory_that_fails_takes_its_replicas_and_nothing_else(elr):
    m = machine(elr=elr)
    before = partitions(m)
    m.heartbeat(2, offline=[directory(2, 1)])
    broker = m.core.image.brokers[2]
    assert broker.log_dirs == (directory(2, 2),) and broker.is_active
    for index, partition in partitions(m).items():
        if index % 2 == 0:
            assert 2 not in partition.isr and partition.leader not in (2, -1)
        else:
            assert partition == before[index]
    length = len(m.log)
    m.heartbeat(2, offline=[directory(2, 1)])
    assert len(m.log) == length, "it is told with every heartbeat, and handled once"


def test_the_records_of_a_failed_directory_are_as_kafka_writes_them():
    m = machine()
    length = len(m.log)
    m.heartbeat(2, offline=[directory(2, 1)])
    records = [decode_record(data) for data in m.log[length:]]
    assert all(isinstance(r, PartitionChangeRecord) and r.partition_id % 2 == 0 for r in records[:-1])
    assert records[-1] == BrokerRegistrationChangeRecord(
        broker_id=2, broker_epoch=m.epochs[2], log_dirs=[directory(2, 2)]
    )


def test_a_replica_in_a_failed_directory_does_not_come_back_into_the_isr_nor_lead():
    m = machine()
    m.heartbeat(2, offline=[directory(2, 1)])
    assert m.alter_isr("orders", 0, [1, 2, 3]) == ErrorCode.INELIGIBLE_REPLICA
    m.heartbeat(1, fence=True)
    m.heartbeat(3, fence=True)
    for index, partition in partitions(m).items():
        assert partition.leader == (-1 if index % 2 == 0 else 2)
    m.heartbeat(3)  # the last one in sync
    assert all(partition.leader in (3, 2) for partition in partitions(m).values())


def test_the_directory_is_back_with_the_brokers_next_registration():
    m = machine()
    m.heartbeat(2, offline=[directory(2, 1)])
    m.register(2, clean=False, directories=[directory(2, 1), directory(2, 2)])
    m.heartbeat(2)
    assert m.alter_isr("orders", 0, [1, 2, 3]) == 0
    assert set(partitions(m)[0].isr) == {1, 2, 3}


def test_a_replica_told_to_lie_in_a_directory_that_has_failed_meanwhile_is_lost_at_once():
    m = Machine(1)
    for id in (1, 2):
        m.register(id, clean=True, directories=[directory(id, 1), directory(id, 2)])
        m.heartbeat(id)
    assert m.create("orders", 4, 2) == 0
    m.heartbeat(1, offline=[directory(1, 1)])
    assert all(set(partition.isr) == {1, 2} for partition in partitions(m).values())
    assert m.assign(1, directory(1, 1), topic(m).id, [0, 1]) == [0, 0]
    for index, partition in partitions(m).items():
        assert (1 in partition.isr) is (index >= 2)
        assert partition.leader == 2 or index >= 2


def test_the_last_directory_is_for_the_fence_to_take():
    m = machine()
    m.heartbeat(2, offline=[directory(2, 1)])
    m.heartbeat(2, fence=True, offline=[directory(2, 1), directory(2, 2)])
    broker = m.core.image.brokers[2]
    assert broker.fenced and broker.log_dirs == (directory(2, 2),)
    assert all(2 not in partition.isr and partition.leader != 2 for partition in partitions(m).values())


def test_without_another_replica_the_partition_waits_for_its_directory():
    m = Machine(1)
    m.register(1, clean=True, directories=[directory(1, 1), directory(1, 2)])
    m.heartbeat(1)
    assert m.create("orders", 2, 1) == 0
    for index in (0, 1):
        m.assign(1, directory(1, index + 1), topic(m).id, [index])
    m.heartbeat(1, offline=[directory(1, 1)])
    assert [partitions(m)[index].leader for index in (0, 1)] == [-1, 1]
    m.heartbeat(1, fence=True)
    m.heartbeat(1)
    assert [partitions(m)[index].leader for index in (0, 1)] == [-1, 1]


def alone_with_everything(m, index=0):
    """Everybody leaves, 1 last; returns the partition: 1 is the only eligible leader."""
    for broker in (2, 3, 1):
        m.heartbeat(broker, fence=True)
    partition = partitions(m)[index]
    assert (partition.leader, partition.isr, partition.elr, partition.last_known_elr) == (-1, (), (1,), (1,))
    return partition


def test_who_lost_its_files_leads_nobody_who_has_more():
    m = machine()
    alone_with_everything(m)
    assert m.assign(1, LOST_DIRECTORY, topic(m).id, [0]) == [0]
    m.heartbeat(1)
    assert (partitions(m)[0].leader, partitions(m)[0].elr) == (-1, ())
    assert partitions(m)[1].leader == 1 or partitions(m)[1].elr == (1,), "others are as they were"
    m.heartbeat(3)
    assert (partitions(m)[0].leader, partitions(m)[0].isr) == (3, (3,))
    assert m.assign(1, directory(1, 1), topic(m).id, [0]) == [0]
    assert (partitions(m)[0].leader, partitions(m)[0].directory_of(1)) == (3, directory(1, 1))


def test_where_all_lost_their_files_one_leads_again():
    m = machine()
    alone_with_everything(m)
    for broker in (1, 2, 3):
        assert m.assign(broker, LOST_DIRECTORY, topic(m).id, [0]) == [0]
        assert partitions(m)[0].leader == -1
    m.heartbeat(2)
    assert (partitions(m)[0].leader, partitions(m)[0].isr) == (2, (2,))
