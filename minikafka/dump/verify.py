"""Finding what is wrong in files, and at which byte.

Rule: every problem names the file and the bytes among which the damage is; a segment is judged with its
neighbours (the segment before, the epochs beside it), an index with its segment. Kafka: `DumpLogSegments`
(`--index-sanity-check`), `LogSegment.recover`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from minikafka.dump.batches import read_segment
from minikafka.dump.decode import decode
from minikafka.dump.found import FileKind, FoundFile, known
from minikafka.dump.index_check import check_offset_index, check_time_index
from minikafka.dump.segment import DumpedBatch, meaning_of_markers
from minikafka.dump.segment_check import SegmentCheck
from minikafka.dump.source import RawFile
from minikafka.dump.text_files import read_leader_epochs, read_offset_checkpoint
from minikafka.dump.transaction_check import check_transaction_index, known_producers
from minikafka.dump.value import BadBytes, Meaning, Problem, Row
from minikafka.log.checkpoints import CLEANER_OFFSETS, LEADER_EPOCHS
from minikafka.metadata.topic_names import INTERNAL_TOPICS
from minikafka.records.control import ControlType, parse_control_type
from minikafka.records.errors import CorruptRecords

COMPACTED_TOPICS = frozenset(INTERNAL_TOPICS)
METADATA_TOPIC = "__cluster_metadata"
_SEGMENTS = (FileKind.LOG, FileKind.METADATA_SNAPSHOT)
_INDEXES = {
    FileKind.OFFSET_INDEX: ".index",
    FileKind.TIME_INDEX: ".timeindex",
    FileKind.TRANSACTION_INDEX: ".txnindex",
}


@dataclass(slots=True)
class Verified:
    """How far a verification has come."""

    files: int = 0
    batches: int = 0
    records: int = 0
    problems: int = 0


class Verifier:
    """Verifies files one after the other, in the order of `find_files`, and counts."""

    def __init__(self, meaning: Meaning = meaning_of_markers) -> None:
        self.meaning = meaning
        self.count = Verified()
        self._before: tuple[Path, int] | None = None

    def verify(self, file: FoundFile) -> Iterator[Problem]:
        """Everything that is wrong in `file`; a file that can't be read is a problem too."""
        self.count.files += 1
        try:
            for problem in self._verify(file):
                self.count.problems += 1
                yield problem
        except OSError as error:
            self.count.problems += 1
            yield Problem(0, 0, f"the file can't be read: {error.strerror or error}")

    def _verify(self, file: FoundFile) -> Iterator[Problem]:
        with RawFile(file.path) as source:
            if file.kind in _SEGMENTS:
                yield from self._segment(source, file)
            elif file.kind in _INDEXES:
                yield from _index(source, file)
            else:
                for item in decode(source, file):
                    if isinstance(item, Problem):
                        yield item
                    elif isinstance(item, Row):
                        yield from _row_problems(item, file)

    def _segment(self, source: RawFile, file: FoundFile) -> Iterator[Problem]:
        is_live = file.path.suffix == ".log"
        snapshot = file.kind == FileKind.METADATA_SNAPSHOT
        check = SegmentCheck(
            0 if snapshot else max(0, file.base_offset),
            may_have_gaps=snapshot or not is_live or may_be_compacted(file),
            epochs=[] if snapshot else noted_epochs(file.path.parent),
        )
        if is_live and file.topic == METADATA_TOPIC:
            yield from _begins(file)
        if is_live and self._before and self._before[0] == file.path.parent:
            yield from _joins(self._before[1], file.base_offset, check.may_have_gaps)
        topic = METADATA_TOPIC if snapshot else file.topic
        ends: list[DumpedBatch] = []
        try:
            for item in read_segment(source, topic, self.meaning):
                if isinstance(item, Problem):
                    yield item
                else:
                    ends[1:] = [item]
                    yield from check.check(item)
            if snapshot:
                yield from _whole(ends, source.size)
        finally:
            self.count.batches += check.batches
            self.count.records += check.records
        if is_live:
            self._before = file.path.parent, check.next_offset


def verify_all(
    files: Iterable[FoundFile], meaning: Meaning = meaning_of_markers
) -> Iterator[tuple[Path, Problem]]:
    """Everything that is wrong in `files`, each problem with its file."""
    verifier = Verifier(meaning)
    for file in files:
        for problem in verifier.verify(file):
            yield file.path, problem


