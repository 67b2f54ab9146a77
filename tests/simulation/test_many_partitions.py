"""Hundreds of partitions: nobody waits for them, and a change costs what changes, not what there is."""

import pytest
from simulation.story import story

from minikafka import NewTopic
from minikafka.protocol.errors import ApiError, ErrorCode


def settle(futures):
    for future in futures.values():
        future.result(60)


def create(s, *names, partitions=1, factor=3):
    admin = s.cluster.admin()
    settle(admin.create_topics([NewTopic(name, partitions, factor) for name in names]))
    admin.close()


def delete(s, *names):
    admin = s.cluster.admin()
    settle(admin.delete_topics(list(names)))
    admin.close()


def folders(s, host="broker-1"):
    return [name for name in s.nodes.brokers[host].world.disk.listdir("") if name.startswith("t")]


def test_partitions_that_are_still_to_be_made_answer_as_in_kafka_and_others_are_heard_meanwhile():
    with story(1, brokers=1) as s:
        broker = s.nodes.brokers["broker-1"]
        heard = []
        on_image = broker.membership.follower._on_image

        def look(image, delta):
            on_image(image, delta)
            if image.topic("t") is None:
                return
            heard.append(len(list(broker.replicas)))
            with pytest.raises(ApiError) as refused:
                broker.replicas.partition("t", 199)
            assert refused.value.code is ErrorCode.NOT_LEADER_OR_FOLLOWER
            with pytest.raises(ApiError) as refused:
                broker.replicas.partition("t", 200)
            assert refused.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            assert broker.replicas.applied_offset < image.offset

        broker.membership.follower._on_image = look
        create(s, "t", partitions=200, factor=1)
        broker.membership.follower._on_image = on_image
        s.until(lambda: len(list(broker.replicas)) == 200, within=1, what="all partitions")
        assert heard and 0 < heard[0] < 100, "the loop had a turn after some of them"
        assert broker.replicas.partition("t", 199).is_leader
        s.until(lambda: broker.replicas.applied_offset == broker.image.offset, what="all in line")


def test_a_topic_that_goes_while_it_is_still_being_made_is_gone():
    with story(2, brokers=1) as s:
        create(s, "t", partitions=200, factor=1)
        delete(s, "t")
        create(s, "t", partitions=3, factor=1)
        s.run(1)
        assert folders(s) == ["t-0", "t-1", "t-2"]
        topic_id = s.nodes.controller.image.topic("t").id
        assert [p.topic_id for p in s.nodes.brokers["broker-1"].replicas if p.topic == "t"] == [topic_id] * 3


def test_a_broker_is_in_service_only_when_its_partitions_are_open():
    with story(3) as s:
        create(s, "t", partitions=100)
        s.until_whole("t")
        s.kill("broker-2")
        s.run(12)
        s.restart("broker-2")
        broker = s.nodes.brokers["broker-2"]
        assert len([p for p in broker.replicas if p.topic == "t"]) == 100
        s.until_whole("t")


def work_of(s, change):
    """What one change made the brokers do: partitions looked at, files written to."""
    settled, brokers = [], list(s.nodes.brokers.values())
    for broker in brokers:
        broker.replicas._on_settled = lambda topic, index: settled.append((topic, index))
    writes = sum(broker.world.disk.counters.writes for broker in brokers)
    change()
    return sorted(settled), sum(broker.world.disk.counters.writes for broker in brokers) - writes


def test_a_change_costs_as_much_among_many_topics_as_among_few():
    with story(4, replica_high_watermark_checkpoint_interval_ms=10**9) as s:

        def measured(n):
            s.run(1)
            made = work_of(s, lambda: create(s, f"u{n}", partitions=2))
            gone = work_of(s, lambda: delete(s, f"u{n}"))
            assert made[0] == gone[0] == [(f"u{n}", 0)] * 3 + [(f"u{n}", 1)] * 3
            return made[1], gone[1]

        create(s, *[f"t{n}" for n in range(10)])
        few = measured(1)
        create(s, *[f"t{n}" for n in range(10, 100)])
        assert measured(2) == few


def test_a_deleted_folder_loses_its_name_at_once_and_a_start_removes_what_a_crash_left_of_it():
    with story(5, brokers=1) as s:
        create(s, "t", partitions=2, factor=1)
        s.run(1)
        broker = s.nodes.brokers["broker-1"]
        broker.replicas._doomed.close()  # as if the process ended before it came to it
        delete(s, "t")
        left = folders(s)
        assert [name[:4] for name in left] == ["t-0.", "t-1."]
        assert all(name.endswith("-delete") for name in left)
        s.kill("broker-1")
        s.restart("broker-1")
        s.run(1)
        assert folders(s) == []


def test_what_was_noted_of_a_deleted_topic_is_not_believed_of_the_next_one_of_that_name():
    with story(6, brokers=1) as s:
        s.create_topic("t")
        writer = s.writer("t")
        writer.write(50)
        writer.flush()
        s.delete_records("t", 0, 30)
        s.cluster.stop_broker("broker-1")
        s.restart("broker-1")
        delete(s, "t")
        s.create_topic("t")
        s.run(1)
        log = s.replica("broker-1", "t").log
        assert (log.log_start_offset, log.log_end_offset, log.recovery_point) == (0, 0, 0)
        s.writers.clear()
