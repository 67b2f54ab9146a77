"""A data directory on real files, as a log of ours writes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import Compression, NewRecord, build_batch
from minikafka.records.control import end_transaction_batch
from minikafka.world import LiveUniverse, new_live_loop

START_MS = 1_700_000_000_000
Written = Callable[..., Path]


def write_partition(root: Path, segment_bytes: int = 1 << 30, rounds: int = 1) -> Path:
    """`orders-0` with all codecs, idempotent and transactional batches, a marker, and dense indexes."""
    loop = new_live_loop()
    try:
        universe = LiveUniverse(root)
        world = universe.world("broker-1")
        config = LogConfig.from_topic({"segment.bytes": str(segment_bytes), "index.interval.bytes": "100"})
        log = Log.open(world, "orders-0", "orders", 0, config, Rules(), clean_shutdown=True, recovery_point=0)
        for number in range(rounds):
            for codec in Compression:
                time_ms = START_MS + (number * 5 + codec) * 1000
                records = [
                    NewRecord(
                        time_ms + i, f"k{i}".encode(), bytes([65 + i]) * 40, (("h", b"\x00\xff"), ("n", None))
                    )
                    for i in range(3)
                ]
                batch = build_batch(
                    records,
                    compression=codec,
                    producer_id=9,
                    producer_epoch=0,
                    base_sequence=3 * (number * 5 + codec),
                )
                log.append_as_leader(memoryview(batch), 2 + codec)
        plain = [NewRecord(START_MS + 10**6, None, b"tx")]
        transactional = build_batch(
            plain, producer_id=11, producer_epoch=0, base_sequence=0, transactional=True
        )
        log.append_as_leader(memoryview(transactional), 7)
        marker = end_transaction_batch(
            commit=True,
            coordinator_epoch=5,
            timestamp_ms=START_MS + 10**6 + 1,
            producer_id=11,
            producer_epoch=0,
        )
        log.append_as_leader(memoryview(marker), 7, origin="coordinator")
        log.close()
        universe.close()
    finally:
        loop.close()
    return next(root.rglob("orders-0"))


@pytest.fixture(scope="session")
def partition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed."""
    return write_partition(tmp_path_factory.mktemp("data"))
