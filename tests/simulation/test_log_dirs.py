"""Brokers with several log directories, one of which fails: what lies in it moves, what doesn't stays put."""

import pytest
from simulation.story import seeds, story

from minikafka.commands import CreateTopic
from minikafka.controller.events import BrokerFenced
from minikafka.explore import Workload, Writing, draw_faults, run
from minikafka.explore.workload import PATIENT
from minikafka.log.checkpoints import CLEANER_OFFSETS
from minikafka.metadata.ids import UNASSIGNED_DIRECTORY
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.describe_log_dirs import DescribeLogDirsRequest
from minikafka.protocol.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from minikafka.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from minikafka.replication.isr_changes import IsrChangeAsked

TWO = {"log_dirs": "d1,d2"}
PARTITIONS = 6


def directory(s, host, path):
    return next(d for d in s.nodes.brokers[host].directories if d.path == path)


def in_directory(s, host, path, topic="orders"):
    """Numbers of the partitions that lie there."""
    return sorted(index for name, index in directory(s, host, path).logs if name == topic)


def layout(s, host):
    return {d.path: sorted(d.logs) for d in s.nodes.brokers[host].directories}


def registrations(s, topic="orders"):
    return dict(s.invariants.newest_image().topic(topic).partitions)


def fenced(s):
    return [traced.event.broker_id for traced in s.cluster.events() if isinstance(traced.event, BrokerFenced)]


def all_are_assigned(s, topic="orders"):
    return all(UNASSIGNED_DIRECTORY not in p.directories for p in registrations(s, topic).values())


def test_new_partitions_are_spread_and_the_controller_is_told_where():
    with story(1, **TWO) as s:
        s.create_topic("orders", partitions=PARTITIONS)
        s.until(lambda: all_are_assigned(s), within=5, what="the controller's knowing of directories")
        for host, broker in s.nodes.brokers.items():
            counts = {d.path: len(d.logs) for d in broker.directories}
            assert counts == {"d1": 3, "d2": 3}, host
            for d in broker.directories:
                assert d.id in s.invariants.newest_image().brokers[broker.id].log_dirs
                for index in in_directory(s, host, d.path):
                    assert registrations(s)[index].directory_of(broker.id) == d.id
                    assert broker.world.disk.exists(f"{d.path}/orders-{index}/00000000000000000000.log")
                for file in (".lock", "meta.properties"):
                    assert broker.world.disk.exists(f"{d.path}/{file}")
            assert broker.world.disk.listdir("") == ["d1", "d2"]


@seeds(3, slow=30)
def test_one_directory_of_a_leader_fails(seed):
    with story(seed, **TWO) as s:
        s.create_topic("orders", partitions=PARTITIONS)
        writer = s.writer("orders")
        writer.keep_writing(0.3)
        s.until(lambda: all_are_assigned(s), within=5)
        sick = s.leader("orders")
        path = next(p for p in ("d1", "d2") if 0 in in_directory(s, sick, p))
        lost = in_directory(s, sick, path)
        before = registrations(s)
        s.cluster.fail_disk(sick, path)
        writer.keep_writing(0.5)
        s.until(lambda: not directory(s, sick, path).is_online, within=10, what="its noticing")
        number = int(sick[-1])
        s.until(lambda: all(number not in registrations(s)[i].isr for i in lost), within=5)
        writer.keep_writing(0.5)
        s.run(40)  # longer than any lag or session time
        for index, now in registrations(s).items():
            if index in lost:
                assert now.leader not in (number, -1) and number not in now.isr
            else:
                assert (now.leader, now.leader_epoch) == (before[index].leader, before[index].leader_epoch)
                assert len(now.isr) == 3
        assert not fenced(s)
        writer.flush()
        assert not writer.refused
        s.cluster.repair_disk(sick)
        s.restart(sick)
        s.until_whole("orders")
        assert in_directory(s, sick, path) == lost, "what lay there lies there"
        writer.keep_writing(0.2)
        writer.flush()
        writer.check(s.read_all("orders"))


