"""Between two lives of a broker its log directories change: one is new, empty, gone, back, or stands elsewhere."""

import pytest
from simulation.story import story
from simulation.test_log_dirs import (
    PARTITIONS,
    TWO,
    all_are_assigned,
    directory,
    in_directory,
    layout,
    registrations,
)

from minikafka.log.meta_properties import WrongDirectory
from minikafka.metadata.configs import BrokerConfigs
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest
from minikafka.protocol.messages.delete_topics import DeleteTopicsRequest

SICK = "broker-1"


def set_log_dirs(s, text):
    s.nodes.configs = BrokerConfigs({**s.nodes.configs.overrides, "log.dirs": text})


def begin(s):
    s.create_topic("orders", partitions=PARTITIONS)
    writer = s.writer("orders")
    writer.keep_writing(0.2)
    writer.flush()
    s.until(lambda: all_are_assigned(s), within=5)
    return writer


def finish(s, writer):
    """All is well: every replica is in sync, nothing is lost, and the controller knows where all lies."""
    s.until_whole("orders")
    writer.keep_writing(0.1)
    writer.flush()
    writer.check(s.read_all("orders"))
    broker = s.nodes.brokers[SICK]

    def is_known():
        return all(
            registrations(s)[index].directory_of(broker.id) == d.id
            for d in broker.directories
            for _, index in d.partitions
        )

    s.until(is_known, within=5, what="the controller's knowing")


@pytest.mark.parametrize("clean", [True, False])
def test_an_empty_disk_in_the_place_of_another(clean):
    with story(1, **TWO) as s:
        writer = begin(s)
        before = layout(s, SICK), directory(s, SICK, "d1").id
        s.cluster.stop_broker(SICK) if clean else s.kill(SICK)
        s.universe.world(SICK).disk.rmtree("d1")
        s.restart(SICK)
        assert directory(s, SICK, "d1").id != before[1]
        assert layout(s, SICK) == before[0], "all is made anew where there is room"
        assert s.nodes.brokers[SICK].directories.previous_broker_epoch == -1, "it has lost what it had"
        finish(s, writer)


@pytest.mark.parametrize("paths", ["d2,d1", "d0,d2,d1"])
def test_another_order_and_a_directory_more(paths):
    with story(1, **TWO) as s:
        writer = begin(s)
        before = layout(s, SICK)
        set_log_dirs(s, paths)
        s.restart(SICK)
        assert {path: logs for path, logs in layout(s, SICK).items() if logs} == before
        finish(s, writer)


def test_disks_that_changed_places_and_a_folder_that_was_moved():
    with story(1, **TWO) as s:
        writer = begin(s)
        moved, *stayed = in_directory(s, SICK, "d1")
        s.kill(SICK)
        disk = s.universe.world(SICK).disk
        disk.rename(f"d1/orders-{moved}", f"d2/orders-{moved}")
        for source, target in (("d1", "other"), ("d2", "d1"), ("other", "d2")):
            disk.rename(source, target)
        s.restart(SICK)
        assert in_directory(s, SICK, "d2") == stayed
        finish(s, writer)


def test_a_directory_that_comes_back_when_its_partitions_were_made_anew():
    with story(1, **TWO) as s:
        writer = begin(s)
        gone = in_directory(s, SICK, "d2")
        set_log_dirs(s, "d1")
        s.restart(SICK)
        assert in_directory(s, SICK, "d1") == list(range(PARTITIONS))
        finish(s, writer)
        set_log_dirs(s, "d1,d2")
        with pytest.raises(WrongDirectory) as refused:
            s.restart(SICK)
        for word in (f"/{SICK}/d1", f"/{SICK}/d2", *(f"orders-{index}" for index in gone)):
            assert word in str(refused.value)
        disk = s.universe.world(SICK).disk
        for index in gone:
            disk.rename(f"d2/orders-{index}", f"moved-{index}")
        s.restart(SICK)
        assert in_directory(s, SICK, "d2") == []
        finish(s, writer)


@pytest.mark.parametrize("fails", [True, False])
def test_a_topic_deleted_and_made_again_before_the_broker_hears_of_either(fails):
    """One image brings both: the old logs go, or stay for good where their directory is offline."""
    with story(1, **TWO) as s:
        begin(s)
        if fails:
            s.nodes.brokers[SICK].replicas.directory_failed(directory(s, SICK, "d1"), OSError("gone"))
            s.run(0.5)
        s.isolate(SICK, "controller-1")
        deleted = s.ask("broker-2", DeleteTopicsRequest(topic_names=["orders"], timeout_ms=5000), 5)
        assert deleted.responses[0].error_code == ErrorCode.NONE
        again = CreatableTopic(
            name="orders", num_partitions=PARTITIONS, replication_factor=3, assignments=[], configs=[]
        )
        made = s.ask("broker-2", CreateTopicsRequest(topics=[again], timeout_ms=5000), 7)
        assert made.topics[0].error_code == ErrorCode.NONE
        s.run(0.5)
        s.heal()
        topic_id = s.invariants.newest_image().topic("orders").id
        replicas = s.nodes.brokers[SICK].replicas
        s.until(lambda: {p.topic_id for p in replicas} == {topic_id}, within=30)
        s.until_whole("orders")
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        writer.flush()
        s.restart(SICK)
        finish(s, writer)
        if fails:
            assert in_directory(s, SICK, "d1") == [], "what was left of the deleted topic went"
