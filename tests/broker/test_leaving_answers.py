"""`flush.messages`, and a rule of one's own that is asked again before a producer hears that its batch is written."""

import errno

import pytest

from minikafka import Cluster, Rules
from minikafka.commands import Slow
from minikafka.policy import should_flush


class Asked:
    """A rule that notes what it was asked."""

    def __init__(self, rule):
        self.rule, self.calls = rule, []

    def __call__(self, *args):
        self.calls.append((args[0], args[2], self.rule(*args)))
        return self.calls[-1][2]

    @property
    def syncs(self):
        return sum(synced for _, _, synced in self.calls)


def broker(rule=should_flush, brokers=1, **topic):
    cluster = Cluster(
        brokers,
        world="simulated",
        seed=1,
        rules=Rules(should_flush=rule),
        announce=False,
        message_events=False,
    )
    cluster.create_topic("orders", 1, brokers, {key.replace("_", "."): n for key, n in topic.items()})
    return cluster


def log_of(cluster, host="broker-1"):
    return cluster._nodes.brokers[host].replicas.get("orders", 0).log


def write(producer, count, told=None):
    def note(error, message):
        if told is not None:
            told.append(error)

    for n in range(count):
        producer.produce("orders", f"{n}", on_delivery=note)


def at_one_moment(cluster, *configs):
    """Producers whose requests arrive at one moment, as they have all been introduced and have equally long ways."""
    producers = [cluster.producer({"linger.ms": 0, "enable.idempotence": False, **one}) for one in configs]
    cluster.do(Slow(0.001, 0.001))
    for producer in producers:
        write(producer, 1)
    cluster.run(1)
    return producers


def test_flush_messages_is_kept_at_each_append():
    with broker(flush_messages=5) as cluster, cluster.producer({"linger.ms": 0}) as producer:
        points = []
        for count in (4, 1, 3, 4, 12):
            write(producer, count)
            producer.flush()
            points.append(log_of(cluster).recovery_point)
        assert points == [0, 5, 5, 12, 24]


def test_followers_keep_it_too():
    with broker(brokers=3, flush_messages=1) as cluster, cluster.producer() as producer:
        write(producer, 7)
        producer.flush()
        assert {log_of(cluster, f"broker-{n}").recovery_point for n in (1, 2, 3)} == {7}


def test_what_a_rolled_segment_took_to_the_disk_does_not_count():
    with (
        broker(flush_messages=25, segment_bytes=1_048_576) as cluster,
        cluster.producer({"linger.ms": 0}) as producer,
    ):
        for _ in range(24):
            producer.produce("orders", b"x" * 100_000)
            producer.flush()
        cluster.run(5)
        rolled = log_of(cluster).recovery_point
        assert rolled > 0
        write(producer, 1)
        producer.flush()
        assert log_of(cluster).recovery_point == rolled


def test_under_kafkas_own_rule_no_answer_is_held():
    with broker() as cluster:
        assert not cluster._nodes.brokers["broker-1"].leaving_answers.are_held


@pytest.mark.parametrize("acks", ["all", 1])
def test_batches_that_arrive_together_share_a_sync(acks):
    rule = Asked(lambda unflushed, limit, acks_leaving: acks_leaving > 0)
    with broker(rule) as cluster:
        producers = at_one_moment(cluster, *[{"acks": acks}] * 3)
        rule.calls.clear()
        told = []
        for producer in producers:
            write(producer, 2, told)
        for producer in producers:
            producer.flush()
        assert rule.calls == [(2, 0, False), (4, 0, False), (6, 0, False), (6, 3, True)]
        assert told == [None] * 6
        assert log_of(cluster).recovery_point == log_of(cluster).log_end_offset


def test_nobody_hears_of_a_batch_whose_producer_does_not_ask():
    rule = Asked(lambda unflushed, limit, acks_leaving: acks_leaving > 0)
    with broker(rule) as cluster:
        (producer,) = at_one_moment(cluster, {"acks": 0})
        write(producer, 2)
        cluster.run(1)
        assert log_of(cluster).log_end_offset == 3
        assert [leaving for _, leaving, _ in rule.calls] == [0] * len(rule.calls)
        assert not rule.syncs


def test_what_is_synced_at_its_append_is_not_asked_for_again():
    rule = Asked(lambda *_: True)
    with broker(rule) as cluster, cluster.producer({"linger.ms": 0}) as producer:
        write(producer, 1)
        producer.flush()
        assert rule.calls == [(1, 0, True)]


def test_a_follower_is_asked_before_its_next_fetch_says_that_it_has_them():
    rule = Asked(lambda unflushed, limit, acks_leaving: acks_leaving > 0)
    with broker(rule, brokers=3) as cluster, cluster.producer({"acks": "all"}) as producer:
        write(producer, 5)
        producer.flush()
        for host in ("broker-1", "broker-2", "broker-3"):
            assert log_of(cluster, host).recovery_point == 5
            cluster.power_cut(host)
        for host in ("broker-1", "broker-2", "broker-3"):
            cluster.restart(host)
        cluster.run(5)
        assert cluster.snapshot().partition("orders", 0).end == 5


def test_what_the_disk_does_not_take_is_not_acknowledged():
    def failing(unflushed, limit, acks_leaving):
        if acks_leaving:
            raise OSError(errno.EIO, "the disk fails")
        return False

    with broker(failing) as cluster:
        told = []
        producer = cluster.producer({"acks": 1, "delivery.timeout.ms": 3000, "request.timeout.ms": 1000})
        write(producer, 1, told)
        producer.flush(10)
        assert told
        assert told[0] is not None


def test_the_metadata_log_is_not_under_the_rule():
    rule = Asked(lambda *_: True)
    with broker(rule):
        assert rule.calls == []
