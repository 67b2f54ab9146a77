"""A tape of a simulated cluster: played on the same seed it is the same run, byte for byte, in any process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from minikafka import Cluster, KafkaException, NewTopic, Rules, TopicPartition
from minikafka.cluster.replaying import TapeDiverged
from minikafka.commands import parse
from minikafka.commands.tape import CantBePlayed, NotATape, Tape

ROOT = Path(__file__).parents[2]
PLAY = """
import sys
from minikafka import Cluster
from minikafka.commands.tape import Tape
played = Cluster.replay(Tape.from_json(sys.stdin.buffer.read()))
sys.stdout.write(played.timeline())
"""


def played_elsewhere(tape, hash_seed):
    """The timeline of a tape that another process plays."""
    done = subprocess.run(
        [sys.executable, "-c", PLAY],
        input=tape.to_json(),
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def played(cluster):
    """The same run again; its timeline and its own tape are equal."""
    tape = cluster.tape()
    again = Cluster.replay(Tape.from_json(tape.to_json()))
    assert again.timeline() == cluster.timeline()
    assert again.tape() == tape
    return again


@pytest.fixture
def cluster():
    with Cluster(brokers=3, world="simulated", seed=11) as cluster:
        yield cluster


def a_minute_of_disasters(cluster):
    """60 virtual seconds: three kills, a cut, a power cut, and a group that reads meanwhile."""
    cluster.create_topic("orders", partitions=3)
    answered, read = [], []
    producer = cluster.producer({"acks": "all", "linger.ms": 5})
    members = [cluster.consumer({"group.id": "g", "auto.offset.reset": "earliest"}) for _ in range(2)]
    for member in members:
        member.subscribe(["orders"], on_assign=lambda consumer, partitions: None)
    disasters = {
        5: lambda: cluster.kill("broker-1"),
        12: lambda: cluster.restart("broker-1"),
        15: lambda: cluster.partition(["broker-2"], ["broker-1", "broker-3"]),
        24: lambda: cluster.heal(),
        30: lambda: cluster.power_cut("broker-3"),
        36: lambda: cluster.restart("broker-3"),
        40: lambda: cluster.kill("broker-2"),
        46: lambda: cluster.restart("broker-2"),
        50: lambda: cluster.kill("broker-1"),
        55: lambda: cluster.restart("broker-1"),
    }
    while cluster.now < 60:
        for at in [at for at in disasters if at <= cluster.now]:
            disasters.pop(at)()
        producer.produce(
            "orders", b"%d" % len(read), on_delivery=lambda error, message: answered.append(error)
        )
        producer.poll(0.2)
        read += [m for m in (member.poll(0.2) for member in members) if m is not None]
    return answered, read


def test_a_minute_of_disasters_is_the_same_in_another_process_under_another_hash_seed(cluster):
    answered, read = a_minute_of_disasters(cluster)
    assert len(answered) > 20
    assert len(read) > 20
    tape = cluster.tape()
    assert not tape.cant_be_played
    assert played_elsewhere(tape, "4242") == cluster.timeline()


def test_whatever_moves_time_is_on_the_tape(cluster):
    cluster.create_topic("orders")
    cluster.step()
    cluster.run(1 / 3)
    cluster.kill("broker-2")
    cluster.run_until(lambda s: len(s.partition("orders", 0).isr) == 2)
    with pytest.raises(TimeoutError):
        cluster.run_until(lambda s: False, timeout_s=0.1)
    with pytest.raises(ValueError, match="down already"):
        cluster.kill("broker-2")
    cluster.play(speed=20)
    cluster.pause()
    cluster.do(parse("slow 0.01 0.05"))
    cluster.do(parse("alter_topic orders retention.ms=60000"))
    cluster.restart("broker-2")
    again = played(cluster)
    assert again.snapshot().partition("orders", 0) == cluster.snapshot().partition("orders", 0)


def test_what_a_callback_and_a_predicate_do_is_on_the_tape(cluster):
    cluster.create_topic("orders")
    producer = cluster.producer()
    left = [3]

    def again(error, message):
        if left[0]:
            left[0] -= 1
            producer.produce("orders", b"another %d" % left[0], on_delivery=again)
            if not left[0]:
                raise ZeroDivisionError("on purpose")

    def kills(snapshot):
        if snapshot.broker("broker-3").state != "down":
            cluster.kill("broker-3")
        return snapshot.broker("broker-3").state == "down"

    producer.produce("orders", b"first", on_delivery=again)
    with pytest.raises(ZeroDivisionError):
        producer.flush(30)
    cluster.run_until(kills)
    played(cluster)


def test_futures_of_an_admin_client_are_waited_for_again(cluster):
    admin = cluster.admin()
    made = admin.create_topics([NewTopic("a", 2, 3, config={"retention.ms": "1000"}), NewTopic("b", 1, 99)])
    made["a"].result()
    with pytest.raises(KafkaException):
        made["b"].result()
    consumer = cluster.consumer({"group.id": "g"})
    consumer.assign([TopicPartition("a", 1, 0)])
    consumer.poll(0.5)
    consumer.commit(offsets=[TopicPartition("a", 1, 7)], asynchronous=False)
    del consumer
    cluster.run(1)
    played(cluster)


def test_a_played_cluster_goes_on_and_so_does_its_tape(cluster):
    cluster.create_topic("orders")
    producer = cluster.producer()
    producer.produce("orders", b"one")
    producer.flush()
    with Cluster.replay(cluster.tape()) as again:
        for each in (cluster, again):
            each.clients["client-2"].produce("orders", b"two")
            each.clients["client-2"].flush()
            each.run(1)
        assert again.timeline() == cluster.timeline()
        assert again.tape() == cluster.tape()


def test_an_own_rule_is_asked_for_by_name():
    def least(current, leader_end_offset, isr_end_offsets):
        return max(current, min([leader_end_offset, *isr_end_offsets]))

    with Cluster(brokers=1, world="simulated", seed=2, rules=Rules(high_watermark=least)) as cluster:
        cluster.create_topic("orders")
        tape = cluster.tape()
    with pytest.raises(CantBePlayed, match="high_watermark"):
        Cluster.replay(tape)
    with Cluster.replay(tape, rules=Rules(high_watermark=least)) as again:
        assert again.tape() == tape


def test_a_tape_that_can_t_be_played_says_why(cluster):
    stop = cluster.on_event(lambda traced: traced.event.kind == "HostCrashed" and cluster.heal())
    cluster.kill("broker-1")
    stop()
    with pytest.raises(CantBePlayed, match="heal was done in the middle of"):
        Cluster.replay(cluster.tape())


def test_another_run_is_noticed(cluster):
    cluster.create_topic("orders")
    text = cluster.tape().to_json().replace(b'"seed":11', b'"seed":12')
    with pytest.raises(TapeDiverged, match=r"Before entry \d the run is at"):
        Cluster.replay(Tape.from_json(text))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ((b'"kill"', b'"__import__"'), "no command that this minikafka knows"),
        ((b'"version":2', b'"version":99'), "of version 99, and this minikafka plays version 2"),
        ((b'"minikafka tape"', b'"recipe"'), "This is not a tape but 'recipe'"),
        ((b'"broker-1"', b"[]"), "damaged"),
        ((b"{", b"[" * 3000), "This is not a tape"),
        ((b"}", b""), "This is not a tape"),
    ],
)
def test_what_is_no_tape_is_refused_in_one_sentence(cluster, change, sentence):
    cluster.kill("broker-1")
    with pytest.raises(NotATape, match=sentence):
        Tape.from_json(cluster.tape().to_json().replace(*change))


def test_a_tape_makes_no_object_but_values():
    from minikafka.commands.values import Thing, thawed

    for kind in ("Producer", "Face", "KafkaException", "LiveDriver", "os", "murmur2"):
        with pytest.raises(CantBePlayed):
            thawed(Thing(kind, {}), lambda: print)
    assert (
        thawed(Thing("TopicPartition", {"topic": "a", "partition": 3, "offset": 1}), lambda: print).offset
        == 1
    )
