"""A start after a crash looks at what came after the recovery point, however large the log is."""

from simulation.story import seeds, story

MIB = 1 << 20


@seeds(1, slow=6)
def test_after_a_kill_less_than_two_of_many_segments_are_scanned(seed):
    with story(seed, brokers=3) as s:
        s.create_topic("orders", segment_bytes=str(MIB))
        writer = s.writer("orders")
        for _ in range(90):
            writer.producer.produce("orders", b"bulk" + bytes(100_000))
            writer.write(1)
        writer.flush()
        s.run(10)  # rolled segments are synced, and recovery points noted
        host = s.leader("orders")
        assert len(s.replica(host, "orders").log.segments) >= 8
        killed_at = s.now
        s.kill(host)
        s.run(1)
        s.restart(host)
        s.until_whole("orders")
        scanned = [
            traced.event.segments
            for traced in s.cluster.events()
            if traced.at >= killed_at
            and traced.event.kind == "LogRecovered"
            and traced.event.topic == "orders"
        ]
        assert scanned == [1]
        writer.check(s.read_all("orders"))
