"""Replicas move to another log directory of their broker while they are in use."""

import errno

import pytest
from simulation.story import seeds, story

from minikafka import OFFSET_BEGINNING, TopicPartition
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.alter_replica_log_dirs import (
    AlterReplicaLogDir,
    AlterReplicaLogDirsRequest,
    AlterReplicaLogDirTopic,
)
from minikafka.protocol.messages.describe_log_dirs import DescribeLogDirsRequest

TWO = {"log_dirs": "d1,d2"}


def directories(s, host):
    return {directory.path: directory for directory in s.nodes.brokers[host].directories}


def home(s, host, index=0):
    return s.nodes.brokers[host].directories.home(("orders", index)).path


def move(s, host, path, index=0, topic="orders"):
    """The error code that the broker answers with."""
    location = directories(s, host)[path].location if path in directories(s, host) else path
    asked = AlterReplicaLogDir(
        path=location, topics=[AlterReplicaLogDirTopic(name=topic, partitions=[index])]
    )
    answer = s.ask(host, AlterReplicaLogDirsRequest(dirs=[asked]), 2)
    return answer.results[0].partitions[0].error_code


def copies(s, host):
    """What DescribeLogDirs tells of copies under way: (partition, size, lag)."""
    answer = s.ask(host, DescribeLogDirsRequest(topics=None), 4)
    return [
        (p.partition_index, p.partition_size, p.offset_lag)
        for result in answer.results
        for topic in result.topics
        for p in topic.partitions
        if p.is_future_key
    ]


def folders(s, host, path):
    disk = directories(s, host)[path].world.disk
    return sorted(name for name in disk.listdir("") if name.startswith("orders"))


def other(path):
    return {"d1": "d2", "d2": "d1"}[path]


@seeds(0, slow=12)
def test_leader_and_follower_move_while_records_come(seed):
    with story(seed, **TWO) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.keep_writing(0.3)
        hosts = [s.leader("orders"), s.followers("orders")[0]]
        before = {host: home(s, host) for host in hosts}
        for host in hosts:
            assert move(s, host, other(before[host])) == ErrorCode.NONE
        writer.keep_writing(0.3)
        for host in hosts:
            s.until(lambda host=host: home(s, host) == other(before[host]), within=20, what="the move")
            s.until(
                lambda host=host: folders(s, host, before[host]) == [], what="the removal of what was there"
            )
            assert folders(s, host, other(before[host])) == ["orders-0"]
        writer.keep_writing(0.2)
        writer.flush()

        def is_told():
            registered = s.registration("orders")
            return all(
                registered.directory_of(s.nodes.brokers[host].id)
                == directories(s, host)[other(before[host])].id
                for host in hosts
            )

        s.until(is_told, what="the controller's knowing")
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@seeds(0, slow=20)
def test_a_broker_that_dies_meanwhile_has_its_replica_in_one_place(seed):
    with story(seed, **TWO) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.keep_writing(0.3)
        host = s.random.choice(["broker-1", "broker-2", "broker-3"])
        target = other(home(s, host))
        assert move(s, host, target) == ErrorCode.NONE
        s.run(s.random.choice([0.0, 0.001, 0.01, 0.1, 0.3]))
        s.power_cut(host)
        writer.keep_writing(0.2)
        s.run(10)
        s.restart(host)
        s.until_whole("orders")
        s.run(5)
        assert sorted(folders(s, host, "d1") + folders(s, host, "d2")) == ["orders-0"]
        writer.flush()
        writer.check(s.read_all("orders"))


def on_a_file_system_of_its_own(platter, path):
    """What lies there has a journal of its own: syncing others makes none of it durable, and a power cut takes it all.
    What is there already is durable."""
    platter.sync_up_to(platter.journal[-1])

    def is_within(entry):
        return any(name.startswith(path) for name in entry[0])

    def sync_up_to(last):
        if last in platter.journal:
            written = platter.journal[: platter.journal.index(last) + 1]
            for entry in (entry for entry in written if is_within(entry) == is_within(last)):
                entry[1](platter.durable_entries)
                platter.journal.remove(entry)

    def cut_power():
        platter.journal = [entry for entry in platter.journal if not is_within(entry)]
        type(platter).cut_power(platter)

    platter.sync_up_to, platter.cut_power = sync_up_to, cut_power


@seeds(1, slow=10)
def test_power_fails_as_soon_as_the_copy_is_in_its_place(seed):
    with story(seed, **TWO) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.keep_writing(0.1)
        host = s.random.choice(["broker-1", "broker-2", "broker-3"])
        target = other(home(s, host))
        on_a_file_system_of_its_own(s.nodes.universe._platters[host], other(target))
        assert move(s, host, target) == ErrorCode.NONE
        s.until(lambda: home(s, host) == target, within=20, what="the move")
        s.power_cut(host)
        writer.keep_writing(0.1)
        s.restart(host)
        s.until_whole("orders")
        s.run(3)
        assert (folders(s, host, other(target)), folders(s, host, target)) == ([], ["orders-0"])
        writer.flush()
        writer.check(s.read_all("orders"))


@pytest.mark.parametrize("step", ["doom", "take_over"])
def test_the_disk_that_refuses_the_last_step_fails_and_others_lead(step):
    with story(4, **TWO) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.keep_writing(0.1)
        host = s.leader("orders")
        start = home(s, host)
        refusing = directories(s, host)[start if step == "doom" else other(start)]

        def refuse(*_):
            raise OSError(errno.EIO, "Input/output error")

        setattr(refusing, step, refuse)
        assert move(s, host, other(start)) == ErrorCode.NONE
        s.until(lambda: s.leader("orders") != host, what="another leader")
        assert not refusing.is_online
        writer.keep_writing(0.1)
        s.restart(host)
        s.until_whole("orders")
        s.run(3)
        assert home(s, host) == (start if step == "doom" else other(start))
        assert sorted(folders(s, host, "d1") + folders(s, host, "d2")) == ["orders-0"]
        writer.flush()
        writer.check(s.read_all("orders"))


