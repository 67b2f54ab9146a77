"""Folders that the metadata don't know are kept under another name; only a committed deletion removes one."""

import pytest
from cluster.test_flipped_broker_files import image, put_back
from simulation.story import seeds

from minikafka import Cluster
from minikafka.cluster.telling import tell
from minikafka.log.checkpoints import RECOVERY_POINTS
from minikafka.metadata.image import MetadataImage
from minikafka.quorum import METADATA_DIRECTORY
from minikafka.quorum.state import QuorumState, read_quorum_state, write_quorum_state

CONTROLLER = "controller-1"


class Stage:
    """A cluster of which nobody checks that it never forgets: here it does."""

    def __init__(self, seed, brokers=3) -> None:
        self.cluster = Cluster(brokers=brokers, world="simulated", seed=seed, message_events=False)
        self.nodes, self.universe = self.cluster._nodes, self.cluster._loop.universe
        self.hosts = list(self.nodes.brokers)
        self.kill, self.restart, self.run = self.cluster.kill, self.cluster.restart, self.cluster.run

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.cluster.close()

    def disk(self, host):
        return self.universe.world(host).disk

    def values(self, topic):
        consumer = self.cluster.consumer({"group.id": "reader", "auto.offset.reset": "earliest"})
        consumer.subscribe([topic])
        found = []
        while messages := consumer.consume(100, 5):
            found += [message.value() for message in messages]
        consumer.close()
        return sorted(found)


def begin_another_log(s):
    """The controller's files are swapped for none, and nothing tells it that there were any."""
    s.kill(CONTROLLER)
    disk = s.universe.world(CONTROLLER).disk
    epoch = read_quorum_state(disk, METADATA_DIRECTORY).leader_epoch
    disk.rmtree(METADATA_DIRECTORY)
    disk.makedirs(METADATA_DIRECTORY)
    write_quorum_state(
        disk, METADATA_DIRECTORY, QuorumState(leader_epoch=epoch)
    )  # a later reign, so that it is noticed
    for name in ("meta.properties", RECOVERY_POINTS):
        disk.remove(name)
    s.nodes._known_by = ""
    s.cluster._picture._last_image = MetadataImage()


def records_on(disk) -> int:
    """Log files with a record, wherever they lie."""
    return sum(
        b"precious" in disk.read_bytes(f"{folder}/{name}")
        for folder in disk.listdir("")
        if "-" in folder and not folder.endswith("checkpoint")
        for name in disk.listdir(folder)
        if name.endswith(".log")
    )


def write_precious(s, topic, partitions=2):
    s.cluster.create_topic(topic, partitions)
    producer = s.cluster.producer()
    for number in range(10):
        producer.produce(topic, b"precious %d" % number, partition=number % partitions)
    assert producer.flush(20) == 0
    producer.close()


@pytest.mark.parametrize("running", [True, False])
@seeds(2, slow=10)
def test_what_another_metadata_log_does_not_know_is_kept(seed, running):
    with Stage(seed) as s:
        write_precious(s, "orders")
        s.run(2)
        hosts = s.hosts
        if not running:
            for host in hosts:
                if (seed + int(host[-1])) % 2:
                    s.kill(host)
                else:
                    s.cluster.stop_broker(host)
                    s.disk(host).remove(".kafka_cleanshutdown")  # which would keep it from starting
        begin_another_log(s)
        s.restart(CONTROLLER)
        for host in hosts:
            if not running:
                s.restart(host)
        s.run(20)
        for host in hosts:
            disk = s.disk(host)
            names = [name for name in disk.listdir("") if name.startswith("orders-")]
            assert len(names) == 2 and all(name.endswith("-stray") for name in names)
            assert records_on(disk) == 2
            assert s.cluster.snapshot().broker(host).log_dirs[0].strays == 2
        said = [t.event for t in s.cluster.events() if t.event.kind == "StraySetAside"]
        assert len(said) == 6 and {e.reason for e in said} == {"the metadata has no such topic"}
        # The name is free, and strays of one name don't collide.
        write_precious(s, "orders")
        for host in hosts:
            s.kill(host)
        begin_another_log(s)
        s.restart(CONTROLLER)
        for host in hosts:
            s.restart(host)
        s.run(20)
        assert [records_on(s.disk(host)) for host in hosts] == [4, 4, 4]


