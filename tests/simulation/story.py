"""The stage on which the scenarios of this folder play: a simulated cluster under watch, writers and readers.

Rule: whatever fails, the seed and the command that replays it are printed with it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from minikafka import Cluster, TopicPartition
from minikafka.explore import Invariants
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.delete_records import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsTopic,
)


def seeds(fast, slow=0):
    """`fast` seeds always, and up to `slow` of them in `make test-all`."""
    more = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(fast + 1, slow + 1)]
    return pytest.mark.parametrize("seed", [*range(1, fast + 1), *more])


@contextmanager
def story(seed, brokers=3, **configs) -> Iterator["Story"]:
    """A cluster whose invariants are checked after every round; configs with `_` for `.`."""
    told = None
    try:
        told = Story(seed, brokers, {name.replace("_", "."): value for name, value in configs.items()})
        yield told
        told.end()
    except BaseException as error:
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
        error.add_note(f"seed {seed}; replay it with: .venv/bin/python -m pytest '{test}'")
        if told is not None:
            error.add_note("The last events:\n" + "\n".join(told.cluster.timeline().splitlines()[-25:]))
        raise
    finally:
        if told is not None:
            told.drop()


class Story:
    """Verbs of the scenarios. Hosts are named `broker-N`; times are virtual seconds."""

    def __init__(self, seed, brokers, configs) -> None:
        self.cluster = Cluster(
            brokers=brokers, world="simulated", seed=seed, configs=configs, message_events=False
        )
        self.nodes = self.cluster._nodes
        self.universe = self.cluster._loop.universe
        self.random = self.universe.world("story").random
        self.invariants = Invariants(self.nodes, self.universe)
        self.writers = []
        self._faces = []
        self._cut = False

    # -- the cluster -------------------------------------------------------------------------------------------

    @property
    def now(self):
        return self.cluster.now

    def create_topic(self, name, partitions=1, replication_factor=None, **configs):
        factor = replication_factor or min(3, len(self.nodes.brokers))
        configs = {key.replace("_", "."): value for key, value in configs.items()}
        self.cluster.create_topic(name, partitions, factor, configs)

    def registration(self, topic, index=0):
        """What the controller has decided (or, while it is down, what the brokers know)."""
        return self.invariants.newest_image().partition(topic, index)

    def leader(self, topic, index=0):
        """The host that leads."""
        return f"broker-{self.registration(topic, index).leader}"

    def followers(self, topic, index=0):
        registration = self.registration(topic, index)
        return [f"broker-{b}" for b in registration.replicas if b != registration.leader]

    def isr(self, topic, index=0):
        return sorted(f"broker-{b}" for b in self.registration(topic, index).isr)

    def replica(self, host, topic, index=0):
        return self.nodes.brokers[host].replicas.get(topic, index)

    def kill(self, host):
        self.cluster.kill(host)

    def power_cut(self, host):
        self.cluster.power_cut(host)

    def restart(self, host):
        self.cluster.restart(host)

    def isolate(self, host, *others):
        """Cut a host off from all the others, or from those named."""
        self._cut = True
        self.cluster.partition([host], list(others) or None)

    def heal(self):
        self._cut = False
        self.cluster.heal()

    def run(self, seconds):
        self.cluster.run(seconds)

    def until(self, holds, within=60.0, what="it"):
        """Let time pass until it holds; no later than `within` seconds."""
        if not self.universe.run_until(holds, within):
            raise AssertionError(f"{what} did not come true within {within:g} virtual seconds")
        self.cluster._check()

    def until_whole(self, topic, within=60.0):
        """Every partition has a leader and all its replicas in the ISR."""

        def whole():
            topic_image = self.invariants.newest_image().topic(topic)
            return all(
                p.leader >= 0 and len(p.isr) == len(p.replicas) for p in topic_image.partitions.values()
            )

        self.until(whole, within, f"a full ISR of {topic}")

    # -- clients -----------------------------------------------------------------------------------------------

    def writer(self, topic, **config):
        """A producer that numbers what it writes."""
        config = {key.replace("_", "."): value for key, value in config.items()}
        defaults = {"acks": "all", "enable.idempotence": True, "linger.ms": 2, "delivery.timeout.ms": 120_000}
        if config.get("acks", "all") not in ("all", -1) or config.get("enable.idempotence") is False:
            defaults["enable.idempotence"] = False
        writer = Writer(self, topic, self.cluster.producer(defaults | config), len(self.writers))
        self.writers.append(writer)
        self._faces.append(writer.producer)
        return writer

    def member(self, group, topic, **config):
        """A consumer that takes part in a group and commits only when told to."""
        config = {key.replace("_", "."): value for key, value in config.items()}
        defaults = {
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 1000,
        }
        consumer = self.cluster.consumer(defaults | config)
        self._faces.append(consumer)
        consumer.subscribe([topic])
        return consumer

    def take(self, message):
        """Note what a consumer was shown; returns (partition, offset, value)."""
        assert message.error() is None, message.error()
        seen = (message.partition(), message.offset(), message.value())
        self.invariants.shown(message.topic(), *seen)
        return seen

    def read_all(self, topic, within=60.0):
        """{partition: [(offset, value), …]} from the beginning up to the high watermarks of now."""
        consumer = self.cluster.consumer({"group.id": f"reader-{self.now}", "enable.auto.commit": False})
        try:
            deadline = self.now + within
            count = len(self.invariants.newest_image().topic(topic).partitions)
            found = {index: [] for index in range(count)}
            starts, ends = {}, {}
            for index in range(count):
                low, high = consumer.get_watermark_offsets(TopicPartition(topic, index), timeout=within)
                if low < high:
                    starts[index], ends[index] = low, high
            consumer.assign([TopicPartition(topic, *item) for item in starts.items()])
            positions = dict(starts)
            while any(positions[index] < ends[index] for index in ends):
                assert self.now < deadline, f"read {positions} of {ends} within {within:g} s"
                message = consumer.poll(1.0)
                if message is None:
                    continue
                if message.error() is not None:
                    continue
                partition, offset, value = self.take(message)
                found[partition].append((offset, value))
                positions[partition] = offset + 1
            return found
        finally:
            consumer.close()

    def ask(self, host, request, version, timeout_s=30.0):
        """One request by hand, over a connection of its own."""
        world = self.universe.world("client-by-hand")

        async def asked():
            channel = await Channel.connect(world, host, 9092, "by-hand")
            try:
                return await channel.request(request, version, timeout_s)
            finally:
                channel.close()

        return self.universe.run(asked(), host="client-by-hand")

    def delete_records(self, topic, partition, offset):
        """DeleteRecords at the leader; returns the new low watermark."""
        wanted = DeleteRecordsPartition(partition_index=partition, offset=offset)
        request = DeleteRecordsRequest(
            topics=[DeleteRecordsTopic(name=topic, partitions=[wanted])], timeout_ms=10_000
        )
        response = self.ask(self.leader(topic, partition), request, 2)
        result = response.topics[0].partitions[0]
        assert result.error_code == ErrorCode.NONE, ErrorCode(result.error_code)
        return result.low_watermark

    # -- the end -----------------------------------------------------------------------------------------------

    def end(self):
        """Every write is in the end acknowledged or refused, and nothing failed in the background."""
        for writer in self.writers:
            writer.flush(180)
            assert not writer.open
        self.cluster._check()

    def drop(self):
        """Forget it all, however far it got."""
        self.invariants.stop()
        for face in self._faces:
            face._finalizer.detach()
        self.cluster._closed = True
        self.universe.close()


class Writer:
    """Writes numbered values and remembers what was answered."""

    def __init__(self, story, topic, producer, number) -> None:
        self.story = story
        self.topic = topic
        self.producer = producer
        self.number = number
        self.next = 0
        self.open = {}  # value -> partition asked for
        self.acked = {}  # value -> (partition, offset)
        self.refused = {}  # value -> error

    def write(self, count, partition=-1):
        """Queue that many records, to one partition or spread by key."""
        for _ in range(count):
            value = b"%d/%d" % (self.number, self.next)
            key = b"k%d" % (self.next % 13)
            self.next += 1
            self.open[value] = partition
            self.producer.produce(self.topic, value, key, partition, on_delivery=self._answered)

    def _answered(self, error, message):
        value = message.value()
        del self.open[value]
        if error is None:
            self.acked[value] = (message.partition(), message.offset())
        else:
            self.refused[value] = error

    def keep_writing(self, seconds, every=0.01, count=1, partition=-1):
        """Write a few records every so often, while that much virtual time passes."""
        until = self.story.now + seconds
        while self.story.now < until:
            self.write(count, partition)
            self.producer.poll(every)
            self.story.run(max(0.0, min(every, until - self.story.now)))

    def flush(self, within=60.0):
        """Wait until everything is answered."""
        left = self.producer.flush(within)
        assert left == 0, f"{left} writes were not answered within {within:g} virtual seconds"

    def check(self, found, *, lost=False, duplicates=False):
        """What was acknowledged is read: where it was said to be, exactly once, in the order of writing."""
        places = {}
        for partition, records in found.items():
            last = -1
            for offset, value in records:
                writer, _, number = value.partition(b"/")
                if writer != b"%d" % self.number:
                    continue
                places.setdefault(value, []).append((partition, offset))
                if not duplicates:
                    assert int(number) > last, f"{value} stands after {last} in partition {partition}"
                last = int(number)
        if not duplicates:
            twice = {value: where for value, where in places.items() if len(where) > 1}
            assert not twice, f"written twice: {twice}"
        if not lost:
            missing = {v: where for v, where in self.acked.items() if where not in places.get(v, ())}
            assert not missing, f"acknowledged, but not there: {missing}"
        strangers = [value for value in places if int(value.partition(b"/")[2]) >= self.next]
        assert not strangers