def _joins(ended: int, base_offset: int, may_have_gaps: bool) -> Iterator[Problem]:
    if base_offset < ended:
        yield Problem(0, 0, f"the file begins at offset {base_offset}, the one before it ends at {ended}")
    elif base_offset > ended and not may_have_gaps:
        yield Problem(
            0, 0, f"offsets {ended} to {base_offset - 1} are missing between this file and the one before it"
        )


def _whole(ends: list[DumpedBatch], size: int) -> Iterator[Problem]:
    """A snapshot counts from its header to its footer. `ends`: its first and last batch."""
    for batches, wanted in (
        (ends[:1], ControlType.SNAPSHOT_HEADER),
        (ends[-1:], ControlType.SNAPSHOT_FOOTER),
    ):
        if wanted not in [kind for batch in batches for kind in _control_types(batch)]:
            yield Problem(
                0, size, f"the snapshot is not whole: it has no {wanted.name.lower().replace('_', ' ')}"
            )


def _control_types(batch: DumpedBatch) -> list[ControlType | None]:
    try:
        return (
            [parse_control_type(record.key) for record in batch.records()] if batch.header.is_control else []
        )
    except (BadBytes, CorruptRecords):
        return []


def _begins(file: FoundFile) -> Iterator[Problem]:
    """A metadata log has everything, or begins behind a snapshot that does."""
    beside = [found for path in file.path.parent.iterdir() if (found := known(path)) is not None]
    before = [one for one in beside if one.path.suffix == ".log" and one.base_offset < file.base_offset]
    snapshots = [one.base_offset for one in beside if one.path.suffix == ".checkpoint"]
    if file.base_offset > 0 and not before and max(snapshots, default=-1) < file.base_offset:
        yield Problem(
            0, 0, f"the log begins at offset {file.base_offset}, and no snapshot beside it reaches so far"
        )


def _index(source: RawFile, file: FoundFile) -> Iterator[Problem]:
    name = file.path.name
    segment = file.path.with_name(name.replace(_INDEXES[file.kind], ".log"))
    if not segment.is_file():
        if source.size:
            yield Problem(0, 0, f"there is no segment {segment.name} for this index")
        return
    with RawFile(segment) as log:
        batches, base = read_segment(log), file.base_offset
        if file.kind == FileKind.TRANSACTION_INDEX:
            producers = None if may_be_compacted(file) else known_producers(segment, base)
            yield from check_transaction_index(source, batches, base, producers)
        else:
            check = check_offset_index if file.kind == FileKind.OFFSET_INDEX else check_time_index
            yield from check(source, batches, base)


def _row_problems(row: Row, file: FoundFile) -> Iterator[Problem]:
    values = {field.name: field for field in row.fields}
    if row.kind == "producer" and file.base_offset >= 0:
        last = values["last_offset"]
        if isinstance(last.value, int) and last.value >= file.base_offset:
            what = f"a producer's last offset {last.value} is not below {file.base_offset}, where the snapshot ends"
            yield Problem(last.offset, last.size, what)


def noted_epochs(directory: Path) -> list[tuple[int, int]]:
    """The entries of the leader-epoch checkpoint; none when it is missing or damaged."""
    entries: list[tuple[int, int]] = []
    try:
        with RawFile(directory / LEADER_EPOCHS) as source:
            for item in read_leader_epochs(source):
                if isinstance(item, Problem):
                    return []
                if item.kind == "leader epoch":
                    epoch, start = (int(str(field.value)) for field in item.fields)
                    entries.append((epoch, start))
    except OSError:
        return []
    return entries


def may_be_compacted(file: FoundFile) -> bool:
    """May offsets be missing? Yes in Kafka's own compacted topics, and where the cleaner has been."""
    if file.topic in COMPACTED_TOPICS:
        return True
    try:
        with RawFile(file.path.parent.parent / CLEANER_OFFSETS) as source:
            rows = [item for item in read_offset_checkpoint(source) if isinstance(item, Row)]
    except OSError:
        return False
    wanted = (file.topic, file.partition)
    return any(
        row.kind == "partition" and (row.fields[0].value, row.fields[1].value) == wanted for row in rows
    )
