"""A simulated universe with one scripted broker in it, and clients that live there."""

import pytest
from client.fake_broker import FakeBroker

from minikafka import Cluster
from minikafka.client import AdminClient, Consumer, Producer, SimulatedDriver
from minikafka.client.faces.arguments import keyword_config
from minikafka.world import SimulatedUniverse

BOOTSTRAP = {"bootstrap.servers": "broker-1:9092"}


class Stage:
    """What a scenario plays on."""

    def __init__(self, topics):
        self.universe = SimulatedUniverse(seed=7)
        self.broker = FakeBroker(self.universe, topics)
        self.driver = SimulatedDriver(self.universe)
        self._clients = 0

    def _place(self):
        self._clients += 1
        return {"driver": self.driver, "world": self.universe.world(f"client-{self._clients}")}

    def producer(self, rules=None, **conf):
        return Producer({**BOOTSTRAP, **keys(conf)}, rules=rules, **self._place())

    def consumer(self, group="g", rules=None, **conf):
        return Consumer({**BOOTSTRAP, "group.id": group, **keys(conf)}, rules=rules, **self._place())

    def admin(self, **conf):
        return AdminClient({**BOOTSTRAP, **keys(conf)}, **self._place())

    @property
    def now(self):
        return self.universe.loop.time()


def keys(conf):
    return keyword_config({}, conf)


@pytest.fixture
def stage():
    made = []

    def build(**topics):
        made.append(Stage(topics or {"t": 1}))
        return made[-1]

    yield build
    for one in made:
        failures = [*one.universe.trace.failures, *one.universe.trace.faults]
        one.universe.close()
        assert not failures, failures


@pytest.fixture
def cluster():
    """One broker, and ten records in the one partition of `t`: b"0" to b"9"."""
    with Cluster(brokers=1, world="simulated", seed=6) as one:
        one.create_topic("t")
        producer = one.producer()
        for number in range(10):
            producer.produce("t", b"%d" % number)
        producer.flush()
        yield one
