"""A log on a simulated disk, and batches to put into it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import NewRecord, build_batch, read_batches
from minikafka.world import SimulatedUniverse
from tests.log.transactional import Writers

START_MS = 1_700_000_000_000


class Lab:
    """One host's disk, and the log `orders-0` on it, opened and reopened."""

    def __init__(self, seed: int = 1) -> None:
        self.universe = SimulatedUniverse(seed)
        self.world = self.universe.world("broker-1")
        self.config = LogConfig()
        self.rules = Rules()

    def open(
        self, *, clean: bool = False, recovery_point: int = 0, was_compacted: bool = False, **config: Any
    ) -> Log:
        self.config = dataclasses.replace(self.config, **config)
        return Log.open(
            self.world,
            "orders-0",
            "orders",
            0,
            self.config,
            self.rules,
            clean_shutdown=clean,
            recovery_point=recovery_point,
            was_compacted=was_compacted,
        )

    def crash(self, log: Log) -> None:
        log.abandon()
        self.universe.crash("broker-1")
        self.world = self.universe.world("broker-1")

    def power_cut(self, log: Log) -> None:
        log.abandon()
        self.universe.power_cut("broker-1")
        self.world = self.universe.world("broker-1")

    def files(self) -> list[str]:
        return self.world.disk.listdir("orders-0")

    def now_ms(self) -> int:
        return self.world.clock.time_ms()


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def log(lab: Lab) -> Log:
    """Of small segments."""
    return lab.open(segment_bytes=300, index_interval_bytes=100)


@pytest.fixture
def writers(log: Log) -> Writers:
    return Writers(log)


@pytest.fixture
def batch_of() -> Callable[..., bytes]:
    def make(*values: bytes, timestamp_ms: int = START_MS, **options: Any) -> bytes:
        records = [NewRecord(timestamp_ms + i, b"k", value) for i, value in enumerate(values)]
        return build_batch(records, **options)

    return make


@pytest.fixture
def values_in() -> Callable[[Log], list[tuple[int, bytes | None]]]:
    def read_all(
        log: Log, offset: int | None = None, max_bytes: int = 1000
    ) -> list[tuple[int, bytes | None]]:
        at = log.log_start_offset if offset is None else offset
        out: list[tuple[int, bytes | None]] = []
        while at < log.log_end_offset:
            data = log.read(at, max_bytes, at_least_one=True)
            if not data:
                break
            for batch in read_batches(data):
                assert batch.crc_is_valid()
                out += [(r.offset, r.value) for r in batch.records() if r.offset >= at]
                at = batch.header.next_offset
        return out

    return read_all