def test_leaders_do_not_ask_for_a_replica_whose_disk_failed_although_it_had_everything():
    with story(2, **TWO) as s:
        s.create_topic("orders", partitions=PARTITIONS)
        writer = s.writer("orders")
        writer.write(60)
        writer.flush()
        s.until(lambda: all_are_assigned(s), within=5)
        s.run(2)  # now it is quiet, and all followers have all
        lost = in_directory(s, "broker-1", "d1")
        failed_at = s.now
        s.nodes.brokers["broker-1"].replicas.directory_failed(directory(s, "broker-1", "d1"), OSError("gone"))
        s.run(60)
        assert all(1 not in registrations(s)[index].isr for index in lost)
        asked = [(t.at, t.event) for t in s.cluster.events() if isinstance(t.event, IsrChangeAsked)]
        assert not [e for at, e in asked if at > failed_at and 1 in e.wanted]


@seeds(2, slow=20)
def test_a_broker_starts_without_a_directory_that_is_still_broken(seed):
    with story(seed, **TWO) as s:
        s.create_topic("orders", partitions=PARTITIONS)
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        s.until(lambda: all_are_assigned(s), within=5)
        sick = s.random.choice(list(s.nodes.brokers))
        number = int(sick[-1])
        before = layout(s, sick)
        s.cluster.fail_disk(sick, "d1")
        if s.random.random() < 0.5:
            s.kill(sick)
        s.restart(sick)
        writer.keep_writing(0.3)
        assert [d.is_online for d in s.nodes.brokers[sick].directories] == [False, True]
        lost = [index for topic, index in before["d1"] if topic == "orders"]
        kept = [index for index in range(PARTITIONS) if index not in lost]
        s.until(lambda: all(number in registrations(s)[i].isr for i in kept), within=30, what="the rest")
        s.run(30)
        assert all(number not in registrations(s)[i].isr for i in lost)
        assert layout(s, sick)["d2"] == before["d2"], "nothing is made anew elsewhere"
        # What is new goes to the directory that works.
        s.create_topic("payments", partitions=2)
        s.until_whole("payments")
        assert len(in_directory(s, sick, "d2", "payments")) == 2
        s.cluster.repair_disk(sick)
        s.restart(sick)
        s.until_whole("orders")
        assert layout(s, sick)["d1"] == before["d1"]
        writer.flush()
        writer.check(s.read_all("orders"))


