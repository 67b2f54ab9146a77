"""Logs of ours in `orders-0` with all that may be in one: every kind of batch, what compaction leaves, transactions."""

from __future__ import annotations

import random
import uuid
from pathlib import Path
from typing import Any

from minikafka.log.cleanable import dirty_part
from minikafka.log.cleaner import clean
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import NewRecord, build_batch, read_batches
from minikafka.records.compression import Compression
from minikafka.records.control import end_transaction_batch
from minikafka.world import World

CONFIG = LogConfig(segment_bytes=6_000, index_interval_bytes=500, retention_ms=-1)
COMPACTED = LogConfig(
    segment_bytes=5_000,
    index_interval_bytes=400,
    retention_ms=-1,
    cleanup_policy="compact",
    delete_retention_ms=1 << 40,
)
START_MS = 1_700_000_000_000


def folder(world: World) -> Path:
    return Path(world.disk.location) / "orders-0"


def write_something(
    world: World, seed: int, config: LogConfig = CONFIG, topic_id: uuid.UUID | None = None
) -> Log:
    """A log in `orders-0` with every kind of batch, closed."""
    chance = random.Random(seed)
    log = Log.open(world, "orders-0", "orders", 0, config, Rules(), topic_id=topic_id)
    sequences = {-1: -1, 1: 0, 2: 0}
    epoch, open_transaction = 0, False
    for number in range(150):
        epoch += chance.random() < 0.05
        producer = chance.choice([-1, 1, 2])
        records = [a_record(chance, number) for _ in range(chance.randrange(1, 6))]
        batch = build_batch(
            records,
            compression=chance.choice(list(Compression)),
            producer_id=producer,
            producer_epoch=-1 if producer < 0 else 3,
            base_sequence=sequences[producer],
            transactional=producer == 2,
        )
        log.append_as_leader(batch, epoch)
        if producer > 0:
            sequences[producer] += len(records)
        open_transaction |= producer == 2
        if open_transaction and (chance.random() < 0.2 or number == 149):
            marker = end_transaction_batch(
                commit=chance.random() < 0.5,
                coordinator_epoch=5,
                timestamp_ms=START_MS + number,
                producer_id=2,
                producer_epoch=3,
            )
            log.append_as_leader(marker, epoch, origin="coordinator")
            open_transaction = False
    assert len(log.segments) > 2
    log.close()
    return log


def a_record(chance: random.Random, number: int) -> NewRecord:
    headers = tuple(
        (chance.choice(["trace", "", "ключ"]), chance.choice([None, b"", b"\x00\xff" * 20]))
        for _ in range(chance.choice([0, 0, 0, 1, 3]))
    )
    return NewRecord(
        START_MS + number * 10 + chance.randrange(-50, 50),
        chance.choice([None, b"", b"key-%d" % chance.randrange(9)]),
        chance.choice([None, b"", b"value %d" % number, chance.randbytes(40), b"z" * chance.randrange(400)]),
        headers,
    )


def compact(log: Log) -> None:
    log.high_watermark = log.log_end_offset
    dirty = dirty_part(log, log.world.clock.time_ms())
    assert dirty is not None
    for _ in clean(log, dirty, 10_000):
        pass


