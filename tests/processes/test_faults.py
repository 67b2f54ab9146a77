"""Real producers while the processes of a cluster are killed, stopped and restarted at random.

`PROCESS_FAULTS=100 PROCESS_SEED=2 pytest -s tests/processes/test_faults.py` has more of them, and prints its numbers.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from clients.drivers import confluent
from confluent_kafka import Producer
from processes.running import Running, until, up_in_processes

FAULTS = int(os.environ.get("PROCESS_FAULTS", "12"))
SEED = int(os.environ.get("PROCESS_SEED", "1"))
PARTITIONS = 3
PACE_S = 0.01
"""Between two records of a producer."""
FOR_EVER_MS = 3_600_000

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no POSIX signals")


@dataclass
class Writer:
    """A thread that writes numbered records, round and round over the partitions, until it is told to end."""

    bootstrap: str
    topic: str
    settings: dict[str, Any]
    acknowledged: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Number → (partition, offset)."""
    refused: list[str] = field(default_factory=list)
    longest_pause_s: float = 0.0
    """Between two acknowledgements."""

    def __post_init__(self) -> None:
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "acks": "all",
                "linger.ms": 5,
                "message.timeout.ms": FOR_EVER_MS,
                "reconnect.backoff.max.ms": 1000,
                **self.settings,
            }
        )
        self._last_s, number = time.monotonic(), 0
        while not self._end.wait(PACE_S):
            value, partition = b"%d" % number, number % PARTITIONS
            producer.produce(self.topic, value, partition=partition, on_delivery=self._answered)
            producer.poll(0)
            number += 1
        end = time.monotonic() + 120
        while producer.flush(1) and time.monotonic() < end:
            pass

    def _answered(self, error: Any, message: Any) -> None:
        now_s = time.monotonic()
        if error is not None:
            self.refused.append(str(error))
            return
        self.longest_pause_s = max(self.longest_pause_s, now_s - self._last_s)
        self._last_s = now_s
        self.acknowledged[int(message.value())] = message.partition(), message.offset()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()


class Chaos:
    """Strikes one host after the other; at most `AT_ONCE` suffer at a time."""

    AT_ONCE = 2

    def __init__(self, cluster: Running, seed: int) -> None:
        self._cluster = cluster
        self._random = random.Random(seed)
        self._suffering: list[tuple[str, threading.Timer | None]] = []
        """Who sleeps wakes by its timer; the others are down."""
        self.kinds: Counter[str] = Counter()
        self.hosts: Counter[str] = Counter()

    def strike(self) -> None:
        """One fault more."""
        while len(self._suffering) >= self.AT_ONCE:
            self._mend(*self._suffering.pop(0))
        well = [host for host in self._cluster.pids if host not in dict(self._suffering)]
        host = self._random.choice(well)
        kind = self._random.choice(["SIGKILL", "SIGSTOP", "restart"])
        self.kinds[kind] += 1
        self.hosts[host] += 1
        if kind == "SIGKILL":
            self._cluster.signal(host, signal.SIGKILL)
            self._suffering.append((host, None))
        elif kind == "SIGSTOP":
            self._cluster.signal(host, signal.SIGSTOP)
            # Some sleep for longer than a broker's session lasts (9 s), or a controller's reign.
            asleep_s = self._random.choice([0.3, 1.0, 3.0, 12.0])
            timer = threading.Timer(asleep_s, self._cluster.signal, (host, signal.SIGCONT))
            timer.start()
            self._suffering.append((host, timer))
        else:
            self._cluster.restart(host)
        time.sleep(self._random.uniform(0.0, 1.0))

    def mend(self) -> None:
        """All are well."""
        while self._suffering:
            self._mend(*self._suffering.pop(0))

    def _mend(self, host: str, asleep: threading.Timer | None) -> None:
        if asleep is not None:
            asleep.join()
        else:
            until(
                lambda: host not in self._cluster.picture().pids,
                f"the parent has noticed that {host} is gone",
            )
            self._cluster.restart(host)


def memory_mib(pids: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Virtual and resident, by host; nothing where the system doesn't tell."""
    found = {}
    for host, pid in pids.items():
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        sizes = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines if line.startswith("Vm")}
        found[host] = sizes["VmSize"], sizes["VmRSS"]
    return found


def is_read(cluster: Running, writer: Writer, *, once: bool) -> None:
    """All that was acknowledged, in the order in which it was written, and where the acknowledgement said."""
    found = confluent.read_to_end(cluster.bootstrap, writer.topic)
    values: dict[int, list[int]] = defaultdict(list)
    where: dict[tuple[int, int], int] = {}
    for partition, offset, _, value in found:
        values[partition].append(int(value))
        where[partition, offset] = int(value)
    lost = {n: place for n, place in writer.acknowledged.items() if where.get(place) != n}
    assert not lost, (
        f"{len(lost)} of {len(writer.acknowledged)} acknowledged records are lost: {sorted(lost)[:5]}"
    )
    for partition, numbers in values.items():
        firsts = list(dict.fromkeys(numbers))
        assert firsts == sorted(firsts), f"partition {partition} has another order"
        assert not once or len(firsts) == len(numbers), f"partition {partition} has records twice"


@pytest.mark.slow
@pytest.mark.timeout(120 + 60 * FAULTS)
def test_nothing_acknowledged_is_lost_and_the_order_is_kept(tmp_path):
    began = time.monotonic()
    with up_in_processes(tmp_path, "--brokers", 3, "--controllers", 3) as cluster:
        started_s, began = time.monotonic() - began, time.monotonic()
        for topic in ("once", "least-once"):
            confluent.create_topic(cluster.bootstrap, topic, PARTITIONS, configs={"min.insync.replicas": "2"})
        once = Writer(cluster.bootstrap, "once", {"enable.idempotence": True})
        least = Writer(cluster.bootstrap, "least-once", {"max.in.flight.requests.per.connection": 1})
        chaos = Chaos(cluster, SEED)
        try:
            for number in range(FAULTS):
                chaos.strike()
                if number % 10 == 9:
                    print(
                        f"\n{number + 1} faults: {len(once.acknowledged)} + {len(least.acknowledged)} acknowledged"
                    )
            chaos.mend()
            counts = [len(writer.acknowledged) for writer in (once, least)]
            until(
                lambda: all(len(w.acknowledged) > n for w, n in zip((once, least), counts, strict=True)),
                "both writers go on",
            )
        finally:
            once.stop()
            least.stop()
        took_s = time.monotonic() - began
        print(
            f"\nup after {started_s:.1f} s; {took_s:.0f} s of faults: {dict(chaos.kinds)} on {dict(chaos.hosts)}"
        )
        for writer in (once, least):
            print(
                f"{writer.topic}: {len(writer.acknowledged)} acknowledged, {len(writer.refused)} refused, longest "
                f"pause {writer.longest_pause_s:.1f} s"
            )
        print(f"MiB (virtual, resident): {memory_mib({'parent': cluster.process.pid, **cluster.pids})}")
        is_read(cluster, once, once=True)
        is_read(cluster, least, once=False)
        assert not once.refused, once.refused[0]
        assert not least.refused, least.refused[0]
        cluster.process.send_signal(signal.SIGTERM)
        assert cluster.process.wait(120) == 0
