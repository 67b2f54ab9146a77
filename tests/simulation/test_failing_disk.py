"""A disk that refuses to write: the broker leaves, others lead what it led, and a restart brings it back."""

import pytest
from simulation.story import seeds, story


@seeds(3, slow=30)
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_leader_whose_disk_fails_hands_over_and_ends(seed, error):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        sick = s.leader("orders")
        s.universe.fail_disk(sick, error, count=None, path="orders-0")
        writer.keep_writing(0.3)
        s.until(lambda: s.leader("orders") != sick, within=5, what="another leader")
        assert not s.nodes.is_up(sick)
        assert "last log directory" in s.cluster.snapshot().broker(sick).error
        assert any(t.event.kind == "LogDirectoryFailed" for t in s.cluster.events())
        for index in range(3):
            assert s.leader("orders", index) != sick
            assert sick not in s.isr("orders", index)
        writer.keep_writing(0.3)
        writer.flush()
        assert not writer.refused
        s.universe.repair_disk(sick)
        s.restart(sick)
        s.until_whole("orders")
        writer.keep_writing(0.1)
        writer.flush()
        writer.check(s.read_all("orders"))


@seeds(3, slow=30)
def test_a_follower_whose_disk_fails_leaves_the_isr_at_once(seed):
    with story(seed) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        sick = s.followers("orders")[0]
        s.universe.fail_disk(sick, count=None)
        writer.keep_writing(0.2)
        s.until(lambda: sick not in s.isr("orders"), within=5, what="its leaving")
        writer.flush(5)
        assert not s.nodes.is_up(sick)
        s.run(30)
        s.universe.repair_disk(sick)
        s.restart(sick)
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@seeds(2, slow=20)
def test_without_another_replica_the_partition_is_offline_and_says_so(seed):
    with story(seed, brokers=2) as s:
        s.create_topic("orders", replication_factor=1)
        writer = s.writer("orders", delivery_timeout_ms=5000)
        writer.write(5)
        writer.flush()
        sick = s.leader("orders")
        s.universe.fail_disk(sick, count=None)
        writer.write(5)
        writer.flush()
        assert len(writer.refused) == 5
        assert s.registration("orders").leader == -1
        s.universe.repair_disk(sick)
        s.restart(sick)
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@seeds(2, slow=20)
def test_a_disk_that_fails_while_a_topic_is_made(seed):
    with story(seed) as s:
        sick = s.random.choice(list(s.nodes.brokers))
        s.universe.fail_disk(sick, count=None)
        admin = s.cluster.admin()
        from minikafka import NewTopic

        admin.create_topics([NewTopic("orders", 3, 3)])["orders"].result(30)
        admin.close()
        s.until(lambda: all(s.leader("orders", i) not in ("broker--1", sick) for i in range(3)), within=10)
        writer = s.writer("orders")
        writer.write(20)
        writer.flush()
        s.universe.repair_disk(sick)
        s.restart(sick)
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@seeds(2, slow=20)
def test_a_controller_whose_disk_fails_is_replaced_by_its_restart(seed):
    with story(seed) as s:
        s.create_topic("orders")
        s.universe.fail_disk("controller-1", count=1)
        writer = s.writer("orders")
        s.kill(s.leader("orders"))  # the fencing is what can't be written
        writer.keep_writing(15, every=0.5)
        assert writer.open
        s.restart("controller-1")
        writer.flush()
        writer.check(s.read_all("orders"))
