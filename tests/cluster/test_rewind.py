"""A simulated cluster goes back to any moment of its past, and branches: what it does again is what it did."""

import random
import signal

import msgspec
import pytest

from minikafka import Cluster, NewTopic, Rules
from minikafka.cluster.past import PastDiffers
from minikafka.commands.tape import CantBePlayed

from .test_tape import a_minute_of_disasters, played


@pytest.fixture
def cluster():
    with Cluster(brokers=3, world="simulated", seed=11) as cluster:
        yield cluster


def seen(cluster):
    """All that there is to see, byte for byte; pictures are numbered as they are taken."""
    snapshot = msgspec.structs.replace(cluster.snapshot(), version=0)
    return msgspec.msgpack.encode(snapshot), cluster.timeline()


def a_run_with_a_failover_and_a_group(cluster, seconds, look=lambda: None):
    """`look` is called every half a second."""
    cluster.create_topic("orders", partitions=3)
    producer = cluster.producer({"acks": "all", "linger.ms": 5})
    consumer = cluster.consumer({"group.id": "g", "auto.offset.reset": "earliest"})
    consumer.subscribe(["orders"])
    while cluster.now < seconds:
        producer.produce("orders", b"%d" % round(cluster.now * 1000))
        producer.poll(0.2)
        consumer.poll(0.3)
        cluster.run(0.5)
        look()
        state = cluster.snapshot().broker("broker-1").state
        if seconds / 3 < cluster.now < seconds * 2 / 3 and state != "down":
            cluster.kill("broker-1")
        if cluster.now > seconds * 2 / 3 and state == "down":
            cluster.restart("broker-1")
    return producer, consumer


@pytest.mark.parametrize(("seconds", "moments"), [(9, 4), pytest.param(60, 20, marks=pytest.mark.slow)])
def test_moments_between_calls_are_what_they_were(cluster, seconds, moments):
    looks = {}

    def look():
        looks[cluster.now] = seen(cluster)

    _clients = a_run_with_a_failover_and_a_group(cluster, seconds, look)
    for at_s in random.Random(5).sample(sorted(looks), moments):
        cluster.rewind(to=at_s)
        assert cluster.now == at_s
        assert seen(cluster) == looks[at_s]


@pytest.mark.slow
def test_moments_in_the_middle_of_calls_are_found_again(cluster):
    a_minute_of_disasters(cluster)
    whole = cluster.timeline()
    moments = [random.Random(6).uniform(0.1, cluster.now) for _ in range(5)]
    first = {}
    for at_s in [*moments, *reversed(moments)]:
        cluster.rewind(to=at_s)
        assert cluster.now == at_s
        assert cluster.timeline().rstrip() in whole
        now = seen(cluster), cluster.messages()
        assert first.setdefault(at_s, now) == now
    played(cluster)  # its own tape is one that can be played


@pytest.mark.parametrize(
    ("seconds", "moments"), [(6, (4.5,)), pytest.param(60, (3, 10, 25.5, 41, 60), marks=pytest.mark.slow)]
)
def test_branches_have_the_same_past_and_a_future_of_their_own(cluster, seconds, moments):
    producer, consumer = a_run_with_a_failover_and_a_group(cluster, seconds)
    end = cluster.now
    for at_s in moments:
        cluster.rewind(to=at_s)
        before, tape = seen(cluster), cluster.tape()
        for host in ("broker-2", "broker-3"):
            with cluster.branch() as branch:
                assert seen(branch) == before
                branch.kill(host)
                branch.clients["client-2"].produce("orders", b"elsewhere")
                branch.run(10)
                assert seen(branch) != before
        assert seen(cluster) == before
        assert cluster.tape() == tape
    cluster.rewind(to=end)
    producer.produce("orders", b"here")
    assert producer.flush() == 0
    assert consumer.poll(5) is not None


