"""A cluster grows and shrinks while it works: brokers come, partitions move to them, brokers go."""

import pytest
from simulation.story import seeds, story

from minikafka import KafkaException, TopicPartition
from minikafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from minikafka.protocol.errors import ErrorCode


def moving(s):
    with s.cluster.admin() as admin:
        return admin.list_partition_reassignments().result()


def until_moved(s, topic, *brokers, index=0):
    def there():
        return s.registration(topic, index).replicas == brokers and not s.registration(topic, index).is_moving

    s.until(there, within=60, what="the end of the move")


def folders(s, host, topic):
    disk = s.nodes.universe.world(host).disk
    return [name for name in disk.listdir("") if name.startswith(topic)]


@seeds(1, slow=15)
def test_a_partition_moves_to_a_new_broker_while_it_is_written(seed):
    with story(seed) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        host = s.cluster.add_broker()
        assert host == "broker-4"
        old = s.registration("orders").replicas
        target = (4, old[1], old[2])
        s.cluster.move_partition("orders", 0, target)
        writer.keep_writing(0.2)
        until_moved(s, "orders", *target)
        writer.keep_writing(0.2)
        writer.flush()
        assert moving(s) == {}
        s.until(lambda: s.leader("orders") == "broker-4" or s.registration("orders").leader != old[0])
        s.until(lambda: not folders(s, f"broker-{old[0]}", "orders"), what="the deletion of what moved away")
        writer.check(s.read_all("orders"))


