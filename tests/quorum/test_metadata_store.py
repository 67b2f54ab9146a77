"""What a metadata store says it has is on its disk for good."""

from __future__ import annotations

from minikafka.quorum.metadata_store import MetadataStore
from minikafka.quorum.state import QuorumState
from minikafka.records.batch import NewRecord, build_batch
from minikafka.world import SimulatedUniverse


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
