"""A process that appends, ends transactions and compacts on real files is killed: nothing acknowledged is lost.

Several partitions, each with a log of its own, as a broker has them; the power cuts of the simulated disk are in
`test_power_cuts.py`, `test_cleaner_power_cuts.py` and the model.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys

import pytest

from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import read_batches
from minikafka.world import LiveUniverse

PARTITIONS = 3
CONFIG = {
    "segment.bytes": "6000",
    "index.interval.bytes": "300",
    "cleanup.policy": "compact",
    "retention.ms": "-1",
}
WRITER = """
import json, random, sys
from minikafka.log.cleanable import dirty_part
from minikafka.log.cleaner import clean
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.compression import Compression
from minikafka.records.control import end_transaction_batch
from minikafka.world import LiveUniverse

root, config, partitions, seed = sys.argv[1], LogConfig.from_topic(json.loads(sys.argv[2])), *map(int, sys.argv[3:])
world, chance = LiveUniverse(root).world("broker-1"), random.Random(seed)
logs = [Log.open(world, f"orders-{n}", "orders", n, config, Rules()) for n in range(partitions)]
sequences = [0] * partitions
number = 0
while True:
    number += 1
    n = chance.randrange(partitions)
    log, open_transaction = logs[n], []
    for _ in range(chance.randrange(1, 4)):
        key, value = f"k{chance.randrange(30)}", f"{number} " + "v" * chance.randrange(200)
        data = build_batch(
            [NewRecord(1_700_000_000_000, key.encode(), value.encode())], compression=chance.choice(list(Compression)),
            producer_id=5, producer_epoch=0, base_sequence=sequences[n], transactional=True,
        )
        offset = log.append_as_leader(data, 0).first_offset
        sequences[n] += 1
        open_transaction.append([offset, key, value])
    commit = chance.random() < 0.7
    marker = end_transaction_batch(commit=commit, coordinator_epoch=0, timestamp_ms=1, producer_id=5, producer_epoch=0)
    log.append_as_leader(marker, 0, origin="coordinator")
    log.high_watermark = log.log_end_offset
    print(json.dumps([n, log.log_end_offset, sequences[n], open_transaction if commit else []]), flush=True)
    if number % 9 == 0 and (dirty := dirty_part(log, world.clock.time_ms())):
        for _ in clean(log, dirty, 1000):
            pass
"""


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_process_loses_nothing_that_it_acknowledged(tmp_path, seed):
    command = [sys.executable, "-c", WRITER, str(tmp_path), json.dumps(CONFIG), str(PARTITIONS), str(seed)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    lines = []
    try:
        for _ in range(random.Random(seed).randrange(100, 500)):
            lines.append(process.stdout.readline())
            assert lines[-1], "the writer ended by itself"
    finally:
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.wait(30)
        process.stdout.close()
    lines += rest.rpartition(b"\n")[0].splitlines()
    ends, sequences = [0] * PARTITIONS, [0] * PARTITIONS
    newest: list[dict[str, tuple[int, str]]] = [{} for _ in range(PARTITIONS)]
    for line in filter(None, lines):
        n, ends[n], sequences[n], committed = json.loads(line)
        newest[n] |= {key: (offset, value) for offset, key, value in committed}
    with LiveUniverse(tmp_path) as universe:
        world = universe.world("broker-1")
        for n in range(PARTITIONS):
            log = Log.open(world, f"orders-{n}", "orders", n, LogConfig.from_topic(CONFIG), Rules())
            check(log, ends[n], sequences[n], newest[n])
            log.abandon()
    assert sum(ends) > 200


def check(log: Log, end: int, sequence: int, newest: dict[str, tuple[int, str]]) -> None:
    """What was acknowledged is there; what came after may be."""
    assert log.log_end_offset >= end
    found, at = {}, log.log_start_offset
    while at < log.log_end_offset:
        data = log.read(at, 10_000, at_least_one=True)
        assert data
        for batch in read_batches(data):
            assert batch.crc_is_valid()
            if not batch.header.is_control:
                found |= {r.offset: (r.key.decode(), r.value.decode()) for r in batch.records()}
            at = batch.header.next_offset
    later = {key for offset, (key, _) in found.items() if offset >= end}
    for key, (offset, value) in newest.items():
        assert found.get(offset) == (key, value) or key in later, (key, offset)
    state = log.producers.get(5)
    assert state is not None and state.last_sequence >= sequence - 1
    aborted = {t.producer_id for t in log.aborted_transactions(log.log_start_offset, log.log_end_offset)}
    assert aborted <= {5}
