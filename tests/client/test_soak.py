"""Clients under everything at once: threads, topics that grow and are made anew, brokers that die. Live, and slow.

`SOAK_S` seconds long (20 by default). What was acknowledged for a topic that is there still is read; every callback
comes once; counters end at zero, threads end. The product holds no more at the end than after a quarter of the time:
its objects are counted when everything has settled. What the test itself remembers are ranges of offsets.
"""

import os
import sys
import threading
import time
from bisect import bisect_right

import pytest
from client.held import grown, held

from minikafka import Cluster, Consumer, KafkaException, NewPartitions, Producer

SOAK_S = float(os.environ.get("SOAK_S", "20"))
TOPICS = ("grows", "anew", "stays")
VALUE = b"v" * 200


class Offsets:
    """Offsets of partitions, as ranges: there are as many as there are gaps, however many offsets."""

    def __init__(self):
        self.ranges = {}  # partition → (first offsets, ends), both ascending
        self.count = 0

    def add(self, partition, offset):
        """Was it new?"""
        firsts, ends = self.ranges.setdefault(partition, ([], []))
        at = bisect_right(firsts, offset)
        if at and offset < ends[at - 1]:
            return False
        self.count += 1
        follows, precedes = at and ends[at - 1] == offset, at < len(firsts) and firsts[at] == offset + 1
        if follows and precedes:
            del firsts[at]
            del ends[at - 1]
        elif follows:
            ends[at - 1] += 1
        elif precedes:
            firsts[at] -= 1
        else:
            firsts.insert(at, offset)
            ends.insert(at, offset + 1)
        return True

    def missing_from(self, other):
        """(partition, offset) of those that the other doesn't have."""
        missing = []
        for partition, (firsts, ends) in self.ranges.items():
            their_firsts, their_ends = other.ranges.get(partition, ([], []))
            for first, end in zip(firsts, ends, strict=True):
                at = bisect_right(their_firsts, first)
                if not at or their_ends[at - 1] < end:
                    missing.append((partition, first, end))
        return missing

    @property
    def size_bytes(self):
        lists = [one for pair in self.ranges.values() for one in pair]
        return sys.getsizeof(self.ranges) + sum(map(sys.getsizeof, lists)) + 64 * sum(map(len, lists))


class Soak:
    """What the threads share."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.boot = {"bootstrap.servers": cluster.bootstrap_servers, "reconnect.backoff.max.ms": 500}
        self.producer = Producer({**self.boot, "linger.ms": 2, "delivery.timeout.ms": 60_000})
        self.consumer = Consumer({**self.boot, "group.id": "soak", "auto.offset.reset": "earliest"})
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.paused = threading.Event()
        self.accepted = self.told = self.read = 0
        self.acknowledged, self.seen = Offsets(), Offsets()  # of "stays"
        self.unforeseen = []

    def callback(self, error, message):
        with self.lock:
            self.told += 1
            if error is not None or message.topic() != "stays":
                return
            if not self.acknowledged.add(message.partition(), message.offset()):
                self.unforeseen.append(f"one offset was told for two records: {message}")

    def produce(self, topic):
        while not self.stop.is_set():
            if self.paused.is_set():
                time.sleep(0.05)
                continue
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
                self.seen.add(message.partition(), message.offset())

    def is_behind(self):
        """Is anything unacknowledged, untold or unread?"""
        with self.lock:
            return self.told < self.accepted or bool(self.acknowledged.missing_from(self.seen))

    def settled(self):
        """What the product holds when nothing is under way; (its objects, the process's memory)."""
        self.paused.set()
        until = time.monotonic() + 60  # what went to a topic that is gone is given up after 30
        while self.is_behind() and time.monotonic() < until:
            time.sleep(0.2)
        time.sleep(3)
        counts = held(), memory_bytes()
        self.paused.clear()
        return counts

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


def disturb(soak, until, grows_to=0):
    """Grows one topic, makes another anew, kills and restarts brokers, in turn. Returns how many turns there were."""
    admin, partitions, turn = soak.cluster.admin(), 2, 0
    while time.monotonic() < until:
        turn += 1
        if turn % 3 == 1 and partitions < grows_to:
            partitions += 1
            admin.create_partitions([NewPartitions("grows", partitions)])["grows"].exception(30)
        elif turn % 3 == 2:
            # What is new comes by itself, when the producer's metadata are asked for.
            admin.delete_topics(["anew"])["anew"].exception(30)
            time.sleep(0.5)
        else:
            host = f"broker-{1 + turn // 3 % 3}"
            soak.cluster.kill(host)
            time.sleep(1)
            soak.cluster.restart(host)
        time.sleep(1)
    admin.close()
    return turn


def memory_bytes():
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
        disturb(soak, time.monotonic() + SOAK_S / 4, grows_to=max(3, min(12, int(SOAK_S / 10))))
        early, early_bytes = soak.settled()
        turns = disturb(soak, time.monotonic() + SOAK_S * 3 / 4)
        late, late_bytes = soak.settled()
        soak.stop.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        assert soak.unforeseen == []
        assert soak.producer.flush(120) == 0
        assert (len(soak.producer), soak.producer._waiting_bytes) == (0, 0)
        assert soak.told == soak.accepted > 0
        until = time.monotonic() + 60
        while soak.is_behind() and time.monotonic() < until:
            soak.note(soak.consumer.poll(1))
        missing = soak.acknowledged.missing_from(soak.seen)
        assert missing == [], f"acknowledged and not read (partition, from, to): {missing}"
        soak.consumer.close()
        soak.producer.close()
        own = soak.acknowledged.size_bytes + soak.seen.size_bytes
        print(
            f"{soak.accepted} accepted and told, {soak.read} read, {soak.acknowledged.count} acknowledged in 'stays';"
            f" {early_bytes / 1e6:.1f} MB after a quarter, {late_bytes / 1e6:.1f} MB at the end, of which the test's"
            f" own record has {own / 1e3:.1f} kB; objects: {early.total()}, {late.total()} after {turns} turns more;"
            f" grown by more than 5: {grown(early, late, by=6)}"
        )
    assert [thread for thread in set(threading.enumerate()) - before if thread.is_alive()] == []
    # Up to 64 connections that are over are remembered, with the last dead broker; a broker lost at each kill would
    # show with hundreds of objects.
    assert grown(early, late, by=max(120, turns)) == {}
