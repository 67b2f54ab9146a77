"""A metadata log that has lost what was committed isn't opened; the sentence says where, and nothing is changed."""

from uuid import UUID

import pytest

from minikafka.log.checkpoints import RECOVERY_POINTS, OffsetCheckpoint
from minikafka.metadata.records import FeatureLevelRecord
from minikafka.quorum import METADATA_DIRECTORY, MetadataLog, MetadataLost, VoterNode
from minikafka.quorum.committed import MetadataTailCut
from minikafka.world import SimulatedUniverse

FIRST = f"{METADATA_DIRECTORY}/{0:020}.log"
SMALL_SEGMENTS = 400


def write(
    universe: SimulatedUniverse, *, batches: int = 17, lives: int = 2, segment_bytes: int = 1 << 30
) -> int:
    """A log of 40 records (6 of them begin the two reigns); its end. It is left open."""
    for life in range(lives):
        log = MetadataLog.open(universe.world("c"), 7, segment_bytes=segment_bytes)
        log.become_leader(VoterNode(7, UUID(int=70), "c", 9093))
        for number in range(life, batches, lives):
            universe.run(log.append([FeatureLevelRecord(name=f"f{number}", feature_level=n) for n in (1, 2)]))
        if life < lives - 1:
            log.close()
    return log.end_offset


def end(universe: SimulatedUniverse, how: str) -> None:
    if how == "clean":
        MetadataLog.open(universe.world("c"), 7).close()
    else:
        universe.crash("c")


def files(universe: SimulatedUniverse) -> dict[str, bytes]:
    disk = universe.world("c").disk
    names = [*(f"{METADATA_DIRECTORY}/{name}" for name in disk.listdir(METADATA_DIRECTORY)), RECOVERY_POINTS]
    return {name: disk.read_bytes(name) for name in names}


def put(universe: SimulatedUniverse, path: str, data: bytes) -> None:
    universe.world("c").disk.write_atomic(path, data)


@pytest.mark.parametrize("how", ["clean", "kill"])
@pytest.mark.parametrize("every", [13, pytest.param(1, marks=pytest.mark.slow)])
def test_every_flipped_bit_is_refused_and_its_byte_named(how: str, every: int) -> None:
    """Of a log of 40 records. After a kill, too: that may tear the last batch, but never flips a bit of it."""
    with SimulatedUniverse(1) as universe:
        assert write(universe) == 40
        end(universe, how)
        whole = files(universe)
        raw = bytearray(whole[FIRST])
        named = refused = 0
        for bit in range(0, 8 * len(raw), every):
            raw[bit // 8] ^= 1 << bit % 8
            put(universe, FIRST, bytes(raw))
            with pytest.raises(
                MetadataLost, match=r"damaged at byte \d+ of /c/.*Nothing was changed"
            ) as problem:
                MetadataLog.open(universe.world("c"), 7)
            refused += 1
            named += f"at byte {bit // 8} of" in str(problem.value)
            assert files(universe) == whole | {FIRST: bytes(raw)}
            raw[bit // 8] ^= 1 << bit % 8
        assert refused == len(range(0, 8 * len(raw), every))
        assert named > 0.8 * refused, "of the others the batch is named"
        put(universe, FIRST, bytes(raw))
        assert MetadataLog.open(universe.world("c"), 7).end_offset == 40


def test_only_a_last_batch_that_nobody_has_heard_of_may_be_torn() -> None:
    with SimulatedUniverse(1) as universe:
        write(universe)
        end(universe, "kill")
        raw = files(universe)[FIRST]
        noted = OffsetCheckpoint(universe.world("c").disk, RECOVERY_POINTS).read()["__cluster_metadata", 0]
        outcomes = {"torn": 0, "refused": 0}
        for size in range(len(raw) - 200, len(raw)):
            put(universe, FIRST, raw[:size])
            try:
                log = MetadataLog.open(universe.world("c"), 7)
            except MetadataLost:
                outcomes["refused"] += 1
                continue
            assert noted <= log.end_offset < 40
            cut = [t.event for t in universe.trace.recent if isinstance(t.event, MetadataTailCut)]
            outcomes["torn"] += bool(cut)
            log.abandon()
            universe.crash("c")
        assert outcomes == {"torn": 200, "refused": 0}


@pytest.mark.parametrize("how", ["clean", "kill"])
def test_a_log_that_is_shorter_than_what_is_noted_is_refused(how: str) -> None:
    with SimulatedUniverse(1) as universe:
        write(universe)
        end(universe, how)
        raw = files(universe)[FIRST]
        for size in (0, 100, len(raw) // 3):
            put(universe, FIRST, raw[:size])
            with pytest.raises(MetadataLost, match=r"byte|all below"):
                MetadataLog.open(universe.world("c"), 7)
        universe.world("c").disk.remove(FIRST)
        with pytest.raises(MetadataLost, match=r"ends at offset 0, but .* was committed"):
            MetadataLog.open(universe.world("c"), 7)


def test_a_segment_that_is_missing_is_refused() -> None:
    with SimulatedUniverse(1) as universe:
        write(universe, segment_bytes=SMALL_SEGMENTS)
        end(universe, "clean")
        whole = files(universe)
        segments = [path for path in whole if path.endswith(".log")]
        assert len(segments) > 4
        for path in segments:
            universe.world("c").disk.remove(path)
            with pytest.raises(MetadataLost):
                MetadataLog.open(universe.world("c"), 7)
            put(universe, path, whole[path])
        assert MetadataLog.open(universe.world("c"), 7).end_offset == 40


def test_a_missing_log_is_refused_where_something_knows_of_it() -> None:
    with SimulatedUniverse(1) as universe:
        with pytest.raises(
            MetadataLost, match=r"no metadata log in /c/__cluster_metadata-0, but X says so\. Nothing"
        ):
            MetadataLog.open(universe.world("c"), 7, known_by="X says so")
        assert universe.world("c").disk.listdir("") == []
        assert MetadataLog.open(universe.world("c"), 7).end_offset == 0


@pytest.mark.parametrize(
    "file", ["leader-epoch-checkpoint", "partition.metadata", "quorum-state", "index", "note"]
)
def test_other_files_of_it_that_are_missing_lose_nothing(file: str) -> None:
    with SimulatedUniverse(1) as universe:
        write(universe)
        end(universe, "kill")
        disk = universe.world("c").disk
        gone = {"index": f"{0:020}.index"}.get(file, file)
        disk.remove(RECOVERY_POINTS if file == "note" else f"{METADATA_DIRECTORY}/{gone}")
        log = MetadataLog.open(universe.world("c"), 7)
        assert sum(len(batch.records) for batch in log.replay()) == 34
        log.become_leader(VoterNode(7, UUID(int=70), "c", 9093))
        assert log.leader_epoch == 3, "no epoch comes twice"
