"""Metadata snapshots made by hand, and a metadata log that is made to begin behind one."""

import struct
from collections.abc import Sequence

from minikafka.metadata.records import BeginTransactionRecord, EndTransactionRecord, encode_record
from minikafka.protocol.schema import Message
from minikafka.quorum import METADATA_DIRECTORY, MetadataLog
from minikafka.quorum.control_records import SnapshotFooterRecord, SnapshotHeaderRecord
from minikafka.quorum.snapshot_file import SnapshotName
from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.control import ControlType, control_key
from minikafka.world import World


def snapshot_bytes(records: Sequence[Message], epoch: int = 1, *, footer: bool = True) -> bytes:
    """As Kafka writes it: header, records (here two batches), footer."""
    header = _control(
        0, ControlType.SNAPSHOT_HEADER, SnapshotHeaderRecord(last_contained_log_timestamp=5), epoch
    )
    parts, at, half = [header], 1, (len(records) + 1) // 2
    for some in (records[:half], records[half:]):
        if some:
            values = [NewRecord(0, None, encode_record(record)) for record in some]
            parts.append(build_batch(values, base_offset=at, leader_epoch=epoch))
            at += len(some)
    if footer:
        parts.append(_control(at, ControlType.SNAPSHOT_FOOTER, SnapshotFooterRecord(), epoch))
    return b"".join(parts)


def _control(at: int, kind: ControlType, content: Message, epoch: int) -> bytes:
    record = NewRecord(0, control_key(kind), content.encode(0))
    return build_batch([record], base_offset=at, leader_epoch=epoch, control=True)


def begin_behind_a_snapshot(world: World, node_id: int, *, batches_kept: int = 1) -> SnapshotName:
    """All but the last batches of a metadata log at rest become a snapshot, and the log begins behind it."""
    log = MetadataLog.open(world, node_id)
    batches = list(log.replay())
    log.close()
    moved, kept = batches[:-batches_kept], batches[-batches_kept:]
    name = SnapshotName(kept[0].base_offset, moved[-1].epoch)
    ends = (BeginTransactionRecord, EndTransactionRecord)  # a snapshot has only what they hold
    records = [record for batch in moved for record in batch.records if not isinstance(record, ends)]
    disk, directory = world.disk, METADATA_DIRECTORY
    raw = disk.read_bytes(f"{directory}/{0:020}.log")
    while struct.unpack_from(">q", raw)[0] < name.end_offset:
        raw = raw[12 + struct.unpack_from(">i", raw, 8)[0] :]
    for file in disk.listdir(directory):
        if file.startswith(f"{0:020}"):
            disk.remove(f"{directory}/{file}")
    disk.write_atomic(f"{directory}/{name.end_offset:020}.log", raw)
    disk.write_atomic(f"{directory}/{name}", snapshot_bytes(records, name.epoch))
    return name