def write_compacted(world: World, seed: int, topic_id: uuid.UUID | None = None) -> Log:
    """A log in `orders-0` that three passes have been over, closed: with tombstones under a delete horizon, emptied
    batches, aborted and committed transactions, and a part that no pass has seen."""
    chance = random.Random(seed)
    log = Log.open(world, "orders-0", "orders", 0, COMPACTED, Rules(), topic_id=topic_id)
    sequences = {-1: -1, 1: 0, 2: 0}
    # Of this one only the sequence number stays.
    once = build_batch(
        [NewRecord(START_MS, b"key-0", b"once")], producer_id=7, producer_epoch=0, base_sequence=0
    )
    log.append_as_leader(once, 0)
    for number in range(240):
        producer = chance.choice([-1, -1, 1, 2])
        records = [
            NewRecord(
                START_MS + number * 10 + i,
                b"key-%d" % chance.randrange(40),
                None if chance.random() < 0.2 else b"%d " % number + b"v" * chance.randrange(120),
                (("codec", b"\x00"),) if chance.random() < 0.2 else (),
            )
            for i in range(chance.randrange(1, 5))
        ]
        data = build_batch(
            records,
            compression=chance.choice(list(Compression)),
            producer_id=producer,
            producer_epoch=-1 if producer < 0 else 3,
            base_sequence=sequences[producer],
            transactional=producer == 2,
        )
        log.append_as_leader(data, number // 90)
        if producer > 0:
            sequences[producer] += len(records)
        if number % 40 in (25, 39):
            marker = end_transaction_batch(
                commit=number % 80 > 40,
                coordinator_epoch=5,
                timestamp_ms=START_MS,
                producer_id=2,
                producer_epoch=3,
            )
            log.append_as_leader(marker, number // 90, origin="coordinator")
        if number % 80 == 79 and number < 200:
            log.roll()
            compact(log)
    log.roll()
    data = build_batch([NewRecord(START_MS, b"key-1", b"again"), NewRecord(START_MS, b"key-2", None)])
    log.append_as_leader(data, 3)
    compact(log)
    data = build_batch([NewRecord(START_MS + 5, b"key-3", b"the end")])
    log.append_as_leader(data, 3)
    headers = [b.header for path in log_files(world) for b in read_batches(path.read_bytes())]
    assert any(h.has_delete_horizon for h in headers) and any(not h.record_count for h in headers)
    assert sum(h.record_count for h in headers) < log.log_end_offset / 3
    assert len({h.compression for h in headers}) == len(Compression)
    log.close()
    return log


def log_files(world: World) -> list[Path]:
    return sorted(folder(world).glob("*.log"))


def open_log(world: World, *, clean: bool, config: LogConfig = CONFIG, **options: Any) -> Log:
    log = Log.open(world, "orders-0", "orders", 0, config, Rules(), clean_shutdown=clean, **options)
    log.high_watermark = log.log_end_offset
    return log


def write_transactions(
    world: World, topic_id: uuid.UUID | None = None
) -> tuple[Log, list[tuple[int, bytes]]]:
    """A log of several segments, closed, with transactions that overlap, the last one open; and what is committed."""
    chance = random.Random(8)
    log = open_log(world, clean=True, topic_id=topic_id)
    sequences, unfinished, committed = {1: 0, 2: 0, 3: 0}, {}, []

    def write(producer: int, number: int) -> None:
        value = b"%d by %d " % (number, producer) + b"v" * chance.randrange(200)
        data = build_batch(
            [NewRecord(START_MS + number, b"k", value)],
            producer_id=producer,
            producer_epoch=0 if producer > 0 else -1,
            base_sequence=sequences.get(producer, -1),
            transactional=producer > 0,
            compression=chance.choice(list(Compression)),
        )
        offset = log.append_as_leader(data, 0).first_offset
        if producer > 0:
            sequences[producer] += 1
            unfinished.setdefault(producer, []).append((offset, value))
        else:
            committed.append((offset, value))

    def end(producer: int, *, commit: bool) -> None:
        marker = end_transaction_batch(
            commit=commit, coordinator_epoch=0, timestamp_ms=START_MS, producer_id=producer, producer_epoch=0
        )
        log.append_as_leader(marker, 0, origin="coordinator")
        records = unfinished.pop(producer, [])
        if commit:
            committed.extend(records)

    for number in range(160):
        write(chance.choice([-1, 1, 1, 2, 3]), number)
        if chance.random() < 0.3:
            end(chance.choice([1, 2, 3]), commit=chance.random() < 0.4)
    for producer in (1, 2, 3):
        end(producer, commit=False)
    write(2, 998)
    write(1, 999)
    end(1, commit=True)
    log.close()
    return log, sorted(committed)