def test_clients_go_on_from_where_they_were(cluster):
    cluster.create_topic("orders")
    answers = []
    producer = cluster.producer()
    consumer = cluster.consumer({"group.id": "g", "auto.offset.reset": "earliest"})
    consumer.subscribe(["orders"])

    def answered(error, message):
        answers.append((message.value(), message.offset()))

    for number in range(3):
        producer.produce("orders", b"%d" % number, on_delivery=answered)
    producer.flush()
    assert [consumer.poll(5).value() for _ in range(2)] == [b"0", b"1"]
    producer.produce("orders", b"on its way", on_delivery=answered)
    cluster.mark("two were read")
    producer.flush()
    late = cluster.producer()
    assert [consumer.poll(5).value() for _ in range(2)] == [b"2", b"on its way"]
    consumer.close()
    assert len(answers) == 4

    cluster.rewind(to="two were read")
    with pytest.raises(RuntimeError, match="This client was opened later than"):
        late.produce("orders", b"never")
    assert producer.flush() == 0
    assert answers[4:] == [(b"on its way", 3)]
    assert [consumer.poll(5).value() for _ in range(2)] == [b"2", b"on its way"]
    producer.produce("orders", b"another future", on_delivery=answered)
    producer.flush()
    assert consumer.poll(5).value() == b"another future"
    consumer.close()


def test_until_something_else_is_done_one_can_go_forward_again(cluster):
    cluster.create_topic("orders")
    cluster.mark("before the kill")
    cluster.kill("broker-1")
    cluster.run(20)
    late = cluster.producer()
    late.produce("orders", b"late")
    late.flush()
    end = seen(cluster), cluster.now
    cluster.rewind(to="before the kill")
    assert cluster.snapshot().broker("broker-1").state == "running"
    cluster.rewind(to=end[1])
    assert (seen(cluster), cluster.now) == end
    late.produce("orders", b"later")
    assert late.flush() == 0

    after = cluster.mark("after the kill")
    cluster.rewind(to="before the kill")
    cluster.kill("broker-2")
    with pytest.raises(
        ValueError, match="There is no mark after the kill in this past; there are: 'before the kill'"
    ):
        cluster.rewind(to=after)
    with pytest.raises(ValueError, match="20 s is not in it: run"):
        cluster.rewind(to=20)


def test_steps_are_taken_back_one_by_one(cluster):
    cluster.create_topic("orders")
    cluster.run(1)
    looks = [seen(cluster)]
    for _ in range(12):
        cluster.step()
        looks.append(seen(cluster))
    cluster.rewind(steps=1)
    assert seen(cluster) == looks[-2]
    cluster.rewind(steps=4)
    assert seen(cluster) == looks[-6]
    with pytest.raises(ValueError, match="steps come before this moment"):
        cluster.rewind(steps=10**6)


def test_what_listens_and_what_watches_goes_on(cluster):
    heard = []
    stop = cluster.on_event(lambda traced: heard.append(traced.event.kind))
    cluster.create_topic("orders")
    version = cluster.snapshot().version
    at_s = cluster.now
    cluster.run(1)
    cluster.rewind(to=at_s)
    assert cluster.snapshot().version > version
    heard.clear()
    cluster.kill("broker-1")
    assert "HostCrashed" in heard
    stop()
    heard.clear()
    cluster.run(1)
    assert not heard


def test_a_rule_that_is_not_the_same_again_is_noticed():
    moods = []

    def moody(current, leader_end_offset, isr_end_offsets):
        if moods:
            return current
        return max(current, min([leader_end_offset, *isr_end_offsets]))

    with Cluster(brokers=3, world="simulated", seed=2, rules=Rules(high_watermark=moody)) as cluster:
        cluster.create_topic("orders")
        producer = cluster.producer({"acks": "all"})
        for _ in range(5):
            producer.produce("orders", b"x")
            producer.flush(5)
        cluster.run(1)
        before = seen(cluster)
        moods.append("bad")
        with pytest.raises(PastDiffers, match=r"went another way .* a rule of yours \(high_watermark\)"):
            cluster.rewind(to=cluster.now - 0.5)
        assert seen(cluster) == before