def test_a_copy_that_was_to_take_the_place_waits_for_a_directory_that_is_away():
    with story(5, **TWO) as s:
        s.create_topic("orders", replication_factor=1)
        writer = s.writer("orders")
        writer.keep_writing(0.1)
        writer.flush()
        host = s.leader("orders")
        start = home(s, host)
        new = directories(s, host)[other(start)]
        new.take_over = lambda key, swap: s.power_cut(host)
        assert move(s, host, other(start)) == ErrorCode.NONE
        s.until(lambda: not s.nodes.is_up(host), what="the power cut")
        s.cluster.fail_disk(host, start)
        s.restart(host)
        s.run(5)
        assert folders(s, host, other(start)) != ["orders-0"], "nobody knows what the other directory has"
        s.cluster.repair_disk(host)
        s.restart(host)
        s.until(lambda: s.leader("orders") == host, what="the leader")
        assert home(s, host) == other(start)
        writer.check(s.read_all("orders"))


@pytest.mark.slow
def test_what_is_copied_is_not_compacted_meanwhile():
    """Else the copy has a record, and the one that deletes it was gone before the copy got there."""
    configs = {"cleanup_policy": "compact", "segment_ms": "100", "delete_retention_ms": "0"}
    with story(6, log_cleaner_backoff_ms="100", **TWO) as s:
        s.create_topic("orders", replication_factor=1, min_cleanable_dirty_ratio="0.0", **configs)

        def write(key, value):
            with s.cluster.producer() as producer:
                producer.produce("orders", key=key, value=value)
                producer.flush()

        write(b"deleted", b"v")
        for _ in range(3):
            write(b"large", b"v" * 700_000)
        host = s.leader("orders")
        throttled(s, host, "200000")
        assert move(s, host, other(home(s, host))) == ErrorCode.NONE
        s.run(0.5)
        assert copies(s, host)
        write(b"deleted", None)
        for n in range(4):
            s.run(1.0)
            write(b"small", b"%d" % n)
        throttled(s, host, "100000000")
        s.run(1.0)
        assert not copies(s, host)
        for n in range(4):
            s.run(1.0)
            write(b"small", b"%d" % n)
        reader = s.cluster.consumer({"group.id": "g", "auto.offset.reset": "earliest"})
        reader.assign([TopicPartition("orders", 0, OFFSET_BEGINNING)])
        found = {message.key(): message.value() for message in reader.consume(100, 5.0)}
        assert found[b"small"] == b"3"
        assert not found.get(b"deleted")


@pytest.mark.slow
def test_a_throttled_move_can_be_watched_and_taken_back():
    with story(3, **TWO) as s:
        s.create_topic("orders")
        with s.cluster.producer({"batch.size": 20_000}) as producer:
            for _ in range(60):
                producer.produce("orders", value=b"v" * 50_000)
            producer.flush()
        host = s.leader("orders")
        throttled(s, host, "200000")
        start = home(s, host)
        assert move(s, host, other(start)) == ErrorCode.NONE
        s.run(3)
        ((index, size, lag),) = copies(s, host)
        assert (index, size > 0, lag > 0) == (0, True, True)
        assert move(s, host, start) == ErrorCode.NONE
        assert copies(s, host) == []
        s.until(lambda: folders(s, host, other(start)) == [], what="the removal of the copy")
        assert home(s, host) == start


def throttled(s, host, rate):
    from minikafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

    name = "replica.alter.log.dirs.io.max.bytes.per.second"
    entry = ConfigEntry(name, rate, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.BROKER, host.rpartition("-")[2], incremental_configs=[entry])
    with s.cluster.admin() as admin:
        admin.incremental_alter_configs([resource])[resource].result()
    s.run(1)


@pytest.mark.slow
def test_a_copy_on_a_disk_that_fails_is_given_up_and_the_replica_stays():
    with story(2, **TWO) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        host = s.followers("orders")[0]
        start = home(s, host)
        throttled(s, host, "1")
        assert move(s, host, other(start)) == ErrorCode.NONE
        s.cluster.fail_disk(host, other(start))
        throttled(s, host, "100000000")
        writer.keep_writing(0.2)
        s.run(3)
        assert home(s, host) == start
        writer.flush()
        s.cluster.repair_disk(host)
        s.restart(host)
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


def test_what_cannot_be_moved_is_said():
    with story(1, **TWO) as s:
        s.create_topic("orders", replication_factor=1)
        host = s.leader("orders")
        assert move(s, host, "/nowhere") == ErrorCode.LOG_DIR_NOT_FOUND
        assert move(s, host, home(s, host)) == ErrorCode.NONE
        assert move(s, host, "d1", topic="other") == ErrorCode.REPLICA_NOT_AVAILABLE
        elsewhere = next(h for h in s.nodes.brokers if h != host)
        assert move(s, elsewhere, "d2") == ErrorCode.REPLICA_NOT_AVAILABLE
        s.cluster.move_partition("orders", 0, [int(elsewhere[-1])])
        s.until(lambda: s.leader("orders") == elsewhere, what="the move")
        assert home(s, elsewhere) == "d2", "it is made where it was asked to be"
