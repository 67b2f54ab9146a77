"""A metadata log that begins behind a snapshot, as every KRaft cluster's does after some days."""

from collections.abc import Callable
from uuid import UUID

import pytest
from quorum.snapshots import begin_behind_a_snapshot, snapshot_bytes
from simulation.story import story

from minikafka.metadata.records import FeatureLevelRecord
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.fetch_snapshot import (
    FetchSnapshotRequest,
    PartitionSnapshot,
    SnapshotId,
    TopicSnapshot,
)
from minikafka.quorum import METADATA_DIRECTORY, MetadataLog, MetadataLost, VoterNode
from minikafka.quorum.snapshot_file import DamagedSnapshot, SnapshotName, decode_snapshot, parse_snapshot_name
from minikafka.quorum.snapshots import SnapshotSetAside
from minikafka.world import SimulatedUniverse, World

LEVELS = [FeatureLevelRecord(name=f"f{level}", feature_level=level) for level in range(1, 8)]
AT_FIVE = SnapshotName(5, 1)


def put(world: World, name: str, data: bytes) -> None:
    world.disk.makedirs(METADATA_DIRECTORY)
    world.disk.write_atomic(f"{METADATA_DIRECTORY}/{name}", data)


def log_of_nine(universe: SimulatedUniverse) -> World:
    """Three control records, and six of its own; closed."""
    log = MetadataLog.open(universe.world("c"), 7)
    log.become_leader(VoterNode(7, UUID(int=70), "c", 9093))
    for level in LEVELS[:6]:
        universe.run(log.append([level]))
    log.close()
    return universe.world("c")


def test_a_snapshot_is_named_by_its_end_and_epoch() -> None:
    name = SnapshotName(421, 3)
    assert str(name) == "00000000000000000421-0000000003.checkpoint"
    assert parse_snapshot_name(str(name)) == name
    for other in (f"{name}.deleted", f"{name}.part", "bootstrap.checkpoint", "00000000000000000421.log"):
        assert parse_snapshot_name(other) is None


def test_a_whole_snapshot_gives_its_records_in_order() -> None:
    assert list(decode_snapshot(AT_FIVE, snapshot_bytes(LEVELS)).records) == LEVELS
    assert decode_snapshot(AT_FIVE, snapshot_bytes([])).records == ()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: b"", "no footer"),
        (lambda data: data[:-1], "torn at byte"),
        (lambda data: snapshot_bytes(LEVELS, footer=False), "no footer"),
        (lambda data: data[len(snapshot_bytes([], footer=False)) :], "header"),
        (lambda data: data + data, "behind its footer"),
    ],
)
def test_half_a_snapshot_is_none(damage: Callable[[bytes], bytes], said: str) -> None:
    with pytest.raises(DamagedSnapshot, match=said):
        decode_snapshot(AT_FIVE, damage(snapshot_bytes(LEVELS)))


def test_no_flipped_bit_gives_other_records() -> None:
    data = snapshot_bytes(LEVELS)
    for bit in range(0, 8 * len(data), 3):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            assert list(decode_snapshot(AT_FIVE, bytes(flipped)).records) == LEVELS  # outside the checksum
        except DamagedSnapshot:
            pass


def test_the_newest_whole_snapshot_counts_and_a_damaged_one_is_set_aside() -> None:
    with SimulatedUniverse(1) as universe:
        world = log_of_nine(universe)
        put(world, str(SnapshotName(4, 1)), snapshot_bytes(LEVELS[:1]))
        put(world, str(SnapshotName(6, 1)), snapshot_bytes(LEVELS[:3]))
        damaged = snapshot_bytes(LEVELS[:4])[:-2]
        put(world, str(SnapshotName(7, 1)), damaged)
        log = MetadataLog.open(world, 7)
        assert log.snapshot_below is not None
        assert log.snapshot_below.name == (6, 1)
        assert [b.base_offset for b in log.replay(6)] == [6, 7, 8]
        kept = f"{SnapshotName(7, 1)}.damaged"
        assert world.disk.read_bytes(f"{METADATA_DIRECTORY}/{kept}") == damaged
        told = [t.event for t in universe.trace.recent if isinstance(t.event, SnapshotSetAside)]
        assert [(event.snapshot, event.kept_as) for event in told] == [(str(SnapshotName(7, 1)), kept)]


