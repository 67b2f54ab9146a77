"""What a metadata store says it has is on its disk for good."""

from __future__ import annotations

from quorum.snapshots import snapshot_bytes

from minikafka.policy import may_append
from minikafka.quorum import METADATA_DIRECTORY
from minikafka.quorum.metadata_store import MetadataStore
from minikafka.quorum.snapshot_file import SnapshotName, decode_snapshot
from minikafka.quorum.state import QuorumState
from minikafka.records.batch import NewRecord, build_batch
from minikafka.world import SimulatedUniverse, World


def test_what_a_killed_controller_left_unsynced_is_on_its_disk_before_it_takes_part() -> None:
    """It says to others that it has all of it: a power cut must not take that back."""
    universe = SimulatedUniverse(seed=1)
    world = universe.world("controller-1")
    store = MetadataStore.open(world)
    batch = build_batch([NewRecord(0, None, b"x")], leader_epoch=1)
    store.keep(QuorumState(leader_epoch=1))
    store.append(batch, 1)
    store.abandon()
    universe.crash("controller-1")
    again = MetadataStore.open(universe.world("controller-1"))
    assert again.end_offset == again.log.recovery_point == 1
    again.abandon()
    universe.power_cut("controller-1")
    assert MetadataStore.open(universe.world("controller-1")).end_offset == 1


def store_with(world: World, batches: int, epoch: int) -> MetadataStore:
    store = MetadataStore.open(world, may_be_empty=True)
    store.keep(QuorumState(leader_epoch=epoch))
    for _ in range(batches):
        store.append(build_batch([NewRecord(0, None, b"x")], leader_epoch=epoch), epoch)
    store.log.flush()
    return store


def frozen(world: World, name: SnapshotName) -> None:
    world.disk.write_atomic(f"{METADATA_DIRECTORY}/{name}", snapshot_bytes([], name.epoch))


def test_a_leaders_snapshot_counts_although_the_log_that_it_replaces_was_not_gone_yet() -> None:
    """The log is another one than the leader's, and longer: nothing of it may be read behind the snapshot."""
    world = SimulatedUniverse(seed=1).world("controller-1")
    store = store_with(world, batches=9, epoch=3)
    store.abandon()
    frozen(world, SnapshotName(6, 5))
    again = MetadataStore.open(world, may_be_empty=True)
    assert (again.start_offset, again.end_offset, again.shape().last_epoch) == (6, 6, 5)


def test_a_snapshot_of_its_own_leaves_the_log_as_it_is() -> None:
    world = SimulatedUniverse(seed=1).world("controller-1")
    store_with(world, batches=9, epoch=3).abandon()
    frozen(world, SnapshotName(6, 3))
    again = MetadataStore.open(world, may_be_empty=True)
    assert (again.start_offset, again.end_offset) == (0, 9)


def test_a_snapshot_that_was_overtaken_by_the_leaders_is_none() -> None:
    world = SimulatedUniverse(seed=1).world("controller-1")
    store = store_with(world, batches=9, epoch=3)
    writer = store.begin_snapshot(SnapshotName(4, 3))
    assert writer is not None
    data = snapshot_bytes([], 5)
    store.install(decode_snapshot(SnapshotName(20, 5), data), data)
    writer.freeze()
    store.took_snapshot(SnapshotName(4, 3))
    assert store.snapshots == [SnapshotName(20, 5)]
    assert [f for f in world.disk.listdir(METADATA_DIRECTORY) if f.endswith(".checkpoint")] == [
        str(SnapshotName(20, 5))
    ]


def test_behind_an_older_snapshot_the_log_has_the_epoch_of_that_one() -> None:
    world = SimulatedUniverse(seed=1).world("controller-1")
    store = store_with(world, batches=4, epoch=2)
    for epoch in (3, 3, 3, 5, 5, 5):
        store.append(build_batch([NewRecord(0, None, b"x")], leader_epoch=epoch), epoch)
    store.log.flush()
    store.log.high_watermark = 10
    for name in (SnapshotName(4, 2), SnapshotName(8, 5)):
        frozen(world, name)
        store.took_snapshot(name)
    store.log.advance_log_start_offset(4)
    assert store.shape().diverging(4, 2, may_append) is None
    assert store.shape().diverging(4, 1, may_append) == (1, -1)