@seeds(2, slow=20)
def test_when_the_last_directory_fails_the_broker_leaves_the_service(seed):
    with story(seed, **TWO) as s:
        s.create_topic("orders", partitions=PARTITIONS)
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        sick = s.leader("orders")
        s.cluster.fail_disk(sick, "d1")
        writer.keep_writing(0.3)
        s.cluster.fail_disk(sick, "d2")
        writer.keep_writing(0.3)
        image = s.invariants.newest_image
        s.until(lambda: image().brokers[int(sick[-1])].fenced, within=10, what="its being fenced")
        s.until(lambda: not s.nodes.is_up(sick), within=5, what="its end")
        assert all(p.leader not in (-1, int(sick[-1])) for p in registrations(s).values())
        writer.flush()
        s.cluster.repair_disk(sick)
        s.restart(sick)
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@pytest.mark.parametrize("gone", [True, False])
def test_a_broker_without_a_directory_that_works_says_so_and_starts_when_it_is_repaired(gone):
    with story(1, **TWO) as s:
        s.create_topic("orders", partitions=PARTITIONS)
        writer = s.writer("orders")
        writer.write(30)
        writer.flush()
        s.kill("broker-1")
        s.universe.fail_disk("broker-1", count=None, gone=gone)
        with pytest.raises(OSError, match=r"broker-1/d\d") as refused:
            s.restart("broker-1")
        assert "\n" not in str(refused.value)
        assert not s.nodes.is_up("broker-1")
        assert s.cluster.snapshot().broker("broker-1").error.startswith("it could not start again: ")
        s.universe.repair_disk("broker-1")
        s.restart("broker-1")
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@seeds(2, slow=20)
def test_clients_are_told(seed):
    """KAFKA_STORAGE_ERROR for what is offline, answers for the rest; Metadata and DescribeLogDirs show it."""
    with story(seed, brokers=2, **TWO) as s:
        s.create_topic("orders", partitions=4, replication_factor=1)
        writer = s.writer("orders", delivery_timeout_ms=5000)
        writer.write(40)
        writer.flush()
        sick = s.leader("orders")
        number = int(sick[-1])
        path = next(p for p in ("d1", "d2") if 0 in in_directory(s, sick, p))
        lost = in_directory(s, sick, path)
        kept = [i for i in range(4) if i not in lost]
        s.cluster.fail_disk(sick, path)
        writer.write(40)
        writer.flush()
        assert writer.refused, "there is nobody else to take what is for the partitions that are lost"
        s.until(lambda: all(registrations(s)[i].leader == -1 for i in lost), within=10)
        assert all(registrations(s)[i].leader >= 0 for i in kept)

        partitions = [ListOffsetsPartition(partition_index=i, timestamp=-1) for i in range(4)]
        asked = ListOffsetsTopic(name="orders", partitions=partitions)
        response = s.ask(sick, ListOffsetsRequest(replica_id=-1, topics=[asked]), 7)
        codes = {p.partition_index: p.error_code for p in response.topics[0].partitions}
        for index in range(4):
            if index in lost:
                assert codes[index] == ErrorCode.KAFKA_STORAGE_ERROR
            elif registrations(s)[index].leader == number:
                assert codes[index] == ErrorCode.NONE

        described = s.ask(sick, MetadataRequest(topics=[MetadataRequestTopic(name="orders")]), 12)
        for p in described.topics[0].partitions:
            assert p.offline_replicas == ([number] if p.partition_index in lost else [])
            assert (p.leader_id == -1) is (p.partition_index in lost)

        dirs = {r.log_dir: r for r in s.ask(sick, DescribeLogDirsRequest(topics=None), 4).results}
        assert sorted(dirs) == [f"/{sick}/d1", f"/{sick}/d2"]
        broken = dirs.pop(f"/{sick}/{path}")
        assert (broken.error_code, broken.topics) == (ErrorCode.KAFKA_STORAGE_ERROR, [])
        (healthy,) = dirs.values()
        assert healthy.error_code == ErrorCode.NONE
        here = {p.partition_index for t in healthy.topics if t.name == "orders" for p in t.partitions}
        assert here == set(in_directory(s, sick, "d2" if path == "d1" else "d1"))

        s.cluster.repair_disk(sick)
        s.restart(sick)
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


def test_a_directory_that_fails_while_a_topic_is_made():
    with story(3, **TWO) as s:
        s.cluster.fail_disk("broker-2", "d1")
        s.create_topic("orders", partitions=PARTITIONS)
        s.until_whole("orders")
        assert in_directory(s, "broker-2", "d2") == list(range(PARTITIONS))
        assert not directory(s, "broker-2", "d1").is_online
        writer = s.writer("orders")
        writer.write(30)
        writer.flush()
        s.cluster.repair_disk("broker-2")
        s.restart("broker-2")
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


