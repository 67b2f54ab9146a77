"""The face of a simulated cluster: it moves only when asked, and says in one sentence what is wrong."""

import pytest

from minikafka import BackgroundFailure, Cluster, KafkaException, Rules
from minikafka.cluster import AnsweredFailure, ConfigWarning
from minikafka.commands import Cut, Heal
from minikafka.metadata.features import SUPPORTED_FEATURES


@pytest.fixture
def cluster():
    with Cluster(brokers=3, world="simulated", seed=1) as cluster:
        yield cluster


def test_nothing_moves_by_itself(cluster):
    now, timeline = cluster.now, cluster.timeline()
    cluster.snapshot()
    assert cluster.events()
    assert (cluster.now, cluster.timeline()) == (now, timeline)


def test_a_step_is_the_next_thing_that_happens(cluster):
    before = cluster.now
    assert cluster.step()
    assert cluster.now > before


def test_run_lets_just_that_much_time_pass(cluster):
    before = cluster.now
    cluster.run(2.5)
    assert cluster.now == pytest.approx(before + 2.5)


def test_run_until_gives_the_snapshot_that_holds(cluster):
    cluster.create_topic("orders", replication_factor=3)
    leader = cluster.snapshot().partition("orders", 0).leader
    cluster.kill(leader)
    found = cluster.run_until(lambda s: s.partition("orders", 0).leader not in (None, leader))
    assert found.partition("orders", 0).leader in cluster.hosts
    assert found.broker(leader).state == "down"


def test_what_never_comes_true_ends_in_a_timeout_that_names_the_seed(cluster):
    with pytest.raises(TimeoutError, match="seed 1"):
        cluster.run_until(lambda s: False, timeout_s=5)


def test_a_killed_broker_starts_again_with_all_it_had(cluster):
    cluster.create_topic("orders", partitions=2)
    producer = cluster.producer({"acks": "all"})
    for number in range(20):
        producer.produce("orders", b"%d" % number)
    assert producer.flush(10) == 0
    for host in cluster.hosts[1:]:
        cluster.kill(host)
    for host in cluster.hosts[1:]:
        cluster.restart(host)
    topic = cluster.run_until(
        lambda s: all(p.leader and p.end is not None for p in s.topic("orders").partitions)
    )
    assert sum(p.end for p in topic.topic("orders").partitions) == 20


def test_a_host_that_is_not_there_is_named_with_those_that_are(cluster):
    with pytest.raises(ValueError, match=r"no host 'broker-9'.*broker-1, broker-2, broker-3"):
        cluster.kill("broker-9")
    with pytest.raises(ValueError, match="no host"):
        cluster.partition(["broker-1"], ["nobody"])


def test_a_dead_host_can_t_be_killed_again(cluster):
    cluster.kill("broker-2")
    with pytest.raises(ValueError, match="down already"):
        cluster.kill("broker-2")
    with pytest.raises(ValueError, match="not a running broker"):
        cluster.stop_broker("broker-2")


def test_creating_a_topic_twice_is_kafkas_error(cluster):
    cluster.create_topic("orders")
    with pytest.raises(KafkaException, match=r"(?i)exists"):
        cluster.create_topic("orders")


def test_wrong_arguments_are_refused_before_anything_starts():
    for wrong in (
        {"brokers": 0},
        {"world": "elsewhere"},
        {"coordinator": "etcd"},
        {"world": "simulated", "port": 9092},
        {"world": "simulated", "data": "/nowhere"},
    ):
        with pytest.raises(ValueError):
            Cluster(**{"brokers": 1, **wrong})


def test_a_closed_cluster_says_so_and_closes_twice():
    cluster = Cluster(brokers=1, world="simulated", seed=1)
    cluster.close()
    cluster.close()
    with pytest.raises(RuntimeError, match="closed"):
        cluster.run(1)


def test_what_fails_in_the_background_is_raised_at_the_next_call_with_its_cause():
    def broken(current, leader_end_offset, isr_end_offsets):
        raise ZeroDivisionError("my high watermark")

    cluster = Cluster(brokers=1, world="simulated", seed=1, rules=Rules(high_watermark=broken))
    with pytest.raises(BackgroundFailure, match="my high watermark") as failure:
        cluster.create_topic("orders")
    assert isinstance(failure.value.__cause__, ZeroDivisionError)
    try:
        cluster.close()
    except BackgroundFailure:
        pass  # it went on failing until then


