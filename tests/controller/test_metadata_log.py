"""The metadata log of one voter, and a follower that reads it."""

from uuid import UUID

import pytest

from minikafka.log.checkpoints import RECOVERY_POINTS, OffsetCheckpoint
from minikafka.membership.controllers import Controllers
from minikafka.membership.follower import MetadataFollower
from minikafka.metadata.batches import MetadataBatch
from minikafka.metadata.image import MetadataDelta, MetadataImage
from minikafka.metadata.records import FeatureLevelRecord, NoOpRecord
from minikafka.protocol.messages.fetch import EpochEndOffset, LeaderIdAndEpoch, PartitionData
from minikafka.quorum import METADATA_DIRECTORY, MetadataLog, VoterNode
from minikafka.quorum.raft.messages import Fetch
from minikafka.quorum.state import BrokenQuorumState
from minikafka.records.batch import build_batch
from minikafka.records.control import ControlType, parse_control_type
from minikafka.world import SimulatedUniverse

KEY = ("__cluster_metadata", 0)
ME = VoterNode(7, UUID(int=70), "c", 9093)


def append(universe: SimulatedUniverse, log: MetadataLog, *levels: int) -> int:
    records = [FeatureLevelRecord(name=f"f{level}", feature_level=level) for level in levels]
    return universe.run(log.append(records))


def test_a_reign_begins_with_a_control_record_in_a_new_epoch() -> None:
    with SimulatedUniverse(1) as universe:
        log = MetadataLog.open(universe.world("c"), 7)
        log.become_leader(ME)
        assert (log.leader, log.leader_epoch, log.end_offset, log.high_watermark) == (ME, 1, 3, 3)
        assert append(universe, log, 1, 2) == 3
        assert [(b.base_offset, b.last_offset, b.epoch, len(b.records)) for b in log.replay()] == [
            (0, 2, 1, 0),
            (3, 4, 1, 2),
        ]
        assert log.follow(Fetch(1, 9, 9, 1)).diverging == (1, 5)
        assert parse_control_type(b"\x00\x00\x00\x02") is ControlType.LEADER_CHANGE


def test_what_was_committed_survives_a_power_cut_and_epochs_never_repeat() -> None:
    with SimulatedUniverse(1) as universe:
        for life in range(1, 5):
            log = MetadataLog.open(universe.world("c"), 7)
            log.become_leader(ME)
            assert log.leader_epoch == life
            append(universe, log, life, life + 100)
            kept = [batch for batch in log.replay() if batch.records]
            assert [record.feature_level for batch in kept for record in batch.records] == [  # type: ignore[attr-defined]
                level for past in range(1, life + 1) for level in (past, past + 100)
            ]
            universe.power_cut("c")


@pytest.mark.parametrize("note", ["as it is", "missing", "damaged"])
def test_any_note_of_the_recovery_point_and_a_power_cut_lose_nothing_committed(note: str) -> None:
    """Segments roll, and the power is cut at any time, also while the note is written."""
    for seed in range(8):
        with SimulatedUniverse(seed) as universe:
            committed: list[int] = []
            for life in range(4):
                world = universe.world("c")
                log = MetadataLog.open(world, 7, segment_bytes=200)
                kept = [r.feature_level for b in log.replay() for r in b.records]  # type: ignore[attr-defined]
                assert kept == committed
                log.become_leader(ME)
                for level in range(100 * life, 100 * life + 5 + seed):
                    append(universe, log, level)
                    committed.append(level)
                end = log.end_offset
                universe.power_cut("c")
                disk = universe.world("c").disk
                assert 0 < OffsetCheckpoint(disk, RECOVERY_POINTS).read()[KEY] <= end
                if note == "missing":
                    disk.remove(RECOVERY_POINTS)
                elif note == "damaged":
                    disk.write_atomic(RECOVERY_POINTS, b"0\n7\n")


def test_a_broken_quorum_state_is_one_sentence() -> None:
    with SimulatedUniverse(1) as universe:
        disk = universe.world("c").disk
        disk.makedirs(METADATA_DIRECTORY)
        disk.write_atomic(f"{METADATA_DIRECTORY}/quorum-state", b"[]")
        with pytest.raises(BrokenQuorumState, match="is damaged"):
            MetadataLog.open(universe.world("c"), 7)


def batch(offset: int, level: int, epoch: int = 1) -> bytes:
    from minikafka.metadata.records import encode_record
    from minikafka.records.batch import NewRecord

    record = FeatureLevelRecord(name="f", feature_level=level)
    return build_batch([NewRecord(0, None, encode_record(record))], base_offset=offset, leader_epoch=epoch)


def answer(high_watermark: int, records: bytes = b"", diverging: int = -1) -> PartitionData:
    return PartitionData(
        partition_index=0,
        high_watermark=high_watermark,
        current_leader=LeaderIdAndEpoch(leader_id=7, leader_epoch=1),
        diverging_epoch=EpochEndOffset(epoch=1, end_offset=diverging),
        aborted_transactions=None,
        records=records,
    )


def test_a_follower_shows_only_what_is_committed() -> None:
    with SimulatedUniverse(1) as universe:
        seen: list[tuple[int, bool]] = []

        def on_image(image: MetadataImage, delta: MetadataDelta) -> None:
            seen.append((image.offset, delta.features))

        follower = MetadataFollower(universe.world("b"), 1, Controllers([("c", 1)]), on_image)
        follower._take(answer(1, batch(0, 1) + batch(1, 2)))
        assert (follower.image.features, seen) == ({"f": 1}, [(0, True)])
        assert follower.is_caught_up
        follower._take(answer(2))
        assert (follower.image.features, seen) == ({"f": 2}, [(0, True), (1, True)])
        follower._take(answer(2, batch(2, 3)))
        follower._take(answer(2, diverging=2))
        follower._take(answer(3, batch(2, 4, epoch=2)))
        assert follower.image.features == {"f": 4}
        follower._take(answer(1, diverging=1))
        assert follower.image == MetadataImage(), "another log: everything is read anew"


def test_a_batch_says_what_it_holds() -> None:
    with SimulatedUniverse(1) as universe:
        log = MetadataLog.open(universe.world("c"), 7)
        log.become_leader(ME)
        universe.run(log.append([NoOpRecord()]))
        assert list(log.replay(3)) == [MetadataBatch(3, 3, 1, [NoOpRecord()])]


def test_half_of_the_metadata_is_announced_to_nobody() -> None:
    """At a start, and when another log is begun: partitions in the other half would look like strangers."""
    with SimulatedUniverse(1) as universe:
        seen: list[int] = []
        follower = MetadataFollower(
            universe.world("b"), 1, Controllers([("c", 1)]), lambda new, _: seen.append(new.offset)
        )
        follower._take(answer(3, batch(0, 1)))
        follower._take(answer(3, batch(1, 2)))
        assert seen == []
        follower._take(answer(3, batch(2, 3)))
        follower._take(answer(5, batch(3, 4)))
        assert seen == [2, 3]
        follower._take(answer(2, diverging=1))
        follower._take(answer(2, batch(0, 7, epoch=2)))
        assert seen == [2, 3]
        follower._take(answer(2, batch(1, 8, epoch=2)))
        assert seen == [2, 3, 1]
