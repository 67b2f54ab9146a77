"""A sound directory of a broker on ZooKeeper, with all that Kafka 0.8 to 3.9 left in it: `--verify` finds it sound."""

import struct
from pathlib import Path

import pytest
from adopt.hand_made import OLD_MS, ZERO, checkpoint, partition, v1, v2, zookeeper_broker

from minikafka.coordinator.records import (
    GroupMetadataKey,
    GroupMetadataValue,
    MemberMetadata,
    OffsetCommitKey,
    OffsetCommitValue,
)
from minikafka.dump.found import find_files
from minikafka.dump.meanings import meaning_of
from minikafka.dump.transaction_log import PartitionsSchema, TransactionLogKey, TransactionLogValue
from minikafka.dump.verify import verify_all
from minikafka.log.checkpoints import CLEANER_OFFSETS, HIGH_WATERMARKS, LOG_STARTS, RECOVERY_POINTS
from minikafka.protocol.schema import Message
from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.compression import Compression
from minikafka.records.legacy import message_set
from minikafka.records.record import Record


def framed(version: int, body: Message) -> bytes:
    return struct.pack(">h", version) + body.encode(version)


def log_of(*records: tuple[bytes, bytes | None]) -> bytes:
    return b"".join(
        build_batch([NewRecord(OLD_MS, key, value)], base_offset=offset, leader_epoch=0)
        for offset, (key, value) in enumerate(records)
    )


def group_records() -> bytes:
    """Every version of keys and values that was ever written without tagged fields."""
    offset = OffsetCommitValue(offset=7, metadata="m", commit_timestamp=OLD_MS, expire_timestamp=OLD_MS + 5)
    member = MemberMetadata(member_id="m", client_id="c", client_host="/h", session_timeout=10_000)
    group = GroupMetadataValue(
        protocol_type="consumer", generation=2, protocol="range", leader="m", members=[member]
    )
    keys = [framed(version, OffsetCommitKey(group="g", topic="t", partition=version)) for version in (0, 1)]
    found: list[tuple[bytes, bytes | None]] = [(key, framed(n, offset)) for key in keys for n in range(4)]
    name = framed(2, GroupMetadataKey(group="g"))
    found += [(name, framed(version, group)) for version in range(4)]
    return log_of(*found, (keys[0], None), (name, None))


def transaction_records() -> bytes:
    """As every Kafka from 0.11 to 3.x writes them."""
    key = framed(0, TransactionLogKey(transactional_id="id"))
    begun = [PartitionsSchema(topic="orders", partition_ids=[0, 2])]
    values = [
        TransactionLogValue(
            producer_id=7,
            producer_epoch=1,
            transaction_timeout_ms=60_000,
            transaction_status=status,
            transaction_partitions=partitions,
            transaction_last_update_timestamp_ms=OLD_MS,
            transaction_start_timestamp_ms=-1,
        )
        for status, partitions in ((0, None), (1, begun), (4, []))
    ]
    return log_of(*((key, framed(0, value)) for value in values))


@pytest.mark.parametrize("cluster_id", [True, False])
def test_nothing_is_wrong_with_it(tmp_path: Path, cluster_id: bool) -> None:
    packed = b"".join(
        message_set(
            [Record(offset, OLD_MS if magic else -1, None, b"x", ())], magic, compression=Compression.GZIP
        )
        for offset, magic in ((0, 0), (1, 1))
    )
    broker = zookeeper_broker(tmp_path, orders_0=packed + v1(2, b"c") + v2(3, b"d", epoch=2))
    partition(broker, "orders-1", v2(40, b"e"), base=40)
    partition(broker, "__consumer_offsets-3", group_records())
    partition(broker, "__transaction_state-3", transaction_records())
    for name in ("delete", "future", "stray"):
        partition(broker, f"orders-9.0123456789abcdef0123456789abcdef-{name}", v2(0, b"x"))
    orders = broker / "orders-0"
    (orders / "leader-epoch-checkpoint").write_text(
        "0\n3\n0 3\n1 3\n2 3\n"
    )  # reigns in which nothing was written
    (orders / f"{ZERO}.txnindex").touch()
    (orders / f"{ZERO}.log.deleted").write_bytes(v1(0, b"gone"))
    (broker / "empty-0").mkdir()
    checkpoint(broker, HIGH_WATERMARKS, {"orders-0": 4, "orders-1": 41})
    checkpoint(broker, RECOVERY_POINTS, {"orders-0": 4, "orders-1": 0})
    checkpoint(broker, LOG_STARTS, {"orders-1": 40})
    checkpoint(broker, CLEANER_OFFSETS, {"__consumer_offsets-3": 5})
    if not cluster_id:  # before Kafka 0.10.1
        (broker / "meta.properties").write_text("#\n#Sat Mar 04\nversion=0\nbroker.id=0\n")
    assert list(verify_all(find_files(broker), meaning_of)) == []
