"""Controllers write snapshots, the log before them goes, and who is behind gets them: whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from minikafka import Cluster, NewTopic
from minikafka.controller.node import ControllerNode
from minikafka.quorum import METADATA_DIRECTORY
from minikafka.quorum.raft_quorum import RaftQuorum
from minikafka.quorum.snapshot_file import decode_snapshot, parse_snapshot_name

OFTEN = {
    "metadata.log.max.record.bytes.between.snapshots": 1500,
    "metadata.max.retention.bytes": 1,
    "controller.quorum.fetch.snapshot.max.bytes": 400,
}
THREE = ("controller-1", "controller-2", "controller-3")


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster(
        brokers=1,
        controllers=3,
        world="simulated",
        seed=5,
        configs=OFTEN,
        message_events=False,
        watch_invariants=True,
    )
    with made:
        yield made


def node(cluster: Cluster, host: str) -> ControllerNode:
    found = cluster._nodes.controllers[host]
    assert found is not None
    return found


def create(cluster: Cluster, first: int, last: int) -> None:
    admin = cluster.admin()
    for number in range(first, last):
        admin.create_topics([NewTopic(f"t{number}", 3, 1)])[f"t{number}"].result()


def snapshots(cluster: Cluster, host: str) -> list[str]:
    files = node(cluster, host).world.disk.listdir(METADATA_DIRECTORY)
    return [file for file in files if file.endswith((".checkpoint", ".part"))]


def standby(cluster: Cluster) -> str:
    active = cluster.snapshot().controller
    return next(host for host in THREE if host != active)


def alike(cluster: Cluster) -> bool:
    images = [node(cluster, host).image for host in THREE]
    return images[0] == images[1] == images[2]


def test_every_controller_writes_them_and_gives_up_the_log_before(cluster: Cluster) -> None:
    create(cluster, 0, 12)
    cluster.run(1)
    for host in THREE:
        one = node(cluster, host)
        (file,) = snapshots(cluster, host)
        name = parse_snapshot_name(file)
        assert name is not None
        assert one.quorum.start_offset == name.end_offset
        data = one.world.disk.read_bytes(f"{METADATA_DIRECTORY}/{file}")
        assert decode_snapshot(name, data).name == name
    assert "MetadataSnapshotWritten" in cluster.timeline()


def test_a_standby_that_was_away_too_long_gets_the_snapshot_piece_by_piece(cluster: Cluster) -> None:
    gone = standby(cluster)
    cluster.kill(gone)
    create(cluster, 0, 12)
    cluster.restart(gone)
    cluster.run(3)
    assert node(cluster, gone).quorum.start_offset > 0
    assert alike(cluster)
    cluster.power_cut(gone)
    cluster.restart(gone)
    create(cluster, 12, 13)
    cluster.run(3)
    assert alike(cluster)


def test_a_broker_that_was_away_too_long_does_so_too(cluster: Cluster) -> None:
    cluster.kill("broker-1")
    cluster.run(1)
    cluster.restart("broker-1")
    create(cluster, 0, 12)
    cluster.kill("broker-1")
    cluster.restart("broker-1")
    cluster.run(5)
    broker = cluster._nodes.brokers["broker-1"]
    assert broker is not None
    assert len(broker.image.topics) == 12


@pytest.mark.parametrize("damage", ["cut short", "a flipped bit"])
def test_a_damaged_snapshot_is_refused_and_asked_for_again(
    cluster: Cluster, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = standby(cluster)
    cluster.kill(gone)
    create(cluster, 0, 12)
    honest = RaftQuorum.read_snapshot

    def dishonest(self: RaftQuorum, name, position, max_bytes):  # type: ignore[no-untyped-def]
        data, size = honest(self, name, position, max_bytes)
        if damage == "cut short":
            return data[: size - 50 - position], max(1, size - 50)
        changed = bytearray(data)
        changed[-1] ^= 1
        return bytes(changed), size

    monkeypatch.setattr(RaftQuorum, "read_snapshot", dishonest)
    cluster.restart(gone)
    cluster.run(1)
    assert node(cluster, gone).quorum.start_offset == 0
    monkeypatch.undo()
    cluster.run(3)
    assert node(cluster, gone).quorum.start_offset > 0
    assert alike(cluster)


def test_half_a_snapshot_that_a_power_cut_left_is_none(cluster: Cluster) -> None:
    create(cluster, 0, 12)
    host = standby(cluster)
    disk = node(cluster, host).world.disk
    name = snapshots(cluster, host)[0]
    disk.write_atomic(f"{METADATA_DIRECTORY}/{name}.part", b"half")
    cluster.power_cut(host)
    cluster.restart(host)
    cluster.run(3)
    assert snapshots(cluster, host) == [name]
    assert alike(cluster)


def test_one_controller_alone_starts_from_its_snapshot() -> None:
    with Cluster(brokers=1, world="simulated", seed=5, configs=OFTEN, watch_invariants=True) as cluster:
        create(cluster, 0, 12)
        for _ in range(2):
            cluster.power_cut("controller-1")
            cluster.restart("controller-1")
            cluster.run(3)
            assert len(node(cluster, "controller-1").image.topics) == 12
        create(cluster, 12, 13)


def test_the_interval_alone_writes_one_too() -> None:
    configs = {"metadata.log.max.snapshot.interval.ms": 60_000}
    with Cluster(brokers=1, world="simulated", seed=5, configs=configs) as cluster:
        cluster.run(61)
        create(cluster, 0, 2)
        cluster.run(1)
        assert len(snapshots(cluster, "controller-1")) == 1