@seeds(0, slow=10)
def test_a_whole_broker_is_replaced(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        s.cluster.add_broker()
        for index in range(3):
            left = [id for id in s.registration("orders", index).replicas if id != 2]
            s.cluster.move_partition("orders", index, [4, *left])
        writer.keep_writing(0.3)
        for index in range(3):
            s.until(lambda index=index: not s.registration("orders", index).is_moving, what="the move")
        with pytest.raises(
            ValueError, match="broker-1 has replicas of orders-0, orders-1, orders-2; move them"
        ):
            s.cluster.remove_broker("broker-1")
        s.cluster.remove_broker("broker-2")
        assert "broker-2" not in s.cluster.hosts
        assert 2 not in s.nodes.controller.image.brokers
        writer.keep_writing(0.3)
        writer.flush()
        writer.check(s.read_all("orders"))


@seeds(1, slow=15)
def test_a_move_to_a_broker_that_is_cut_off_waits_and_can_be_taken_back(seed):
    with story(seed) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.keep_writing(0.1)
        old = s.registration("orders").replicas
        s.cluster.add_broker()
        s.isolate("broker-4", "broker-1", "broker-2", "broker-3")
        s.cluster.move_partition("orders", 0, [4, 1])
        writer.keep_writing(0.3)
        place = TopicPartition("orders", 0)
        assert moving(s)[place].adding_replicas == [4]
        assert set(moving(s)[place].replicas) == {1, 2, 3, 4}
        seen = s.cluster.snapshot().partition("orders", 0)
        assert seen.moves
        assert (seen.adding, seen.removing) == (("broker-4",), ("broker-2", "broker-3"))
        s.cluster.cancel_move("orders", 0)
        s.until(lambda: set(s.registration("orders").replicas) == set(old), what="the old replicas")
        s.heal()
        writer.keep_writing(0.2)
        writer.flush()
        s.until(lambda: not folders(s, "broker-4", "orders"), what="the deletion of what had come")
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@seeds(1, slow=30)
def test_brokers_die_while_partitions_move(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=2)
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        s.cluster.add_broker()
        for index in range(2):
            s.cluster.move_partition("orders", index, [4, *s.registration("orders", index).replicas[:2]])
        victim = s.random.choice(["broker-1", "broker-2", "broker-3", "broker-4"])
        (s.kill if s.random.random() < 0.5 else s.power_cut)(victim)
        writer.keep_writing(1.0, every=0.05)
        s.run(10)
        s.restart(victim)
        for index in range(2):
            s.until(lambda index=index: not s.registration("orders", index).is_moving, what="the move")
        writer.keep_writing(0.2)
        writer.flush()
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


def test_what_makes_no_sense_is_refused_and_changes_nothing():
    with story(1) as s:
        s.create_topic("orders")
        before = s.registration("orders")
        for act, code in (
            (lambda: s.cluster.move_partition("orders", 0, [9]), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
            (lambda: s.cluster.move_partition("orders", 7, [1]), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
            (lambda: s.cluster.cancel_move("orders", 0), ErrorCode.NO_REASSIGNMENT_IN_PROGRESS),
        ):
            with pytest.raises(KafkaException) as refused:
                act()
            assert refused.value.args[0].code() == code
        place = TopicPartition("orders", 0)
        with s.cluster.admin() as admin, pytest.raises(KafkaException) as refused:
            admin.alter_partition_reassignments({place: [1]}, allow_replication_factor_change=False)[
                place
            ].result()
        assert refused.value.args[0].code() == ErrorCode.INVALID_REPLICATION_FACTOR
        assert s.registration("orders") == before


@pytest.mark.slow
def test_a_tape_with_a_new_broker_plays_again():
    with story(5) as s:
        s.create_topic("orders")
        s.cluster.add_broker("rack-b")
        s.cluster.move_partition("orders", 0, [4, 1])
        s.run(5)
        tape = s.cluster.tape()
        again = type(s.cluster).replay(tape)
        assert again.tape() == tape
        assert again.snapshot().broker("broker-4").rack == "rack-b"
        again.drop()


def throttle(s, rate_bytes, *, side):
    """As kafka-reassign-partitions sets it: the rate at each broker, the replicas at the topic. None takes it away."""
    operation = AlterConfigOpType.DELETE if rate_bytes is None else AlterConfigOpType.SET

    def change(kind, name, key, value):
        entry = ConfigEntry(f"{side}.replication.throttled.{key}", value, incremental_operation=operation)
        return ConfigResource(kind, name, incremental_configs=[entry])

    brokers = [
        change(ResourceType.BROKER, str(n), "rate", str(rate_bytes)) for n in s.nodes.controller.image.brokers
    ]
    with s.cluster.admin() as admin:
        topic = change(ResourceType.TOPIC, "orders", "replicas", "*")
        for future in admin.incremental_alter_configs([*brokers, topic]).values():
            future.result()


def seconds_to_move(s, *brokers):
    started = s.now
    s.cluster.move_partition("orders", 0, brokers)
    until_moved(s, "orders", *brokers)
    return s.now - started


def written(s, megabytes):
    with s.cluster.producer({"linger.ms": 5, "batch.size": 20_000}) as producer:
        for _ in range(megabytes * 50):
            producer.produce("orders", value=b"v" * 20_000)
        producer.flush()


@pytest.mark.slow
@pytest.mark.parametrize("side", ["leader", "follower"])
def test_a_throttled_move_takes_its_time_and_holds_up_nobody_who_is_in_sync(side):
    with story(3, replica_fetch_max_bytes=50_000) as s:
        s.create_topic("orders")
        written(s, 1)
        s.cluster.add_broker()
        old = s.registration("orders").replicas
        freely = seconds_to_move(s, *old[:2], 4)
        seconds_to_move(s, *old)
        throttle(s, 200_000, side=side)
        started = s.now
        s.cluster.move_partition("orders", 0, (*old[:2], 4))
        s.run(1.0)
        written(s, 1)
        assert s.now - started < 2.0, "those in sync have 1 MB more by now"
        until_moved(s, "orders", *old[:2], 4)
        took = s.now - started
        assert freely < 2.0
        assert 8.0 < took < 40.0, "2 MB at 200 kB/s, in which what the others got counts"
        throttle(s, None, side=side)
        seconds_to_move(s, *old)
        assert seconds_to_move(s, *old[:2], 4) < 2.0
