"""Data directories as a real Kafka leaves them, made by hand: of brokers on ZooKeeper, and of KRaft."""

import hashlib
import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from quorum.snapshots import snapshot_bytes

from minikafka.adopt.offsets import LiveGroups
from minikafka.coordinator.records import (
    CoordinatorRecord,
    GroupMetadataValue,
    OffsetCommitValue,
    encode_record,
    group_record,
    offset_record,
)
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.metadata.ids import METADATA_TOPIC
from minikafka.metadata.image import MetadataImage
from minikafka.metadata.records import encode_record as encode_metadata
from minikafka.metadata.replay import apply_all
from minikafka.policy import Rules
from minikafka.protocol.schema import Message
from minikafka.protocol.uuid_text import encode_uuid
from minikafka.quorum import MetadataLog
from minikafka.quorum.snapshot_file import SnapshotName
from minikafka.records.batch import NewRecord, build_batch, read_batches
from minikafka.world import LiveUniverse

CLUSTER = "R7JYiE0QSwyoOkn4RrgMLQ"
ZERO = "0" * 20
OLD_MS = 1_480_000_000_000


def v2(offset: int, *values: bytes, epoch: int = 0, key: bytes | None = None, producer_id: int = -1) -> bytes:
    records = [NewRecord(OLD_MS, key, value) for value in values]
    more = {"producer_id": producer_id, "producer_epoch": 0, "base_sequence": 0} if producer_id >= 0 else {}
    return build_batch(records, base_offset=offset, leader_epoch=epoch, **more)


def v1(offset: int, value: bytes) -> bytes:
    """A message as Kafka 0.10 wrote it."""
    body = struct.pack(">bbqii", 1, 0, OLD_MS, -1, len(value)) + value
    body = struct.pack(">I", zlib.crc32(body)) + body
    return struct.pack(">qi", offset, len(body)) + body


def partition(broker: Path, name: str, log: bytes, *, base: int = 0, topic_id: UUID | None = None) -> Path:
    """A partition's folder with one segment."""
    folder = broker / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{base:020}.log").write_bytes(log)
    (folder / f"{base:020}.index").write_bytes(bytes(80))
    if topic_id is not None:
        text = f"version: 0\ntopic_id: {encode_uuid(topic_id)}\n"
        (folder / "partition.metadata").write_text(text)
    return folder


def checkpoint(broker: Path, name: str, offsets: Mapping[str, int]) -> None:
    lines = [
        f"{partition.rpartition('-')[0]} {partition.rpartition('-')[2]} {offset}"
        for partition, offset in offsets.items()
    ]
    (broker / name).write_text("\n".join(["0", str(len(lines)), *lines, ""]))


def zookeeper_broker(data: Path, broker_id: int = 0, **logs: bytes) -> Path:
    """A broker's directory, stopped cleanly; `logs` by TOPIC_PARTITION."""
    broker = data / f"kafka-logs-{broker_id}"
    broker.mkdir(parents=True)
    text = f"#\n#Sat Mar 04 00:08:54 CST 2017\nversion=0\nbroker.id={broker_id}\ncluster.id={CLUSTER}\n"
    (broker / "meta.properties").write_text(text)
    for name in (".kafka_cleanshutdown", ".lock", "cleaner-offset-checkpoint"):
        (broker / name).write_bytes(b"")
    for name, log in logs.items():
        topic, _, index = name.rpartition("_")
        partition(broker, f"{topic}-{index}", log)
    return broker


def kraft_broker(data: Path, records: Sequence[Message], *, behind: int = 0, node_id: int = 1) -> Path:
    """A combined node's directory. The first `behind` records are in a snapshot, behind which the log begins."""
    broker = data / f"kraft-{node_id}"
    folder = broker / f"{METADATA_TOPIC}-0"
    folder.mkdir(parents=True)
    text = f"version=1\nnode.id={node_id}\ncluster.id={CLUSTER}\ndirectory.id={encode_uuid(UUID(int=99))}\n"
    (broker / "meta.properties").write_text(text)
    log = b"".join(
        build_batch([NewRecord(0, None, encode_metadata(record))], base_offset=offset, leader_epoch=1)
        for offset, record in enumerate(records[behind:], behind)
    )
    (folder / f"{behind:020}.log").write_bytes(log)
    if behind:
        (folder / str(SnapshotName(behind, 1))).write_bytes(snapshot_bytes(records[:behind]))
    return broker


