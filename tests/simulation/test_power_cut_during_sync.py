"""The power goes while a rolled segment is being synced in the background."""

from simulation.story import seeds, story

MIB = 1 << 20


@seeds(3, slow=20)
def test_a_power_cut_during_a_background_sync_loses_nothing_that_was_acknowledged(seed):
    with story(seed, brokers=3) as s:
        s.create_topic("orders", segment_bytes=str(MIB))
        writer = s.writer("orders")
        hosts = [s.leader("orders"), *s.followers("orders")]
        for turn in range(3):
            host = hosts[turn]
            for _ in range(25):
                writer.producer.produce("orders", b"bulk" + bytes(100_000))
                writer.write(1)
            rolled = s.nodes.brokers[host].replicas._rolled_segments
            s.until(lambda rolled=rolled: rolled._syncing is not None, what="a sync in the background")
            s.power_cut(host)
            s.run(1)
            s.restart(host)
            s.until_whole("orders")
        writer.flush()
        s.run(5)
        for host in hosts:
            log = s.replica(host, "orders").log
            assert log.recovery_point >= log.segments[-1].base_offset
        writer.check(s.read_all("orders"))


@seeds(2, slow=10)
def test_a_disk_that_fails_during_a_background_sync_takes_the_replica_offline(seed):
    with story(seed, brokers=3) as s:
        s.create_topic("orders", segment_bytes=str(MIB))
        writer = s.writer("orders")
        host = s.leader("orders")
        for _ in range(15):
            writer.producer.produce("orders", b"bulk" + bytes(100_000))
            writer.write(1)
        rolled = s.nodes.brokers[host].replicas._rolled_segments
        s.until(lambda: rolled._syncing is not None, what="a sync in the background")
        s.universe.fail_disk(host, count=None)
        s.until(lambda: s.replica(host, "orders") is None, what="the end of the replica")
        s.until(lambda: s.leader("orders") != host, what="another leader")
        writer.write(10)
        writer.flush()
        writer.check(s.read_all("orders"))
        s.universe.repair_disk(host)
        s.run(1)
        s.restart(host)
        s.until_whole("orders")
