"""Compaction in a running cluster: each replica cleans for itself, and readers, followers and groups see no harm."""

import pytest
from simulation.story import story

from minikafka.invariants.committed import records_of
from minikafka.log.events import LogCleaned

COMPACT = {
    "cleanup_policy": "compact",
    "segment_ms": "1000",
    "min_cleanable_dirty_ratio": "0.1",
    "delete_retention_ms": "60000",
}


def cleanings(s):
    found = []
    s.cluster.on_event(lambda t: found.append((t.host, t.event)) if isinstance(t.event, LogCleaned) else None)
    return found


@pytest.mark.slow
def test_replicas_compact_each_for_itself_and_a_follower_catches_up():
    with story(3) as s:
        s.create_topic("prices", **COMPACT)
        found = cleanings(s)
        producer = s.cluster.producer()
        follower = s.followers("prices")[0]

        def write(first, count):
            for number in range(first, first + count):
                producer.produce("prices", key=f"k{number % 7}", value=f"{number}" * 20)
                if number % 10 == 0:
                    producer.flush()
                    s.run(0.3)
            producer.flush()

        write(0, 300)
        s.run(40)
        s.kill(follower)
        write(300, 300)
        s.run(60)
        s.restart(follower)
        s.until_whole("prices")
        write(600, 200)
        s.run(3600)
        assert {host for host, e in found if e.topic == "prices"} == {"broker-1", "broker-2", "broker-3"}
        for host in s.nodes.brokers:
            log = s.replica(host, "prices").log
            assert log.log_end_offset == 800 and log.size_bytes < 12_000
            path = "cleaner-offset-checkpoint"
            assert b"prices 0 " in s.replica(host, "prices").log.world.disk.read_bytes(path)
            newest = {key: value for _, (key, value) in sorted(records_of(log, 0, 800).items())}
            assert newest == {f"k{n % 7}".encode(): (f"{n}" * 20).encode() for n in range(793, 800)}
