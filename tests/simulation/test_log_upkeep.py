"""What a broker does to its logs now and then, by its configuration."""

from simulation.story import story

from minikafka.log.events import LogCleaned, LogUncleanable

COMPACT = {"cleanup_policy": "compact", "segment_ms": "1000", "min_cleanable_dirty_ratio": "0.1"}


def test_a_topics_flush_ms_is_kept_when_the_broker_looks_for_it():
    with story(1, brokers=1, log_flush_scheduler_interval_ms="1000") as s:
        s.create_topic("synced", flush_ms="5000")
        s.create_topic("left", flush_ms="999999999")
        for topic in ("synced", "left"):
            writer = s.writer(topic)
            writer.write(10)
            writer.flush()
        synced, left = (s.replica("broker-1", topic).log for topic in ("synced", "left"))
        s.run(3)
        assert synced.recovery_point == 0
        s.run(4)
        assert (synced.recovery_point, left.recovery_point) == (10, 0)


def test_by_default_nothing_is_synced_by_time():
    with story(1, brokers=1) as s:
        s.create_topic("orders", flush_ms="1")
        writer = s.writer("orders")
        writer.write(10)
        writer.flush()
        s.run(3600)
        assert s.replica("broker-1", "orders").log.recovery_point == 0


def test_silent_producers_are_forgotten_on_every_replica():
    settings = {"producer_id_expiration_ms": "60000", "producer_id_expiration_check_interval_ms": "10000"}
    with story(1, **settings) as s:
        s.create_topic("orders")
        silent, busy = s.writer("orders"), s.writer("orders")
        for writer in (silent, busy):
            writer.write(1)
            writer.flush()
        logs = [s.replica(host, "orders").log for host in s.nodes.brokers]
        s.run(40)
        assert [len(log.producers) for log in logs] == [2, 2, 2]
        busy.write(1)
        busy.flush()
        s.run(40)
        assert [len(log.producers) for log in logs] == [1, 1, 1]
        silent.write(1)  # with a sequence number that nobody remembers
        silent.flush()
        assert not silent.refused


def test_a_topic_made_again_is_compacted_though_the_old_one_could_not_be():
    with story(1, brokers=1) as s:
        seen = []
        s.cluster.on_event(lambda traced: seen.append(traced.event))

        def fill(*, damage):
            s.create_topic("prices", **COMPACT)
            producer = s.cluster.producer()
            log = s.replica("broker-1", "prices").log
            for number in range(30):
                producer.produce("prices", key=f"k{number % 3}", value=f"{number}" * 20)
                producer.flush()
                if damage and number == 0:
                    log.segments[0].file().write_at(70, b"\xff\x00\xff")
                s.run(0.3)
            s.run(60)

        fill(damage=True)
        assert [e for e in seen if isinstance(e, LogUncleanable) and e.topic == "prices"]
        assert not [e for e in seen if isinstance(e, LogCleaned) and e.topic == "prices"]
        s.cluster.admin().delete_topics(["prices"])["prices"].result()
        s.run(2)
        fill(damage=False)
        assert [e for e in seen if isinstance(e, LogCleaned) and e.topic == "prices"]
