"""Messages of a cluster: each request with its answer, what it came from and what became of it."""

import pytest

from minikafka import Cluster


@pytest.fixture
def cluster():
    with Cluster(brokers=3, world="simulated", seed=7) as cluster:
        cluster.create_topic("orders")
        yield cluster


def test_a_produce_request_and_what_it_leads_to(cluster):
    cluster.mark("before")
    with cluster.producer({"acks": "all"}) as producer:
        producer.produce("orders", b"one")
        producer.flush()
        cluster.run(1)
    (produce,) = cluster.messages(api="Produce", since="before")
    leader = cluster.snapshot().partition("orders", 0).leader
    assert (produce.from_host, produce.to_host) == ("client-2", leader)
    assert produce.sent_s < produce.received_s < produce.answer_sent_s < produce.answer_received_s
    assert produce.request["acks"] == -1
    assert produce.request["topic_data"][0]["partition_data"]
    assert produce.answer["responses"]
    assert not (produce.error or produce.lost)
    assert produce.caused_by or produce.command.name == "call"
    assert "client-2 →" in repr(produce)
    assert "PRODUCE" in repr(produce)
    follower = next(host for host in ("broker-1", "broker-2", "broker-3") if host != leader)
    fetches = cluster.messages(api="FETCH", between=(leader, follower), since="before")
    assert fetches
    assert all({m.from_host, m.to_host} == {leader, follower} for m in fetches)
    by_number = {m.number: m for m in cluster.messages()}
    assert any(m.caused_by in by_number and by_number[m.caused_by].api == "FETCH" for m in fetches)
    assert (
        cluster.messages(host=follower, until="before")
        == cluster.messages(host=follower, until=produce.sent_s)[
            : len(cluster.messages(host=follower, until="before"))
        ]
    )


def test_what_was_lost_says_why(cluster):
    leader = cluster.snapshot().partition("orders", 0).leader
    cluster.partition([leader])
    cluster.mark("cut")
    cluster.run(2)
    held = [m for m in cluster.messages(host=leader, since="cut") if m.lost]
    assert held
    assert "held up by the cut" in held[0].lost
    cluster.heal()
    cluster.run(2)
    cluster.kill(leader)
    killed_s = cluster.now
    cluster.run(1)
    lost = [m for m in cluster.messages(host=leader) if "died" in m.lost]
    assert lost
    assert all(m.began_s <= killed_s + 1 for m in lost)
    assert f"{leader} died at" in repr(lost[0])


def test_an_error_has_kafkas_name(cluster):
    consumer = cluster.consumer({"group.id": "g"})
    consumer.subscribe(["nowhere"])
    consumer.poll(3)
    errors = {m.error for m in cluster.messages(host="client-2")}
    assert "UNKNOWN_TOPIC_OR_PARTITION" in errors


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"api": "Fetsch"}, "There is no API 'Fetsch' in Kafka"),
        ({"since": "never"}, "There is no mark never"),
        ({"between": "broker-1"}, "Between two hosts"),
    ],
)
def test_what_can_t_be_found_says_so(cluster, question, sentence):
    with pytest.raises(ValueError, match=sentence):
        cluster.messages(**question)


def test_after_a_rewind_they_are_what_they_were(cluster):
    cluster.run(3)
    at_s = cluster.now
    then = cluster.messages()
    cluster.kill("broker-1")
    cluster.run(3)
    cluster.rewind(to=at_s)
    assert cluster.messages() == then
    for host in ("broker-2", "broker-3"):
        assert cluster.messages(host=host)


def test_a_live_cluster_has_to_be_asked_to_watch_them():
    with (
        Cluster(brokers=1, announce=False) as cluster,
        pytest.raises(ValueError, match="message_events=True"),
    ):
        cluster.messages()