def test_a_folder_of_another_topic_id_is_kept_and_a_new_one_made():
    with Stage(1, brokers=1) as s:
        write_precious(s, "orders", partitions=1)
        s.cluster.stop_broker("broker-1")
        disk = s.disk("broker-1")
        disk.write_atomic("orders-0/partition.metadata", b"version: 0\ntopic_id: 0123456789abcdefghijkA\n")
        s.restart("broker-1")
        s.run(5)
        kept = [name for name in disk.listdir("") if name.endswith("-stray")]
        assert len(kept) == 1 and b"0123456789abcdefghijkA" in disk.read_bytes(
            f"{kept[0]}/partition.metadata"
        )
        assert records_on(disk) == 1
        assert s.values("orders") == []
        producer = s.cluster.producer()
        producer.produce("orders", b"new")
        assert producer.flush(20) == 0
        assert s.values("orders") == [b"new"]


def test_a_folder_without_a_topic_id_stays_where_its_topic_is_known():
    with Stage(1, brokers=1) as s:
        write_precious(s, "orders", partitions=1)
        s.cluster.stop_broker("broker-1")
        disk = s.disk("broker-1")
        disk.remove("orders-0/partition.metadata")
        disk.makedirs("stranger-7")
        disk.write_atomic(f"stranger-7/{0:020}.log", b"precious")
        s.restart("broker-1")
        s.run(5)
        assert len(s.values("orders")) == 10
        assert disk.exists("orders-0/partition.metadata") and not disk.exists("stranger-7")
        assert records_on(disk) == 2


def test_a_topic_that_was_deleted_while_its_broker_was_away_is_removed():
    with Stage(3) as s:
        write_precious(s, "orders")
        s.kill("broker-2")
        s.run(20)
        for future in s.cluster.admin().delete_topics(["orders"]).values():
            future.result(30)
        s.restart(CONTROLLER)
        s.restart("broker-2")
        s.run(5)
        assert [records_on(s.disk(host)) for host in s.hosts] == [0, 0, 0]


def test_whoever_runs_the_cluster_is_told():
    with Stage(1, brokers=1) as s:
        write_precious(s, "orders", partitions=1)
        s.cluster.stop_broker("broker-1")
        disk = s.disk("broker-1")
        disk.write_atomic("orders-0/partition.metadata", b"version: 0\ntopic_id: 0123456789abcdefghijkA\n")
        s.restart("broker-1")
        told: list[str] = []
        tell(s.cluster, told.append)
        kept, lost = told
        assert kept.startswith("broker-1 keeps orders-0 as /broker-1/orders-0.")
        assert kept.endswith("-stray: the metadata has another topic of that name. Nothing reads or removes it; "
                             "delete it once you are sure that you don't need it.")  # fmt: skip
        assert lost.startswith("broker-1 lacks files of orders-0: its log now ends at offset 0.")


@pytest.mark.parametrize("clean", [True, False])
def test_an_older_copy_of_the_controllers_directory(clean):
    """After a clean stop the brokers know of it, and don't start; else what it doesn't know is kept."""
    with Stage(1, brokers=1) as s:
        write_precious(s, "before", partitions=1)
        s.kill("broker-1")
        s.kill(CONTROLLER)
        copy = image(s.disk(CONTROLLER))
        s.restart(CONTROLLER)
        s.restart("broker-1")
        write_precious(s, "orders", partitions=1)
        (s.cluster.stop_broker if clean else s.kill)("broker-1")
        s.kill(CONTROLLER)
        put_back(s.disk(CONTROLLER), copy)
        s.cluster._picture._last_image = MetadataImage()
        s.restart(CONTROLLER)
        if clean:
            before = image(s.disk("broker-1"))
            for _ in range(2):
                with pytest.raises(ValueError, match=r"older than the data of broker 1.*newest copy"):
                    s.restart("broker-1")
                assert image(s.disk("broker-1")) == before
            s.disk("broker-1").remove(".kafka_cleanshutdown")
        s.restart("broker-1")
        s.run(5)
        assert len(s.values("before")) == 10
        assert records_on(s.disk("broker-1")) == 2
