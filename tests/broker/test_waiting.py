"""Requests that wait: they are woken by what they wait for, or by their deadline; nobody polls."""

import pytest
from broker.wire import Client, fetch, fetched, produce, produced
from oracle.batches import batch
from simulation.story import story

from minikafka.broker.partition_reads import PartitionReads
from minikafka.protocol.errors import ErrorCode
from minikafka.replication.pending import PendingRequests

V = 17
TIME = 1_767_225_600_000


@pytest.fixture
def s():
    with story(1) as s:
        s.create_topic("orders", partitions=2)
        s.id = s.nodes.controller.image.topic("orders").id
        s.host = s.leader("orders")
        s.client = Client(s, s.host)
        yield s


@pytest.fixture
def looks(monkeypatch):
    """How often each kind of waiter looked whether its condition holds, and fetches at a partition."""
    counts = {}
    wait, look = PendingRequests.wait, PartitionReads.look

    def counting(self, keys, condition, on_deadline, timeout_s, **more):
        def counted(tokens):
            name = condition.__qualname__.partition(".")[0]
            counts[name] = counts.get(name, 0) + 1
            return condition(tokens)

        counted.__qualname__ = condition.__qualname__
        return wait(self, keys, counted, on_deadline, timeout_s, **more)

    def looking(self, wanted):
        counts["partitions"] = counts.get("partitions", 0) + 1
        return look(self, wanted)

    monkeypatch.setattr(PendingRequests, "wait", counting)
    monkeypatch.setattr(PartitionReads, "look", looking)
    return counts


def write(s, acks=-1, timeout_ms=30_000):
    request = produce("orders", batch(b"v", timestamps=[TIME]), acks=acks, timeout_ms=timeout_ms)
    return s.client.ask(request, 11)


def test_a_fetch_at_the_end_waits_until_its_deadline(s):
    started = s.now
    answer = s.client.ask(fetch(s.id, {0: 0}, max_wait_ms=3000), V)
    assert fetched(answer)[0] == (ErrorCode.NONE, 0, 0)
    assert 3.0 <= s.now - started < 3.01


def test_a_fetch_is_answered_when_the_record_is_committed_not_when_it_is_written(s):
    reader = Client(s, s.host, "client-reader")
    task = reader.submit(fetch(s.id, {0: 0}, max_wait_ms=20_000), V)
    s.run(1)
    for follower in s.followers("orders"):
        s.isolate(follower, s.host)
    assert produced(write(s, acks=1)).error_code == ErrorCode.NONE
    s.run(2)
    assert not task.done(), "written, and not committed"
    s.heal()
    s.until(task.done, within=2)
    assert fetched(task.result())[0][1] > 0


def test_a_fetch_waits_for_its_min_bytes_over_all_partitions(s):
    reader = Client(s, s.host, "client-reader")
    write(s)
    size = fetched(s.client.ask(fetch(s.id, {0: 0}), V))[0][1]
    task = reader.submit(fetch(s.id, {0: 0}, min_bytes=2 * size, max_wait_ms=20_000), V)
    s.run(1)
    assert not task.done()
    write(s)
    s.until(task.done, within=1)
    assert fetched(task.result())[0][1] == 2 * size


def test_a_fetch_is_woken_by_the_loss_of_leadership(s):
    reader = Client(s, s.host, "client-reader")
    request = fetch(s.id, {0: 0}, max_wait_ms=60_000)
    # Who tells no epoch goes on waiting: a follower serves consumers, too (KIP-392).
    request.topics[0].partitions[0].current_leader_epoch = s.registration("orders").leader_epoch
    task = reader.submit(request, V)
    s.run(1)
    other = s.followers("orders")[0]
    s.isolate(s.host, "controller-1")
    s.until(lambda: s.leader("orders") != s.host, within=20)
    s.heal()
    s.until(task.done, within=5)
    assert fetched(task.result())[0][0] in (
        ErrorCode.NOT_LEADER_OR_FOLLOWER,
        ErrorCode.FENCED_LEADER_EPOCH,
    )
    assert other in s.nodes.brokers


def test_a_write_that_the_isr_does_not_get_times_out(s):
    s.isolate(s.followers("orders")[0], s.host)
    started = s.now
    answer = produced(write(s, timeout_ms=2000))
    assert answer.error_code == ErrorCode.REQUEST_TIMED_OUT
    assert 2.0 <= s.now - started < 2.01
    s.heal()


def test_a_write_that_waits_is_refused_when_the_leader_is_deposed(s):
    for follower in s.followers("orders"):
        s.isolate(follower, s.host)
    s.isolate(s.host, "controller-1")
    task = s.client.submit(produce("orders", batch(b"v", timestamps=[TIME]), timeout_ms=100_000), 11)
    s.until(lambda: s.leader("orders") != s.host, within=20)
    s.run(1)
    assert not task.done()
    s.heal()
    s.until(task.done, within=5)
    assert produced(task.result()).error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER


def test_a_write_into_an_isr_that_shrinks_below_the_minimum_is_not_acknowledged(s):
    """Nothing is committed there (KIP-966), so it waits for its deadline; later ones are refused at once."""
    s.create_topic("careful", min_insync_replicas=3)
    leader, follower = s.leader("careful"), s.followers("careful")[0]
    s.kill(follower)
    client = Client(s, leader, "client-careful")
    answer = produced(client.ask(produce("careful", batch(b"v", timestamps=[TIME])), 11))
    assert answer.error_code == ErrorCode.REQUEST_TIMED_OUT
    assert s.replica(leader, "careful").high_watermark == 0
    answer = produced(client.ask(produce("careful", batch(b"v", timestamps=[TIME])), 11))
    assert answer.error_code == ErrorCode.NOT_ENOUGH_REPLICAS


def test_nobody_polls(s, looks):
    """A fetch of a minute and a write of ten seconds look when something moves: a few times, not thousands."""
    reader = Client(s, s.host, "client-reader")
    task = reader.submit(fetch(s.id, {1: 0}, max_wait_ms=60_000), V)
    s.run(0.1)
    looks.clear()
    s.isolate(s.followers("orders")[0], s.host)
    write(s, timeout_ms=10_000)
    s.heal()
    s.run(55)
    # The write looks when it comes, is written, and for each fetch of the other follower that moves something.
    assert looks.get("_wait", 0) <= 6
    # Two followers of each of two leaders ask twice a second; a fetch looks at what has moved, which is next to nothing
    # but for the one partition that the follower was away from.
    assert looks["partitions"] <= 2 * 2 * 66 * 1.2
    s.until(task.done, within=10)
