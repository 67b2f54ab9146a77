"""Does a metadata log still hold all that was committed? Asked before anything of it is opened, cut or written.

Rule: each batch is synced before anybody hears of it, so a power cut or a kill can tear the last one at most, and
only beyond what is noted to be committed. All else that isn't right has lost a decision of the cluster: the controller
doesn't start, nothing is changed, and the sentence names the byte.

Kafka cuts such a log at the first bad batch, as any other (`LogLoader`): its other voters have what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from minikafka.log.scan import CorruptLog, holds_whole_batch, scan_batches
from minikafka.log.segment_names import (
    LOG_SUFFIX,
    is_file_of_segment,
)
from minikafka.quorum.snapshots import MetadataLost
from minikafka.records.batch import Batch
from minikafka.records.flipped_bit import flipped_bit
from minikafka.records.header import (
    ATTRIBUTES_AT,
    CRC_AT,
    EPOCH_AT,
    HEADER_BYTES,
    LENGTH_AT,
    MAGIC_AT,
    MAGIC_V2,
    BatchHeader,
)
from minikafka.world import Disk, Event, File

MOST_TAIL_BYTES = 128 << 20
NEVER_CHANGED = (
    "Nothing was changed. Put the file back from a copy; without one, `minikafka adopt DIR --data NEW` takes the "
    "records of this data directory DIR into a new cluster."
)


class MetadataTailCut(Event, frozen=True):
    """The last batch of the metadata log was torn before it was committed: nobody has heard of it, and it goes."""

    file: str
    byte: int
    size_bytes: int


class Known(NamedTuple):
    """What is known of the log by other files.

    `end_offset`: all below it was committed. `epoch`: none of its epochs is newer (None: not known).
    """

    end_offset: int
    epoch: int | None


class Extent(NamedTuple):
    """From which offset to which the log goes, and what an opening will cut off its end, if anything."""

    start_offset: int
    end_offset: int
    torn: MetadataTailCut | None


class _Damage(Exception):
    """The batch at `position`, which should have `offset`, isn't right."""

    def __init__(self, position: int, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.offset = offset


class _Misplaced(_Damage):
    """The batch is whole, so no write was torn there, but it doesn't belong here: byte `at` of its header is wrong."""

    def __init__(self, position: int, offset: int, at: int, reason: str) -> None:
        super().__init__(position, offset, reason)
        self.at = at


def segments_of(disk: Disk, directory: str) -> list[str]:
    """The names of the log's segment files, in order."""
    if not disk.exists(directory):
        return []
    return [name for name in disk.listdir(directory) if is_file_of_segment(name, LOG_SUFFIX)]


def check_committed(disk: Disk, directory: str, known: Known) -> Extent:
    """Go through the whole log.

    Raises `MetadataLost` (a ValueError, one sentence) when something is missing or damaged that was committed.
    """
    names = segments_of(disk, directory)
    where = f"{disk.location}/{directory}"
    start = following = _base_of(names[0]) if names else 0
    epoch, torn = -1, None
    for name in names:
        if _base_of(name) != following:
            raise MetadataLost(
                f"The metadata log in {where} has a hole: {name} begins with offset {_base_of(name)}, and what is "
                f"before it ends at {following}. {NEVER_CHANGED}"
            )
        file = disk.open(f"{directory}/{name}")
        try:
            for header in _batches(file, following, epoch, known):
                following, epoch = header.next_offset, header.partition_leader_epoch
        except _Damage as damage:
            tail = memoryview(file.read_at(damage.position, MOST_TAIL_BYTES))
            wrong = damage.at if isinstance(damage, _Misplaced) else _wrong_byte(tail)
            may_be_torn = name == names[-1] and damage.offset >= known.end_offset and wrong is None
            if not may_be_torn or holds_whole_batch(tail, damage.offset + 1):
                raise MetadataLost(_sentence(f"{where}/{name}", damage, wrong)) from None
            torn = MetadataTailCut(name, damage.position, len(tail))
        finally:
            file.close()
    if following < known.end_offset:
        raise MetadataLost(
            f"The metadata log in {where} ends at offset {following}, but recovery-point-offset-checkpoint says that "
            f"all below {known.end_offset} was committed. {NEVER_CHANGED}"
        )
    return Extent(start, following, torn)


def _base_of(name: str) -> int:
    return int(name.removesuffix(LOG_SUFFIX))


def _batches(file: File, following: int, epoch: int, known: Known) -> Iterator[BatchHeader]:
    """The batches of a segment, which must follow each other; `_Damage` at the first that doesn't.

    The checksum doesn't cover offset and epoch. An epoch begins with a control batch.
    """
    try:
        for position, batch in scan_batches(file, 0, file.size):
            header = batch.header
            new_epoch = header.partition_leader_epoch
            if header.magic != MAGIC_V2:
                raise _Misplaced(position, following, MAGIC_AT, f"the batch has magic {header.magic}")
            if header.base_offset != following:
                raise _Misplaced(position, following, 0, f"the batch says offset {header.base_offset}")
            if new_epoch != epoch >= 0 and not (header.is_control and new_epoch > epoch):
                reason = f"the batch says epoch {new_epoch} after the leader of epoch {epoch}"
                raise _Misplaced(position, following, EPOCH_AT, reason)
            if new_epoch < 0 or (known.epoch is not None and new_epoch > known.epoch):
                reason = (
                    f"the batch says epoch {new_epoch}, but quorum-state, if that isn't wrong, {known.epoch}"
                )
                raise _Misplaced(position, following, EPOCH_AT, reason)
            yield header
            following, epoch = header.next_offset, new_epoch
    except CorruptLog as problem:
        raise _Damage(problem.position, following, str(problem).partition(": ")[2]) from None


def _wrong_byte(tail: memoryview) -> int | None:
    """Which byte of the batch that begins `tail` is wrong, if one is and that explains all. It doesn't where the batch
    was torn."""
    if len(tail) < HEADER_BYTES:
        return None
    header = BatchHeader.read(tail)
    sizes = [header.size_bytes] if HEADER_BYTES <= header.size_bytes <= len(tail) else []
    for size in (*sizes, len(tail)):
        if Batch(header, tail[:size]).crc_is_valid():
            return MAGIC_AT if size == header.size_bytes else LENGTH_AT
        found = flipped_bit(tail[ATTRIBUTES_AT:size], header.crc)
        if found is not None:
            return CRC_AT if found < 0 else ATTRIBUTES_AT + found
    return None


def _sentence(path: str, damage: _Damage, wrong: int | None) -> str:
    byte = damage.position + (wrong or 0)
    return (
        f"The metadata log is damaged at byte {byte} of {path}: {damage}, where offset {damage.offset} is due. What "
        f"was committed from there on would be lost, partitions among it. {NEVER_CHANGED}"
    )
