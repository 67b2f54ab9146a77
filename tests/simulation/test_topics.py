"""Topics come, grow, lose their beginning, go, and come again."""

from simulation.story import seeds, story

from minikafka import NewPartitions
from minikafka.broker.api.metadata import why_absent
from minikafka.protocol.errors import ErrorCode


def settle(futures):
    for future in futures.values():
        future.result(30)


@seeds(4, slow=30)
def test_a_topic_that_was_deleted_and_made_anew_while_a_broker_was_down(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=2)
        old = s.writer("orders")
        old.write(30)
        old.flush()
        away = s.random.choice(list(s.nodes.brokers))
        (s.kill if s.random.random() < 0.5 else s.cluster.stop_broker)(away)
        s.until(lambda: all(away not in s.isr("orders", i) for i in (0, 1)), within=20, what="fencing")
        admin = s.cluster.admin()
        settle(admin.delete_topics(["orders"]))
        again = s.random.random() < 0.7
        if again:
            s.run(1)
            s.create_topic("orders", partitions=2, replication_factor=2)
        s.restart(away)
        s.run(5)
        topic = s.nodes.controller.image.topic("orders")
        for host, broker in s.nodes.brokers.items():
            for name in broker.world.disk.listdir(""):
                if name.startswith("orders-"):
                    assert again
                    found = broker.replicas.get("orders", int(name[7:]))
                    assert found is not None, f"{name} on {host} belongs to nobody"
                    assert found.topic_id == topic.id
        if again:
            assert all(not records for records in s.read_all("orders").values())
            new = s.writer("orders")
            new.write(10)
            new.flush()
            new.check(s.read_all("orders"))
        admin.close()


@seeds(3, slow=30)
def test_partitions_are_added_while_a_group_reads(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=1)
        writer = s.writer("orders")
        writer.write(20)
        member = s.member("g", "orders", topic_metadata_refresh_interval_ms=2000)
        got = set()
        while len(got) < 20:
            got.add(s.take(member.poll(10)))
        admin = s.cluster.admin()
        member.commit(asynchronous=False)
        settle(admin.create_partitions([NewPartitions("orders", 4)]))
        admin.close()
        s.until(lambda: all(s.registration("orders", i) for i in range(4)), what="four partitions")
        more = s.writer("orders")  # the first one's metadata are of before
        for partition in range(4):
            more.write(5, partition)
        deadline = s.now + 60
        while len(got) < 40:
            assert s.now < deadline, f"read only {len(got)} of 40"
            message = member.poll(1)
            if message is not None and message.error() is None:
                got.add(s.take(message))
        assert {partition for partition, _, _ in got} == {0, 1, 2, 3}
        member.close()
        found = s.read_all("orders")
        writer.check(found)
        more.check(found)


@seeds(4, slow=30)
def test_deleted_records_stay_deleted_whoever_leads(seed):
    with story(seed) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.write(30, 0)
        writer.flush()
        assert s.delete_records("orders", 0, 13) == 13
        for host in list(s.nodes.brokers):
            assert s.replica(host, "orders").log.log_start_offset == 13
        s.kill(s.leader("orders"))
        s.until(lambda: len(s.isr("orders")) == 2, within=20, what="a new leader")
        assert [offset for offset, _ in s.read_all("orders")[0]] == list(range(13, 30))
        dead = next(host for host in s.nodes.brokers if not s.nodes.is_up(host))
        s.restart(dead)
        s.until_whole("orders")
        assert s.replica(dead, "orders").log.log_start_offset == 13


@seeds(3, slow=30)
def test_a_new_follower_of_a_log_whose_beginning_is_gone(seed):
    with story(seed) as s:
        s.create_topic("orders", segment_bytes=1048576)
        writer = s.writer("orders")
        dead = s.followers("orders")[0]
        s.power_cut(dead)
        s.until(lambda: len(s.isr("orders")) == 2, within=20, what="an ISR of two")
        writer.write(40, 0)
        writer.flush()
        assert s.delete_records("orders", 0, 25) == 25
        s.restart(dead)
        s.until_whole("orders")
        log = s.replica(dead, "orders").log
        assert log.log_start_offset == 25
        assert log.log_end_offset == 40
        s.kill(s.leader("orders"))
        s.until(lambda: len(s.isr("orders")) == 2, within=20, what="a new leader")
        assert [offset for offset, _ in s.read_all("orders")[0]] == list(range(25, 40))


def test_names_of_dots_are_names_like_any_other():
    with story(1) as s:
        for name in ("..a", "...", ".b"):
            s.create_topic(name, partitions=1)
            writer = s.writer(name)
            writer.write(3)
            writer.flush()
        for host in s.nodes.hosts:
            s.restart(host)
        for name in ("..a", "...", ".b"):
            s.until_whole(name)
        for writer in s.writers:
            writer.check(s.read_all(writer.topic))


def test_nobody_takes_a_topic_for_deleted_because_a_broker_is_still_starting():
    """Until it has caught up it doesn't know which topics there are."""
    with story(1) as s:
        s.create_topic("orders", partitions=1)
        s.kill("broker-1")
        answers = []

        def look(traced):
            broker = s.nodes.brokers["broker-1"]
            if broker is not None and broker.is_starting:
                answers.append(why_absent(broker, "payments"))

        s.cluster.on_event(look)
        s.restart("broker-1")
        assert set(answers) == {ErrorCode.LEADER_NOT_AVAILABLE}
        assert why_absent(s.nodes.brokers["broker-1"], "no/name") is ErrorCode.INVALID_TOPIC_EXCEPTION
        assert why_absent(s.nodes.brokers["broker-1"], "payments") is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