def group_log(*records: CoordinatorRecord, now_ms: int = OLD_MS) -> bytes:
    return b"".join(
        build_batch([NewRecord(now_ms, *encode_record(record))], base_offset=offset, leader_epoch=0)
        for offset, record in enumerate(records)
    )


def commit(group: str, topic: str, index: int, offset: int, note: str = "") -> CoordinatorRecord:
    value = OffsetCommitValue(offset=offset, leader_epoch=3, metadata=note, commit_timestamp=OLD_MS)
    return offset_record(group, topic, index, value)


def left_group(group: str) -> CoordinatorRecord:
    """A consumer group whose last member left long ago."""
    value = GroupMetadataValue(
        protocol_type="consumer",
        generation=4,
        protocol=None,
        leader=None,
        current_state_timestamp=OLD_MS,
        members=[],
    )
    return group_record(group, value)


def zookeeper_server(data: Path, nodes: Mapping[str, object], *, snapshot: bool = False) -> Path:
    """A ZooKeeper's directory in which these znodes were created, as JSON."""
    folder = data / "zookeeper" / "version-2"
    folder.mkdir(parents=True)
    if snapshot:
        body = b"ZKSN" + struct.pack(">iq", 2, -1) + struct.pack(">iqi", 1, 77, 6000) + struct.pack(">i", 0)
        for path, content in nodes.items():
            body += _text(path) + _text(json.dumps(content)) + struct.pack(">q", -1) + bytes(60)
        (folder / "snapshot.9").write_bytes(body + _text("/") + struct.pack(">q", 1) + _text("/"))
        nodes = {}
    log = b"ZKLG" + struct.pack(">iq", 2, 0)
    for zxid, (path, content) in enumerate(nodes.items(), 1):
        head = struct.pack(">qiqqi", 1, zxid, zxid, OLD_MS, 1)
        acls = struct.pack(">ii", 1, 31) + _text("world") + _text("anyone")
        transaction = head + _text(path) + _text(json.dumps(content)) + acls + struct.pack(">?i", False, 1)
        log += struct.pack(">qi", zlib.adler32(transaction), len(transaction)) + transaction + b"B"
    (folder / "log.1").write_bytes(log + bytes(200))
    return folder.parent


def _text(text: str) -> bytes:
    return struct.pack(">i", len(text.encode())) + text.encode()


# -- looking at what came of it ---------------------------------------------------------------------------------


def hashes(*folders: Path) -> dict[str, str]:
    """Every file below, by its content, its size and its time of change."""
    return {
        str(path): f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.stat().st_mtime_ns}"
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def adopted_records(data: Path, topic: str, index: int = 0) -> list[tuple[int, bytes | None]]:
    """(offset, value) of all records of a partition, as the broker of ours would read them."""
    with LiveUniverse(data) as universe:
        world = universe.world("broker-1")
        config = LogConfig()
        log = Log.open(
            world, f"{topic}-{index}", topic, index, config, Rules(), clean_shutdown=True, recovery_point=0
        )
        found, offset = [], log.log_start_offset
        while offset < log.log_end_offset:
            for batch in read_batches(log.read(offset, 1 << 20, at_least_one=True)):
                found += [(record.offset, record.value) for record in batch.records()]
                offset = batch.header.next_offset
        log.abandon()
        return found


def live_groups(data: Path) -> LiveGroups:
    """What the adopted `__consumer_offsets-0` amounts to."""
    groups = LiveGroups()
    with LiveUniverse(data) as universe:
        world, config = universe.world("broker-1"), LogConfig(cleanup_policy="compact")
        name = "__consumer_offsets"
        log = Log.open(world, f"{name}-0", name, 0, config, Rules(), clean_shutdown=True, recovery_point=0)
        groups.read(log)
        log.abandon()
    return groups


def positions(groups: LiveGroups) -> list[tuple[str, OffsetCommitValue]]:
    return [
        (group, found.value) for (group, _, _), found in groups.offsets.items() if found.value is not None
    ]


def adopted_image(data: Path) -> MetadataImage:
    with LiveUniverse(data) as universe:
        log = MetadataLog.open(universe.world("controller-1"), 3000)
        image = MetadataImage()
        for batch in log.replay():
            image = apply_all(image, batch.records, batch.last_offset)
        log.abandon()
        return image
