"""The stage on which the scenarios of this folder play: a simulated cluster under watch, writers and readers.

Rule: whatever fails, the seed and the command that replays it are printed with it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from minikafka import Cluster
from minikafka.explore import History, Notebook, Read, WholeReading, anomalies, clients
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
            told.cluster.drop()


class Story:
    """Verbs of the scenarios. Hosts are named `broker-N`; times are virtual seconds."""

    def __init__(self, seed, brokers, configs) -> None:
        self.cluster = Cluster(
            brokers=brokers,
            world="simulated",
            seed=seed,
            configs=configs,
            message_events=False,
            watch_invariants=True,
        )
        self.nodes = self.cluster._nodes
        self.universe = self.cluster._loop.universe
        self.random = self.universe.world("story").random
        self.invariants = self.cluster.invariants
        self.notebook = Notebook()
        self.writers = []
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
        writer = Writer(self.cluster, self.notebook, len(self.writers), topic, config)
        self.writers.append(writer)
        return writer

    def member(self, group, topic, **config):
        """A consumer that takes part in a group and commits only when told to."""
        config = {key.replace("_", "."): value for key, value in config.items()}
        consumer = self.cluster.consumer({**clients.MEMBER_CONFIG, "group.id": group, **config})
        consumer.subscribe([topic])
        return consumer

    def take(self, message):
        """Note what a consumer was shown; returns (partition, offset, value)."""
        assert message.error() is None, message.error()
        read = clients.note(self.notebook, f"taker-{len(self.notebook.reads)}", message, self.now)
        return read.partition, read.offset, read.value

    def read_all(self, topic, within=60.0):
        """{partition: [(offset, value), …]} from the beginning up to the high watermarks of now."""
        found = clients.read_whole(self.cluster, self.notebook, topic, within)
        return {index: [(read.offset, read.value) for read in reads] for index, reads in found.items()}

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
        """Every write is in the end acknowledged or refused, an offset has shown one value, and nothing has failed."""
        for writer in self.writers:
            writer.flush(180)
            assert not writer.open
        expect(self.notebook.history, names=("two values at one offset",))
        self.cluster._check()


def expect(history, *, but=(), names=None):
    """No anomaly is in a history: none but those, or none of these names."""
    found = [a for a in anomalies(history) if a.name not in but and (names is None or a.name in names)]
    assert not found, "\n".join(map(str, found[:10]))


class Writer(clients.Writer):
    """Writes numbered values, and can say whether they are where they were said to be."""

    def keep_writing(self, seconds, every=0.01, count=1, partition=-1):
        """Write a few records every so often, while that much virtual time passes."""
        until = self.cluster.now + seconds
        while self.cluster.now < until:
            self.write(count, partition)
            self.producer.poll(every)
            self.cluster.run(max(0.0, min(every, until - self.cluster.now)))

    def flush(self, within=60.0):
        """Wait until everything is answered."""
        left = super().flush(within)
        assert left == 0, f"{left} writes were not answered within {within:g} virtual seconds"

    def check(self, found, *, lost=False, duplicates=False):
        """What was acknowledged is read: where it was said to be, exactly once, in the order of writing."""
        own = [
            Read("check", self.topic, partition, offset, value, self.cluster.now)
            for partition, records in found.items()
            for offset, value in records
            if value.startswith(b"%d/" % self.number)
        ]
        now = self.cluster.now
        readings = [WholeReading("check", self.topic, partition, 0, 0, now, now) for partition in found]
        but = ["skipped poll"]  # what isn't there is a lost write already
        if lost:
            but.append("lost write")
        if duplicates:
            but += ["duplicate", "order broken"]
        expect(History(self.writes, tuple(own), readings=tuple(readings)), but=but)
