"""Files of a replica are gone at a start: it doesn't lead what it has no longer over others that have it."""

import pytest
from simulation.story import story

from minikafka import Cluster

COUNT = 40
SMALL = {"segment.bytes": str(1 << 20)}
PADDING = bytes(120_000)


def disk_of(cluster, host):
    return cluster._loop.universe.world(host).disk


def segments(disk):
    return [f"t-0/{name}" for name in disk.listdir("t-0") if name.endswith(".log")]


def folder(disk):
    disk.rmtree("t-0")


def everything(disk):
    for name in disk.listdir(""):
        (disk.rmtree if "-" in name and not name.endswith("checkpoint") else disk.remove)(name)


def logs(disk):
    for path in segments(disk):
        disk.remove(path)


def last_segments(disk):
    for path in segments(disk)[3:]:
        disk.remove(path)


def first_segments(disk):
    for path in segments(disk)[:3]:
        disk.remove(path)


def topic_id(disk):
    disk.write_atomic("t-0/partition.metadata", b"version: 0\ntopic_id: 0123456789abcdefghijkA\n")


def leader(cluster):
    return f"broker-{cluster._nodes.controller.image.partition('t', 0).leader}"


def write(cluster):
    producer = cluster.producer({"acks": "all", "linger.ms": 0})
    for number in range(COUNT):
        producer.produce("t", b"value %03d" % number + PADDING)
        producer.poll(0)
        assert producer.flush(20) == 0
    producer.close()


def read(cluster):
    consumer = cluster.consumer(
        {"group.id": "reader", "auto.offset.reset": "earliest", "enable.auto.commit": False}
    )
    consumer.subscribe(["t"])
    found = {}
    while messages := consumer.consume(100, 4):
        found |= {m.offset(): m.value()[:9] for m in messages}
    consumer.close()
    return found


WRITTEN = {n: b"value %03d" % n for n in range(COUNT)}


def is_whole(snapshot):
    partition = snapshot.topic("t").partitions[0]
    return partition.leader is not None and len(partition.isr) == 3


def a_bit(disk):
    """In the middle of the last segment, at which a start after a kill looks."""
    path = segments(disk)[-1]
    raw = bytearray(disk.read_bytes(path))
    raw[len(raw) // 2] ^= 1
    disk.write_atomic(path, bytes(raw))


ALL = (folder, logs, everything, topic_id, first_segments, last_segments)
"""Of which a start knows, however the life before ended."""


@pytest.mark.parametrize(
    ("ends", "lost"),
    [*(("kill", lost) for lost in (*ALL, a_bit)), *(("clean", lost) for lost in ALL)],
)
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 9))])
def test_the_last_leader_loses_files_and_nobody_loses_records(lost, ends, seed):
    with Cluster(brokers=3, world="simulated", seed=seed, message_events=False) as cluster:
        cluster.create_topic("t", 1, 3, SMALL)
        write(cluster)
        cluster.wait_until(is_whole)
        cluster.run(8)  # notes are written
        hosts = [f"broker-{n}" for n in (1, 2, 3)]
        while len(hosts) > 1:  # the last to leave is the one who led last
            away = next(host for host in hosts if host != leader(cluster))
            (cluster.stop_broker if ends == "clean" else cluster.kill)(away)
            hosts.remove(away)
            cluster.run(15)
        [last] = hosts
        (cluster.stop_broker if ends == "clean" else cluster.kill)(last)
        cluster.run(15)
        lost(disk_of(cluster, last))
        cluster.restart(last)
        cluster.run(10)
        for host in [h for h in ("broker-1", "broker-2", "broker-3") if h != last]:
            cluster.restart(host)
        cluster.wait_until(is_whole)
        assert read(cluster) == WRITTEN
        assert any(t.event.kind == "ReplicaFilesLost" and t.host == last for t in cluster.events())
        for host in ("broker-1", "broker-2", "broker-3"):
            log = cluster._nodes.brokers[host].replicas.get("t", 0).log
            assert (log.log_start_offset, log.log_end_offset) == (0, COUNT)
            directory = cluster._nodes.brokers[host].directories.ids[0]
            assert directory in cluster._nodes.controller.image.partition("t", 0).directories


@pytest.mark.parametrize("factor", [1, 3])
def test_where_nobody_has_it_any_longer_the_partition_takes_records_again(factor):
    with Cluster(brokers=factor, world="simulated", seed=1, message_events=False) as cluster:
        cluster.create_topic("t", 1, factor, SMALL)
        write(cluster)
        cluster.run(8)
        hosts = [f"broker-{n}" for n in range(1, factor + 1)]
        for host in hosts:
            cluster.stop_broker(host)
            folder(disk_of(cluster, host))
        for host in hosts:
            cluster.restart(host)
        cluster.run(10)
        assert sum(t.event.kind == "ReplicaFilesLost" for t in cluster.events()) == factor
        assert read(cluster) == {}
        write(cluster)
        assert read(cluster) == WRITTEN


def test_a_start_with_all_files_tells_of_no_loss():
    with Cluster(brokers=3, world="simulated", seed=1, message_events=False) as cluster:
        cluster.create_topic("t", 1, 3, SMALL)
        write(cluster)
        for ends in (cluster.stop_broker, cluster.kill):
            for host in ("broker-1", "broker-2", "broker-3"):
                ends(host)
            cluster.run(5)
            for host in ("broker-3", "broker-1", "broker-2"):
                cluster.restart(host)
            cluster.wait_until(is_whole)
        assert not any(t.event.kind == "ReplicaFilesLost" for t in cluster.events())
        assert read(cluster) == WRITTEN


def test_a_topic_made_or_made_anew_while_a_broker_was_away_is_no_loss():
    with Cluster(brokers=3, world="simulated", seed=1, message_events=False) as cluster:
        cluster.create_topic("t", 1, 3, SMALL)
        write(cluster)
        cluster.run(8)
        for ends in (cluster.stop_broker, cluster.kill):
            ends("broker-2")
            cluster.run(15)
            for future in cluster.admin().delete_topics(["t"]).values():
                future.result(20)
            cluster.run(1)
            # Nobody can wait for a topic until the third broker is back.
            from minikafka import NewTopic

            for future in cluster.admin().create_topics([NewTopic("t", 1, 3, config=SMALL)]).values():
                future.result(20)
            cluster.restart("broker-2")
            cluster.wait_until(is_whole)
            write(cluster)
            assert read(cluster) == WRITTEN
        assert not any(t.event.kind in ("ReplicaFilesLost", "StraySetAside") for t in cluster.events())


def test_a_clean_end_while_replicas_are_still_to_be_made_is_no_loss():
    from minikafka import NewTopic

    with story(1) as s:
        broker = s.nodes.brokers["broker-2"]
        on_image = broker.membership.follower._on_image
        left = []

        def end_at_once(image, delta):
            on_image(image, delta)
            if image.topic("t") is not None and not left:
                left.append(200 - len(list(broker.replicas)))
                broker.replicas.close(broker.image.brokers[2].epoch)

        broker.membership.follower._on_image = end_at_once
        for future in s.cluster.admin().create_topics([NewTopic("t", 200, 3)]).values():
            future.result(20)
        s.until(lambda: left, within=5, what="the end")
        assert left[0] > 100, "most of them had still to be made"
        s.cluster.kill("broker-2")  # which has ended cleanly as far as its files can tell
        s.cluster.run(15)
        s.cluster.restart("broker-2")
        s.cluster.wait_until(is_whole)
        assert not any(t.event.kind == "ReplicaFilesLost" for t in s.cluster.events())