def test_a_replaced_rule_decides():
    """Every key goes where the learner's function says."""
    rules = Rules(partition_for_key=lambda key, count: 2)
    with Cluster(brokers=1, world="simulated", seed=1, rules=rules) as cluster:
        cluster.create_topic("orders", partitions=4)
        producer = cluster.producer()
        places = []
        for number in range(10):
            key = b"k%d" % number
            producer.produce("orders", b"v", key, on_delivery=lambda _, m: places.append(m.partition()))
        producer.flush(10)
        assert places == [2] * 10


def test_a_wrong_election_is_caught_by_what_gets_lost():
    """The learner elects a dead man: the partition has no leader that is there."""
    rules = Rules(elect_leader=lambda replicas, isr, alive, unclean: replicas[0])
    cluster = Cluster(brokers=3, world="simulated", seed=1, rules=rules)
    cluster.create_topic("orders", replication_factor=3)
    cluster.kill(cluster.snapshot().partition("orders", 0).leader)
    cluster.run(30)
    assert cluster.snapshot().partition("orders", 0).end is None, "nobody is there to say where it ends"
    cluster.close()


def test_a_setting_without_effect_is_a_warning_where_the_cluster_is_made(recwarn):
    with Cluster(1, world="simulated", configs={"log.retention.hour": 1, "num.partitions": 2}):
        pass
    (warning,) = recwarn
    assert warning.category is ConfigWarning
    assert warning.filename == __file__
    assert "Did you mean log.retention.hours?" in str(warning.message)


@pytest.mark.parametrize("setting", ["log.cleaner.backoff.ms=0", "connections.max.idle.ms=-1"])
def test_an_interval_without_length_and_a_limit_without_end_keep_nobody_busy(setting):
    name, _, value = setting.partition("=")
    with Cluster(2, world="simulated", seed=1, configs={name: value}) as sim:
        sim.create_topic("orders", replication_factor=2)
        sim.run(30)
        assert len(sim.snapshot().partition("orders", 0).isr) == 2


def test_metadata_of_a_newer_release_are_refused_by_name_and_nothing_is_written(monkeypatch):
    with Cluster(1, world="simulated", seed=1) as sim:
        sim.create_topic("orders")
        before = sim.snapshot().controllers[0].epoch
        sim.kill("controller-1")
        with monkeypatch.context() as older:
            older.setitem(SUPPORTED_FEATURES, "metadata.version", (7, 29))
            with pytest.raises(ValueError, match=r"metadata\.version 30, and this version knows 7 to 29"):
                sim.restart("controller-1")
        assert "metadata.version 30" in sim.snapshot().controllers[0].error
        sim.restart("controller-1")
        assert sim.snapshot().controllers[0].epoch == before + 1, "the refused start took none"


def test_a_request_that_failed_and_was_answered_is_raised_as_just_that():
    """Whoever embeds a cluster hears of it; `minikafka up` ends with status 0 all the same."""
    cluster = Cluster(brokers=1, world="simulated", seed=1)
    fault = KeyError("a fault of the handler's own")
    for _ in range(2):
        cluster._loop.universe.trace.fault("PRODUCE handler", fault)
    with pytest.raises(AnsweredFailure, match="a fault of the handler's own"):
        cluster.run(1)
    cluster.run(1)
    cluster.close()


def test_a_cut_that_nobody_is_told_of_shows_only_in_what_does_not_come(cluster):
    cluster.do(Cut(("broker-1",), ("broker-2", "broker-3", "controller-1"), is_told=False))
    assert cluster.snapshot().cut == ()
    cluster.run(12)
    assert next(b for b in cluster.snapshot().brokers if b.name == "broker-1").fenced
    cluster.do(Heal(is_told=False))
    cluster.run(12)
    assert not next(b for b in cluster.snapshot().brokers if b.name == "broker-1").fenced
    assert not {one.event.kind for one in cluster.events()} & {"Partitioned", "Healed"}
    end = cluster.now
    cluster.rewind(6.0)
    cluster.rewind(end)
    assert not any(b.fenced for b in cluster.snapshot().brokers), "it is on the tape all the same"
