"""Clients under everything at once: threads, topics that grow and are made anew, brokers that die. Live, and slow.

`SOAK_S` seconds long (20 by default). What was acknowledged for a topic that is there still is read; every callback
comes once; counters end at zero, threads end, and memory does not grow.
"""

import gc
import os
import threading
import time

import pytest

from minikafka import Cluster, Consumer, KafkaException, NewPartitions, Producer

SOAK_S = float(os.environ.get("SOAK_S", "20"))
TOPICS = ("grows", "anew", "stays")
VALUE = b"v" * 200


class Soak:
    """What the threads share."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.boot = {"bootstrap.servers": cluster.bootstrap_servers, "reconnect.backoff.max.ms": 500}
        self.producer = Producer({**self.boot, "linger.ms": 2, "delivery.timeout.ms": 60_000})
        self.consumer = Consumer({**self.boot, "group.id": "soak", "auto.offset.reset": "earliest"})
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.accepted = self.told = self.read = 0
        self.acknowledged = []  # (partition, offset) of "stays"
        self.seen = {}
        self.unforeseen = []

    def callback(self, error, message):
        with self.lock:
            self.told += 1
            if error is None and message.topic() == "stays":
                self.acknowledged.append((message.partition(), message.offset()))

    def produce(self, topic):
        while not self.stop.is_set():
            try:
                self.producer.produce(
                    topic, VALUE, key=b"%d" % (self.accepted % 97), on_delivery=self.callback
                )
            except BufferError:
                self.producer.poll(0.05)
                continue
            with self.lock:
                self.accepted += 1
            time.sleep(0.002)

    def poll(self):
        while not self.stop.is_set():
            self.producer.poll(0.1)

    def flush(self):
        while not self.stop.wait(0.5):
            self.producer.flush(2)

    def consume(self, how):
        while not self.stop.is_set():
            for message in self.consumer.consume(50, 0.3) if how == "consume" else [self.consumer.poll(0.3)]:
                self.note(message)

    def note(self, message):
        if message is None or message.error() is not None:
            return
        with self.lock:
            self.read += 1
            if message.topic() == "stays":
                where = (message.partition(), message.offset())
                self.seen[where] = self.seen.get(where, 0) + 1

    def look_around(self):
        while not self.stop.wait(0.3):
            try:
                self.consumer.commit()
                self.consumer.position(self.consumer.assignment())
                self.producer.list_topics(timeout=5)
            except KafkaException:
                pass

    def guarded(self, call, *arguments):
        def run():
            try:
                call(*arguments)
            except BaseException as error:
                self.unforeseen.append(f"{call.__name__}{arguments}: {error!r}")

        return threading.Thread(target=run, daemon=True)


def disturb(soak, until):
    """Grows one topic, makes another anew, kills and restarts brokers, in turn."""
    admin, partitions, turn = soak.cluster.admin(), 2, 0
    while time.monotonic() < until:
        turn += 1
        if turn % 3 == 1 and partitions < 12:
            partitions += 1
            admin.create_partitions([NewPartitions("grows", partitions)])["grows"].exception(30)
        elif turn % 3 == 2:
            admin.delete_topics(["anew"])["anew"].exception(30)
            time.sleep(0.5)
        else:
            host = f"broker-{1 + turn // 3 % 3}"
            soak.cluster.kill(host)
            time.sleep(1)
            soak.cluster.restart(host)
        time.sleep(1)
    admin.close()


def memory_bytes():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.timeout(SOAK_S + 280)
def test_soak():
    before = set(threading.enumerate())
    with Cluster(brokers=3, announce=False, configs={"min.insync.replicas": 2}) as cluster:
        for topic in TOPICS:
            cluster.create_topic(topic, partitions=2, replication_factor=3)
        soak = Soak(cluster)
        soak.consumer.subscribe(list(TOPICS))
        threads = [soak.guarded(soak.produce, topic) for topic in TOPICS]
        threads += [soak.guarded(call) for call in (soak.poll, soak.flush, soak.look_around)]
        threads += [soak.guarded(soak.consume, how) for how in ("consume", "poll")]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        disturb(soak, began + SOAK_S / 2)
        halfway = memory_bytes()
        disturb(soak, began + SOAK_S)
        grown = memory_bytes() - halfway
        soak.stop.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        assert soak.unforeseen == []
        assert soak.producer.flush(120) == 0
        assert (len(soak.producer), soak.producer._waiting_bytes) == (0, 0)
        assert soak.told == soak.accepted > 0
        until = time.monotonic() + 60
        while not set(soak.acknowledged) <= set(soak.seen) and time.monotonic() < until:
            soak.note(soak.consumer.poll(1))
        missing = sorted(set(soak.acknowledged) - set(soak.seen))
        assert missing == [], (
            f"acknowledged and not read; the last: {sorted(soak.acknowledged)[-1]}, {len(soak.seen)} read"
        )
        assert len(set(soak.acknowledged)) == len(soak.acknowledged), "one offset was told for two records"
        soak.consumer.close()
        soak.producer.close()
        print(
            f"{soak.accepted} accepted and told, {soak.read} read, {len(soak.acknowledged)} acknowledged in 'stays',"
            f" memory grew by {grown / 1e6:.1f} MB in the second half"
        )
    assert [thread for thread in set(threading.enumerate()) - before if thread.is_alive()] == []
    assert grown < 200e6