def test_a_run_that_can_t_be_repeated_says_why(cluster):
    stop = cluster.on_event(lambda traced: traced.event.kind == "HostCrashed" and cluster.heal())
    cluster.kill("broker-1")
    stop()
    for back in (lambda: cluster.rewind(steps=1), cluster.branch):
        with pytest.raises(CantBePlayed, match="heal was done in the middle of"):
            back()


def test_nobody_goes_back_from_inside_a_callback(cluster):
    cluster.create_topic("orders")
    producer = cluster.producer()
    producer.produce("orders", b"x", on_delivery=lambda error, message: cluster.rewind(steps=1))
    with pytest.raises(RuntimeError, match="not from inside"):
        producer.flush()


def test_invariants_are_watched_after_a_rewind_too():
    with Cluster(brokers=3, world="simulated", seed=3, watch_invariants=True) as cluster:
        cluster.create_topic("orders")
        cluster.run(2)
        cluster.rewind(to=1)
        checks = cluster.invariants.checks
        cluster.run(1)
        assert cluster.invariants.checks > checks


def test_a_live_cluster_has_no_way_back():
    with (
        Cluster(brokers=1, announce=False) as cluster,
        pytest.raises(ValueError, match="rewind needs a simulated cluster"),
    ):
        cluster.rewind(to=1)


def test_a_call_that_was_under_way_is_cut_short_and_loses_nothing(cluster):
    cluster.create_topic("orders")
    consumer = cluster.consumer({"group.id": "g", "auto.offset.reset": "earliest"})
    consumer.subscribe(["orders"])
    assert consumer.poll(5) is None
    began_s = cluster.now
    producer = cluster.producer()
    producer.produce("orders", b"one")
    assert consumer.poll(30).value() == b"one"
    for at_s in (began_s - 1.3, began_s + (cluster.now - began_s) / 2):
        cluster.rewind(to=at_s)
        assert cluster.now == at_s
    assert consumer.poll(30).value() == b"one"
    played(cluster)


def test_an_answer_of_a_run_that_was_left_is_not_waited_for(cluster):
    admin = cluster.admin()
    cluster.mark("before")
    asked = admin.create_topics([NewTopic("orders", 1, 3)])["orders"]
    cluster.mark("asked")
    cluster.rewind(to="before")
    with pytest.raises(RuntimeError, match="left by a rewind; ask again"):
        asked.result()
    cluster.rewind(to="asked")
    cluster.run(1)
    assert [topic.name for topic in cluster.snapshot().topics] == ["orders"]


def test_a_run_that_was_interrupted_between_two_rounds_can_be_repeated():
    with Cluster(brokers=1, world="simulated", seed=1) as cluster:
        cluster.create_topic("orders")
        cluster.mark("before")
        loop = cluster._loop.loop
        loop.call_later(0.5, signal.raise_signal, signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            cluster.run(10)
        at = cluster.now
        cluster.mark("after")
        cluster.run(1)
        cluster.rewind("before")
        assert cluster.now < at


def test_one_that_was_interrupted_elsewhere_goes_back_to_what_came_before():
    with Cluster(brokers=1, world="simulated", seed=1) as cluster:
        cluster.create_topic("orders")
        cluster.mark("before")

        def interrupted(_):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            cluster.run_until(interrupted)
        cluster.mark("after")
        with pytest.raises(CantBePlayed, match="KeyboardInterrupt interrupted"):
            cluster.rewind(steps=1)
        with pytest.raises(CantBePlayed):
            cluster.rewind("after")
        cluster.rewind("before")
        cluster.run(1)
        cluster.rewind("before")
        assert [topic.name for topic in cluster.snapshot().topics if topic.name == "orders"]
