"""What arrives in one turn of the loop is replicated together, and answered together."""

import pytest
from broker.wire import Client, produce, produced
from oracle.batches import batch
from simulation.story import story

from minikafka.protocol.errors import ErrorCode
from minikafka.replication.fetcher import ReplicaFetcher

TIME = 1_767_225_600_000


@pytest.fixture
def s():
    with story(1) as s:
        s.create_topic("orders")
        s.run(2)
        s.client = Client(s, s.leader("orders"))
        yield s


@pytest.fixture
def answers(monkeypatch):
    """How many Fetch answers with records the followers took."""
    taken = []
    take = ReplicaFetcher._take

    def counting(self, response):
        if any(data.records for topic in response.responses for data in topic.partitions):
            taken.append(response)
        return take(self, response)

    monkeypatch.setattr(ReplicaFetcher, "_take", counting)
    return taken


def write(s, count):
    """So many Produce requests sent in one go; their answers."""
    sent = [
        s.client.submit(produce("orders", batch(b"%d" % n, timestamps=[TIME]), acks=-1), 11)
        for n in range(count)
    ]
    s.until(lambda: all(one.done() for one in sent), within=5)
    return [produced(one.result()) for one in sent]


def test_sixteen_writes_on_one_connection_cost_one_fetch_of_each_follower(s, answers):
    written = write(s, 16)
    assert [(answer.error_code, answer.base_offset) for answer in written] == [
        (ErrorCode.NONE, offset) for offset in range(16)
    ]
    assert len(answers) == 2


def test_one_write_costs_the_same(s, answers):
    write(s, 1)
    assert len(answers) == 2


def test_a_new_partition_is_followed_at_once_though_the_followers_wait_at_the_leader(s):
    """Their long poll names it not; the request behind it does, and on the same connection."""
    leaders = [broker.server.connections for broker in s.nodes.brokers.values()]
    before = sum(map(len, leaders))
    s.create_topic("payments", partitions=6)
    began = s.now
    client = Client(s, s.leader("payments"), "client-2")
    answer = client.ask(produce("payments", batch(b"v", timestamps=[TIME]), acks=-1), 11)
    assert produced(answer).error_code == ErrorCode.NONE
    assert s.now - began < 0.2
    assert sum(map(len, leaders)) <= before + 6 + 2, (
        "at most one of each follower to each leader, and the clients"
    )