@pytest.mark.parametrize("hole", ["no snapshot", "damaged", "too old", "beyond the log's end"])
def test_a_log_with_a_hole_is_refused_and_no_record_is_removed(hole: str) -> None:
    with SimulatedUniverse(1) as universe:
        world = log_of_nine(universe)
        name = begin_behind_a_snapshot(world, 7, batches_kept=3)
        path = f"{METADATA_DIRECTORY}/{name}"
        data = world.disk.read_bytes(path)
        if hole != "damaged":
            world.disk.remove(path)
        if hole == "damaged":
            put(world, str(name), data[:-5])
        elif hole == "too old":
            put(world, str(SnapshotName(name.end_offset - 1, 1)), data)
        elif hole == "beyond the log's end":
            put(world, str(SnapshotName(name.end_offset + 4, 1)), data)

        def files() -> dict[str, bytes]:
            names = world.disk.listdir(METADATA_DIRECTORY)
            return {
                f: world.disk.read_bytes(f"{METADATA_DIRECTORY}/{f}")
                for f in names
                if f.endswith((".log", ".checkpoint"))
            }

        before = files()
        for _ in range(2):
            with pytest.raises(MetadataLost, match="No record was removed") as refused:
                MetadataLog.open(world, 7)
            assert str(name.end_offset) in str(refused.value)
        assert files() == before
        put(world, str(name), data)
        if hole == "beyond the log's end":
            world.disk.remove(f"{METADATA_DIRECTORY}/{SnapshotName(name.end_offset + 4, 1)}")
        assert MetadataLog.open(world, 7).snapshot_below is not None


def test_epochs_go_on_above_that_of_the_snapshot() -> None:
    with SimulatedUniverse(1) as universe:
        world = universe.world("c")
        put(world, str(SnapshotName(0, 9)), snapshot_bytes([], 9))
        log = MetadataLog.open(world, 7)
        log.become_leader(VoterNode(7, UUID(int=70), "c", 9093))
        assert log.leader_epoch == 10


@pytest.mark.parametrize("piece_bytes", [100, 8 << 20])
def test_controller_and_brokers_begin_with_the_snapshot(
    piece_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minikafka.membership.snapshot_fetch.MAX_BYTES", piece_bytes)
    with story(3, brokers=2) as s:
        s.create_topic("orders", partitions=2, replication_factor=2, retention_ms="-1")
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        writer.flush()
        before = s.nodes.controller.image
        for host in ("broker-1", "broker-2", "controller-1"):
            s.cluster.kill(host)
        name = begin_behind_a_snapshot(s.universe.world("controller-1"), 3000)
        for host in ("controller-1", "broker-1", "broker-2"):
            s.cluster.restart(host)
        assert s.nodes.controller.quorum.start_offset == name.end_offset > 0
        after = s.nodes.controller.image
        assert (after.topic_names, after.configs) == (before.topic_names, before.configs)
        for broker in s.nodes.brokers.values():
            assert broker.image.topic_names == before.topic_names
        s.until_whole("orders")
        s.create_topic("later")
        writer.keep_writing(0.2)
        writer.flush()
        writer.check(s.read_all("orders"))


@pytest.mark.parametrize(
    ("topic", "part", "name", "position", "epoch", "code"),
    [
        ("__cluster_metadata", 0, None, 0, -1, ErrorCode.NONE),
        ("__cluster_metadata", 0, None, 1 << 40, -1, ErrorCode.POSITION_OUT_OF_RANGE),
        ("__cluster_metadata", 0, None, -1, -1, ErrorCode.POSITION_OUT_OF_RANGE),
        ("__cluster_metadata", 0, (1, 1), 0, -1, ErrorCode.SNAPSHOT_NOT_FOUND),
        ("__cluster_metadata", 1, None, 0, -1, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("orders", 0, None, 0, -1, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("__cluster_metadata", 0, None, 0, 0, ErrorCode.FENCED_LEADER_EPOCH),
        ("__cluster_metadata", 0, None, 0, 99, ErrorCode.UNKNOWN_LEADER_EPOCH),
    ],
)
def test_what_a_follower_is_told_that_asks_for_a_snapshot(
    topic: str, part: int, name: tuple[int, int] | None, position: int, epoch: int, code: ErrorCode
) -> None:
    with story(3, brokers=1) as s:
        for host in ("broker-1", "controller-1"):
            s.cluster.kill(host)
        there = begin_behind_a_snapshot(s.universe.world("controller-1"), 3000)
        s.cluster.restart("controller-1")
        s.cluster.restart("broker-1")
        wanted = SnapshotName(*(name or there))

        async def ask() -> object:
            port = s.nodes.controller.port
            channel = await Channel.connect(s.universe.world("client-9"), "controller-1", port, "test")
            partition = PartitionSnapshot(
                partition=part,
                current_leader_epoch=epoch,
                snapshot_id=SnapshotId(end_offset=wanted.end_offset, epoch=wanted.epoch),
                position=position,
            )
            request = FetchSnapshotRequest(topics=[TopicSnapshot(name=topic, partitions=[partition])])
            try:
                await channel.negotiate()
                return await channel.request(request, 1)
            finally:
                channel.close()

        answer = s.universe.run(ask(), host="client-9").topics[0].partitions[0]
        assert answer.error_code == code
        assert bool(answer.unaligned_records) == (code is ErrorCode.NONE) == bool(answer.size)