def test_a_clean_stop_marks_each_directory_that_works():
    with story(4, **TWO) as s:
        s.create_topic("orders", partitions=PARTITIONS)
        disk = s.nodes.brokers["broker-1"].world.disk
        s.cluster.stop_broker("broker-1")
        assert all(disk.exists(f"{path}/.kafka_cleanshutdown") for path in ("d1", "d2"))
        s.restart("broker-1")
        broker = s.nodes.brokers["broker-1"]
        assert all(d.checkpoints.started_clean for d in broker.directories)
        assert broker.directories.previous_broker_epoch >= 0
        s.cluster.fail_disk("broker-1", "d1")
        writer = s.writer("orders")
        writer.keep_writing(6)
        s.until(lambda: not directory(s, "broker-1", "d1").is_online, within=10)
        s.cluster.repair_disk("broker-1")
        s.cluster.stop_broker("broker-1")
        disk = s.universe.world("broker-1").disk
        assert not disk.exists("d1/.kafka_cleanshutdown") and disk.exists("d2/.kafka_cleanshutdown")
        s.restart("broker-1")
        assert s.nodes.brokers["broker-1"].directories.previous_broker_epoch == -1
        s.until_whole("orders")
        writer.flush()
        writer.check(s.read_all("orders"))


def test_a_topic_made_anew_is_not_bound_to_the_directory_that_is_offline():
    with story(5, **TWO) as s:
        s.create_topic("orders", partitions=2)
        s.until(lambda: all_are_assigned(s), within=5)
        s.cluster.fail_disk("broker-1", "d1")
        writer = s.writer("orders")
        writer.keep_writing(6)
        writer.flush()
        admin = s.cluster.admin()
        admin.delete_topics(["orders"])["orders"].result(30)
        admin.close()
        s.cluster.run(1)
        s.create_topic("orders", partitions=2)
        s.until_whole("orders")
        assert in_directory(s, "broker-1", "d2") == [0, 1]
        s.cluster.repair_disk("broker-1")
        s.restart("broker-1")
        s.until_whole("orders")
        assert in_directory(s, "broker-1", "d1") == [], "what was left of the deleted topic went"


@pytest.mark.parametrize("directory", ["d3", "d1/..", "/"])
def test_a_disk_that_is_not_there_can_not_fail(directory):
    with story(1, brokers=1, **TWO) as s, pytest.raises(ValueError, match="not a log directory of broker-1"):
        s.cluster.fail_disk("broker-1", directory)


FOUR_PARTITIONS = Workload(
    topics=(CreateTopic("orders", 4, 3, {"min.insync.replicas": "2"}),), writers=(Writing("orders", PATIENT),)
)


@seeds(6, slow=100)
def test_safety_while_disks_fail_and_then_progress(seed):
    configs = {"replica.lag.time.max.ms": "5000", "log.dirs": "d1,d2"}
    faults = draw_faults(seed, directories=("d1", "d2"))
    report = run(seed, FOUR_PARTITIONS, faults, configs=configs)
    assert report.holds, report
    assert all(write.outcome == "acknowledged" for write in report.history.writes)


def test_a_directory_whose_notes_cannot_be_kept_fails_alone():
    """The log opens, and then a note about it is refused."""
    with story(3, **TWO) as s:
        s.create_topic("orders", partitions=PARTITIONS, cleanup_policy="compact")
        writer = s.writer("orders")
        writer.write(60)
        writer.flush()
        s.until(lambda: all_are_assigned(s), within=5)
        lost = in_directory(s, "broker-1", "d1")
        s.kill("broker-1")
        disk = s.universe.world("broker-1").disk
        if disk.exists(f"d1/{CLEANER_OFFSETS}"):
            disk.remove(f"d1/{CLEANER_OFFSETS}")
        disk.makedirs(f"d1/{CLEANER_OFFSETS}.tmp")
        s.restart("broker-1")
        s.until(lambda: not directory(s, "broker-1", "d1").is_online, within=10)
        assert directory(s, "broker-1", "d2").is_online
        replicas = s.nodes.brokers["broker-1"].replicas
        assert not any(replicas.get("orders", index) for index in lost)
        s.until(lambda: all(1 not in registrations(s)[index].isr for index in lost), within=60)
        writer.write(20)
        writer.flush()
        writer.check(s.read_all("orders"))
